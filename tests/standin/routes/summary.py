# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counts by a field, and events."""

from __future__ import annotations

from typing import Any

from standin import errors
from standin.app import route
from standin.auth import need_tenant
from standin.lists import PAGE, build_query, include_of, shown
from standin.manager import Manager
from standin.wire import Request, Response, reply

FIELDS: dict[str, tuple[str, ...]] = {
    "deployments": (
        "blueprint_id",
        "tenant_name",
        "visibility",
        "site_name",
        "deployment_status",
        "installation_status",
    ),
    "nodes": ("deployment_id", "tenant_name", "visibility"),
    "node_instances": (
        "deployment_id",
        "index",
        "node_id",
        "state",
        "host_id",
        "tenant_name",
        "visibility",
    ),
    "executions": (
        "status",
        "status_display",
        "blueprint_id",
        "deployment_id",
        "workflow_id",
        "tenant_name",
        "visibility",
    ),
    "blueprints": ("tenant_name", "visibility"),
    "execution_schedules": (),
}


@route("GET", "/summary/<kind>", since="v3.1")
def summary(manager: Manager, request: Request, kind: str) -> Response:
    if kind not in FIELDS or (
        kind == "execution_schedules" and not manager.profile.execution_schedules
    ):
        raise errors.PageError(404)
    target, sub = request.arg("_target_field"), request.arg("_sub_field")
    if target is None:
        raise errors.bad_parameters(
            "1 validation error for SummaryRequest\n_target_field\n"
            "  field required (type=value_error.missing)",
            bare=True,
        )
    for field in filter(None, (target, sub)):
        if field not in FIELDS[kind]:
            raise errors.bad_parameters(
                f"Field {field} is not available for summary. Valid fields are: "
                + ", ".join(FIELDS[kind])
            )
    tenant = None if request.flag("_all_tenants") else need_tenant(request)
    if not sub:
        rows = manager.store.group(kind, [target], tenant)
        rows.sort(key=lambda r: (r[0] is None, str(r[0])))
        items: list[dict[str, Any]] = [{target: r[0], kind: r[1]} for r in rows]
    else:
        items = _nested(manager, kind, target, sub, tenant)
    offset = int(request.arg("_offset") or 0)
    size = int(request.arg("_size") or PAGE)
    return reply(
        {
            "items": items[offset : offset + size],
            "metadata": {"pagination": {"total": len(items), "size": size, "offset": offset}},
        }
    )


def _nested(
    manager: Manager, kind: str, target: str, sub: str, tenant: str | None
) -> list[dict[str, Any]]:
    out: dict[Any, dict[str, Any]] = {}
    for first, second, count in manager.store.group(kind, [target, sub], tenant):
        row = out.setdefault(first, {target: first, kind: 0, f"by {sub}": []})
        row[kind] += count
        row[f"by {sub}"].append({sub: second, kind: count})
    return list(out.values())


EVENT_ARGUMENTS = frozenset({"from_event", "message", "execution_id", "type"})


@route("GET", "/events", since="v1")
def events(manager: Manager, request: Request) -> Response:
    tenant = need_tenant(request)
    include = include_of(manager, request, "events")
    ranged = {}
    plain = []
    for key, value in request.query:
        if key == "_range":
            name, dummy, span = value.partition(",")
            low, dummy, high = span.partition(",")
            ranged["between"] = (name.lstrip("@"), low or None, high or None)
        elif key == "_sort":
            plain.append((key, value.replace("@", "")))
        else:
            plain.append((key, value))
    request.query = [(k, v) for k, v in plain if k != "message"]
    query = build_query(manager, request, "events", tenant, EVENT_ARGUMENTS)
    for name in ("execution_id", "type"):
        if request.args(name):
            query.filters[name] = request.args(name)
    messages = [v for k, v in plain if k == "message"]
    if messages:
        query.search["message"] = messages[0].strip("%")
    query.between = ranged.get("between")
    if request.flag("_all_tenants"):
        query.tenant = None
    size = query.size
    if request.flag("_get_all_results"):
        query.size = None
    items, total = manager.store.query(query)
    out = [shown(manager, "events", i, include) for i in items]
    pagination = {"size": size, "offset": query.offset, "total": total}
    return reply({"metadata": {"pagination": pagination}, "items": out})
