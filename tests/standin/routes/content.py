# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a tenant holds: lists and single objects that need nothing of their own."""

from __future__ import annotations

import base64
import os
from typing import Any

from standin import clock, errors
from standin.app import route
from standin.auth import need_tenant
from standin.lists import answer_list, include_of, page, shown
from standin.manager import Manager
from standin.state import Item
from standin.wire import Request, Response, reply

# path, kind, and the model's name in "not found"
SIMPLE = (
    ("blueprints", "blueprints", "Blueprint", "v1"),
    ("deployments", "deployments", "Deployment", "v1"),
    ("plugins", "plugins", "Plugin", "v2"),
    ("nodes", "nodes", "Node", "v1"),
    ("node-instances", "node_instances", "NodeInstance", "v1"),
    ("agents", "agents", "Agent", "v3.1"),
    ("deployment-updates", "deployment_updates", "DeploymentUpdate", "v2.1"),
    ("deployment-modifications", "deployment_modifications", "DeploymentModification", "v1"),
    ("plugins-updates", "plugins_updates", "PluginsUpdate", "v3.1"),
)
NEWER = (
    ("deployment-groups", "deployment_groups", "DeploymentGroup"),
    ("execution-groups", "execution_groups", "ExecutionGroup"),
    ("log-bundles", "log_bundles", "LogBundle"),
    ("filters/deployments", "deployments_filters", "DeploymentsFilter"),
    ("filters/blueprints", "blueprints_filters", "BlueprintsFilter"),
)


def found(manager: Manager, request: Request, kind: str, model: str, item_id: str) -> Item:
    item = manager.store.get(kind, item_id, need_tenant(request))
    if item is None:
        raise errors.not_found(model, item_id)
    return item


def _register(path: str, kind: str, model: str, since: str, available: Any = None) -> None:
    @route("GET", f"/{path}", since=since, available=available)
    def _list(manager: Manager, request: Request) -> Response:
        return answer_list(manager, request, kind, tenant=need_tenant(request))

    @route("GET", f"/{path}/<item_id>", since=since, available=available)
    def _get(manager: Manager, request: Request, item_id: str) -> Response:
        include = include_of(manager, request, kind)
        return reply(shown(manager, kind, found(manager, request, kind, model, item_id), include))


@route("GET", "/deployments/inter-deployment-dependencies")
def list_dependencies(manager: Manager, request: Request) -> Response:
    tenant = need_tenant(request)
    return answer_list(manager, request, "inter_deployment_dependencies", tenant=tenant)


for _path, _kind, _model, _since in SIMPLE:
    _register(_path, _kind, _model, _since)
for _path, _kind, _model in NEWER:
    _register(_path, _kind, _model, "v3.1", lambda p: p.labels)


@route("GET", "/deployments/<item_id>/outputs", since="v1")
def outputs(manager: Manager, request: Request, item_id: str) -> Response:
    deployment = found(manager, request, "deployments", "Deployment", item_id)
    values = _evaluated(manager, request, deployment.get("outputs") or {})
    return reply({"deployment_id": item_id, "outputs": values})


@route("GET", "/deployments/<item_id>/capabilities")
def capabilities(manager: Manager, request: Request, item_id: str) -> Response:
    deployment = found(manager, request, "deployments", "Deployment", item_id)
    values = _evaluated(manager, request, deployment.get("capabilities") or {})
    return reply({"deployment_id": item_id, "capabilities": values})


def _evaluated(manager: Manager, request: Request, table: dict[str, Any]) -> dict[str, Any]:
    """Values of outputs; of the intrinsic functions only get_secret is known."""
    out = {}
    for name, body in table.items():
        value = body.get("value") if isinstance(body, dict) else body
        if isinstance(value, dict) and list(value) == ["get_secret"]:
            secret = manager.store.get("secrets", str(value["get_secret"]), request.tenant)
            value = secret.get("_value") if secret else None
        out[name] = value
    return out


def _file(manager: Manager, kind: str, item: Item, name: str, when: str) -> Response:
    """A file that came with an object; its time is the object's, as on a real manager."""
    encoded = item.get("_archive")
    path = manager.files_dir / kind / str(item["id"])
    if encoded and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(encoded))
        stamp = clock.parse(when).timestamp()
        os.utime(path, (stamp, stamp))
    return Response(
        content_type="application/octet-stream",
        file=path,
        headers=[
            ("Cache-Control", "no-cache"),
            ("Content-Disposition", f'attachment; filename="{name}"'),
        ],
    )


