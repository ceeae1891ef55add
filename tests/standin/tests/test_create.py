# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""create_snapshot and the executions around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from standin import archives
from standin.testing import StandIn
from standin.tests.steps import create, ended, until

JSON = {"Content-Type": "application/json"}


def put(manager: StandIn, name: str, body: Any = None, **more: Any) -> Any:
    return manager.call("PUT", f"/snapshots/{name}", body, **more)


def test_answer_is_the_execution(manager: StandIn) -> None:
    body = put(manager, "one", {}).json
    assert (body["workflow_id"], body["status"]) == ("create_snapshot", "pending")
    assert body["parameters"]["snapshot_id"] == "one"
    assert body["parameters"]["legacy"] is False
    assert ended(manager, body["id"])["status"] == "terminated"
    assert manager.call("GET", "/snapshots/one").json["status"] == "created"
    assert manager.call("GET", "/executions").json["items"] == []
    with_system = manager.call("GET", "/executions?_include_system_workflows=true").json["items"]
    assert [e["id"] for e in with_system] == [body["id"]]


@pytest.mark.parametrize("legacy", [True, False])
def test_archive_says_how_it_was_made(manager: StandIn, legacy: bool) -> None:
    manager.seed(sample="rich")
    create(manager, "one", legacy=legacy)
    found = archives.read(manager.state / "snapshots/one/one.zip", verify=True)
    assert found.legacy_for_product is legacy
    assert found.metadata["snapshot_version"] == "7.0.5"
    assert len(found.content["tenants"]["default_tenant"]["deployments"]) == 5


@pytest.mark.parametrize(
    ("name", "body", "headers", "data", "status", "code"),
    [
        ("one", None, {}, None, 415, "unsupported_content_type_error"),
        ("one", {}, {"Content-Type": "application/json; charset=utf-8"}, None, 415, None),
        ("one", None, JSON, b'{"a":', 400, None),
        ("one", [], {}, None, 500, "internal_server_error"),
        ("1bad", {}, {}, None, 400, "bad_parameters_error"),
        ("bad%20id", {}, {}, None, 400, "bad_parameters_error"),
        ("a" * 257, {}, {}, None, 400, "bad_parameters_error"),
        ("one", {"include_logs": "maybe"}, {}, None, 400, "bad_parameters_error"),
        ("one", {"listener_timeout": "abc"}, {}, None, 400, "bad_parameters_error"),
        ("one", {"tempdir_path": "/no/such/dir"}, {}, None, 403, "forbidden_error"),
    ],
)
def test_refusals(
    manager: StandIn,
    name: str,
    body: Any,
    headers: dict[str, str],
    data: bytes | None,
    status: int,
    code: str | None,
) -> None:
    answer = put(manager, name, body, headers=headers, data=data)
    assert answer.status == status
    if code:
        assert answer.code == code
    assert manager.summary()["snapshots"] == {}


def test_existing_id_conflicts_in_any_state(manager: StandIn) -> None:
    manager.workflow_fault("create_snapshot", "fail", error="no such luck")
    failed = create(manager, "one")
    assert failed["status"] == "failed"
    assert "no such luck" in failed["error"]
    assert manager.call("GET", "/snapshots/one").json["error"] == "no such luck"
    assert put(manager, "one", {}).code == "conflict_error"
    assert manager.call("GET", "/snapshots/one/archive").code == "snapshot_action_error"


def test_failed_create_says_terminated_up_to_5_0_5(start: Callable[..., StandIn]) -> None:
    manager = start(profile="5.0.5")
    manager.workflow_fault("create_snapshot", "disk_full")
    assert create(manager, "one")["status"] == "terminated"
    assert manager.call("GET", "/snapshots/one").json["status"] == "failed"


def test_legacy_blocks_and_queues_new_format_does_not(manager: StandIn) -> None:
    running = manager.add_execution(workflow_id="install")
    refused = put(manager, "legacy", {"legacy": True})
    assert (refused.status, refused.code) == (400, "existing_running_execution_error")
    assert running in refused.json["message"]
    assert manager.call("GET", "/snapshots/legacy").status == 404
    first = put(manager, "new1", {"legacy": False})
    second = put(manager, "new2", {"legacy": False})
    assert (first.status, second.status) == (201, 201)
    queued = put(manager, "later", {"legacy": True, "queue": True})
    assert (queued.status, queued.json["status"]) == (201, "queued")
    for answer in (first, second):
        ended(manager, answer.json["id"])
    manager.end_execution(running)
    assert ended(manager, queued.json["id"])["status"] == "terminated"


