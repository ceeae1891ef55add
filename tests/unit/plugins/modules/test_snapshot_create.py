# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""snapshot, state=present: what is sent, and when it counts as made."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import conversation as c

CREATING = {"id": "s1", "status": "creating", "error": ""}
CREATED = {"id": "s1", "status": "created", "error": ""}
ACTIVE = ["pending", "started", "cancelling", "force_cancelling", "kill_cancelling"]
EXECUTION = {"id": "e1", "workflow_id": "create_snapshot", "status": "pending"}


def asked_for(manager: t.Any, version: str = "7.0.5", edition: str = "premium") -> None:
    """The first requests of a create: what the manager is, and that there is no such snapshot."""
    manager.version(version, edition)
    manager.error("GET", "/snapshots/s1", 404, "not_found_error")


def put(manager: t.Any, sent: t.Any, **more: t.Any) -> None:
    manager.put("/snapshots/s1", EXECUTION, sent=sent, status=201, **more)


def in_the_way(manager: t.Any, *items: t.Any) -> None:
    """Check mode's question for executions that would have a create refused."""
    query = {"_include_system_workflows": "true", "_all_tenants": "true", "status": ACTIVE}
    manager.listed("/executions", items, query=query)


def look(manager: t.Any, execution: str, snapshot: str, error: str | None = None) -> None:
    """One look of the wait: first at the execution, then at the snapshot."""
    manager.get("/executions/e1", {**EXECUTION, "status": execution})
    manager.get("/snapshots/s1", {**CREATING, "status": snapshot, "error": error})


def test_a_snapshot_is_made_and_waited_for(manager: t.Any, clock: t.Any) -> None:
    asked_for(manager)
    put(manager, {"legacy": True})
    look(manager, "pending", "creating")
    look(manager, "started", "creating")
    look(manager, "terminated", "created")
    said = manager.run("snapshot", id="s1", diff=True)
    assert said["changed"]
    assert said["reason"] == "there is no snapshot of this id"
    assert said["snapshot"]["status"] == "created"
    assert said["execution_id"] == "e1"
    assert said["format"] == "legacy"
    assert "keeps schedules" in said["format_reason"]
    assert said["diff"] == {"before": {"status": "absent"}, "after": {"status": "created"}}
    assert said["duration"] >= 0
    assert clock.slept == [0.5, 0.5]


def test_the_content_type_is_exactly_json(manager: t.Any) -> None:
    # the product compares the header as a whole: a charset behind it is refused with 415
    asked_for(manager)
    put(manager, {"legacy": True}, headers={"Content-Type": "application/json"})
    look(manager, "terminated", "created")
    assert manager.run("snapshot", id="s1")["changed"]


def test_a_snapshot_that_is_created_before_its_execution_ends_is_not_done(manager: t.Any) -> None:
    asked_for(manager)
    put(manager, {"legacy": True})
    look(manager, "started", "created")
    look(manager, "started", "created")
    look(manager, "terminated", "created")
    assert manager.run("snapshot", id="s1")["changed"]


def test_check_mode_asks_and_changes_nothing(manager: t.Any) -> None:
    asked_for(manager)
    in_the_way(manager)
    said = manager.run("snapshot", id="s1", check=True, diff=True)
    assert said["changed"]
    assert said["diff"] == {"before": {"status": "absent"}, "after": {"status": "created"}}
    assert said["format"] == "legacy"
    assert "execution_id" not in said and "snapshot" not in said


def test_without_waiting_it_returns_once_the_manager_has_accepted(
    manager: t.Any, clock: t.Any
) -> None:
    asked_for(manager)
    put(manager, {"legacy": True})
    manager.get("/snapshots/s1", CREATING)
    said = manager.run("snapshot", id="s1", wait=False)
    assert said["changed"]
    assert said["snapshot"]["status"] == "creating"
    assert said["execution_id"] == "e1"
    assert clock.slept == []