@route("GET", "/blueprints/<item_id>/archive", since="v1")
def blueprint_archive(manager: Manager, request: Request, item_id: str) -> Response:
    item = found(manager, request, "blueprints", "Blueprint", item_id)
    return _file(manager, "blueprints", item, f"{item_id}.zip", item["created_at"])


@route("GET", "/plugins/<item_id>/archive", since="v2.1")
def plugin_archive(manager: Manager, request: Request, item_id: str) -> Response:
    item = found(manager, request, "plugins", "Plugin", item_id)
    return _file(manager, "plugins", item, str(item["archive_name"]), item["uploaded_at"])


@route("GET", "/labels/<model>", available=lambda p: p.labels)
def label_keys(manager: Manager, request: Request, model: str) -> Response:
    if model not in ("deployments", "blueprints"):
        raise errors.PageError(404)
    items = manager.store.all(model, need_tenant(request))
    keys = sorted({label["key"] for i in items for label in i.get("labels") or []})
    return reply(page(list(keys), len(keys), 1000, 0, filtered=manager.profile.filtered_metadata))


@route("GET", "/labels/<model>/<key>", available=lambda p: p.labels)
def label_values(manager: Manager, request: Request, model: str, key: str) -> Response:
    items = manager.store.all(model, need_tenant(request))
    found_values = {
        label["value"] for i in items for label in i.get("labels") or [] if label["key"] == key
    }
    rows = [{"key": key, "value": v} for v in sorted(found_values)]
    return reply(page(rows, len(rows), 1000, 0, filtered=manager.profile.filtered_metadata))


@route("GET", "/operations")
def operations(manager: Manager, request: Request) -> Response:
    execution = request.arg("execution_id")
    graph = request.arg("graph_id")
    if not execution and not graph:
        raise errors.bad_parameters("Missing required param: graph_id or execution_id")
    rows = [
        o
        for g in manager.store.all("tasks_graphs", need_tenant(request))
        for o in g.get("operations") or []
        if g["id"] == graph or g["execution_id"] == execution
    ]
    return reply(page(rows, len(rows), 1000, 0, filtered=manager.profile.filtered_metadata))


@route("GET", "/tasks_graphs")
def tasks_graphs(manager: Manager, request: Request) -> Response:
    execution = request.arg("execution_id")
    if not execution:
        raise errors.PageError(400)
    rows = [
        {k: v for k, v in g.items() if k != "operations"}
        for g in manager.store.all("tasks_graphs", need_tenant(request))
        if g["execution_id"] == execution
    ]
    return reply(page(rows, len(rows), 1000, 0, filtered=manager.profile.filtered_metadata))


@route("GET", "/workflows")
def workflows(manager: Manager, request: Request) -> Response:
    named: dict[str, dict[str, Any]] = {}
    for deployment in manager.store.all("deployments", need_tenant(request)):
        table = deployment.get("_workflows") or {}
        for name, body in table.items():
            named.setdefault(
                name, _workflow(name, body or {}, available(manager, deployment, body))
            )
    rows = list(named.values())
    return reply(
        {
            "metadata": {"pagination": {"total": len(rows), "size": len(rows), "offset": 0}},
            "items": rows,
        }
    )


def available(manager: Manager, deployment: Item, body: dict[str, Any] | None) -> bool:
    """Whether the rules of a workflow let it run on the deployment as it is."""
    rules = (body or {}).get("availability_rules") or {}
    mine = {"deployment_id": deployment["id"]}
    if "node_instances_active" in rules:
        states = [i["state"] == "started" for i in manager.store.where("node_instances", **mine)]
        share = "all" if all(states) else "partial" if any(states) else "none"
        if share not in rules["node_instances_active"]:
            return False
    needed = set(rules.get("node_types_required") or ())
    types = {t for n in manager.store.where("nodes", **mine) for t in n["type_hierarchy"]}
    return needed <= types


def _workflow(name: str, body: dict[str, Any], is_available: bool) -> dict[str, Any]:
    return {
        "name": name,
        "parameters": body.get("parameters") or {},
        "plugin": body.get("plugin"),
        "operation": body.get("operation"),
        "is_cascading": body.get("is_cascading", False),
        "is_available": is_available,
        "availability_rules": body.get("availability_rules"),
    }


@route("GET", "/secrets-providers", premium=True)
def secrets_providers(manager: Manager, request: Request) -> Response:
    return answer_list(manager, request, "secrets_providers", tenant=need_tenant(request))
