# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of many looks are told."""

from __future__ import annotations

import random
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.extensions.eda.plugins.event_source.cloudify_ha_watch.hysteresis import (
    NO_DIAGNOSIS,
    PATIENCE,
    Diagnosis,
    Hysteresis,
    Notice,
)

STATES = {
    "healthy": "healthy",
    "node_down": "degraded",
    "disk_full": "degraded",
    "cluster_down": "down",
    "unclear": "unknown",
    NO_DIAGNOSIS: "unknown",
}


def look(kind: str, at: int = 0, *, nodes: tuple[str, ...] = (), runbook: str = "") -> Diagnosis:
    return Diagnosis(kind, STATES[kind], nodes, runbook, at=f"t{at}")


def told(
    kinds: t.Iterable[str], *, worse: int = 2, better: int = 3, step: float = 60.0, **options: t.Any
) -> list[tuple[int, Notice]]:
    """The number of the look, from 1, and what was told of it."""
    hysteresis = Hysteresis(worse=worse, better=better, **options)
    found = []
    for number, kind in enumerate(kinds, 1):
        notice = hysteresis.take(look(kind, number), now=number * step)
        if notice:
            found.append((number, notice))
    return found


def brief(found: list[tuple[int, Notice]]) -> list[tuple[int, str, str]]:
    return [(number, notice.reason, notice.diagnosis.kind) for number, notice in found]


def test_the_first_is_told_at_once() -> None:
    ((number, notice),) = told(["node_down"] * 5)
    assert (number, notice.reason, notice.previous, notice.looks) == (1, "first", "", 1)
    assert notice.since == "t1"


def test_the_first_is_not_told_where_nobody_wants_it() -> None:
    kinds = ["node_down"] * 3 + ["cluster_down"] * 2
    assert brief(told(kinds, emit_first=False)) == [(5, "changed", "cluster_down")]


def test_that_there_is_no_diagnosis_is_confirmed_even_at_first() -> None:
    assert brief(told([NO_DIAGNOSIS, "healthy"])) == [(2, "first", "healthy")]
    assert brief(told([NO_DIAGNOSIS] * 5, worse=3)) == [(3, "first", NO_DIAGNOSIS)]


def test_worse_and_better_have_numbers_of_their_own() -> None:
    kinds = ["healthy"] * 2 + ["node_down"] * 4 + ["healthy"] * 4
    found = told(kinds, worse=2, better=4)
    assert brief(found)[1:] == [(4, "changed", "node_down"), (10, "changed", "healthy")]
    assert [notice.previous for _number, notice in found] == ["", "healthy", "node_down"]
    assert [notice.since for _number, notice in found] == ["t1", "t3", "t7"]
    assert [notice.looks for _number, notice in found] == [1, 2, 4]


@pytest.mark.parametrize(
    ("before", "after", "better"),
    [
        ("cluster_down", "node_down", True),
        ("unclear", "healthy", True),
        # of equal rank, and what is not known, is not better
        ("node_down", "disk_full", False),
        ("cluster_down", "unclear", False),
        ("cluster_down", NO_DIAGNOSIS, False),
        (NO_DIAGNOSIS, "node_down", False),
        (NO_DIAGNOSIS, "cluster_down", False),
    ],
)
def test_what_is_better(before: str, after: str, better: bool) -> None:
    found = told([before] * 2 + [after] * 5, worse=2, better=5)
    assert found[-1][0] == (7 if better else 4)


def test_a_blip_is_not_told() -> None:
    kinds = ["healthy", "node_down", "healthy", NO_DIAGNOSIS, "healthy", "cluster_down", "healthy"]
    assert brief(told(kinds)) == [(1, "first", "healthy")]


def test_looks_that_never_agree_are_told_after_all() -> None:
    kinds = ["healthy"] + ["node_down", NO_DIAGNOSIS] * 10
    found = told(kinds, worse=2)
    assert brief(found)[:2] == [
        (1, "first", "healthy"),
        (1 + 2 * PATIENCE, "changed", NO_DIAGNOSIS),
    ]
    assert found[1][1].looks == 1


def test_a_cluster_is_not_called_healthy_because_looks_do_not_agree() -> None:
    kinds = ["cluster_down"] + ["healthy", "node_down"] * 20
    assert "healthy" not in [notice.diagnosis.kind for _number, notice in told(kinds)]