@pytest.mark.parametrize("version", ["4.5.5", "5.0.5"])
def test_a_failed_create_whose_execution_says_terminated_is_a_failure(
    version: str, manager: t.Any
) -> None:
    asked_for(manager, version)
    put(manager, {})
    look(manager, "started", "creating")
    trace = "Traceback (most recent call last):\n  File ...\nOSError: [Errno 28] No space left"
    look(manager, "terminated", "failed", trace)
    said = manager.run("snapshot", id="s1")
    assert said["failed"]
    assert said["msg"] == (
        "the manager failed to make snapshot s1: OSError: [Errno 28] No space left. "
        "See the events of its execution."
    )
    assert said["execution_id"] == "e1"


def test_a_failure_without_a_reason_says_that_there_is_none(manager: t.Any) -> None:
    asked_for(manager)
    put(manager, {"legacy": True})
    look(manager, "failed", "failed")
    assert "it gives no reason" in manager.run("snapshot", id="s1")["msg"]


@pytest.mark.parametrize("execution", ["failed", "cancelled"])
@pytest.mark.parametrize("snapshot", ["creating", "created"])
def test_an_execution_that_ends_badly_is_a_failure_whatever_the_snapshot_says(
    execution: str, snapshot: str, manager: t.Any
) -> None:
    # a create that was cancelled on its way has been seen to leave a snapshot that says created
    asked_for(manager)
    put(manager, {"legacy": True})
    look(manager, execution, snapshot)
    said = manager.run("snapshot", id="s1")
    assert said["failed"]
    assert f"is {execution} (the snapshot says {snapshot}" in said["msg"]
    assert said["execution_id"] == "e1"


def test_an_execution_that_ends_and_leaves_the_snapshot_creating_is_a_failure(
    manager: t.Any, clock: t.Any
) -> None:
    asked_for(manager)
    put(manager, {"legacy": True})
    look(manager, "terminated", "creating")
    said = manager.run("snapshot", id="s1")
    assert said["failed"]
    assert "execution of snapshot s1 has ended, yet it is still creating" in said["msg"]
    assert clock.slept == []


def test_a_snapshot_that_vanishes_while_it_is_made_is_a_failure(manager: t.Any) -> None:
    asked_for(manager)
    put(manager, {"legacy": True})
    manager.get("/executions/e1", EXECUTION)
    manager.error("GET", "/snapshots/s1", 404, "not_found_error")
    said = manager.run("snapshot", id="s1")
    assert "s1 has vanished" in said["msg"] and "run this again" in said["msg"]
    assert (said["changed"], said["execution_id"]) == (True, "e1")


def test_a_wait_that_is_too_long_says_what_was_seen_last(manager: t.Any, clock: t.Any) -> None:
    asked_for(manager)
    put(manager, {"legacy": True})
    for _look in range(4):
        look(manager, "pending", "creating")
    said = manager.run("snapshot", id="s1", wait_timeout=60, wait_interval=20)
    assert said["failed"]
    assert "Gave up waiting for snapshot s1 after 60 s" in said["msg"]
    assert said["last_seen"] == "snapshot creating, execution pending"
    assert clock.slept == [20, 20, 20]


def test_in_maintenance_mode_the_execution_is_read_with_the_bypass(manager: t.Any) -> None:
    asked_for(manager)
    put(manager, {"legacy": True})
    for status, snapshot in (("started", CREATING), ("terminated", CREATED)):
        manager.error("GET", "/executions/e1", 503, "maintenance_mode_active")
        manager.get("/executions/e1", {**EXECUTION, "status": status}, bypass=True)
        manager.get("/snapshots/s1", snapshot)
    assert manager.run("snapshot", id="s1")["changed"]


def test_where_the_bypass_does_nothing_the_snapshot_alone_decides(manager: t.Any) -> None:
    asked_for(manager, "4.5.5")
    put(manager, {})
    manager.error("GET", "/executions/e1", 503, "maintenance_mode_active")
    manager.error("GET", "/executions/e1", 503, "maintenance_mode_active", bypass=True)
    manager.get("/snapshots/s1", CREATED)
    assert manager.run("snapshot", id="s1")["changed"]


