# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""snapshot: what an error tells of what was changed before it, and of the execution."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import conversation as c

FAILED = {"id": "s1", "status": "failed", "error": "no space"}
SENT = {"legacy": True}
ACTIVE = ["pending", "started", "cancelling", "force_cancelling", "kill_cancelling"]
QUESTION = {"_include_system_workflows": "true", "_all_tenants": "true", "_size": 1000}
QUESTION |= {"_offset": 0}
MAKING = {
    "id": "e7",
    "workflow_id": "create_snapshot",
    "status": "started",
    "parameters": {"snapshot_id": "s1"},
}


def absent(manager: t.Any) -> None:
    manager.version()
    manager.error("GET", "/snapshots/s1", 404, "not_found_error")


def put(manager: t.Any) -> None:
    manager.put("/snapshots/s1", {"id": "e1"}, sent=SENT, status=201)


def failed(said: dict[str, t.Any]) -> tuple[t.Any, t.Any]:
    assert said["failed"]
    return said.get("changed"), said.get("execution_id")


def test_a_create_that_is_refused_has_changed_nothing(manager: t.Any) -> None:
    absent(manager)
    manager.error("PUT", "/snapshots/s1", 400, "bad_parameters_error", sent=SENT)
    assert failed(manager.run("snapshot", id="s1")) == (None, None)


def test_a_create_whose_answer_is_lost_may_have_changed_something(manager: t.Any) -> None:
    absent(manager)
    manager.broken("PUT", "/snapshots/s1", c.no_answer(), sent=SENT)
    assert failed(manager.run("snapshot", id="s1")) == (True, None)


def test_the_deletion_of_the_old_one_is_told_when_the_new_one_is_refused(manager: t.Any) -> None:
    manager.version()
    manager.get("/snapshots/s1", FAILED)
    manager.delete("/snapshots/s1", FAILED)
    manager.error("PUT", "/snapshots/s1", 409, "conflict_error", sent=SENT)
    said = manager.run("snapshot", id="s1", replace_failed=True)
    assert failed(said) == (True, None)


def test_an_old_one_that_cannot_be_deleted_has_changed_nothing(manager: t.Any) -> None:
    manager.version()
    manager.get("/snapshots/s1", FAILED)
    manager.error("DELETE", "/snapshots/s1", 400, "snapshot_action_error")
    said = manager.run("snapshot", id="s1", replace_failed=True)
    assert failed(said) == (None, None)


def test_a_snapshot_that_the_manager_fails_to_make_is_a_change(manager: t.Any) -> None:
    absent(manager)
    put(manager)
    manager.get("/executions/e1", {"id": "e1", "status": "failed"})
    manager.get("/snapshots/s1", FAILED)
    assert failed(manager.run("snapshot", id="s1")) == (True, "e1")


def test_without_waiting_the_last_look_that_fails_tells_it_too(manager: t.Any) -> None:
    absent(manager)
    put(manager)
    manager.error("GET", "/snapshots/s1", 401, "unauthorized_error")
    assert failed(manager.run("snapshot", id="s1", wait=False)) == (True, "e1")


def test_one_that_was_only_waited_for_is_no_change(manager: t.Any) -> None:
    manager.version()
    manager.get("/snapshots/s1", {**FAILED, "status": "creating"})
    statuses = {"status": [*ACTIVE, "queued", "scheduled"], "workflow_id": "create_snapshot"}
    manager.get("/executions", {"items": [MAKING]}, query={**QUESTION, **statuses})
    # the list says no total, so it is asked for what comes next
    more = {**QUESTION, **statuses, "_offset": 1}
    manager.get("/executions", {"items": []}, query=more)
    manager.get("/executions/e7", {"id": "e7", "status": "failed"})
    manager.get("/snapshots/s1", FAILED)
    assert failed(manager.run("snapshot", id="s1")) == (None, "e7")


@pytest.mark.parametrize("status", [401, 500])
def test_a_refusal_is_told_also_when_what_is_in_the_way_cannot_be_listed(
    status: int, manager: t.Any
) -> None:
    absent(manager)
    code, words = "existing_running_execution_error", "There are running executions: e9"
    manager.error("PUT", "/snapshots/s1", 400, code, words, sent=SENT)
    query = {**QUESTION, "status": ACTIVE}
    manager.error("GET", "/executions", status, "oh", query=query)
    said = manager.run("snapshot", id="s1")
    assert failed(said) == (None, None)
    assert words in said["msg"]
