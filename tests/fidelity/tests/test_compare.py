# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The judge itself: what it has to notice, and what it has to overlook."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from fidelity import recording as recorded
from fidelity.compare import Comparison
from fidelity.recording import Answer
from fidelity.session import same_course

ONE = "11111111-1111-1111-1111-111111111111"
TWO = "22222222-2222-2222-2222-222222222222"


def answer(body: Any, headers: dict[str, str] | None = None, *, status: int = 200) -> Answer:
    given = {"Content-Type": "application/json", "Content-Length": "9", **(headers or {})}
    return Answer(status, "OK", list(given.items()), body)


def differences(theirs: Answer, ours: Answer) -> list[str]:
    return Comparison({}).answers(theirs, ours)


EXECUTION = {
    "id": ONE,
    "status": "pending",
    "workflow_id": "create_snapshot",
    "created_at": "2026-11-22T05:00:09.000Z",
    "ended_at": None,
    "is_system_workflow": True,
    "total_operations": 0,
    "parameters": {"snapshot_id": "one", "legacy": False},
    "error": "Traceback\n  line 7\nKeyError: 'rrule'\n",
}


def test_what_is_incidental_is_overlooked() -> None:
    ours = copy.deepcopy(EXECUTION)
    ours.update(
        id=TWO, created_at="2027-01-01T00:00:00.123Z", error="  line 9\nKeyError: 'rrule'\n"
    )
    assert differences(answer(EXECUTION), answer(ours)) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("status", "started"),
        ("workflow_id", "restore_snapshot"),
        ("ended_at", "2026-11-22T05:00:09.000Z"),
        ("created_at", None),
        ("is_system_workflow", False),
        ("total_operations", 3),
        ("parameters", {"snapshot_id": "two", "legacy": False}),
        ("parameters", {"snapshot_id": "one"}),
        ("error", "KeyError: 'rule'\n"),
        ("error", None),
        ("id", "not-a-uuid"),
    ],
)
def test_a_changed_value_is_noticed(key: str, value: Any) -> None:
    assert differences(answer(EXECUTION), answer({**EXECUTION, key: value}))


def test_a_missing_and_an_extra_key_are_noticed() -> None:
    short = {k: v for k, v in EXECUTION.items() if k != "error"}
    assert "keys of body" in differences(answer(EXECUTION), answer(short))[0]
    assert "keys of body" in differences(answer(short), answer(EXECUTION))[0]


def test_lists_differ_by_length_and_order() -> None:
    three = [{"id": name} for name in "abc"]
    assert differences(answer(three), answer(three)) == []
    assert differences(answer(three), answer(three[:2]))
    assert differences(answer(three), answer(three[::-1]))
    loose = Comparison({}, loose=frozenset({"order"}))
    assert loose.answers(answer(three), answer(three[::-1])) == []


def test_an_id_stays_the_same_one() -> None:
    comparison = Comparison({ONE: TWO})
    assert comparison.answers(answer({"id": ONE}), answer({"id": TWO})) == []
    assert Comparison({ONE: TWO}).answers(answer({"id": ONE}), answer({"id": ONE}))


def test_an_id_in_a_message_is_mapped() -> None:
    theirs, ours = (answer({"message": f"execution {name} runs"}) for name in (ONE, TWO))
    assert Comparison({ONE: TWO}).answers(theirs, ours) == []
    assert Comparison({}).answers(theirs, ours)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Content-Type", "text/html"),
        ("Vary", "Accept"),
        ("Accept-Ranges", "bytes"),
        ("ETag", '"1-2"'),
        ("Location", "/elsewhere"),
        ("Allow", "GET"),
        ("Cache-Control", "no-cache"),
    ],
)
def test_a_changed_header_is_noticed(name: str, value: str) -> None:
    assert differences(answer({}), answer({}, {name: value}))


def test_status_reason_and_text_are_compared() -> None:
    assert differences(answer({}), answer({}, status=201))
    theirs, ours = answer("<h1>Bad</h1>\r\n"), answer("<h1>Bad</h1>\n")
    assert differences(theirs, ours) == []
    assert differences(theirs, answer("<h1>Worse</h1>"))
    assert differences(theirs, Answer(200, "Fine", ours.headers, ours.body))


def test_a_course_may_begin_earlier_and_show_more_of_the_same() -> None:
    course = [(200, "started"), (502, "html"), (200, "terminated")]
    assert same_course(course, [(200, "pending"), *course])
    assert same_course(course, [*course[:2], (200, "started"), *course[1:]])
    assert not same_course(course, course[::-1])
    assert not same_course(course, course[:2])
    assert not same_course(course, [*course[:2], (401, "x"), course[2]])


def compressed(name: str) -> bool:
    """Of these the body was kept as a hash alone."""
    return recorded.load(name).answer.header("Content-Encoding") == "gzip"


@pytest.mark.parametrize("name", [n for n in recorded.names()[::7] if not compressed(n)])
def test_a_recording_equals_itself_and_nothing_else(name: str) -> None:
    theirs = recorded.load(name).answer
    assert Comparison({}).answers(theirs, copy.deepcopy(theirs)) == []
    other = copy.deepcopy(theirs)
    other.status += 1
    assert Comparison({}).answers(theirs, other)


def test_every_recording_that_is_not_modelled_exists() -> None:
    import json

    from fidelity.__main__ import NOT_MODELLED

    listed = json.loads(NOT_MODELLED.read_text())
    every = {*recorded.names(), *recorded.transition_names()}
    assert set(listed) <= every
    assert len(listed) <= 0.05 * len(every)
