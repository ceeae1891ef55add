# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

EXECUTION = {"id": "e1", "status": "started", "workflow_id": "install", "deployment_id": "d1"}
QUEUED = {"id": "e2", "status": "queued", "workflow_id": "uninstall", "deployment_id": "d2"}


def state(status: str, remaining: t.Any = None) -> dict[str, t.Any]:
    return {"status": status, "requested_by": "admin", "remaining_executions": remaining}


def seen(manager: t.Any, *answers: tuple[str, t.Any]) -> None:
    for answer in answers:
        manager.get("/maintenance", state(*answer))


@pytest.mark.parametrize(
    ("wanted", "before", "action"),
    [
        ("activated", "deactivated", "activate"),
        ("deactivated", "activated", "deactivate"),
        ("deactivated", "activating", "deactivate"),
    ],
)
def test_it_is_asked_for_and_waited_for(
    wanted: str, before: str, action: str, manager: t.Any
) -> None:
    seen(manager, (before, None))
    manager.post(f"/maintenance/{action}", state(wanted), sent={})
    seen(manager, (wanted, None))
    said = manager.run("maintenance_mode", state=wanted, diff=True)
    assert said["changed"]
    assert said["reason"] == f"it is {before}"
    assert said["diff"] == {"before": {"status": before}, "after": {"status": wanted}}
    assert said["maintenance"] == {**state(wanted), "remaining_executions": []}
    assert said["manager_host"] == "m1.example"


@pytest.mark.parametrize("wanted", ["activated", "deactivated"])
@pytest.mark.parametrize("check", [False, True])
def test_what_is_so_already_is_left_alone(wanted: str, check: bool, manager: t.Any) -> None:
    seen(manager, (wanted, None))
    said = manager.run("maintenance_mode", state=wanted, check=check)
    assert not said["changed"]
    assert said["maintenance"]["status"] == wanted
    assert "diff" not in said and "reason" not in said


@pytest.mark.parametrize(
    ("wanted", "before"), [("activated", "deactivated"), ("deactivated", "activated")]
)
def test_check_mode_only_looks(wanted: str, before: str, manager: t.Any) -> None:
    seen(manager, (before, None))
    said = manager.run("maintenance_mode", state=wanted, check=True, diff=True)
    assert said["changed"]
    assert said["maintenance"]["status"] == before
    assert said["diff"]["after"] == {"status": wanted}


@pytest.mark.parametrize(
    ("wanted", "before", "action"),
    [("activated", "deactivated", "activate"), ("deactivated", "activated", "deactivate")],
)
def test_304_means_that_somebody_else_was_faster_and_is_fine(
    wanted: str, before: str, action: str, manager: t.Any
) -> None:
    seen(manager, (before, None))
    manager.post(f"/maintenance/{action}", sent={}, status=304)
    seen(manager, (wanted, None))
    said = manager.run("maintenance_mode", state=wanted, diff=True)
    assert not said.get("failed") and not said["changed"]
    assert "diff" not in said and "reason" not in said
    assert said["maintenance"]["status"] == wanted


@pytest.mark.parametrize("remaining", [[EXECUTION], [[EXECUTION]]], ids=["flat", "nested"])
def test_it_waits_for_executions_to_end(remaining: t.Any, manager: t.Any, clock: t.Any) -> None:
    seen(manager, ("deactivated", None))
    manager.post("/maintenance/activate", state("activating", [[EXECUTION]]), sent={})
    seen(manager, ("activating", remaining), ("activating", remaining), ("activated", None))
    said = manager.run("maintenance_mode", state="activated", wait_interval=2)
    assert said["changed"]
    assert clock.slept == [2, 2]


@pytest.mark.parametrize("remaining", [[EXECUTION, QUEUED], [[EXECUTION, QUEUED]]])
def test_a_wait_that_is_too_long_names_what_is_in_the_way(
    remaining: t.Any, manager: t.Any, clock: t.Any
) -> None:
    seen(manager, ("deactivated", None))
    manager.post("/maintenance/activate", state("activating", [remaining]), sent={})
    seen(manager, *[("activating", remaining)] * 3)
    said = manager.run("maintenance_mode", state="activated", wait_timeout=10, wait_interval=5)
    assert said["failed"]
    assert (
        "Gave up waiting for maintenance mode to be activated after 10 s; last seen: activating, "
        "waiting for install e1 (started, deployment d1), uninstall e2 (queued, deployment d2)"
    ) in said["msg"]
    assert said["msg"].endswith(
        "It is left activating, in which the manager refuses to make or restore snapshots: wait "
        "for these executions or cancel them, queued and scheduled ones too, and run this again, "
        "or take it back with state=deactivated."
    )
    assert said["changed"]
    assert said["remaining_executions"] == ["e1", "e2"]
    assert said["last_seen"].startswith("activating")
    assert clock.slept == [5, 5]


