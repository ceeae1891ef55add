# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tenants, users, groups, permissions, licence, configuration."""

from __future__ import annotations

from typing import Any

from standin import clock, errors, seed
from standin.app import route
from standin.auth import hash_password, need_admin
from standin.lists import answer_list, include_of, page, shown
from standin.manager import Manager
from standin.params import identifier, required
from standin.state import Item, Query
from standin.wire import Request, Response, reply

SYSTEM_ROLES = ("sys_admin", "default")


def _found(manager: Manager, kind: str, model: str, name: str) -> Item:
    item = manager.store.get(kind, name)
    if item is None:
        raise errors.not_found(model, name)
    return item


# -- tenants
@route("GET", "/tenants", since="v3")
def list_tenants(manager: Manager, request: Request) -> Response:
    if manager.edition == "premium":
        return answer_list(manager, request, "tenants", tenant=None)
    # the community edition has one tenant and does not page
    include = include_of(manager, request, "tenants")
    items, total = manager.store.query(Query("tenants"))
    out = [shown(manager, "tenants", i, include) for i in items]
    return reply(page(out, total, 1000, 0, filtered=manager.profile.filtered_metadata))


@route("GET", "/tenants/<name>", since="v3", premium=True)
def get_tenant(manager: Manager, request: Request, name: str) -> Response:
    return reply(shown(manager, "tenants", _found(manager, "tenants", "Tenant", name)))


@route("POST", "/tenants/<name>", since="v3", premium=True)
def create_tenant(manager: Manager, request: Request, name: str) -> Response:
    need_admin(request, "tenant_create")
    identifier("tenant_name", name)
    if manager.store.get("tenants", name):
        raise errors.conflict(f"<Tenant name=`{name}`> already exists")
    return reply(shown(manager, "tenants", manager.add_tenant(name)), 201)


@route("DELETE", "/tenants/<name>", since="v3", premium=True)
def delete_tenant(manager: Manager, request: Request, name: str) -> Response:
    need_admin(request, "tenant_delete")
    _found(manager, "tenants", "Tenant", name)
    manager.store.delete("tenants", name)
    return Response(204, content_type=None)


@route("PUT|PATCH|DELETE", "/tenants/users", since="v3", premium=True)
def tenant_users(manager: Manager, request: Request) -> Response:
    need_admin(request, "tenant_add_user")
    body = request.json()
    required(body, "tenant_name", "username")
    tenant = _found(manager, "tenants", "Tenant", str(body["tenant_name"]))
    user = _found(manager, "users", "User", str(body["username"]))
    roles = dict(user.get("_tenants") or {})
    if request.method == "DELETE":
        roles.pop(tenant["name"], None)
    else:
        roles[tenant["name"]] = str(body.get("role") or "user")
    manager.store.update("users", user["username"], _tenants=roles, tenants=len(roles))
    users = sum(tenant["name"] in (u.get("_tenants") or {}) for u in manager.store.all("users"))
    changed = manager.store.update("tenants", tenant["name"], users=users)
    return reply(shown(manager, "tenants", changed or tenant))


# -- users
@route("GET", "/users", since="v3", premium=True)
def list_users(manager: Manager, request: Request) -> Response:
    need_admin(request, "user_list")
    return answer_list(manager, request, "users", tenant=None)


@route("GET", "/user", since="v3")
def own_user(manager: Manager, request: Request) -> Response:
    return reply(shown(manager, "users", request.user or {}))


@route("GET", "/users/<name>", since="v3", premium=True)
def get_user(manager: Manager, request: Request, name: str) -> Response:
    need_admin(request, "user_get")
    return reply(shown(manager, "users", _found(manager, "users", "User", name)))


@route("PUT", "/users", since="v3", premium=True)
def create_user(manager: Manager, request: Request) -> Response:
    need_admin(request, "user_create")
    body = request.json()
    required(body, "username", "password")
    name = str(body["username"])
    identifier("username", name)
    role = str(body.get("role") or "default")
    if role not in SYSTEM_ROLES:
        raise errors.bad_parameters(
            f"Invalid role: `{role}`. Valid roles are: {list(SYSTEM_ROLES)}"
        )
    if manager.store.get("users", name):
        raise errors.conflict(f"<User username=`{name}`> already exists")
    item = {**manager.new_user(name, str(body["password"]), role), "tenants": 0}
    manager.store.add("users", "", item)
    return reply(shown(manager, "users", item), 201)


@route("POST", "/users/<name>", since="v3")
def change_user(manager: Manager, request: Request, name: str) -> Response:
    own = (request.user or {}).get("username") == name
    if not own:
        need_admin(request, "user_update")
    user = _found(manager, "users", "User", name)
    body = request.json()
    changes: dict[str, Any] = {}
    if body.get("password"):
        salt = manager.security["hash_salt"]
        changes["_password"] = hash_password(str(body["password"]), salt)
    if body.get("role"):
        changes["role"] = str(body["role"])
    changed = manager.store.update("users", name, **changes) or user
    return reply(shown(manager, "users", changed))


