# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""snapshot: an id that is there already, executions in the way, and state=absent."""

from __future__ import annotations

import typing as t

import pytest

CREATED = {"id": "s1", "status": "created", "error": ""}
CREATING = {**CREATED, "status": "creating"}
FAILED = {**CREATED, "status": "failed", "error": "Traceback ...\nOSError: No space left"}
MAKING = {
    "id": "e7",
    "workflow_id": "create_snapshot",
    "status": "started",
    "parameters": {"snapshot_id": "s1"},
}
ACTIVE = ["pending", "started", "cancelling", "force_cancelling", "kill_cancelling"]


def listed_executions(
    manager: t.Any, items: list[t.Any], *, statuses: list[str], workflow: str | None
) -> None:
    query = {
        "_include_system_workflows": "true",
        "_all_tenants": "true",
        "status": statuses,
        **({"workflow_id": workflow} if workflow else {}),
    }
    manager.listed("/executions", items, query=query)


def makers(manager: t.Any, *items: t.Any) -> None:
    """The search for the execution that makes the snapshot."""
    statuses = [*ACTIVE, "queued", "scheduled"]
    listed_executions(manager, list(items), statuses=statuses, workflow="create_snapshot")


def found(manager: t.Any, snapshot: t.Any, version: str = "7.0.5") -> None:
    manager.version(version)
    manager.get("/snapshots/s1", snapshot)


def replaced(manager: t.Any) -> None:
    manager.delete("/snapshots/s1", {"id": "s1"})
    manager.put("/snapshots/s1", {"id": "e1"}, sent={"legacy": True}, status=201)
    manager.get("/executions/e1", {"id": "e1", "status": "terminated"})
    manager.get("/snapshots/s1", CREATED)


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("replace_failed", [False, True])
def test_a_created_snapshot_is_left_alone(
    check: bool, replace_failed: bool, manager: t.Any
) -> None:
    found(manager, CREATED)
    said = manager.run("snapshot", id="s1", replace_failed=replace_failed, check=check)
    assert not said["changed"]
    assert said["snapshot"]["status"] == "created"
    assert "diff" not in said and "reason" not in said


@pytest.mark.parametrize("check", [False, True])
def test_a_failed_snapshot_is_a_clear_error(check: bool, manager: t.Any) -> None:
    found(manager, FAILED)
    said = manager.run("snapshot", id="s1", check=check)
    assert said["failed"]
    assert said["msg"] == (
        "snapshot s1 is failed: OSError: No space left. "
        "Choose another id, or use replace_failed=true to delete this one first."
    )


def test_a_failed_snapshot_is_replaced_when_asked(manager: t.Any) -> None:
    found(manager, FAILED)
    replaced(manager)
    said = manager.run("snapshot", id="s1", replace_failed=True, diff=True)
    assert said["changed"]
    assert said["reason"] == "the present one is failed: OSError: No space left"
    assert said["diff"] == {"before": {"status": "failed"}, "after": {"status": "created"}}


def test_a_snapshot_stuck_in_creating_is_a_clear_error(manager: t.Any) -> None:
    found(manager, CREATING)
    makers(manager, {**MAKING, "parameters": {"snapshot_id": "another"}})
    said = manager.run("snapshot", id="s1")
    assert said["failed"]
    assert "stuck in creating: no execution works on it any more" in said["msg"]
    assert "replace_failed=true" in said["msg"]


def test_a_snapshot_stuck_in_creating_is_replaced_when_asked(manager: t.Any) -> None:
    found(manager, CREATING)
    makers(manager)
    replaced(manager)
    said = manager.run("snapshot", id="s1", replace_failed=True)
    assert said["changed"]
    assert "stuck in creating" in said["reason"]


@pytest.mark.parametrize("snapshot", [FAILED, CREATING])
def test_check_mode_deletes_and_makes_nothing(snapshot: t.Any, manager: t.Any) -> None:
    found(manager, snapshot)
    if snapshot is CREATING:
        makers(manager)
    said = manager.run("snapshot", id="s1", replace_failed=True, check=True)
    assert said["changed"]
    assert said["snapshot"]["status"] == snapshot["status"]


def test_a_replaced_one_that_cannot_be_deleted_is_not_made(manager: t.Any) -> None:
    found(manager, FAILED)
    manager.error("DELETE", "/snapshots/s1", 400, "snapshot_action_error", "It is in use")
    said = manager.run("snapshot", id="s1", replace_failed=True)
    assert "Cannot delete snapshot s1" in said["msg"] and "It is in use" in said["msg"]


