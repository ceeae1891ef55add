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
    """The search for an execution that makes the snapshot right now."""
    statuses = [*ACTIVE, "queued", "scheduled"]
    listed_executions(manager, list(items), statuses=statuses, workflow="create_snapshot")


def makers_ever(manager: t.Any, *items: t.Any) -> None:
    """The search for the execution that made the snapshot."""
    statuses = [*ACTIVE, "queued", "scheduled", "terminated", "failed", "cancelled"]
    listed_executions(manager, list(items), statuses=statuses, workflow="create_snapshot")


def made(status: str, at: str = "2026-11-22T10:00:00.000Z") -> dict[str, t.Any]:
    return {**MAKING, "status": status, "created_at": at}


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
    makers_ever(manager, made("terminated"))
    said = manager.run("snapshot", id="s1", replace_failed=replace_failed, check=check)
    assert not said["changed"]
    assert said["snapshot"]["status"] == "created"
    assert "diff" not in said and "reason" not in said


def test_a_created_snapshot_of_which_no_execution_is_known_is_left_alone(manager: t.Any) -> None:
    found(manager, CREATED)
    makers_ever(manager, {**made("failed"), "parameters": {"snapshot_id": "another"}})
    assert not manager.run("snapshot", id="s1")["changed"]


def test_of_several_creates_of_one_id_the_newest_counts(manager: t.Any) -> None:
    found(manager, CREATED)
    makers_ever(
        manager,
        made("failed", "2026-11-20T10:00:00.000Z"),
        made("terminated", "2026-11-22T10:00:00.000Z"),
        made("cancelled", "2026-11-21T10:00:00.000Z"),
    )
    assert not manager.run("snapshot", id="s1")["changed"]


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_created_snapshot_of_a_create_that_ended_badly_is_not_trusted(
    status: str, manager: t.Any
) -> None:
    found(manager, CREATED)
    makers_ever(manager, made(status))
    said = manager.run("snapshot", id="s1")
    assert said["failed"]
    assert f"its execution is {status}, so it cannot be trusted" in said["msg"]
    assert "replace_failed=true" in said["msg"]


def test_a_created_snapshot_that_cannot_be_trusted_is_replaced_when_asked(manager: t.Any) -> None:
    found(manager, CREATED)
    makers_ever(manager, made("cancelled"))
    replaced(manager)
    assert manager.run("snapshot", id="s1", replace_failed=True)["changed"]


def test_a_created_snapshot_whose_execution_has_not_ended_is_waited_for(manager: t.Any) -> None:
    found(manager, CREATED)
    makers_ever(manager, made("started"))
    manager.get("/executions/e7", made("started"))
    manager.get("/snapshots/s1", CREATED)
    manager.get("/executions/e7", made("terminated"))
    manager.get("/snapshots/s1", CREATED)
    said = manager.run("snapshot", id="s1")
    assert not said["changed"]
    assert said["execution_id"] == "e7"


@pytest.mark.parametrize("replace_failed", [False, True])
@pytest.mark.parametrize("status", ["pending", "started"])
def test_a_create_that_is_waited_for_in_vain(
    status: str, replace_failed: bool, manager: t.Any
) -> None:
    found(manager, CREATING)
    makers(manager, made(status))
    for _look in range(2):
        manager.get("/executions/e7", made(status))
        manager.get("/snapshots/s1", CREATING)
    options = {"replace_failed": replace_failed, "wait_timeout": 0.1}
    said = manager.run("snapshot", id="s1", **options)
    kill = "If execution e7 stays pending, it never runs, and only the action kill removes it"
    assert said["failed"] and (kill in said["msg"]) == (status == "pending")
    assert ("It may still end well" in said["msg"]) == (status == "started")


@pytest.mark.parametrize("snapshot", [CREATED, CREATING])
def test_executions_that_cannot_be_read_are_an_error(snapshot: t.Any, manager: t.Any) -> None:
    found(manager, snapshot)
    ended = ["terminated", "failed", "cancelled"] if snapshot is CREATED else []
    query = {
        "_include_system_workflows": "true",
        "_all_tenants": "true",
        "status": [*ACTIVE, "queued", "scheduled", *ended],
        "workflow_id": "create_snapshot",
        "_size": 1000,
        "_offset": 0,
    }
    manager.error("GET", "/executions", 500, "internal_server_error", "oh", query=query)
    said = manager.run("snapshot", id="s1", replace_failed=True)
    assert said["failed"]
    assert "Cannot list executions" in said["msg"]


def test_a_created_snapshot_is_taken_as_it_is_where_maintenance_mode_hides_executions(
    manager: t.Any,
) -> None:
    found(manager, CREATED, "4.5.5")
    query = {
        "_include_system_workflows": "true",
        "_all_tenants": "true",
        "status": [*ACTIVE, "queued", "scheduled", "terminated", "failed", "cancelled"],
        "workflow_id": "create_snapshot",
        "_size": 1000,
        "_offset": 0,
    }
    for bypass in (False, True):
        manager.error(
            "GET", "/executions", 503, "maintenance_mode_active", query=query, bypass=bypass
        )
    assert not manager.run("snapshot", id="s1")["changed"]


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
    manager.get("/snapshots/s1", CREATING)
    said = manager.run("snapshot", id="s1")
    assert said["failed"]
    assert "stuck in creating: no execution works on it any more" in said["msg"]
    assert "replace_failed=true" in said["msg"]


def test_a_snapshot_stuck_in_creating_is_replaced_when_asked(manager: t.Any) -> None:
    found(manager, CREATING)
    makers(manager)
    manager.get("/snapshots/s1", CREATING)
    replaced(manager)
    said = manager.run("snapshot", id="s1", replace_failed=True)
    assert said["changed"]
    assert "stuck in creating" in said["reason"]


def test_a_snapshot_that_is_done_between_two_looks_is_not_taken_for_stuck(manager: t.Any) -> None:
    found(manager, CREATING)
    makers(manager)
    manager.get("/snapshots/s1", CREATED)
    makers_ever(manager, made("terminated"))
    said = manager.run("snapshot", id="s1", replace_failed=True)
    assert not said["changed"]
    assert said["snapshot"]["status"] == "created"


def test_a_snapshot_is_not_taken_for_stuck_where_maintenance_mode_hides_executions(
    manager: t.Any,
) -> None:
    found(manager, CREATING, "4.5.5")
    query = {
        "_include_system_workflows": "true",
        "_all_tenants": "true",
        "status": [*ACTIVE, "queued", "scheduled"],
        "workflow_id": "create_snapshot",
        "_size": 1000,
        "_offset": 0,
    }
    for bypass in (False, True):
        manager.error(
            "GET", "/executions", 503, "maintenance_mode_active", query=query, bypass=bypass
        )
    said = manager.run("snapshot", id="s1", replace_failed=True)
    assert said["failed"]
    assert "Leave maintenance mode first" in said["msg"]


@pytest.mark.parametrize("snapshot", [FAILED, CREATING])
def test_check_mode_deletes_and_makes_nothing(snapshot: t.Any, manager: t.Any) -> None:
    found(manager, snapshot)
    if snapshot is CREATING:
        makers(manager)
        manager.get("/snapshots/s1", CREATING)
    listed_executions(manager, [], statuses=ACTIVE, workflow=None)
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