@route("DELETE", "/users/<name>", since="v3", premium=True)
def delete_user(manager: Manager, request: Request, name: str) -> Response:
    need_admin(request, "user_delete")
    user = _found(manager, "users", "User", name)
    if user.get("_id") == 0:
        raise errors.illegal_action(f"Cannot delete bootstrap admin user `{name}`")
    manager.store.delete("users", name)
    return Response(204, content_type=None)


# -- groups
@route("GET", "/user-groups", since="v3", premium=True)
def list_groups(manager: Manager, request: Request) -> Response:
    return answer_list(manager, request, "user_groups", tenant=None)


@route("GET", "/user-groups/<name>", since="v3", premium=True)
def get_group(manager: Manager, request: Request, name: str) -> Response:
    return reply(shown(manager, "user_groups", _found(manager, "user_groups", "Group", name)))


@route("POST", "/user-groups", since="v3", premium=True)
def create_group(manager: Manager, request: Request) -> Response:
    need_admin(request, "user_group_create")
    body = request.json()
    required(body, "group_name")
    name = str(body["group_name"])
    if manager.store.get("user_groups", name):
        raise errors.conflict(f"<Group name=`{name}`> already exists")
    item = {
        "name": name,
        "ldap_dn": body.get("ldap_group_dn"),
        "role": str(body.get("role") or "default"),
        "users": 0,
        "tenants": 0,
    }
    manager.store.add("user_groups", "", item)
    return reply(item, 201)


@route("DELETE", "/user-groups/<name>", since="v3", premium=True)
def delete_group(manager: Manager, request: Request, name: str) -> Response:
    need_admin(request, "user_group_delete")
    _found(manager, "user_groups", "Group", name)
    manager.store.delete("user_groups", name)
    return Response(204, content_type=None)


@route("GET", "/permissions", available=lambda p: p.release >= (5, 0, 5))
def permissions(manager: Manager, request: Request) -> Response:
    return answer_list(manager, request, "permissions", tenant=None)


# -- licence and configuration
def _licence(manager: Manager) -> Item:
    expires = clock.iso(clock.utcnow() + clock.timedelta(days=365))
    return {
        "customer_id": "stand-in",
        "expiration_date": expires,
        "license_edition": "Premium",
        "trial": False,
        "cloudify_version": None,
        "capabilities": None,
        "expired": False,
    }


@route("GET", "/license", premium=True, available=lambda p: p.licences)
def get_licence(manager: Manager, request: Request) -> Response:
    items = [_licence(manager)] if manager.store.meta("licence", True) else []
    return reply(page(items, len(items), 1000, 0, filtered=False))


@route("PUT", "/license", premium=True, available=lambda p: p.licences)
def put_licence(manager: Manager, request: Request) -> Response:
    manager.store.set_meta("licence", True)
    return reply(_licence(manager))


@route("DELETE", "/license", premium=True, available=lambda p: p.licences)
def delete_licence(manager: Manager, request: Request) -> Response:
    manager.store.set_meta("licence", False)
    return Response(204, content_type=None)


@route("GET", "/license-check", premium=True, available=lambda p: p.licences)
def check_licence(manager: Manager, request: Request) -> Response:
    if not manager.store.meta("licence", True):
        raise errors.RestError(
            400,
            "missing_cloudify_license",
            "No Cloudify license was found on the manager",
        )
    return reply("OK")


ROLES = [
    {"id": number, "name": name, "type": f"{kind}_role", "description": text}
    for number, (name, kind, text) in enumerate(
        (
            ("sys_admin", "system", "User that can manage Cloudify"),
            ("manager", "tenant", "User that can manage tenants"),
            ("user", "tenant", "Regular user, can perform actions on tenants resources"),
            (
                "operations",
                "tenant",
                "User that can deploy and execute workflows, but cannot manage blueprints or plugins.",
            ),
            ("viewer", "tenant", "User that can only view tenant resources"),
            ("default", "system", "User exists, but have no permissions"),
        ),
        1,
    )
]


@route("GET", "/config", available=lambda p: p.release >= (5, 0, 5))
def get_config(manager: Manager, request: Request) -> Response:
    items = seed.load("config.json")
    scope = request.arg("scope")
    if scope:
        items = [i for i in items if i["scope"] == scope]
    body: dict[str, Any] = {"metadata": {}, "items": items}
    if not scope:
        body["authorization"] = {"roles": ROLES, "permissions": seed.load("permissions.json")}
    return reply(body)


@route("GET", "/config/<name>", available=lambda p: p.release >= (5, 0, 5))
def get_config_value(manager: Manager, request: Request, name: str) -> Response:
    for item in seed.load("config.json"):
        if item["name"] == name:
            return reply(item)
    raise errors.not_found("Config", name)