def test_a_snapshot_that_is_being_made_is_waited_for_and_not_made_twice(manager: t.Any) -> None:
    found(manager, CREATING)
    makers(manager, {**MAKING, "parameters": None}, MAKING)
    manager.get("/executions/e7", MAKING)
    manager.get("/snapshots/s1", CREATING)
    manager.get("/executions/e7", {**MAKING, "status": "terminated"})
    manager.get("/snapshots/s1", CREATED)
    said = manager.run("snapshot", id="s1", replace_failed=True)
    assert not said["changed"]
    assert said["execution_id"] == "e7"
    assert said["snapshot"]["status"] == "created"


def test_an_uploaded_snapshot_is_not_taken_for_one_that_was_made_here(manager: t.Any) -> None:
    found(manager, {**CREATED, "status": "uploaded"})
    said = manager.run("snapshot", id="s1", replace_failed=True)
    assert said["failed"]
    assert "was uploaded and not made by this manager" in said["msg"]


# -- other executions -----------------------------------------------------------------------------

BUSY = {"id": "e9", "workflow_id": "install", "status": "started", "deployment_id": "d1"}


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
    listed_executions(manager, [BUSY], statuses=ACTIVE, workflow=None)
    said = manager.run("snapshot", id="s1")
    assert said["failed"]
    assert "while other executions are active: install e9 (started, deployment d1)" in said["msg"]
    assert ("queue=true" in said["msg"]) == queue_is_offered
    assert (said["status"], said["error_code"]) == (400, "existing_running_execution_error")


def test_an_execution_that_has_ended_meanwhile_is_told_in_the_managers_words(
    manager: t.Any,
) -> None:
    refused(manager, "7.0.5", {"legacy": True})
    listed_executions(manager, [], statuses=ACTIVE, workflow=None)
    assert "There are running executions: e9" in manager.run("snapshot", id="s1")["msg"]


def test_of_many_executions_a_few_are_named(manager: t.Any) -> None:
    refused(manager, "7.0.5", {"legacy": True})
    many = [{**BUSY, "id": f"e{number}"} for number in range(8)]
    listed_executions(manager, many, statuses=ACTIVE, workflow=None)
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


# -- state=absent -----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["created", "failed", "uploaded", "creating"])
def test_a_snapshot_is_deleted_whatever_its_state(status: str, manager: t.Any) -> None:
    manager.get("/snapshots/s1", {**CREATED, "status": status})
    manager.delete("/snapshots/s1", {"id": "s1"})
    said = manager.run("snapshot", id="s1", state="absent", diff=True)
    assert said["changed"]
    assert said["reason"] == f"the snapshot exists and is {status}"
    assert said["diff"] == {"before": {"status": status}, "after": {"status": "absent"}}


def test_a_delete_that_is_answered_without_a_body_is_fine(manager: t.Any) -> None:
    manager.get("/snapshots/s1", CREATED)
    manager.delete("/snapshots/s1", status=204)
    assert manager.run("snapshot", id="s1", state="absent")["changed"]


def test_deleting_in_check_mode_only_looks(manager: t.Any) -> None:
    manager.get("/snapshots/s1", CREATED)
    assert manager.run("snapshot", id="s1", state="absent", check=True)["changed"]


@pytest.mark.parametrize("check", [False, True])
def test_a_snapshot_that_is_not_there_needs_no_deleting(check: bool, manager: t.Any) -> None:
    manager.error("GET", "/snapshots/s1", 404, "not_found_error")
    assert not manager.run("snapshot", id="s1", state="absent", check=check)["changed"]


def test_a_snapshot_that_somebody_else_deletes_first_is_no_error(manager: t.Any) -> None:
    manager.get("/snapshots/s1", CREATED)
    manager.error("DELETE", "/snapshots/s1", 404, "not_found_error")
    assert not manager.run("snapshot", id="s1", state="absent")["changed"]


def test_a_snapshot_in_use_is_not_deleted_and_the_manager_says_why(manager: t.Any) -> None:
    manager.get("/snapshots/s1", CREATING)
    manager.error("DELETE", "/snapshots/s1", 400, "snapshot_action_error", "It is in use")
    said = manager.run("snapshot", id="s1", state="absent")
    assert said["failed"]
    assert "It is in use" in said["msg"]


@pytest.mark.parametrize("uploaded_id", ["bad id", "1bad"])
def test_an_id_that_only_an_upload_can_have_made_can_be_deleted(
    uploaded_id: str, manager: t.Any
) -> None:
    path = f"/snapshots/{uploaded_id.replace(' ', '%20')}"
    manager.get(path, {"id": uploaded_id, "status": "uploaded"})
    manager.delete(path, {"id": uploaded_id})
    assert manager.run("snapshot", id=uploaded_id, state="absent")["changed"]
