# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots: list, create, delete, restore, and whether a restore runs."""

from __future__ import annotations

import re
import shutil
from typing import Any

from standin import clock, errors
from standin.app import route
from standin.auth import need_admin, need_tenant
from standin.executions import WORKFLOW_CONFIG, new_execution
from standin.lists import answer_list, include_of, shown
from standin.manager import Manager
from standin.params import boolean, identifier, integer, required
from standin.state import Item
from standin.wire import Request, Response, reply

STATES = ("created", "failed", "creating", "uploaded")


def new_snapshot(snapshot_id: str, *, tenant: str, user: str, status: str) -> Item:
    return {
        "created_at": clock.iso(),
        "id": snapshot_id,
        "visibility": "private",
        "status": status,
        "error": "",
        "tenant_name": tenant,
        "created_by": user,
        "resource_availability": "private",
        "private_resource": True,
    }


def find(manager: Manager, request: Request, snapshot_id: str) -> Item:
    found = manager.store.get("snapshots", snapshot_id, need_tenant(request))
    if found is None:
        raise errors.not_found("Snapshot", snapshot_id)
    return found


def insert(manager: Manager, request: Request, snapshot: Item) -> None:
    """Add a row as the product does: no check of the tenant before the database's own."""
    tenant = request.tenant
    if tenant is None:
        raise errors.RestError(409, "storage_error", _null_tenant(manager, snapshot))
    with manager.store.transaction():
        if manager.store.get("snapshots", snapshot["id"], tenant):
            raise already_there(snapshot["id"], tenant)
        manager.store.add("snapshots", tenant, snapshot)


def already_there(snapshot_id: str, tenant: str | None) -> errors.RestError:
    return errors.conflict(
        f"<Snapshot id=`{snapshot_id}` tenant=`{tenant}`> already exists on "
        f"<Tenant name=`{tenant}`> or with global visibility"
    )


def _null_tenant(manager: Manager, snapshot: Item) -> str:
    number = manager.store.count("snapshots") + 1
    when = snapshot["created_at"].replace("T", " ").rstrip("Z")
    columns = ("created_at", "id", "visibility", "status", "error", "_tenant_id", "_creator_id")
    marks = ", ".join(f"%({column})s" for column in columns)
    values = {**snapshot, "visibility": "private", "_tenant_id": None, "_creator_id": 0}
    values["created_at"] = clock.parse(snapshot["created_at"]).replace(tzinfo=None)
    shown_values = {column: values[column] for column in columns}
    return (
        'SQL Storage error: (psycopg2.errors.NotNullViolation) null value in column "_tenant_id" '
        'of relation "snapshots" violates not-null constraint\nDETAIL:  Failing row contains '
        f"({number}, {snapshot['id']}, {when}, {snapshot['status']}, , null, 0, private).\n\n"
        f"[SQL: INSERT INTO snapshots ({', '.join(columns)}) VALUES ({marks}) RETURNING "
        f"snapshots._storage_id]\n[parameters: {shown_values}]\n"
        "(Background on this error at: https://sqlalche.me/e/14/gkpj)"
    )


@route("GET", "/snapshots", since="v2")
def list_snapshots(manager: Manager, request: Request) -> Response:
    need_admin(request, "snapshot_list")
    tenant = need_tenant(request)
    if any(s not in STATES for s in request.args("status")):
        raise errors.internal()
    return answer_list(manager, request, "snapshots", tenant=tenant)


@route("GET", "/snapshots/<snapshot_id>", since="v2")
def get_snapshot(manager: Manager, request: Request, snapshot_id: str) -> Response:
    need_admin(request, "snapshot_get")
    include = include_of(manager, request, "snapshots")
    return reply(shown(manager, "snapshots", find(manager, request, snapshot_id), include))


@route("PUT", "/snapshots/<snapshot_id>", since="v2")
def create_snapshot(manager: Manager, request: Request, snapshot_id: str) -> Response:
    need_admin(request, "snapshot_create")
    identifier("snapshot_id", snapshot_id)
    body = request.json()
    queue = boolean("queue", body.get("queue", False))
    parameters = _create_parameters(manager, snapshot_id, body)
    user = str((request.user or {})["username"])
    snapshot = new_snapshot(snapshot_id, tenant=str(request.tenant), user=user, status="creating")
    execution = new_execution(
        "create_snapshot",
        tenant=str(request.tenant),
        user=user,
        parameters=parameters,
        system=True,
    )
    blocking = (
        manager.profile.new_format_blocks
        or not manager.profile.new_format
        or bool(parameters.get("legacy"))
    )
    with manager.store.transaction():
        insert(manager, request, snapshot)
        if blocking and manager.executions.active():
            if not queue:
                # the transaction takes the row away again, as the product does
                manager.executions.refuse_if_blocked()
            execution["status"] = execution["status_display"] = "queued"
        manager.store.add("executions", execution["tenant_name"], execution)
    if not manager.broker_up:
        # row and execution stay, and nothing will ever run them
        raise errors.internal()
    if execution["status"] == "pending":
        execution = manager.executions.send(execution)
    return reply(shown(manager, "executions", execution), 201)


