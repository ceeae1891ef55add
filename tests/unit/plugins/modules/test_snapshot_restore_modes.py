# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""snapshot_restore leaves maintenance mode as it found it, and knows two passwords."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._snapshots import EVERY_STATE
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.conversation import closed
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.module_utils.restore_talk import (
    OF_RESTORES,
    OK_STATUS,
    SENT,
    archive,
    of_executions,
    preflight,
    restores,
)


@pytest.fixture
def options(tmp_path: pathlib.Path) -> dict[str, t.Any]:
    return {"id": "s1", "archive": archive(tmp_path), "settle_timeout": 2, "wait_interval": 1}


def enter(manager: t.Any) -> None:
    manager.post("/maintenance/activate", {"status": "activated"}, sent={})
    manager.get("/maintenance", {"status": "activated"})


def leave(manager: t.Any, **more: t.Any) -> None:
    manager.post("/maintenance/deactivate", {"status": "deactivated"}, sent={}, **more)
    manager.get("/maintenance", {"status": "deactivated"}, **more)


def in_maintenance(manager: t.Any, path: str) -> None:
    """Refused once; what comes next is asked again with the bypass."""
    manager.error("GET", path, 503, "maintenance_mode_active")


def post(manager: t.Any) -> None:
    """In maintenance mode all but a few things want the bypass."""
    query = {**of_executions(EVERY_STATE), **OF_RESTORES, "_size": 1000, "_offset": 0}
    manager.error("GET", "/executions", 503, "maintenance_mode_active", query=query)
    restores(manager, bypass=True)
    manager.post("/snapshots/s1/restore", {"id": "e1"}, sent=SENT)


def poll(manager: t.Any, status: str, flag: str, error: str | None = None) -> None:
    in_maintenance(manager, "/executions/e1")
    manager.get("/executions/e1", {"id": "e1", "status": status, "error": error}, bypass=True)
    manager.get("/snapshot-status", {"status": flag})


def judged(manager: t.Any, **more: t.Any) -> None:
    manager.get("/status", OK_STATUS, **more)
    manager.error("GET", "/snapshots/s1", 404, "not_found_error", **more)


def test_it_is_entered_and_left(manager: t.Any, options: t.Any) -> None:
    preflight(manager, waiting=())
    enter(manager)
    post(manager)
    poll(manager, "started", "running")
    poll(manager, "terminated", "not-running")
    leave(manager)
    judged(manager)
    said = manager.run("snapshot_restore", maintenance=True, **options)
    assert said["outcome"] == "RESTORED"
    assert said["preflight"]["maintenance"] == "deactivated"


@pytest.mark.parametrize("wanted", [True, False])
def test_as_found_activated_it_stays(wanted: bool, manager: t.Any, options: t.Any) -> None:
    preflight(manager, maintenance="activated")
    post(manager)
    poll(manager, "terminated", "not-running")
    judged(manager)
    said = manager.run("snapshot_restore", maintenance=wanted, **options)
    assert said["outcome"] == "RESTORED"


@pytest.mark.parametrize("left", [True, False])
def test_the_marker_is_there_before_it_is_asked_for(
    left: bool, manager: t.Any, options: t.Any, tmp_path: pathlib.Path
) -> None:
    marker = tmp_path / "marker"
    preflight(manager, waiting=())
    manager.error("POST", "/maintenance/activate", 403, "forbidden_error", sent={})
    if left:
        leave(manager)
    else:
        manager.error("POST", "/maintenance/deactivate", 400, "bad_parameters_error", sent={})
    manager.run("snapshot_restore", maintenance=True, maintenance_marker=str(marker), **options)
    assert marker.exists() is not left


@pytest.mark.parametrize("check", [True, False])
def test_a_marker_that_cannot_be_put_is_told_before_any_request(
    check: bool, manager: t.Any, options: t.Any, tmp_path: pathlib.Path
) -> None:
    marker = str(tmp_path / "gone" / "marker")
    said = manager.run(
        "snapshot_restore", check=check, maintenance=True, maintenance_marker=marker, **options
    )
    assert f"{marker} cannot be written" in said["msg"]


@pytest.mark.parametrize("wanted", [True, False])
def test_left_over_from_a_restore_that_was_killed_it_is_left(
    wanted: bool, manager: t.Any, options: t.Any, tmp_path: pathlib.Path
) -> None:
    marker = tmp_path / "marker"
    marker.write_text("")
    preflight(manager, maintenance="activated")
    enter(manager)
    post(manager)
    poll(manager, "terminated", "not-running")
    leave(manager)
    judged(manager)
    said = manager.run(
        "snapshot_restore", maintenance=wanted, maintenance_marker=str(marker), **options
    )
    assert said["outcome"] == "RESTORED"
    assert said["maintenance"].startswith("deactivated, it was left over")
    assert any("maintenance mode is left over" in each for each in said["warnings_found"])
    assert not marker.exists()


