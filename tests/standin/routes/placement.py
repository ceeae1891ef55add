# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sites, and what deployments are given by hand: their site and their labels."""

from __future__ import annotations

from typing import Any

from standin import clock, errors
from standin.app import route
from standin.auth import need_tenant
from standin.lists import answer_list, include_of, shown
from standin.manager import Manager
from standin.params import boolean, identifier
from standin.routes.content import found
from standin.state import Item
from standin.wire import Request, Response, reply


def _has_sites(profile: Any) -> bool:
    return bool(profile.sites)


def _has_labels(profile: Any) -> bool:
    return bool(profile.labels)


@route("GET", "/sites", available=_has_sites)
def list_sites(manager: Manager, request: Request) -> Response:
    return answer_list(manager, request, "sites", tenant=need_tenant(request))


@route("GET", "/sites/<name>", available=_has_sites)
def get_site(manager: Manager, request: Request, name: str) -> Response:
    include = include_of(manager, request, "sites")
    return reply(shown(manager, "sites", found(manager, request, "sites", "Site", name), include))


def _location(body: dict[str, Any]) -> dict[str, Any]:
    """Latitude and longitude from whichever way they were given."""
    if "location" in body and body["location"]:
        first, dummy, second = str(body["location"]).partition(",")
        try:
            latitude, longitude = float(first), float(second)
        except ValueError:
            raise errors.bad_parameters(
                f"Invalid location `{body['location']}`. The location's format is expected to be "
                '"latitude,longitude" such as "32.071072,34.787274"'
            ) from None
    elif body.get("latitude") is not None and body.get("longitude") is not None:
        latitude, longitude = float(body["latitude"]), float(body["longitude"])
    else:
        return {"latitude": None, "longitude": None, "location": None}
    return {
        "latitude": latitude,
        "longitude": longitude,
        "location": f"{latitude}, {longitude}",
    }


@route("PUT", "/sites/<name>", available=_has_sites)
def put_site(manager: Manager, request: Request, name: str) -> Response:
    tenant = need_tenant(request)
    identifier("name", name)
    body = request.json()
    if manager.store.get("sites", name, tenant):
        raise errors.conflict(
            f"<Site id=`{name}` tenant=`{tenant}`> already exists on <Tenant name=`{tenant}`> "
            "or with global visibility"
        )
    visibility = str(body.get("visibility") or "tenant")
    place = _location(body)
    item: Item = {
        "created_at": body.get("created_at") or clock.iso(),
        "visibility": visibility,
        "name": name,
        "latitude": place["latitude"],
        "longitude": place["longitude"],
        "tenant_name": tenant,
        "created_by": body.get("created_by") or (request.user or {})["username"],
        "resource_availability": visibility,
        "private_resource": visibility == "private",
        "location": place["location"],
    }
    manager.store.add("sites", tenant, item)
    return reply(shown(manager, "sites", item))


@route("POST", "/sites/<name>", available=_has_sites)
def update_site(manager: Manager, request: Request, name: str) -> Response:
    item = found(manager, request, "sites", "Site", name)
    body = request.json()
    changes: dict[str, Any] = {}
    if any(k in body for k in ("location", "latitude")):
        changes.update(_location(body))
    if body.get("visibility"):
        changes["visibility"] = changes["resource_availability"] = body["visibility"]
    if body.get("new_name"):
        identifier("new_name", str(body["new_name"]))
        changes["name"] = body["new_name"]
    changed = manager.store.update("sites", name, item["tenant_name"], **changes)
    return reply(shown(manager, "sites", changed or item))


@route("DELETE", "/sites/<name>", available=_has_sites)
def delete_site(manager: Manager, request: Request, name: str) -> Response:
    item = found(manager, request, "sites", "Site", name)
    with manager.store.transaction():
        manager.store.delete("sites", name, item["tenant_name"])
        for deployment in manager.store.all("deployments", item["tenant_name"]):
            if deployment.get("site_name") == name:
                _change(manager, deployment, site_name=None)
    return Response(204, content_type=None)


def _change(manager: Manager, deployment: Item, **changes: Any) -> Item:
    found_item = manager.store.update(
        "deployments", deployment["id"], deployment["tenant_name"], **changes
    )
    return found_item or deployment


@route("POST", "/deployments/<item_id>/set-site", available=_has_sites)
def set_site(manager: Manager, request: Request, item_id: str) -> Response:
    body = request.json()
    name = body.get("site_name")
    detach = boolean("detach_site", body.get("detach_site", False))
    if bool(name) == detach:
        raise errors.bad_parameters(
            "Must provide either a `site_name` of a valid site or `detach_site` with true value "
            "for detaching the current site of the given deployment"
        )
    deployment = found(manager, request, "deployments", "Deployment", item_id)
    if name:
        found(manager, request, "sites", "Site", str(name))
    changed = _change(manager, deployment, site_name=None if detach else name)
    return reply(shown(manager, "deployments", changed))


@route("PATCH", "/deployments/<item_id>", since="v1", available=_has_labels)
def patch_deployment(manager: Manager, request: Request, item_id: str) -> Response:
    deployment = found(manager, request, "deployments", "Deployment", item_id)
    body = request.json()
    changes: dict[str, Any] = {}
    if "labels" in body:
        changes["labels"] = _labels(request, deployment, body)
    for name in ("display_name", "description"):
        if name in body:
            changes[name] = body[name]
    return reply(shown(manager, "deployments", _change(manager, deployment, **changes)))


@route("PATCH", "/blueprints/<item_id>", since="v2", available=_has_labels)
def patch_blueprint(manager: Manager, request: Request, item_id: str) -> Response:
    blueprint = found(manager, request, "blueprints", "Blueprint", item_id)
    body = request.json()
    changes: dict[str, Any] = {"updated_at": clock.iso()}
    if "labels" in body:
        changes["labels"] = _labels(request, blueprint, body)
    changed = manager.store.update("blueprints", item_id, blueprint["tenant_name"], **changes)
    return reply(shown(manager, "blueprints", changed or blueprint))


def _labels(request: Request, item: Item, body: dict[str, Any]) -> list[Item]:
    """The labels asked for, each `{key: value}`; those that were there keep their dates."""
    wanted = body["labels"]
    if not isinstance(wanted, list) or any(not isinstance(w, dict) or len(w) != 1 for w in wanted):
        raise errors.bad_parameters(
            "Labels must be a list of 1-entry dictionaries: "
            "[{<key1>: <value1>}, {<key2>: [<value2>, <value3>]}, ...]"
        )
    old = {(label["key"], label["value"]): label for label in item.get("labels") or []}
    out: list[Item] = []
    for one in wanted:
        for key, values in one.items():
            for value in values if isinstance(values, list) else [values]:
                name = str(key).lower(), str(value)
                fresh = {
                    "key": name[0],
                    "value": name[1],
                    "created_at": body.get("created_at") or clock.iso(),
                    "created_by": body.get("creator") or (request.user or {})["username"],
                }
                out.append(old.get(name, fresh))
    return out
