# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Maintenance mode."""

from __future__ import annotations

from collections.abc import Callable

from standin.testing import StandIn

BYPASS = {"X-BYPASS-MAINTENANCE": "true"}


def test_on_and_off(manager: StandIn) -> None:
    on = manager.call("POST", "/maintenance/activate")
    assert (on.status, on.json["status"]) == (200, "activated")
    assert on.json["remaining_executions"] == [[]]
    again = manager.call("POST", "/maintenance/activate")
    assert (again.status, again.body) == (304, b"")
    assert manager.call("GET", "/maintenance").json["remaining_executions"] is None
    assert manager.call("POST", "/maintenance/deactivate").status == 200
    assert manager.call("POST", "/maintenance/deactivate").status == 304
    assert manager.call("POST", "/maintenance/sideways").code == "bad_parameters_error"


def test_activated_allows_a_few(manager: StandIn) -> None:
    manager.call("POST", "/maintenance/activate")
    for path in ("/version", "/snapshots", "/status", "/managers", "/snapshot-status"):
        assert manager.call("GET", path).status == 200
    for path in ("/executions", "/tenants", "/deployments"):
        refused = manager.call("GET", path)
        assert (refused.status, refused.code) == (503, "maintenance_mode_active")
        assert manager.call("GET", path, headers=BYPASS).status == 200
    nobody = {**BYPASS, "Authorization": None}
    assert manager.call("GET", "/snapshot-status", headers=nobody).status == 500
    assert manager.call("GET", "/nope").status == 404
    assert manager.call("PUT", "/snapshots/one", {}).status == 201


def test_activating_until_the_last_execution_ends(manager: StandIn) -> None:
    running = manager.add_execution(workflow_id="install")
    scheduled = manager.add_execution(status="scheduled", scheduled_for="2099-01-01T00:00:00.000Z")
    on = manager.call("POST", "/maintenance/activate").json
    assert on["status"] == "activating"
    assert {e["id"] for e in on["remaining_executions"][0]} == {running, scheduled}
    manager.add_snapshot("one")
    create = manager.call("PUT", "/snapshots/two", {})
    restore = manager.call("POST", "/snapshots/one/restore", {"force": True})
    assert create.code == restore.code == "entering_maintenance_mode"
    assert manager.call("GET", "/executions").status == 200
    manager.end_execution(running)
    assert manager.call("GET", "/maintenance").json["status"] == "activating"
    manager.call("POST", f"/executions/{scheduled}", {"action": "cancel"})
    assert manager.call("GET", "/maintenance").json["status"] == "activated"


def test_by_version(start: Callable[..., StandIn]) -> None:
    old = start(profile="5.0.5")
    on = old.call("POST", "/maintenance/activate").json
    assert on["remaining_executions"] == []
    assert old.call("GET", "/managers").status == 503
    assert old.call("GET", "/cluster-status").status == 200
    older = start(profile="4.5.5")
    older.call("POST", "/maintenance/activate")
    assert older.call("GET", "/cluster").status == 503
    assert older.call("GET", "/status").status == 200


def test_survives_a_restart(manager: StandIn) -> None:
    manager.call("POST", "/maintenance/activate")
    manager.kill()
    manager.restart()
    assert manager.call("GET", "/maintenance").json["status"] == "activated"