@pytest.mark.parametrize("mode", ["activated", "deactivated", None])
@pytest.mark.parametrize("marked", [True, False])
def test_left_over_it_is_told_by_a_refusal_too(
    marked: bool, mode: str | None, manager: t.Any, options: t.Any, tmp_path: pathlib.Path
) -> None:
    marker = tmp_path / "marker"
    preflight(manager, maintenance=mode or "activated", has={"secrets": 3}, end=False)
    if marked:
        marker.write_text("")
        if mode:
            manager.get("/maintenance", {"status": mode})
        else:
            manager.error("GET", "/maintenance", 400, "bad_parameters_error")
    said = manager.run("snapshot_restore", maintenance_marker=str(marker), **options)
    assert said["msg"].startswith("the manager is not empty: it has 3 secrets")
    told = "; maintenance mode is still on from a restore that was killed: leave it with module "
    assert (told in said["msg"]) == (marked and mode == "activated")


def test_after_a_failed_execution_it_is_left(manager: t.Any, options: t.Any) -> None:
    preflight(manager, waiting=())
    enter(manager)
    post(manager)
    poll(manager, "failed", "not-running", error="no")
    leave(manager)
    manager.get("/status", OK_STATUS)
    said = manager.run("snapshot_restore", maintenance=True, **options)
    assert said["outcome"] == "FAILED"


@pytest.mark.parametrize("marked", [True, False])
def test_after_a_time_out_it_stays_since_the_restore_goes_on(
    marked: bool, manager: t.Any, options: t.Any, tmp_path: pathlib.Path
) -> None:
    preflight(manager, waiting=())
    enter(manager)
    post(manager)
    for _each in range(3):
        poll(manager, "started", "running")
    more = {"maintenance_marker": str(tmp_path / "marker")} if marked else {}
    said = manager.run("snapshot_restore", maintenance=True, wait_timeout=2, **more, **options)
    assert said["msg"].startswith("Gave up waiting for the restore after 2 s")
    assert "maintenance mode stays on meanwhile" in said["msg"]
    assert ("the next run leaves it" in said["msg"]) == marked == (tmp_path / "marker").exists()


def test_after_a_refusal_it_is_left(manager: t.Any, options: t.Any) -> None:
    """Once the manager has said so, and no restore is to be seen."""
    preflight(manager, waiting=())
    enter(manager)
    restores(manager)
    manager.error("POST", "/snapshots/s1/restore", 500, "internal_server_error", sent=SENT)
    restores(manager)
    leave(manager)
    said = manager.run("snapshot_restore", maintenance=True, **options)
    assert "HTTP 500" in said["msg"]


def test_restore_whose_answer_was_lost_is_followed_in_it(manager: t.Any, options: t.Any) -> None:
    preflight(manager, waiting=())
    enter(manager)
    restores(manager)
    manager.broken("POST", "/snapshots/s1/restore", closed(), sent=SENT)
    restores(manager, [{"id": "e1", "status": "started", "parameters": {"snapshot_id": "s1"}}])
    poll(manager, "started", "running")
    poll(manager, "terminated", "not-running")
    leave(manager)
    judged(manager)
    said = manager.run("snapshot_restore", maintenance=True, **options)
    assert (said["outcome"], said["execution_id"]) == ("RESTORED", "e1")


@pytest.mark.parametrize("marked", [True, False])
def test_while_a_restore_may_run_it_stays(
    marked: bool, manager: t.Any, options: t.Any, tmp_path: pathlib.Path
) -> None:
    preflight(manager, waiting=())
    enter(manager)
    restores(manager)
    manager.broken("POST", "/snapshots/s1/restore", closed(), sent=SENT)
    for _look in range(3):
        restores(manager)
    more = {"maintenance_marker": str(tmp_path / "marker")} if marked else {}
    said = manager.run("snapshot_restore", maintenance=True, **more, **options)
    assert said["changed"]
    assert "whether the manager restores cannot be told" in said["msg"]
    assert "maintenance mode stays on meanwhile" in said["msg"]
    assert ("the next run leaves it" in said["msg"]) == marked == (tmp_path / "marker").exists()


def test_where_it_does_not_begin_the_request_is_taken_back(manager: t.Any, options: t.Any) -> None:
    """Something came to run after the look."""
    preflight(manager, waiting=())
    busy = {"id": "e9", "workflow_id": "install", "status": "started"}
    activating = {"status": "activating", "remaining_executions": [busy]}
    manager.post("/maintenance/activate", activating, sent={})
    for _each in range(3):
        manager.get("/maintenance", activating)
    leave(manager)
    said = manager.run("snapshot_restore", maintenance=True, wait_timeout=2, **options)
    assert "waiting for install e9 (started)" in said["msg"]
    assert said["remaining_executions"] == ["e9"]
    assert not said.get("changed")


def test_leaving_waits_for_the_manager_to_come_back(manager: t.Any, options: t.Any) -> None:
    preflight(manager, waiting=())
    enter(manager)
    post(manager)
    poll(manager, "terminated", "not-running")
    manager.page("POST", "/maintenance/deactivate", 502, sent={})
    manager.error("POST", "/maintenance/deactivate", 401, "unauthorized_error", sent={})
    leave(manager)
    judged(manager)
    said = manager.run("snapshot_restore", maintenance=True, **options)
    assert said["outcome"] == "RESTORED"


