# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Blueprints and deployments in a simple form: enough to give a manager something to lose."""

from __future__ import annotations

import base64
from typing import Any

from standin import archives, clock, errors
from standin.app import route
from standin.auth import need_tenant
from standin.executions import new_execution
from standin.lists import shown
from standin.manager import Manager
from standin.params import identifier
from standin.routes.content import found
from standin.state import Item
from standin.wire import Request, Response, reply

SMALL = 8 << 20


def _body_bytes(request: Request) -> bytes:
    if request.spool is not None:
        if request.body_size > SMALL:
            raise errors.PageError(413)
        return request.spool.read_bytes()
    return request.body


def _instantly(manager: Manager, request: Request, workflow: str, **more: Any) -> Item:
    """The execution that the product makes along the way; here it ends at once."""
    now = clock.iso()
    execution = new_execution(
        workflow,
        tenant=need_tenant(request),
        user=str((request.user or {})["username"]),
        parameters=more.pop("parameters"),
        system=False,
        status="terminated",
        started_at=now,
        ended_at=now,
        error="",
        **more,
    )
    manager.store.add("executions", need_tenant(request), execution)
    return execution


@route("PUT", "/blueprints/<item_id>", since="v1")
def put_blueprint(manager: Manager, request: Request, item_id: str) -> Response:
    tenant = need_tenant(request)
    identifier("blueprint_id", item_id)
    if manager.store.get("blueprints", item_id, tenant):
        raise errors.conflict(
            f"<Blueprint id=`{item_id}` tenant=`{tenant}`> already exists on "
            f"<Tenant name=`{tenant}`> or with global visibility"
        )
    execution = _instantly(
        manager, request, "upload_blueprint", parameters={"blueprint_id": item_id}
    )
    now = clock.iso()
    item = archives.shape(
        "blueprints",
        id=item_id,
        created_at=now,
        updated_at=now,
        main_file_name=request.arg("application_file_name") or "blueprint.yaml",
        visibility=request.arg("visibility") or "tenant",
        tenant_name=tenant,
        created_by=(request.user or {})["username"],
        upload_execution=shown(manager, "executions", execution),
        _archive=base64.b64encode(_body_bytes(request)).decode(),
    )
    manager.store.add("blueprints", tenant, item)
    return reply(shown(manager, "blueprints", item), 201)


@route("DELETE", "/blueprints/<item_id>", since="v1")
def delete_blueprint(manager: Manager, request: Request, item_id: str) -> Response:
    item = found(manager, request, "blueprints", "Blueprint", item_id)
    users = [
        d["id"]
        for d in manager.store.all("deployments", item["tenant_name"])
        if d["blueprint_id"] == item_id
    ]
    if users and not request.flag("force"):
        raise errors.RestError(
            400,
            "dependent_exists_error",
            f"Can't delete blueprint {item_id} - There exist deployments for this blueprint; "
            f"Deployments ids: {','.join(users)}",
        )
    manager.store.delete("blueprints", item_id, item["tenant_name"])
    return Response(204, content_type=None)


@route("PUT", "/deployments/<item_id>", since="v1")
def put_deployment(manager: Manager, request: Request, item_id: str) -> Response:
    tenant = need_tenant(request)
    identifier("deployment_id", item_id)
    body = request.json()
    if "blueprint_id" not in body:
        raise errors.bad_parameters("Missing blueprint_id in json request body")
    found(manager, request, "blueprints", "Blueprint", str(body["blueprint_id"]))
    if manager.store.get("deployments", item_id, tenant):
        raise errors.conflict(
            f"<Deployment id=`{item_id}` tenant=`{tenant}`> already exists on "
            f"<Tenant name=`{tenant}`> or with global visibility"
        )
    now = clock.iso()
    item = archives.shape(
        "deployments",
        id=item_id,
        created_at=now,
        updated_at=now,
        display_name=body.get("display_name") or item_id,
        blueprint_id=body["blueprint_id"],
        inputs=body.get("inputs") or {},
        site_name=body.get("site_name"),
        visibility=request.arg("visibility") or body.get("visibility") or "tenant",
        tenant_name=tenant,
        created_by=(request.user or {})["username"],
    )
    execution = _instantly(
        manager,
        request,
        "create_deployment_environment",
        parameters={"deployment_id": item_id},
        deployment=item,
    )
    item["create_execution"] = item["latest_execution"] = execution["id"]
    manager.store.add("deployments", tenant, item)
    return reply(shown(manager, "deployments", item), 201)


@route("DELETE", "/deployments/<item_id>", since="v1")
def delete_deployment(manager: Manager, request: Request, item_id: str) -> Response:
    item = found(manager, request, "deployments", "Deployment", item_id)
    with manager.store.transaction():
        manager.store.delete("deployments", item_id, item["tenant_name"])
        for kind in ("nodes", "node_instances", "execution_schedules"):
            for other in manager.store.where(kind, deployment_id=item_id):
                if other["tenant_name"] == item["tenant_name"]:
                    manager.store.delete(kind, str(other["id"]), item["tenant_name"])
    return Response(204, content_type=None)
