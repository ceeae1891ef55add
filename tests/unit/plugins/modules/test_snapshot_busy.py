# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""snapshot: executions that are in the way of a create, and a create that has to queue."""

from __future__ import annotations

import typing as t

import pytest

CREATED = {"id": "s1", "status": "created", "error": ""}
CREATING = {**CREATED, "status": "creating"}

BUSY = {"id": "e9", "workflow_id": "install", "status": "started", "deployment_id": "d1"}


ACTIVE = ["pending", "started", "cancelling", "force_cancelling", "kill_cancelling"]


def active(manager: t.Any, items: list[t.Any]) -> None:
    """The question for what is in the way."""
    query = {"_include_system_workflows": "true", "_all_tenants": "true", "status": ACTIVE}
    manager.listed("/executions", items, query=query)


def refused(manager: t.Any, version: str, sent: t.Any) -> None:
    manager.version(version)
    manager.error("GET", "/snapshots/s1", 404, "not_found_error")
    manager.error(
        "PUT",
        "/snapshots/s1",
        400,
        "existing_running_execution_error",
        "There are running executions: e9",
        sent=sent,
    )


@pytest.mark.parametrize(
    ("version", "sent", "queue_is_offered"),
    [("4.4.0", {}, False), ("4.5.5", {}, True), ("7.0.5", {"legacy": True}, True)],
)
def test_another_running_execution_is_named(
    version: str, sent: t.Any, queue_is_offered: bool, manager: t.Any
) -> None:
    refused(manager, version, sent)
    active(manager, [BUSY])
    said = manager.run("snapshot", id="s1")
    assert said["failed"]
    assert "while other executions are active: install e9 (started, deployment d1)" in said["msg"]
    assert ("queue=true" in said["msg"]) == queue_is_offered
    of_playbook = "(playbook backup: take_snapshot_queue=true)"
    assert (of_playbook in said["msg"]) == queue_is_offered
    assert (said["status"], said["error_code"]) == (400, "existing_running_execution_error")


@pytest.mark.parametrize("check", [False, True])
def test_one_that_stays_pending_is_to_be_killed(check: bool, manager: t.Any) -> None:
    """What a request leaves behind while the broker is down. It keeps queued ones from running, too."""
    if check:
        manager.version()
        manager.error("GET", "/snapshots/s1", 404, "not_found_error")
    else:
        refused(manager, "7.0.5", {"legacy": True})
    active(manager, [BUSY, {**BUSY, "id": "e7", "status": "pending"}])
    said = manager.run("snapshot", id="s1", check=check)
    assert said["msg"].endswith(
        "If execution e7 stays pending, it never runs, and only the action kill removes it."
    )


@pytest.mark.parametrize(
    ("version", "queue_is_offered"), [("4.4.0", False), ("4.5.5", True), ("7.0.5", True)]
)
def test_check_mode_names_it_too(version: str, queue_is_offered: bool, manager: t.Any) -> None:
    manager.version(version)
    manager.error("GET", "/snapshots/s1", 404, "not_found_error")
    active(manager, [BUSY])
    said = manager.run("snapshot", id="s1", check=True)
    assert said["failed"]
    assert "while other executions are active: install e9 (started, deployment d1)" in said["msg"]
    assert ("queue=true" in said["msg"]) == queue_is_offered


@pytest.mark.parametrize("options", [{"queue": True}, {"format": "new"}])
def test_what_would_not_be_refused_is_not_refused_in_check_mode(
    options: t.Any, manager: t.Any
) -> None:
    manager.version()
    manager.error("GET", "/snapshots/s1", 404, "not_found_error")
    assert manager.run("snapshot", id="s1", check=True, **options)["changed"]


def test_an_execution_that_has_ended_meanwhile_is_told_in_the_managers_words(
    manager: t.Any,
) -> None:
    refused(manager, "7.0.5", {"legacy": True})
    active(manager, [])
    assert "There are running executions: e9" in manager.run("snapshot", id="s1")["msg"]


def test_of_many_executions_a_few_are_named(manager: t.Any) -> None:
    refused(manager, "7.0.5", {"legacy": True})
    many = [{**BUSY, "id": f"e{number}"} for number in range(8)]
    active(manager, many)
    said = manager.run("snapshot", id="s1")
    assert "install e4 (started, deployment d1), and 3 more" in said["msg"]


def test_a_queued_create_is_waited_for_until_its_turn_has_come(manager: t.Any) -> None:
    manager.version()
    manager.error("GET", "/snapshots/s1", 404, "not_found_error")
    sent = {"legacy": True, "queue": True}
    manager.put("/snapshots/s1", {"id": "e1", "status": "queued"}, sent=sent, status=201)
    for execution, snapshot in (
        ("queued", CREATING),
        ("started", CREATING),
        ("terminated", CREATED),
    ):
        manager.get("/executions/e1", {"id": "e1", "status": execution})
        manager.get("/snapshots/s1", snapshot)
    said = manager.run("snapshot", id="s1", queue=True)
    assert said["changed"]
    assert said["snapshot"]["status"] == "created"


def test_another_run_that_was_faster_with_the_same_id_is_told(manager: t.Any) -> None:
    manager.version()
    manager.error("GET", "/snapshots/s1", 404, "not_found_error")
    manager.error("PUT", "/snapshots/s1", 409, "conflict_error", "s1 exists", sent={"legacy": True})
    said = manager.run("snapshot", id="s1")
    assert said["failed"]
    assert "HTTP 409 Conflict: s1 exists" in said["msg"]
