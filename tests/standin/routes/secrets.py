# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets: lists show no values, a single one does."""

from __future__ import annotations

from typing import Any

from standin import clock, errors
from standin.app import route
from standin.archives.crypto import encrypt
from standin.auth import need_tenant
from standin.lists import answer_list
from standin.manager import Manager
from standin.params import boolean, identifier, required
from standin.state import Item
from standin.wire import Request, Response, reply


def _whole(item: Item, value: Any) -> Item:
    return {
        "created_at": item["created_at"],
        "visibility": item["visibility"],
        "value": value,
        "updated_at": item["updated_at"],
        "is_hidden_value": item["is_hidden_value"],
        "schema": item.get("_schema"),
        "provider_options": None,
        "key": item["key"],
        "provider_name": item.get("provider_name"),
        "tenant_name": item["tenant_name"],
        "created_by": item["created_by"],
        "resource_availability": item["visibility"],
        "private_resource": item["visibility"] == "private",
    }


def _find(manager: Manager, request: Request, key: str) -> Item:
    item = manager.store.get("secrets", key, need_tenant(request))
    if item is None:
        raise errors.not_found("Secret", key)
    return item


@route("GET", "/secrets", since="v3")
def list_secrets(manager: Manager, request: Request) -> Response:
    return answer_list(manager, request, "secrets", tenant=need_tenant(request))


@route("GET", "/secrets/<key>", since="v3")
def get_secret(manager: Manager, request: Request, key: str) -> Response:
    item = _find(manager, request, key)
    user = request.user or {}
    hidden = item["is_hidden_value"] and user.get("role") != "sys_admin"
    return reply(_whole(item, "" if hidden else item.get("_value")))


@route("PUT", "/secrets/<key>", since="v3")
def put_secret(manager: Manager, request: Request, key: str) -> Response:
    tenant = need_tenant(request)
    identifier("key", key)
    body = request.json()
    required(body, "value")
    there = manager.store.get("secrets", key, tenant)
    if there and not boolean("update_if_exists", body.get("update_if_exists", False)):
        raise errors.conflict(
            f"<Secret id=`{key}` tenant=`{tenant}`> already exists on <Tenant name=`{tenant}`> "
            "or with global visibility"
        )
    now = clock.iso()
    visibility = str(body.get("visibility") or "tenant")
    item = {
        "key": key,
        "created_at": there["created_at"] if there else now,
        "updated_at": now,
        "resource_availability": visibility,
        "visibility": visibility,
        "tenant_name": tenant,
        "created_by": (request.user or {})["username"],
        "is_hidden_value": boolean("is_hidden_value", body.get("is_hidden_value", False)),
        "provider_name": None,
        "_value": body["value"],
        "_schema": body.get("schema"),
    }
    if there:
        manager.store.update("secrets", key, tenant, **item)
    else:
        manager.store.add("secrets", tenant, item)
    # what a PUT shows is the value as stored, which no client can read
    return reply(_whole(item, encrypt(str(body["value"]), key=manager.security["encryption_key"])))


@route("PATCH", "/secrets/<key>", since="v3")
def patch_secret(manager: Manager, request: Request, key: str) -> Response:
    item = _find(manager, request, key)
    body = request.json()
    changes: dict[str, Any] = {"updated_at": clock.iso()}
    if body.get("value") is not None:
        changes["_value"] = body["value"]
    if body.get("visibility"):
        changes["visibility"] = changes["resource_availability"] = body["visibility"]
    if body.get("is_hidden_value") is not None:
        changes["is_hidden_value"] = boolean("is_hidden_value", body["is_hidden_value"])
    changed = manager.store.update("secrets", key, item["tenant_name"], **changes) or item
    value = str(changed.get("_value") or "")
    return reply(_whole(changed, encrypt(value, key=manager.security["encryption_key"])))


@route("DELETE", "/secrets/<key>", since="v3")
def delete_secret(manager: Manager, request: Request, key: str) -> Response:
    item = _find(manager, request, key)
    manager.store.delete("secrets", key, item["tenant_name"])
    return Response(204, content_type=None)