def test_the_same_of_another_node_or_with_a_runbook_is_a_change() -> None:
    hysteresis = Hysteresis(worse=2, better=2)
    looks = [
        *[look("node_down", at, nodes=("h1",)) for at in (1, 2)],
        *[look("node_down", at, nodes=("h2",)) for at in (3, 4)],
        *[look("node_down", at, nodes=("h2",), runbook="replace_node") for at in (5, 6)],
    ]
    found = [hysteresis.take(each, now=0.0) for each in looks]
    notices = [notice for notice in found if notice]
    assert [n.diagnosis.nodes for n in notices] == [("h1",), ("h2",), ("h2",)]
    assert [n.diagnosis.runbook for n in notices] == ["", "", "replace_node"]
    assert [n.previous for n in notices] == ["", "node_down", "node_down"]
    # the class is the same since then
    assert {n.since for n in notices} == {"t1"}


def test_what_else_is_said_is_no_change() -> None:
    hysteresis = Hysteresis(worse=1, better=1)
    for number in range(5):
        said = {"evidence": [{"who": "m1", "says": str(number)}], "confidence": "high"}
        notice = hysteresis.take(Diagnosis("node_down", "degraded", said=said), now=number)
        assert bool(notice) == (number == 0)


def test_reminders() -> None:
    kinds = ["healthy"] * 10 + ["node_down"] * 20 + ["healthy"] * 20
    found = brief(told(kinds, worse=2, better=2, step=60, remind_after=300))
    assert found == [
        (1, "first", "healthy"),
        (12, "changed", "node_down"),
        (17, "reminder", "node_down"),
        (22, "reminder", "node_down"),
        (27, "reminder", "node_down"),
        (32, "changed", "healthy"),
    ]


def test_reminders_of_what_was_not_told_at_first() -> None:
    found = brief(told(["node_down"] * 7, emit_first=False, remind_after=300))
    assert found == [(6, "reminder", "node_down")]


# -- whatever the looks say ------------------------------------------------------------------------


def flapping(seed: int) -> tuple[list[str], dict[str, t.Any]]:
    """Looks with all kinds of rhythms, and options."""
    dice = random.Random(seed)
    kinds: list[str] = []
    while len(kinds) < 200:
        few = dice.sample(sorted(STATES), dice.randint(1, 4))
        run = dice.choice([1, 1, 2, 3, 8])
        for _turn in range(dice.randint(1, 12)):
            kinds += [dice.choice(few)] * dice.randint(1, run)
    options = {
        "worse": dice.randint(1, 5),
        "better": dice.randint(1, 5),
        "remind_after": dice.choice([0.0, 60.0, 200.0, 3600.0]),
        "emit_first": dice.random() < 0.7,
    }
    return kinds, options


def test_flapping_is_never_told_more_often_than_it_is_confirmed() -> None:
    for seed in range(100):
        kinds, options = flapping(seed)
        found = told(kinds, step=60.0, **options)
        least = min(options["worse"], options["better"])
        for (before, _notice), (number, notice) in zip(found, found[1:]):
            if notice.reason == "reminder":
                assert (number - before) * 60.0 >= options["remind_after"]
            else:
                assert number - before >= least


def test_whatever_is_told_was_confirmed() -> None:
    for seed in range(100):
        kinds, options = flapping(seed)
        holds = ""
        for number, notice in told(kinds, **options):
            kind = notice.diagnosis.kind
            assert kind == kinds[number - 1]
            if notice.reason == "changed":
                least = min(options["worse"], options["better"])
                row = kinds[max(0, number - notice.looks) : number]
                assert set(row) == {kind} and len(row) == notice.looks
                unsettled = notice.diagnosis.state != "healthy" and holds not in (
                    kinds[max(0, number - least * PATIENCE) : number]
                )
                assert notice.looks >= least or unsettled
                assert notice.previous != kind
            holds = kind


def test_what_lasts_is_told() -> None:
    """Who has heard all that was told knows how it is, once it has been so long enough."""
    for seed in range(100):
        kinds, options = flapping(seed)
        options["emit_first"] = True
        last = kinds[-1]
        kinds += [last] * max(options["worse"], options["better"])
        assert told(kinds, **options)[-1][1].diagnosis.kind == last


def test_a_cluster_that_is_broken_somehow_is_not_kept_quiet() -> None:
    """Between what is told of it there is an end of the looks that are unlike it."""
    for seed in range(100):
        dice = random.Random(seed)
        broken = [kind for kind in STATES if kind != "healthy"]
        kinds = ["healthy", *(dice.choice(broken) for _each in range(100))]
        worse = dice.randint(1, 4)
        found = told(kinds, worse=worse, better=worse)
        assert found[1][0] <= 1 + worse * PATIENCE
        assert found[1][1].previous == "healthy"
