# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""snapshot, state=absent."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import conversation as c

CREATED = {"id": "s1", "status": "created", "error": ""}
CREATING = {**CREATED, "status": "creating"}
LIVE = ["pending", "started", "cancelling", "force_cancelling", "kill_cancelling"]
LIVE += ["queued", "scheduled"]
CREATE = {
    "id": "e1",
    "status": "started",
    "workflow_id": "create_snapshot",
    "parameters": {"snapshot_id": "s1"},
}
QUESTION = {
    "_include_system_workflows": "true",
    "_all_tenants": "true",
    "status": LIVE,
    "workflow_id": "create_snapshot",
}


def being_made(manager: t.Any, *executions: t.Any) -> None:
    manager.get("/snapshots/s1", CREATING)
    manager.listed("/executions", executions, query=QUESTION)


@pytest.mark.parametrize("status", ["created", "failed", "uploaded", "creating"])
def test_a_snapshot_is_deleted_whatever_its_state(status: str, manager: t.Any) -> None:
    if status == "creating":  # stuck: what is being made is another one
        being_made(manager, {**CREATE, "parameters": {"snapshot_id": "s2"}})
    else:
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
    manager.get("/snapshots/s1", CREATED)
    manager.error("DELETE", "/snapshots/s1", 400, "snapshot_action_error", "It is in use")
    said = manager.run("snapshot", id="s1", state="absent")
    assert said["failed"]
    assert "It is in use" in said["msg"]
    assert "changed" not in said


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("status", ["started", "queued"])
def test_a_snapshot_that_is_being_made_is_not_deleted(
    status: str, check: bool, manager: t.Any
) -> None:
    being_made(manager, {**CREATE, "status": status})
    said = manager.run("snapshot", id="s1", state="absent", check=check)
    assert said["msg"] == (
        f"Cannot delete snapshot s1, it is being made: create_snapshot e1 ({status}). "
        "Wait for this execution to end or cancel it, and run this again."
    )
    assert said["execution_id"] == "e1"


def test_a_create_that_stays_pending_is_to_be_killed(manager: t.Any) -> None:
    being_made(manager, {**CREATE, "status": "pending"})
    said = manager.run("snapshot", id="s1", state="absent")
    assert said["msg"].endswith(
        "Wait for this execution to end or cancel it, and run this again. If execution e1 stays "
        "pending, it never runs, and only the action kill removes it."
    )


def test_where_executions_cannot_be_asked_for_the_manager_decides(manager: t.Any) -> None:
    manager.get("/snapshots/s1", CREATING)
    query = {**QUESTION, "_size": 1000, "_offset": 0}
    for bypass in (False, True):
        manager.error(
            "GET", "/executions", 503, "maintenance_mode_active", query=query, bypass=bypass
        )
    manager.delete("/snapshots/s1", {"id": "s1"})
    assert manager.run("snapshot", id="s1", state="absent")["changed"]


def test_a_delete_whose_answer_is_lost_says_that_it_may_be_done(manager: t.Any) -> None:
    manager.get("/snapshots/s1", CREATED)
    manager.broken("DELETE", "/snapshots/s1", c.closed())
    said = manager.run("snapshot", id="s1", state="absent")
    assert said["failed"] and said["changed"]
    assert "The manager may have begun it all the same" in said["msg"]


@pytest.mark.parametrize("uploaded_id", ["bad id", "1bad"])
def test_an_id_that_only_an_upload_can_have_made_can_be_deleted(
    uploaded_id: str, manager: t.Any
) -> None:
    path = f"/snapshots/{uploaded_id.replace(' ', '%20')}"
    manager.get(path, {"id": uploaded_id, "status": "uploaded"})
    manager.delete(path, {"id": uploaded_id})
    assert manager.run("snapshot", id=uploaded_id, state="absent")["changed"]
