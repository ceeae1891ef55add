# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

EXECUTION = {"id": "e1", "status": "started", "workflow_id": "install", "deployment_id": "d1"}


@pytest.mark.parametrize(
    ("answered", "told"),
    [([EXECUTION], [EXECUTION]), ([[EXECUTION]], [EXECUTION]), (None, []), ([], [])],
    ids=["flat", "nested", "null", "empty"],
)
def test_remaining_executions_are_flat_however_the_manager_answers(
    manager: t.Any, answered: t.Any, told: t.Any
) -> None:
    state = {"status": "activating", "requested_by": "admin"}
    manager.get("/maintenance", {**state, "remaining_executions": answered})
    said = manager.run("maintenance_mode_info")
    assert not said["changed"]
    assert said["maintenance"] == {**state, "remaining_executions": told}
    assert said["manager_host"] == "m1.example"


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("status", ["activated", "activating", "deactivated"])
def test_it_asks_once_and_changes_nothing(status: str, check: bool, manager: t.Any) -> None:
    manager.get("/maintenance", {"status": status, "remaining_executions": None})
    said = manager.run("maintenance_mode_info", check=check)
    assert not said["changed"]
    assert said["maintenance"]["status"] == status
    assert said["duration"] >= 0
