# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made of the sets in a store, as pure data."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._set_objectives import (
    BadObjective,
    Objectives,
    headline,
    judge,
    unknown,
)

NOW = "2026-11-22T12:00:00Z"
DEFAULTS = {"max_age": "26h", "min_size": "1K", "max_shrink": 50, "min_sets": 2}


def found_set(
    day: str, *, size: int = 10_000, problems: tuple[str, ...] = (), form: str = "legacy"
) -> dict[str, t.Any]:
    """A set of a day of November at two in the morning, as recovery_set_info lists it."""
    return {
        "id": f"backup-{day}",
        "problems": list(problems),
        "verified": "size",
        "manifest": {
            "created_at": f"2026-11-{day}T03:00:00Z",
            "content_taken_at": f"2026-11-{day}T02:00:00Z",
            "files": {"snapshot.zip": {"size": size}},
            "archive": {"format": form},
            "proofs": [{"name": "created"}, {"name": "length"}],
        },
    }


def judged(*sets: dict[str, t.Any], **objectives: t.Any) -> dict[str, t.Any]:
    asked = Objectives.parse(**{**DEFAULTS, **objectives})
    return judge({"sets": list(sets), "unfinished": []}, asked, cluster="prod", now=NOW)


def whats(result: dict[str, t.Any]) -> list[str]:
    return [reason["what"] for reason in result["reasons"]]


def test_all_is_well() -> None:
    result = judged(found_set("22"), found_set("21"))
    assert (result["state"], result["reasons"], result["verified"]) == ("ok", [], 2)
    assert headline(result) == (
        "STATUS OK: cluster prod: newest verified set backup-22, 10 h old, 9.8 KiB; 2 verified sets"
    )
    assert result["newest"]["proofs"] == ["created", "length"]
    assert result["newest"]["checked"] == "size"


def test_it_is_as_old_as_its_data_and_not_as_its_commit() -> None:
    # the data are of 2:00, the commit of 3:00
    assert judged(found_set("22"), found_set("21"), max_age="9.5h")["state"] == "critical"
    assert judged(found_set("22"), found_set("21"), max_age="10h")["state"] == "ok"


def test_too_old() -> None:
    result = judged(found_set("20"), found_set("19"))
    assert (result["state"], whats(result)) == ("critical", ["too_old"])
    assert "the newest verified set is 2.4 d old, more than 26 h" in headline(result)


def test_none_at_all() -> None:
    result = judged()
    assert (result["state"], whats(result), result["newest"]) == ("critical", ["no_set"], None)


def test_a_broken_one_is_named_and_never_counts() -> None:
    result = judged(
        found_set("22", problems=("snapshot.zip has 3 bytes, not 10000",)),
        found_set("21"),
        found_set("20"),
        max_age="40h",
    )
    assert (result["state"], whats(result)) == ("warning", ["broken_set"])
    assert result["newest"]["id"] == "backup-21" and result["verified"] == 2
    assert result["broken"] == [
        {"id": "backup-22", "problems": ["snapshot.zip has 3 bytes, not 10000"]}
    ]
    assert "set backup-22 cannot be relied on: snapshot.zip has 3 bytes" in headline(result)


def test_one_from_the_future_does_not_stay_fresh_for_ever() -> None:
    result = judged(found_set("29"), found_set("22"), found_set("21"))
    assert whats(result) == ["broken_set"] and result["newest"]["id"] == "backup-22"
    assert "from now: see the clock" in headline(result)


@pytest.mark.parametrize("when", ["yesterday", "", None])
def test_one_without_a_time_is_broken(when: str | None) -> None:
    odd = found_set("22")
    odd["manifest"].update(content_taken_at=when, created_at=when)
    result = judged(odd, found_set("22"), found_set("21"))
    assert whats(result) == ["broken_set"] and result["verified"] == 2


def test_too_small() -> None:
    result = judged(found_set("22", size=1000), found_set("21"))
    assert (result["state"], whats(result)) == ("critical", ["too_small"])
    assert "its snapshot has 1000 bytes, less than 1.0 KiB" in headline(result)


def test_a_sudden_shrink() -> None:
    earlier = [found_set(day, size=size) for day, size in (("21", 9), ("20", 10), ("19", 900))]
    many = {"min_size": 0}
    assert judged(found_set("22", size=4), *earlier, **many)["state"] == "warning"
    result = judged(found_set("22", size=5), *earlier, **many)
    assert (result["state"], result["usual_size"]) == ("ok", 10)
    assert judged(found_set("22", size=0), *earlier, **many, max_shrink=100)["state"] == "ok"


def test_of_few_or_others_nothing_is_usual() -> None:
    small = found_set("22", size=4)
    two = [found_set("21"), found_set("20")]
    assert judged(small, *two, min_size=0)["state"] == "ok"
    others = [found_set(day, form="new") for day in ("19", "18", "17")]
    assert judged(small, *two, *others, min_size=0)["state"] == "ok"


def test_too_few() -> None:
    result = judged(found_set("22"))
    assert (result["state"], whats(result)) == ("warning", ["too_few"])
    assert "1 verified set, fewer than 2" in headline(result)


def test_the_worst_comes_first() -> None:
    result = judged(found_set("20", size=10), found_set("19", problems=("gone",)))
    assert result["state"] == "critical"
    assert whats(result) == ["too_old", "too_small", "broken_set", "too_few"]


def test_what_cannot_be_looked_at_is_unknown_and_not_fine() -> None:
    asked = Objectives.parse(**DEFAULTS)
    result = judge({"failed": True, "msg": "no\nrights"}, asked, cluster="prod", now=NOW)
    assert result["state"] == "unknown"
    assert headline(result) == (
        "STATUS UNKNOWN: cluster prod: the store could not be looked at: no rights"
    )
    assert headline(unknown("why", cluster="", now=NOW)) == "STATUS UNKNOWN: why"


@pytest.mark.parametrize(
    ("given", "seconds"), [("26h", 93600), ("90m", 5400), ("1.5 d", 129600), (60, 60), ("60", 60)]
)
def test_durations(given: t.Any, seconds: float) -> None:
    assert Objectives.parse(**{**DEFAULTS, "max_age": given}).max_age == seconds


@pytest.mark.parametrize(
    ("given", "size"), [("10M", 10 << 20), ("1.5K", 1536), (0, 0), ("2 GiB", 2 << 30)]
)
def test_sizes(given: t.Any, size: int) -> None:
    assert Objectives.parse(**{**DEFAULTS, "min_size": given}).min_size == size


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("max_age", value) for value in ("", "x", "0", "-1h", "26 hours", None, "nan", "1e400")),
        *(("min_size", value) for value in ("", "-1", "10X", None)),
        *(("max_shrink", value) for value in ("half", -1, 101, "")),
        *(("min_sets", value) for value in ("many", -1, 1.5, None)),
    ],
)
def test_what_means_nothing_is_refused(name: str, value: t.Any) -> None:
    with pytest.raises(BadObjective, match=f"{name} is .*which is no"):
        Objectives.parse(**{**DEFAULTS, name: value})
