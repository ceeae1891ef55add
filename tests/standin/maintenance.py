# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Maintenance mode and its lazy switch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from standin import clock
from standin.state import Store

if TYPE_CHECKING:
    from standin.manager import Manager

OFF = {
    "status": "deactivated",
    "activated_at": "",
    "activation_requested_at": "",
    "remaining_executions": None,
    "requested_by": "",
}


class MaintenanceMode:
    def __init__(self, manager: Manager) -> None:
        self._manager = manager

    @property
    def _kept(self) -> Store:
        """A file of the node's own before 5.2, a row of the database since."""
        manager = self._manager
        return manager.local if manager.profile.maintenance_per_node else manager.store

    @property
    def _row(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._kept.meta("maintenance")
        return found

    @property
    def status(self) -> str:
        row = self._row
        return row["status"] if row else "deactivated"

    def remaining(self) -> list[dict[str, Any]]:
        return [
            {
                "id": e["id"],
                "status": e["status"],
                "deployment_id": e["deployment_id"],
                "workflow_id": e["workflow_id"],
            }
            for e in self._manager.executions.unfinished()
        ]

    def refresh(self) -> str:
        """Called by each request: the last unfinished execution gone, activation is complete."""
        row = self._row
        if row is None:
            return "deactivated"
        if row["status"] == "activating" and not self.remaining():
            row["status"], row["activated_at"] = "activated", clock.iso()
            self._kept.set_meta("maintenance", row)
        return str(row["status"])

    def get(self) -> dict[str, Any]:
        row = self._row
        if row is None:
            return dict(OFF)
        left = self.remaining() if row["status"] == "activating" else None
        return {**row, "remaining_executions": left}

    def activate(self, user: str) -> dict[str, Any] | None:
        """The new state, or None when the mode is on or coming on already."""
        if self._row is not None:
            return None
        now = clock.iso()
        left = self.remaining()
        row = {
            "status": "activating" if left else "activated",
            "activated_at": None if left else now,
            "activation_requested_at": now,
            "remaining_executions": None,
            "requested_by": user,
        }
        self._kept.set_meta("maintenance", row)
        wrapped = [left] if self._manager.profile.nested_remaining else left
        return {**row, "remaining_executions": wrapped}

    def deactivate(self) -> dict[str, Any] | None:
        row = self._row
        if row is None:
            return None
        self._kept.set_meta("maintenance", None)
        self._manager.executions.dequeue()
        return {**row, "status": "deactivated", "remaining_executions": None}


__all__ = ["MaintenanceMode"]
