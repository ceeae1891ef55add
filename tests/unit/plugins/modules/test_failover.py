# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several managers: which one is asked, and what the others are for."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import conversation as c

STATE = {"status": "deactivated", "remaining_executions": []}
#: The states of an execution that may still do something.
ANY_STATE = [
    "pending",
    "started",
    "cancelling",
    "force_cancelling",
    "kill_cancelling",
    "queued",
    "scheduled",
]
OFF, ON = STATE, {**STATE, "status": "activated"}


def second(**more: t.Any) -> dict[str, t.Any]:
    return {"host": c.SECOND, **more}


@pytest.mark.parametrize("error", [c.refused, c.no_connection, c.no_answer, c.closed])
def test_the_next_manager_is_asked_at_once_when_one_does_not_answer(
    error: t.Any, manager: t.Any, clock: t.Any
) -> None:
    manager.broken("GET", "/maintenance", error())
    manager.get("/maintenance", STATE, **second())
    said = manager.run("maintenance_mode_info", **c.BOTH)
    assert said["maintenance"]["status"] == "deactivated"
    assert said["manager_host"] == "m2.example"
    assert clock.slept == []


@pytest.mark.parametrize("status", [502, 504])
def test_the_next_manager_is_asked_at_once_when_a_proxy_has_none(
    status: int, manager: t.Any, clock: t.Any
) -> None:
    manager.page("GET", "/maintenance", status)
    manager.get("/maintenance", STATE, **second())
    assert manager.run("maintenance_mode_info", **c.BOTH)["manager_host"] == "m2.example"
    assert clock.slept == []


def test_the_rate_limit_of_one_manager_is_waited_for_and_not_passed_on(
    manager: t.Any, clock: t.Any
) -> None:
    manager.page("GET", "/maintenance", 503)
    manager.page("GET", "/maintenance", 503)
    manager.get("/maintenance", STATE)
    assert manager.run("maintenance_mode_info", **c.BOTH)["manager_host"] == "m1.example"
    assert clock.slept == [0.5, 1.0]


@pytest.mark.parametrize("code", ["not_cluster_master", "removed_from_cluster"])
def test_the_leader_is_found_behind_a_standby(code: str, manager: t.Any, clock: t.Any) -> None:
    manager.error("GET", "/maintenance", 400, code)
    manager.get("/maintenance", STATE, **second())
    assert manager.run("maintenance_mode_info", **c.BOTH)["manager_host"] == "m2.example"
    assert clock.slept == []


def test_a_change_goes_to_the_leader_too(manager: t.Any) -> None:
    manager.error("GET", "/maintenance", 400, "not_cluster_master")
    manager.get("/maintenance", OFF, **second())
    manager.post("/maintenance/activate", ON, sent={}, **second())
    manager.get("/maintenance", ON, **second())
    assert manager.run("maintenance_mode", state="activated", **c.BOTH)["changed"]


def test_without_a_leader_the_standby_is_told(manager: t.Any) -> None:
    manager.error("GET", "/maintenance", 400, "not_cluster_master", "I am a standby.")
    manager.error("GET", "/maintenance", 400, "not_cluster_master", "So am I.", **second())
    said = manager.run("maintenance_mode_info", **c.BOTH)
    assert "So am I. This manager is a standby" in said["msg"]


def test_whoever_answered_is_asked_first_from_then_on(manager: t.Any) -> None:
    manager.broken("GET", "/snapshots/s1", c.refused())
    manager.get("/snapshots/s1", {"id": "s1", "status": "failed"}, **second())
    manager.delete("/snapshots/s1", {"id": "s1"}, **second())
    said = manager.run("snapshot", id="s1", state="absent", **c.BOTH)
    assert said["changed"]
    assert said["manager_host"] == "m2.example"


def test_a_change_that_found_no_connection_is_made_on_the_next_manager(manager: t.Any) -> None:
    manager.get("/maintenance", OFF)
    manager.broken("POST", "/maintenance/activate", c.refused(), sent={})
    manager.post("/maintenance/activate", ON, sent={}, **second())
    manager.get("/maintenance", ON, **second())
    assert manager.run("maintenance_mode", state="activated", **c.BOTH)["changed"]


def test_an_error_of_the_manager_itself_is_not_passed_on_to_the_next(manager: t.Any) -> None:
    manager.error("GET", "/maintenance", 500, "internal_server_error", "oh")
    assert "HTTP 500" in manager.run("maintenance_mode_info", **c.BOTH)["msg"]


def test_when_no_manager_answers_each_one_is_named_with_its_reason(manager: t.Any) -> None:
    errors = {c.HOST: c.refused, c.SECOND: c.no_connection}
    for host in (c.HOST, c.SECOND, c.SECOND, c.HOST, c.HOST, c.SECOND, c.SECOND, c.HOST):
        manager.broken("GET", "/maintenance", errors[host](), host=host)
    manager.broken("GET", "/maintenance", c.refused())
    manager.broken("GET", "/maintenance", c.no_connection(), **second())
    said = manager.run("maintenance_mode_info", **c.BOTH)
    assert (
        "no manager answers (m1.example: connection refused; "
        "m2.example: no connection within connect_timeout)"
    ) in said["msg"]


def test_the_rate_limit_is_kept_to_in_the_first_place(manager: t.Any, clock: t.Any) -> None:
    manager.version()
    manager.get("/snapshots/s1", {"id": "s1", "status": "creating"})
    run = {"id": "e1", "status": "started", "parameters": {"snapshot_id": "s1"}}
    executions = {
        "_include_system_workflows": "true",
        "_all_tenants": "true",
        "workflow_id": "create_snapshot",
        "status": ANY_STATE,
    }
    manager.listed("/executions", [run], query=executions)
    for _look in range(30):
        manager.get("/executions/e1", run)
        manager.get("/snapshots/s1", {"id": "s1", "status": "creating"})
    manager.get("/executions/e1", {**run, "status": "terminated"})
    manager.get("/snapshots/s1", {"id": "s1", "status": "created"})
    said = manager.run("snapshot", id="s1", wait_interval=0.01)
    assert not said["changed"]
    # 65 requests, of which 25 may come at once and nine in each second after that
    assert sum(clock.slept) >= (65 - 25) / 9 - 0.1