def test_that_cannot_be_left_is_a_problem_beside_the_verdict(
    manager: t.Any, options: t.Any
) -> None:
    preflight(manager, waiting=())
    enter(manager)
    post(manager)
    poll(manager, "terminated", "not-running")
    manager.error("POST", "/maintenance/deactivate", 400, "bad_parameters_error", sent={})
    judged(manager)
    said = manager.run("snapshot_restore", maintenance=True, **options)
    assert said["outcome"] == "PARTIAL"
    assert said["problems"][0].startswith("maintenance mode could not be left (Cannot deactivate")


def test_that_cannot_be_left_after_an_error_does_not_hide_it(
    manager: t.Any, options: t.Any
) -> None:
    preflight(manager, waiting=())
    enter(manager)
    restores(manager)
    manager.error("POST", "/snapshots/s1/restore", 500, "internal_server_error", sent=SENT)
    restores(manager)
    manager.error("POST", "/maintenance/deactivate", 400, "bad_parameters_error", sent={})
    said = manager.run("snapshot_restore", maintenance=True, **options)
    assert "HTTP 500" in said["msg"]
    assert "; maintenance mode could not be left (Cannot deactivate" in said["msg"]


def test_without_waiting_nobody_would_leave_it(manager: t.Any, options: t.Any) -> None:
    said = manager.run("snapshot_restore", maintenance=True, wait=False, **options)
    assert "maintenance=true needs wait=true" in said["msg"]


# -- two passwords -----------------------------------------------------------------------------------


def refused(manager: t.Any, **more: t.Any) -> None:
    manager.error("GET", "/executions/e1", 401, "unauthorized_error", **more)


def test_second_password_is_used_from_then_on(manager: t.Any, options: t.Any) -> None:
    preflight(manager)
    restores(manager)
    manager.post("/snapshots/s1/restore", {"id": "e1"}, sent=SENT)
    refused(manager)
    refused(manager)
    # it lasts: is the restore still running?
    refused(manager)
    manager.get("/snapshot-status", {"status": "running"})
    refused(manager)
    manager.get("/snapshot-status", {"status": "running"}, password="restored-one")
    manager.get("/executions/e1", {"id": "e1", "status": "terminated"}, password="restored-one")
    manager.get("/snapshot-status", {"status": "not-running"}, password="restored-one")
    judged(manager, password="restored-one")
    said = manager.run("snapshot_restore", restored_password="restored-one", **options)
    assert said["outcome"] == "RESTORED"
    assert said["password_switched"]


def test_password_that_nobody_knows_ends_the_wait(manager: t.Any, options: t.Any) -> None:
    preflight(manager)
    restores(manager)
    manager.post("/snapshots/s1/restore", {"id": "e1"}, sent=SENT)
    refused(manager)
    refused(manager)
    refused(manager)
    manager.get("/snapshot-status", {"status": "not-running"})
    said = manager.run("snapshot_restore", **options)
    assert said["failed"] and said["changed"]
    assert said["execution_id"] == "e1"
    assert "give it as restored_password" in said["msg"]
    assert "(playbook restore: apply_snapshot_restored_password)" in said["msg"]


def test_login_that_is_refused_because_of_another_restore_is_told_so(
    manager: t.Any, options: t.Any
) -> None:
    manager.version()
    manager.error("GET", "/snapshots/s1", 401, "unauthorized_error")
    without: t.Any = {"headers": {"Authorization": None}}
    manager.get("/snapshot-status", {"status": "running"}, **without)
    said = manager.run("snapshot_restore", **options)
    assert "says that a restore is running, and while one is, correct passwords" in said["msg"]
    assert "after a restore the admin password is the snapshot's" in said["msg"]


# -- a token -----------------------------------------------------------------------------------------


def test_when_the_token_dies_the_password_is_used(manager: t.Any, options: t.Any) -> None:
    token = {"headers": {"Authorization": None, "Authentication-Token": "t0k"}}
    preflight(manager, **token)
    restores(manager, **token)
    manager.post("/snapshots/s1/restore", {"id": "e1", "status": "pending"}, sent=SENT, **token)
    for _each in range(7):
        manager.error("GET", "/executions/e1", 401, "unauthorized_error", **token)
    without = {"headers": {"Authentication-Token": None}, "password": "restored"}
    manager.get("/executions/e1", {"id": "e1", "status": "terminated"}, **without)
    manager.get("/snapshot-status", {"status": "not-running"}, **without)
    judged(manager, **without)
    options = {**options, "settle_timeout": 60, "wait_interval": 0.5}
    said = manager.run("snapshot_restore", token="t0k", restored_password="restored", **options)
    assert said["outcome"] == "RESTORED"
    assert said["password_switched"]


def test_a_token_alone_is_warned_of(manager: t.Any, options: t.Any) -> None:
    token = {"headers": {"Authorization": None, "Authentication-Token": "t0k"}}
    preflight(manager, **token)
    alone = {"username": None, "password": None, "token": "t0k"}
    said = manager.run("snapshot_restore", check=True, **alone, **options)
    assert any("a token seldom outlives a restore" in each for each in said["warnings_found"])