def test_a_wait_ends_when_somebody_takes_it_back(manager: t.Any, clock: t.Any) -> None:
    seen(manager, ("deactivated", None))
    manager.post("/maintenance/activate", state("activating", [[EXECUTION]]), sent={})
    seen(manager, ("activating", [EXECUTION]), ("deactivated", None))
    said = manager.run("maintenance_mode", state="activated")
    assert said["failed"] and said["changed"]
    assert said["msg"] == (
        "maintenance mode will not be activated: somebody has deactivated it meanwhile. "
        "Find out who, and run this again."
    )
    assert len(clock.slept) == 1


def test_one_that_was_on_its_way_before_is_no_change_when_the_wait_is_too_long(
    manager: t.Any,
) -> None:
    seen(manager, *[("activating", [EXECUTION])] * 3)
    said = manager.run("maintenance_mode", state="activated", wait_timeout=5, wait_interval=5)
    assert "It is left activating" in said["msg"]
    assert not said.get("changed")


def test_somebody_else_s_request_is_no_change_when_the_wait_is_too_long(manager: t.Any) -> None:
    seen(manager, ("deactivated", None))
    manager.post("/maintenance/activate", sent={}, status=304)
    seen(manager, *[("activating", [EXECUTION])] * 2)
    said = manager.run("maintenance_mode", state="activated", wait_timeout=5, wait_interval=5)
    assert said["failed"] and not said["changed"]


@pytest.mark.parametrize("wait", [True, False])
def test_what_fails_after_the_request_tells_that_it_was_made(wait: bool, manager: t.Any) -> None:
    seen(manager, ("deactivated", None))
    manager.post("/maintenance/activate", state("activating"), sent={})
    manager.error("GET", "/maintenance", 401, "unauthorized_error")
    said = manager.run("maintenance_mode", state="activated", wait=wait)
    assert said["failed"] and said["changed"]


def test_an_outage_of_a_minute_is_waited_out(manager: t.Any, clock: t.Any) -> None:
    seen(manager, ("deactivated", None))
    manager.post("/maintenance/activate", state("activating"), sent={})
    for _look in range(12):
        manager.page("GET", "/maintenance", 502)
    seen(manager, ("activated", None))
    assert manager.run("maintenance_mode", state="activated", wait_interval=5)["changed"]
    assert sum(clock.slept) == 60


def test_a_manager_on_its_way_in_is_waited_for_and_not_asked_again(manager: t.Any) -> None:
    seen(manager, ("activating", [EXECUTION]), ("activating", None), ("activated", None))
    said = manager.run("maintenance_mode", state="activated")
    assert not said["changed"]
    assert said["maintenance"]["status"] == "activated"


@pytest.mark.parametrize("check", [False, True])
def test_without_waiting_a_manager_on_its_way_in_is_left_alone(check: bool, manager: t.Any) -> None:
    seen(manager, ("activating", [[EXECUTION]]))
    said = manager.run("maintenance_mode", state="activated", wait=False, check=check)
    assert not said["changed"]
    assert said["maintenance"]["remaining_executions"] == [EXECUTION]


def test_without_waiting_it_tells_what_the_manager_waits_for(manager: t.Any, clock: t.Any) -> None:
    seen(manager, ("deactivated", None))
    manager.post("/maintenance/activate", state("activating", [[EXECUTION]]), sent={})
    seen(manager, ("activating", [EXECUTION]))
    said = manager.run("maintenance_mode", state="activated", wait=False)
    assert said["changed"]
    assert said["maintenance"]["status"] == "activating"
    assert said["maintenance"]["remaining_executions"] == [EXECUTION]
    assert clock.slept == []


def test_a_state_that_is_none_is_refused_before_any_request(manager: t.Any) -> None:
    said = manager.run("maintenance_mode", state="maintained")
    assert "value of state must be one of: activated, deactivated" in said["msg"]


def test_the_state_has_to_be_said(manager: t.Any) -> None:
    assert "missing required arguments: state" in manager.run("maintenance_mode")["msg"]


def test_a_proxy_that_stumbles_does_not_end_the_wait(manager: t.Any) -> None:
    seen(manager, ("deactivated", None))
    manager.post("/maintenance/activate", state("activating", [[EXECUTION]]), sent={})
    manager.page("GET", "/maintenance", 502)
    seen(manager, ("activated", None))
    assert manager.run("maintenance_mode", state="activated")["changed"]