def test_queued_and_cancelled_stays_creating(manager: StandIn) -> None:
    manager.add_execution(workflow_id="install")
    queued = put(manager, "later", {"legacy": True, "queue": True}).json["id"]
    answer = manager.call("POST", f"/executions/{queued}", {"action": "cancel"})
    assert answer.json["status"] == "cancelled"
    assert manager.call("GET", "/snapshots/later").json["status"] == "creating"
    assert manager.call("DELETE", "/snapshots/later").status == 200


def test_kill_leaves_it_creating_and_cancel_fails_it(start: Callable[..., StandIn]) -> None:
    manager = start(speed=20)
    manager.workflow_fault("create_snapshot", "hang")
    killed = put(manager, "killed", {}).json["id"]
    until(lambda: manager.call("GET", f"/executions/{killed}").json["status"] == "started")
    busy = manager.call("DELETE", "/snapshots/killed")
    assert busy.code == "snapshot_action_error"
    manager.call("POST", f"/executions/{killed}", {"action": "kill"})
    assert ended(manager, killed)["status"] == "cancelled"
    assert manager.call("GET", "/snapshots/killed").json["status"] == "creating"

    slow = put(manager, "cancelled", {"listener_timeout": 60}).json["id"]
    until(lambda: manager.call("GET", f"/executions/{slow}").json["status"] == "started")
    manager.call("POST", f"/executions/{slow}", {"action": "cancel"})
    found = ended(manager, slow)
    assert found["status"] == "failed"
    assert "from cancelling to terminated" in found["error"]
    assert manager.call("GET", "/snapshots/cancelled").json["status"] == "created"


def test_worker_down_and_up(manager: StandIn) -> None:
    manager.worker("down")
    execution = put(manager, "one", {}).json["id"]
    assert manager.call("GET", "/status").json["status"] == "Fail"
    assert manager.call("GET", "/ok").status == 500
    assert manager.call("GET", f"/executions/{execution}").json["status"] == "pending"
    manager.worker("up")
    assert ended(manager, execution)["status"] == "terminated"


def test_broker_down_leaves_what_never_runs(manager: StandIn) -> None:
    manager.control("POST", "/broker", {"state": "down"})
    assert put(manager, "one", {}).status == 500
    manager.control("POST", "/broker", {"state": "up"})
    assert manager.call("GET", "/snapshots/one").json["status"] == "creating"
    assert [e["status"] for e in manager.summary()["active"]] == ["pending"]


@pytest.mark.parametrize("mode", ["truncate_archive", "corrupt_archive"])
def test_broken_archives_look_created(manager: StandIn, mode: str) -> None:
    manager.seed(sample="rich")
    manager.workflow_fault("create_snapshot", mode)
    assert create(manager, "one", legacy=True)["status"] == "terminated"
    assert manager.call("GET", "/snapshots/one").json["status"] == "created"
    with pytest.raises(archives.BadArchive):
        archives.read(manager.state / "snapshots/one/one.zip", verify=True)


def test_kill_of_the_process_loses_nothing(start: Callable[..., StandIn]) -> None:
    manager = start(speed=0.5)
    manager.seed(kind="secrets", items=[{"key": "kept", "_value": "x"}])
    execution = put(manager, "one", {}).json["id"]
    until(lambda: manager.call("GET", f"/executions/{execution}").json["status"] == "started")
    manager.kill()
    manager.restart()
    assert manager.call("GET", "/secrets/kept").json["value"] == "x"
    # nobody runs it any more: a zombie
    assert manager.call("GET", f"/executions/{execution}").json["status"] == "started"
    assert manager.call("GET", "/snapshots/one").json["status"] == "creating"


def test_parameters_by_version(start: Callable[..., StandIn]) -> None:
    old = start(profile="4.5.5")
    parameters = put(old, "one", {"include_metrics": True}).json["parameters"]
    assert parameters["include_metrics"] is True
    assert "legacy" not in parameters
    assert put(start(profile="7.0.0"), "one", {}).json["parameters"]["legacy"] is True


def test_events_of_a_create(manager: StandIn) -> None:
    execution = create(manager, "one", legacy=True)["id"]
    found = manager.call("GET", f"/events?execution_id={execution}&_sort=timestamp").json
    assert found["metadata"]["pagination"]["total"] == 33
    events = found["items"]
    assert [e.get("event_type") for e in (events[0], events[-1])] == [
        "workflow_started",
        "workflow_succeeded",
    ]
    only = manager.call("GET", f"/events?execution_id={execution}&type=cloudify_event").json
    assert len(only["items"]) == 2


def test_cancel_before_it_begins(start: Callable[..., StandIn]) -> None:
    manager = start(speed=2)
    execution = put(manager, "one", {}).json["id"]
    manager.call("POST", f"/executions/{execution}", {"action": "cancel"})
    assert ended(manager, execution)["status"] == "cancelled"
    assert manager.call("GET", "/snapshots/one").json["status"] == "creating"
