# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Executions: list, start, cancel."""

from __future__ import annotations

from typing import Any

from standin import clock, errors
from standin.app import route
from standin.auth import need_tenant
from standin.executions import display, new_execution
from standin.lists import answer_list, include_of, shown
from standin.manager import Manager
from standin.params import boolean, required
from standin.state import Item, Query
from standin.wire import Request, Response, reply


def _find(manager: Manager, request: Request, execution_id: str) -> Item:
    found = manager.store.get("executions", execution_id, need_tenant(request))
    if found is None:
        raise errors.not_found("Execution", execution_id)
    return found


@route("GET", "/executions", since="v1")
def list_executions(manager: Manager, request: Request) -> Response:
    tenant = need_tenant(request)

    def adjust(query: Query) -> None:
        if not request.flag("_include_system_workflows") and "id" not in query.filters:
            query.filters["is_system_workflow"] = ["false"]

    return answer_list(manager, request, "executions", tenant=tenant, adjust=adjust)


@route("GET", "/executions/<execution_id>", since="v1")
def get_execution(manager: Manager, request: Request, execution_id: str) -> Response:
    include = include_of(manager, request, "executions")
    return reply(shown(manager, "executions", _find(manager, request, execution_id), include))


@route("POST", "/executions/<execution_id>", since="v1")
def act_on_execution(manager: Manager, request: Request, execution_id: str) -> Response:
    body = request.json()
    required(body, "action")
    with manager.store.transaction():
        execution = _find(manager, request, execution_id)
        changed = manager.executions.act(execution, str(body["action"]))
    return reply(shown(manager, "executions", changed))


@route("PATCH", "/executions/<execution_id>", since="v1")
def patch_execution(manager: Manager, request: Request, execution_id: str) -> Response:
    body = request.json()
    required(body, "status")
    _find(manager, request, execution_id)
    changed = manager.executions.set_status(
        execution_id, str(body["status"]), error=str(body.get("error") or "")
    )
    return reply(shown(manager, "executions", changed or {}))


@route("POST", "/executions", since="v1")
def start_execution(manager: Manager, request: Request) -> Response:
    tenant = need_tenant(request)
    body = request.json()
    required(body, "deployment_id", "workflow_id")
    deployment = manager.store.get("deployments", str(body["deployment_id"]), tenant)
    if deployment is None:
        raise errors.not_found("Deployment", str(body["deployment_id"]))
    if body.get("scheduled_time"):
        return _schedule(manager, request, body)
    status = str(body.get("force_status") or "pending")
    execution = new_execution(
        str(body["workflow_id"]),
        tenant=tenant,
        user=str((request.user or {})["username"]),
        parameters=_parameters(deployment, body),
        system=False,
        status=status,
        deployment=deployment,
        is_dry_run=boolean("dry_run", body.get("dry_run", False)),
    )
    with manager.store.transaction():
        if status == "pending":
            _refuse_beside_system_wide(manager, execution, body)
        manager.store.add("executions", tenant, execution)
    if execution["status"] == "pending":
        execution = manager.executions.send(execution)
    return reply(shown(manager, "executions", execution), 201)


def _parameters(deployment: Item, body: dict[str, Any]) -> dict[str, Any]:
    """What was given over the defaults of the workflow."""
    workflow = (deployment.get("_workflows") or {}).get(str(body["workflow_id"])) or {}
    declared = workflow.get("parameters") or {}
    defaults = {name: p["default"] for name, p in declared.items() if "default" in p}
    return {**defaults, **(body.get("parameters") or {})}


def _refuse_beside_system_wide(manager: Manager, execution: Item, body: dict[str, Any]) -> None:
    """Nothing else starts while a system-wide workflow runs, nor twice on one deployment."""
    for other in manager.executions.active():
        parameters = other.get("parameters") or {}
        system_wide = other["workflow_id"] == "restore_snapshot" or (
            other["workflow_id"] == "create_snapshot" and parameters.get("legacy", True)
        )
        same = other["deployment_id"] == execution["deployment_id"]
        if not system_wide and not (same and not body.get("force")):
            continue
        if boolean("queue", body.get("queue", False)):
            execution["status"] = execution["status_display"] = "queued"
            return
        raise errors.running_executions([other["id"]])


def _schedule(manager: Manager, request: Request, body: dict[str, Any]) -> Response:
    text = str(body["scheduled_time"])
    try:
        when = clock.parse(_iso_of_classic(text))
    except ValueError:
        raise errors.bad_parameters(
            f"{text} is not a legal time format. \nexpected format: YYYYMMDDHHMM+HHMM or "
            "YYYYMMDDHHMM-HHMM i.e: 201801012230-0500 (Jan-01-18 10:30pm EST)"
        ) from None
    if when < clock.utcnow():
        raise errors.bad_parameters(
            f"Date `{text}` has already passed, please provide valid date. \nExpected format: "
            "YYYYMMDDHHMM+HHMM or YYYYMMDDHHMM-HHMM i.e: 201801012230-0500 (Jan-01-18 10:30pm EST)"
        )
    tenant = need_tenant(request)
    user = str((request.user or {})["username"])
    if manager.profile.execution_schedules:
        from standin.schedules import classic_schedule

        manager.store.add(
            "execution_schedules", tenant, classic_schedule(body, when, tenant=tenant, user=user)
        )
        nothing: dict[str, Any] = dict.fromkeys(
            shown(
                manager,
                "executions",
                new_execution("", tenant="", user="", parameters={}, system=False),
            )
        )
        nothing.update(
            status="scheduled",
            status_display=display("scheduled"),
            total_operations=0,
            finished_operations=0,
            allow_custom_parameters=False,
            private_resource=False,
        )
        return reply(shown(manager, "executions", nothing), 201)
    deployment = manager.store.get("deployments", str(body["deployment_id"]), tenant)
    execution = new_execution(
        str(body["workflow_id"]),
        tenant=tenant,
        user=user,
        parameters=dict(body.get("parameters") or {}),
        system=False,
        status="scheduled",
        deployment=deployment,
        scheduled_for=clock.iso(when),
    )
    manager.store.add("executions", tenant, execution)
    return reply(shown(manager, "executions", execution), 201)


def _iso_of_classic(text: str) -> str:
    """202611230539+0000 as 2026-11-23T05:39+00:00."""
    if len(text) != 17 or not text[:12].isdigit():
        raise ValueError(text)
    zone = f"{text[12:15]}:{text[15:]}"
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}T{text[8:10]}:{text[10:12]}:00{zone}"
