# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Execution schedules."""

from __future__ import annotations

from typing import Any

from standin import clock, errors
from standin.app import route
from standin.auth import need_tenant
from standin.lists import answer_list, include_of, shown
from standin.manager import Manager
from standin.params import boolean, identifier, required
from standin.schedules import new_schedule, rendered
from standin.state import Item
from standin.wire import Request, Response, reply

KIND = "execution_schedules"


def _available(profile: Any) -> bool:
    return bool(profile.execution_schedules)


def _render(item: Item, include: list[str] | None) -> Item:
    wanted = ("next_occurrence", "all_next_occurrences")
    if include is not None and not any(name in include for name in wanted):
        return item
    return rendered(item)


def _find(manager: Manager, request: Request, schedule_id: str) -> Item:
    tenant = need_tenant(request)
    deployment = request.arg("deployment_id")
    for item in manager.store.where(KIND, id=schedule_id):
        if item["tenant_name"] == tenant and deployment in (None, item["deployment_id"]):
            return item
    raise errors.not_found("ExecutionSchedule", schedule_id)


@route("GET", "/execution-schedules", available=_available)
def list_schedules(manager: Manager, request: Request) -> Response:
    return answer_list(manager, request, KIND, tenant=need_tenant(request), render=_render)


@route("GET", "/execution-schedules/<schedule_id>", available=_available)
def get_schedule(manager: Manager, request: Request, schedule_id: str) -> Response:
    include = include_of(manager, request, KIND)
    item = _render(_find(manager, request, schedule_id), include)
    return reply(shown(manager, KIND, item, include))


def _check_rule(body: dict[str, Any]) -> None:
    given = [body.get(k) for k in ("recurrence", "weekdays", "count")]
    if body.get("rrule"):
        if any(given):
            raise errors.bad_parameters(
                "`rrule` cannot be provided together with `recurrence`, `weekdays` or `count`."
            )
        return
    if not body.get("recurrence") and body.get("count") != 1:
        raise errors.bad_parameters(
            "recurrence must be specified for execution count larger than 1"
        )


def _dates(body: dict[str, Any]) -> None:
    for name in ("since", "until"):
        if body.get(name):
            try:
                clock.parse(str(body[name]))
            except ValueError:
                raise errors.bad_parameters(
                    f"{body[name]} is not a legal time format. accepted formats are "
                    "%Y-%m-%d %H:%M:%S | %Y-%m-%d %H:%M"
                ) from None


def _arguments(given: Any) -> dict[str, Any]:
    """Taken as dry_run, and shown as is_dry_run."""
    if not given:
        return {}
    if not isinstance(given, dict):
        raise errors.bad_parameters(f"execution_arguments: expected a dict, but got: {given}")
    return {
        "allow_custom_parameters": boolean(
            "allow_custom_parameters", given.get("allow_custom_parameters", False)
        ),
        "force": boolean("force", given.get("force", False)),
        "is_dry_run": boolean("dry_run", given.get("dry_run", False)),
        "wait_after_fail": given.get("wait_after_fail", 600),
    }


@route("PUT", "/execution-schedules/<schedule_id>", available=_available)
def put_schedule(manager: Manager, request: Request, schedule_id: str) -> Response:
    tenant = need_tenant(request)
    identifier("schedule_id", schedule_id)
    body = request.json()
    required(body, "workflow_id", "since")
    deployment_id = str(request.arg("deployment_id") or body.get("deployment_id") or "")
    deployment = manager.store.get("deployments", deployment_id, tenant)
    if deployment is None:
        raise errors.not_found("Deployment", deployment_id)
    known = deployment.get("_workflows")
    if known and body["workflow_id"] not in known:
        raise errors.RestError(
            400,
            "nonexistent_workflow_error",
            f"Workflow {body['workflow_id']} does not exist in deployment {deployment_id}",
        )
    _dates(body)
    _check_rule(body)
    if any(
        s["deployment_id"] == deployment_id and s["tenant_name"] == tenant
        for s in manager.store.where(KIND, id=schedule_id)
    ):
        raise errors.conflict(
            f"<ExecutionSchedule id=`{schedule_id}` tenant=`{tenant}`> already exists on "
            f"<Tenant name=`{tenant}`> or with global visibility"
        )
    item = new_schedule(
        schedule_id,
        tenant=tenant,
        user=str(body.get("created_by") or (request.user or {})["username"]),
        deployment_id=deployment_id,
        body={**body, "execution_arguments": _arguments(body.get("execution_arguments"))},
    )
    if body.get("created_at"):
        item["created_at"] = str(body["created_at"])
    manager.store.add(KIND, tenant, item)
    return reply(shown(manager, KIND, item), 201)


@route("PATCH", "/execution-schedules/<schedule_id>", available=_available)
def patch_schedule(manager: Manager, request: Request, schedule_id: str) -> Response:
    item = _find(manager, request, schedule_id)
    body = request.json()
    _dates(body)
    changes: dict[str, Any] = {}
    for name in ("since", "until"):
        if body.get(name):
            changes[name] = clock.iso(clock.parse(str(body[name])))
    for name in ("slip", "workflow_id", "parameters", "execution_arguments"):
        if body.get(name) is not None:
            changes[name] = body[name]
    for name in ("stop_on_fail", "enabled"):
        if body.get(name) is not None:
            changes[name] = boolean(name, body[name])
    if any(body.get(k) for k in ("rrule", "recurrence", "count", "weekdays")):
        old = item["rule"] if "rrule" not in item["rule"] else {}
        merged = {**{k: v for k, v in old.items() if v}, **{k: v for k, v in body.items() if v}}
        if body.get("rrule"):
            changes["rule"] = {"rrule": body["rrule"]}
        else:
            _check_rule({k: merged.get(k) for k in ("recurrence", "count", "weekdays")})
            changes["rule"] = {k: merged.get(k) for k in ("recurrence", "count", "weekdays")}
    _replace(manager, item, {**item, **changes})
    return reply(shown(manager, KIND, rendered({**item, **changes})), 201)


def _replace(manager: Manager, old: Item, new: Item | None) -> None:
    """An id is unique within its deployment only, so rows are told apart by both."""
    store, tenant = manager.store, old["tenant_name"]
    with store.transaction():
        same = [s for s in store.all(KIND, tenant) if s["id"] == old["id"]]
        store.delete(KIND, old["id"], tenant)
        for other in same:
            if other["deployment_id"] != old["deployment_id"]:
                store.add(KIND, tenant, other)
            elif new is not None:
                store.add(KIND, tenant, new)


@route("DELETE", "/execution-schedules/<schedule_id>", available=_available)
def delete_schedule(manager: Manager, request: Request, schedule_id: str) -> Response:
    _replace(manager, _find(manager, request, schedule_id), None)
    return Response(204, content_type=None)