def test_a_proxy_that_stumbles_does_not_end_the_wait(manager: t.Any) -> None:
    asked_for(manager)
    put(manager, {"legacy": True})
    manager.page("GET", "/executions/e1", 502)
    manager.page("GET", "/executions/e1", 503)
    look(manager, "terminated", "created")
    assert manager.run("snapshot", id="s1")["changed"]


@pytest.mark.parametrize("status", [500, 502, 504])
def test_an_outage_of_a_minute_is_waited_out(status: int, manager: t.Any, clock: t.Any) -> None:
    asked_for(manager)
    put(manager, {"legacy": True})
    look(manager, "started", "creating")
    for _look in range(30):
        manager.page("GET", "/executions/e1", status)
    manager.get("/executions/e1", {**EXECUTION, "status": "started"})
    for _look in range(29):
        manager.broken("GET", "/snapshots/s1", c.refused())
        manager.get("/executions/e1", {**EXECUTION, "status": "terminated"})
    manager.get("/snapshots/s1", CREATED)
    assert manager.run("snapshot", id="s1", wait_interval=2)["changed"]
    assert sum(clock.slept) >= 120


ODD: list[tuple[dict[str, t.Any], str]] = [
    ({"body": b"<html>hello</html>", "content_type": "text/html"}, "HTTP 200"),
    ({"status": 404, "body": b"<html></html>", "content_type": "text/html"}, "HTTP 404"),
    ({"status": 500, "json": {"error_code": "internal_server_error", "message": "oh"}}, "oh"),
    ({"body": c.no_answer()}, "no answer within request_timeout"),
]


@pytest.mark.parametrize(("answer", "told"), ODD)
def test_an_outage_that_lasts_is_told_with_what_was_seen_before(
    answer: dict[str, t.Any], told: str, manager: t.Any, clock: t.Any
) -> None:
    asked_for(manager)
    put(manager, {"legacy": True})
    look(manager, "started", "creating")
    for _look in range(3):
        manager.get("/executions/e1", **answer)
    said = manager.run("snapshot", id="s1", wait_timeout=60, wait_interval=20)
    assert said["msg"].startswith("Gave up waiting for snapshot s1 after 60 s")
    assert said["last_seen"].startswith(
        "snapshot creating, execution started, then no usable answer (Cannot look up execution e1"
    )
    assert told in said["last_seen"]
    assert (said["changed"], said["execution_id"]) == (True, "e1")


@pytest.mark.parametrize(
    ("status", "code"), [(401, "unauthorized_error"), (404, "not_found_error")]
)
def test_an_execution_that_cannot_be_read_ends_the_wait(
    status: int, code: str, manager: t.Any
) -> None:
    asked_for(manager)
    put(manager, {"legacy": True})
    look(manager, "started", "creating")
    manager.error("GET", "/executions/e1", status, code)
    said = manager.run("snapshot", id="s1")
    assert said["failed"]
    assert "Cannot look up execution e1: GET https://m1.example:443/api/v3.1/exec" in said["msg"]
    assert said["status"] == status
    assert (said["changed"], said["execution_id"]) == (True, "e1")


@pytest.mark.parametrize("snapshot_id", ["a", "A.b-c_9", "x" * 256])
def test_ids_that_the_product_takes_are_taken(snapshot_id: str, manager: t.Any) -> None:
    manager.version()
    manager.error("GET", f"/snapshots/{snapshot_id}", 404, "not_found_error")
    in_the_way(manager)
    assert manager.run("snapshot", id=snapshot_id, check=True)["changed"]


@pytest.mark.parametrize(
    "snapshot_id", ["", "1a", "a b", "_a", "-a", ".a", "a/b", "ä", "a\n", "x" * 257]
)
@pytest.mark.parametrize("check", [False, True])
def test_an_id_that_the_product_would_refuse_is_never_sent(
    snapshot_id: str, check: bool, manager: t.Any
) -> None:
    said = manager.run("snapshot", id=snapshot_id, check=check)
    assert said["failed"]
    assert said["msg"].startswith("snapshot id ") and said["msg"].endswith(". Choose another id.")