def _create_parameters(manager: Manager, snapshot_id: str, body: dict[str, Any]) -> dict[str, Any]:
    keys = manager.profile.create_keys
    out: dict[str, Any] = {"snapshot_id": snapshot_id}
    if "include_metrics" in keys:
        out["include_metrics"] = boolean("include_metrics", body.get("include_metrics", False))
    for name in ("include_credentials", "include_logs", "include_events"):
        out[name] = boolean(name, body.get(name, True))
    out["config"] = dict(WORKFLOW_CONFIG)
    if "tempdir_path" in keys:
        out["tempdir_path"] = body.get("tempdir_path")
        _check_tempdir(body.get("tempdir_path"))
    if "legacy" in keys:
        out["legacy"] = boolean("legacy", body.get("legacy", manager.profile.legacy_default))
    if "listener_timeout" in keys:
        value = body.get("listener_timeout")
        try:
            out["listener_timeout"] = None if value is None else float(value)
        except (TypeError, ValueError):
            raise errors.bad_parameters(
                "listener_timeout must a valid floating point number"
            ) from None
    return out


def _check_tempdir(path: Any) -> None:
    # the manager's own file system: /tmp and /opt are writable for the service, others are not
    if path and not re.match(r"^/(tmp|opt|var/tmp|mnt)(/|$)", str(path)):
        raise errors.forbidden(f"Temp dir cannot be created inside unwriteable location {path}")


@route("DELETE", "/snapshots/<snapshot_id>", since="v2")
def delete_snapshot(manager: Manager, request: Request, snapshot_id: str) -> Response:
    need_admin(request, "snapshot_delete")
    snapshot = find(manager, request, snapshot_id)
    if manager.profile.delete_guard:
        for execution in manager.executions.of_snapshot(snapshot_id):
            raise errors.snapshot_action(
                f"Cannot delete snapshot `{snapshot_id}` which has an active "
                f"`{execution['workflow_id']}` execution"
            )
    manager.store.delete("snapshots", snapshot_id, snapshot["tenant_name"])
    shutil.rmtree(manager.archive_path(snapshot_id).parent, ignore_errors=True)
    return reply(shown(manager, "snapshots", snapshot))


@route("PATCH", "/snapshots/<snapshot_id>", since="v2")
def patch_snapshot(manager: Manager, request: Request, snapshot_id: str) -> Response:
    need_admin(request, "snapshot_status_update")
    body = request.json()
    required(body, "status")
    find(manager, request, snapshot_id)
    manager.store.update(
        "snapshots",
        snapshot_id,
        request.tenant,
        status=body["status"],
        error=body.get("error") or "",
    )
    return Response(200, b"null\n")


@route("POST", "/snapshots/<snapshot_id>/restore", since="v2")
def restore_snapshot(manager: Manager, request: Request, snapshot_id: str) -> Response:
    need_admin(request, "snapshot_restore")
    parameters = _restore_parameters(manager, request, snapshot_id)
    if request.tenant is None:
        request.tenant = "default_tenant"
    snapshot = find(manager, request, snapshot_id)
    if snapshot["status"] == "failed":
        raise errors.snapshot_action("Failed snapshot cannot be restored")
    if manager.profile.single_node_restore and manager.cluster_size() > 1:
        raise errors.illegal_action("Cannot restore a snapshot on a cluster with several nodes")
    user = str((request.user or {})["username"])
    execution = new_execution(
        "restore_snapshot", tenant=request.tenant, user=user, parameters=parameters, system=True
    )
    with manager.store.transaction():
        running = [e["id"] for e in manager.executions.active()]
        manager.store.add("executions", execution["tenant_name"], execution)
    if running:
        # refused, but the execution stays, pending for ever
        raise errors.running_executions(running)
    if not manager.broker_up:
        raise errors.internal()
    manager.executions.send(execution)
    # the product shows the execution through the snapshot's fields
    names = ("created_at", "id", "visibility", "status", "error", "tenant_name", "created_by")
    more = ("resource_availability", "private_resource")
    return reply({k: execution[k] for k in names + more})


def _restore_parameters(manager: Manager, request: Request, snapshot_id: str) -> dict[str, Any]:
    body = request.json()
    profile = manager.profile
    if profile.needs_recreate_envs:
        required(body, "recreate_deployments_envs")
    if "force" not in body:
        # the product takes the key without looking
        raise errors.internal()
    out: dict[str, Any] = {"snapshot_id": snapshot_id}
    if profile.needs_recreate_envs:
        name = "recreate_deployments_envs"
        out[name] = boolean(name, body[name])
    out["config"] = dict(WORKFLOW_CONFIG)
    out["force"] = boolean("force", body["force"])
    out["timeout"] = integer("timeout", body.get("timeout", 300))
    for name in ("restore_certificates", "no_reboot"):
        out[name] = boolean(name, body.get(name, False))
    if profile.reads_ignore_plugin_failure:
        name = "ignore_plugin_failure"
        out[name] = boolean(name, body.get(name, False))
    if out["no_reboot"] and not out["restore_certificates"]:
        raise errors.bad_parameters(
            "`no_reboot` is only relevant when `restore_certificates` is activated"
        )
    out["premium_enabled"] = manager.edition == "premium"
    out["user_is_bootstrap_admin"] = (request.user or {}).get("_id") == 0
    return out


@route("GET", "/snapshot-status", auth=False, available=lambda p: p.snapshot_status)
def snapshot_status(manager: Manager, request: Request) -> Response:
    return reply({"status": "running" if manager.restoring else "not-running"})
