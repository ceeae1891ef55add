# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""snapshot, state=present: each option where the version has it, an error where it has not."""

from __future__ import annotations

import typing as t

import pytest

ALL_VERSIONS = ("4.5.5", "5.0.5", "5.2", "6.4", "7.0.0", "7.0.5")
EXECUTION = {"id": "e1", "workflow_id": "create_snapshot", "status": "terminated"}

#: Option, its value, format, and the versions that take it.
TAKEN = [
    ("include_metrics", True, "legacy", ("4.5.5",)),
    ("include_credentials", False, "legacy", ALL_VERSIONS),
    ("include_credentials", True, "legacy", ALL_VERSIONS),
    ("include_credentials", False, "new", ("7.0.0",)),
    ("include_logs", False, "legacy", ALL_VERSIONS),
    ("include_logs", False, "new", ("7.0.0", "7.0.5")),
    ("include_events", False, "legacy", ALL_VERSIONS),
    ("include_events", False, "new", ("7.0.0", "7.0.5")),
    ("queue", True, "legacy", ALL_VERSIONS),
    ("queue", True, "new", ("7.0.0", "7.0.5")),
    ("tempdir_path", "/srv/tmp", "legacy", ("6.4", "7.0.0", "7.0.5")),
    ("listener_timeout", 2.5, "new", ("7.0.5",)),
]

#: Option, its value, format, version, and what is told.
IGNORED = [
    *(
        ("include_metrics", True, "auto", version, "it is known before 5.0.5")
        for version in ALL_VERSIONS[1:]
    ),
    *(
        ("tempdir_path", "/srv/tmp", "auto", version, "it is known from 6.4.0 on")
        for version in ("4.5.5", "5.0.5", "5.2")
    ),
    *(
        ("listener_timeout", 1.0, "auto", version, "it is known from 7.0.4 on")
        for version in ALL_VERSIONS[:-1]
    ),
    ("include_logs", False, "auto", "4.2.0", "it is known from 4.3.0 on"),
    ("include_events", False, "auto", "4.2.0", "it is known from 4.3.0 on"),
    ("queue", True, "auto", "4.4.0", "it is known from 4.5.0 on"),
    ("listener_timeout", 1.0, "legacy", "7.0.5", "would be ignored in legacy format"),
    ("listener_timeout", 1.0, "auto", "7.0.5", "would be ignored in legacy format"),
    ("tempdir_path", "/srv/tmp", "new", "7.0.5", "would be ignored in new format"),
    ("include_credentials", False, "new", "7.0.5", "would be ignored by version 7.0.5"),
    ("include_credentials", True, "new", "7.0.5", "would be ignored by version 7.0.5"),
]


@pytest.mark.parametrize(
    ("option", "value", "format_", "version"),
    [(*case[:3], version) for case in TAKEN for version in case[3]],
)
def test_an_option_is_sent_where_the_version_takes_it(
    option: str, value: t.Any, format_: str, version: str, manager: t.Any
) -> None:
    sent = {option: value}
    if version.startswith("7"):
        sent["legacy"] = format_ == "legacy"
    manager.version(version)
    manager.error("GET", "/snapshots/s1", 404, "not_found_error")
    manager.put("/snapshots/s1", EXECUTION, sent=sent, status=201)
    manager.get("/executions/e1", EXECUTION)
    manager.get("/snapshots/s1", {"id": "s1", "status": "created"})
    said = manager.run("snapshot", id="s1", format=format_, **{option: value})
    assert said["changed"]
    assert said["format"] == format_


@pytest.mark.parametrize(("option", "value", "format_", "version", "told"), IGNORED)
@pytest.mark.parametrize("check", [False, True])
def test_an_option_that_would_be_ignored_is_an_error_before_anything_is_done(
    option: str,
    value: t.Any,
    format_: str,
    version: str,
    told: str,
    check: bool,
    manager: t.Any,
) -> None:
    manager.version(version)
    said = manager.run("snapshot", id="s1", format=format_, check=check, **{option: value})
    assert said["failed"]
    assert said["msg"].startswith(f"{option} would be ignored")
    assert told in said["msg"]
    assert "Leave it out" in said["msg"]


@pytest.mark.parametrize(
    ("option", "value", "version", "sent"),
    [
        ("include_metrics", False, "7.0.5", {"legacy": True}),
        ("queue", False, "4.3.0", {}),
        ("include_logs", True, "4.2.0", {}),
        ("include_events", True, "4.2.0", {}),
    ],
)
def test_an_option_that_asks_for_what_happens_anyway_is_left_out(
    option: str, value: bool, version: str, sent: t.Any, manager: t.Any
) -> None:
    manager.version(version)
    manager.error("GET", "/snapshots/s1", 404, "not_found_error")
    manager.put("/snapshots/s1", EXECUTION, sent=sent, status=201)
    manager.get("/executions/e1", EXECUTION)
    manager.get("/snapshots/s1", {"id": "s1", "status": "created"})
    assert manager.run("snapshot", id="s1", **{option: value})["changed"]


@pytest.mark.parametrize(
    ("version", "edition", "wanted", "sent", "because"),
    [
        ("4.5.5", "premium", "legacy", {}, "version 4.5.5 has no other"),
        ("6.4", "community", "legacy", {}, "version 6.4.0 has no other"),
        ("7.0.0", "premium", "legacy", {"legacy": True}, "keeps schedules"),
        ("7.0.5", "premium", "legacy", {"legacy": True}, "keeps schedules"),
        ("7.0.5", "community", "new", {"legacy": False}, "would bring back nothing"),
    ],
)
def test_the_format_is_the_one_that_keeps_everything_and_it_is_said_why(
    version: str, edition: str, wanted: str, sent: t.Any, because: str, manager: t.Any
) -> None:
    manager.version(version, edition)
    manager.error("GET", "/snapshots/s1", 404, "not_found_error")
    manager.put("/snapshots/s1", EXECUTION, sent=sent, status=201)
    manager.get("/executions/e1", EXECUTION)
    manager.get("/snapshots/s1", {"id": "s1", "status": "created"})
    said = manager.run("snapshot", id="s1")
    assert said["format"] == wanted
    assert because in said["format_reason"]


@pytest.mark.parametrize("version", ["4.5.5", "6.4"])
def test_new_format_is_refused_where_there_is_none(version: str, manager: t.Any) -> None:
    manager.version(version)
    said = manager.run("snapshot", id="s1", format="new")
    assert said["failed"]
    assert "has no new format" in said["msg"]
