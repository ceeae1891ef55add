# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Executions: making them, their states, who blocks whom."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from standin import clock, errors
from standin.kinds import ACTIVE, ENDED, WAITING
from standin.state import Item

if TYPE_CHECKING:
    from standin.manager import Manager

WORKFLOW_CONFIG = {
    "file_server_root": "/opt/manager/resources",
    "created_status": "created",
    "failed_status": "failed",
    "postgresql_bin_path": "/usr/lib/postgresql/15/bin",
    "postgresql_username": "cloudify",
    "postgresql_password": "not-a-password",
    "postgresql_db_name": "cloudify_db",
    "db_host": "127.0.0.1",
    "default_tenant_name": "default_tenant",
    "snapshot_restore_threads": 15,
}

ACTIONS = ["cancel", "force-cancel", "kill", "resume", "force-resume", "requeue"]
_AFTER_ACTION = {
    "cancel": "cancelling",
    "force-cancel": "force_cancelling",
    "kill": "kill_cancelling",
}


def new_execution(
    workflow_id: str,
    *,
    tenant: str,
    user: str,
    parameters: dict[str, Any],
    system: bool,
    status: str = "pending",
    deployment: Item | None = None,
    **more: Any,
) -> Item:
    return {
        "created_at": clock.iso(),
        "visibility": "tenant",
        "id": str(uuid.uuid4()),
        "ended_at": None,
        "error": None,
        "is_system_workflow": system,
        "parameters_p": None,
        "parameters": parameters,
        "status": status,
        "workflow_id": workflow_id,
        "started_at": None,
        "scheduled_for": None,
        "is_dry_run": False,
        "resume": False,
        "total_operations": 0,
        "finished_operations": 0,
        "allow_custom_parameters": False,
        "blueprint_id": deployment["blueprint_id"] if deployment else None,
        "deployment_display_name": deployment.get("display_name") if deployment else None,
        "deployment_id": deployment["id"] if deployment else None,
        "status_display": display(status),
        "tenant_name": tenant,
        "created_by": user,
        "resource_availability": "tenant",
        "private_resource": False,
        **more,
    }


def display(status: str) -> str:
    return "completed" if status == "terminated" else status


class Executions:
    """The executions of one manager."""

    def __init__(self, manager: Manager) -> None:
        self._manager = manager

    def get(self, execution_id: str) -> Item | None:
        return self._manager.store.get("executions", execution_id)

    def active(self) -> list[Item]:
        return self._manager.store.where("executions", status=list(ACTIVE))

    def unfinished(self) -> list[Item]:
        return self._manager.store.where("executions", status=list(ACTIVE + WAITING))

    def of_snapshot(self, snapshot_id: str) -> list[Item]:
        return [
            e
            for e in self.active()
            if e["workflow_id"] in ("create_snapshot", "restore_snapshot")
            and (e.get("parameters") or {}).get("snapshot_id") == snapshot_id
        ]

    def refuse_if_blocked(self) -> None:
        running = [e["id"] for e in self.active()]
        if running:
            raise errors.running_executions(running)

    def set_status(self, execution_id: str, status: str, *, error: str = "") -> Item | None:
        changes: dict[str, Any] = {
            "status": status,
            "status_display": display(status),
            "error": error,
        }
        if status == "started":
            changes["started_at"] = clock.iso()
        if status in ENDED:
            changes["ended_at"] = clock.iso()
        item = self._manager.store.update("executions", execution_id, **changes)
        if status in ENDED:
            self.dequeue()
        return item

    def send(self, execution: Item) -> Item:
        """Hand an execution to the worker by way of the broker."""
        store = self._manager.store
        with store.transaction():
            store.update("executions", execution["id"], allow_custom_parameters=True)
            store.push(execution["id"])
        execution = {**execution, "allow_custom_parameters": True}
        self._manager.worker.wake()
        return execution

    def dequeue(self) -> None:
        """Start the oldest queued execution once nothing runs any more."""
        if self._manager.maintenance.status == "activated":
            return
        with self._manager.store.transaction():
            if self.active():
                return
            waiting = self._manager.store.where("executions", status="queued")
            if not waiting:
                return
            first = min(waiting, key=lambda e: str(e["created_at"]))
            self.set_status(first["id"], "pending")
            self.send(first)

    def act(self, execution: Item, action: str) -> Item:
        """Cancel in its three strengths; other actions are checked only."""
        if action not in ACTIONS:
            raise errors.bad_parameters(
                f"Invalid action: {action}, Valid action values are: {ACTIONS}"
            )
        status = execution["status"]
        if action not in _AFTER_ACTION:
            raise errors.illegal_action(
                f"Can't {action} execution {execution['id']} in status {status}"
            )
        self._check_cancellable(execution, action)
        if status in ("queued", "scheduled"):
            self._manager.store.unqueue(execution["id"])
            return self.set_status(execution["id"], "cancelled") or execution
        changed = self.set_status(execution["id"], _AFTER_ACTION[action]) or execution
        self._manager.worker.cancel(execution["id"], action)
        return changed

    def _check_cancellable(self, execution: Item, action: str) -> None:
        allowed = {
            "cancel": ("pending", "started", "queued", "scheduled"),
            "force-cancel": ("pending", "started", "cancelling", "queued", "scheduled"),
            "kill": ACTIVE + WAITING,
        }[action]
        if execution["status"] not in allowed:
            raise errors.illegal_action(
                f"Can't {action} execution {execution['id']} because it's in status "
                f"{execution['status']}"
            )


__all__ = ["WORKFLOW_CONFIG", "Executions", "display", "new_execution"]
