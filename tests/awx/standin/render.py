# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects as the API shows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from awx.standin.kinds import Kind
from awx.standin.names import named
from awx.standin.store import Item, Store, kind_of, ref
from awx.standin.wire import API

if TYPE_CHECKING:
    from awx.standin.service import Service

Shower = Callable[["Service", Item, dict[str, Any]], None]
SHOWERS: dict[str, list[Shower]] = {}


def shows(*plural_names: str) -> Callable[[Shower], Shower]:
    """Register what is done to a representation before it leaves."""

    def wrap(function: Shower) -> Shower:
        for plural in plural_names:
            SHOWERS.setdefault(plural, []).append(function)
        return function

    return wrap


def url_of(item: Item) -> str:
    return f"{API}{item['_plural']}/{item['id']}/"


def summary(item: Item) -> dict[str, Any]:
    kind = kind_of(item)
    names = (*("id", "name", "description"), *kind.summary)
    out = {name: item[name] for name in names if name in item}
    if kind.ids == "unified_job_templates":
        out["unified_job_type"] = JOB_OF[kind.plural]
    if kind.ids == "unified_jobs":
        out["type"] = kind.type
    if kind.plural == "inventories":
        out["organization_id"] = out.pop("organization")
    return out


JOB_OF = {
    "job_templates": "job",
    "projects": "project_update",
    "inventory_sources": "inventory_update",
    "workflow_job_templates": "workflow_job",
    "workflow_approval_templates": "workflow_approval",
}


def related(store: Store, item: Item, kind: Kind) -> dict[str, Any]:
    url = url_of(item)
    out: dict[str, Any] = {}
    name = named(store, item)
    if name:
        out["named_url"] = f"{API}{kind.plural}/{name}/"
    if item.get("_by"):
        out["created_by"] = f"{API}users/{item['_by']}/"
    for relation in (*kind.links, *kind.actions):
        out[relation] = f"{url}{relation}/"
    for field in kind.fields:
        if field.to and item[field.name] is not None:
            other = store.get(field.to, item[field.name])
            if other:
                out[field.name] = url_of(other)
    return out


def summaries(store: Store, item: Item, kind: Kind) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for field in kind.fields:
        other = store.get(field.to, item[field.name]) if field.to else None
        if other:
            out[field.name] = summary(other)
    by = store.get("users", item.get("_by"))
    if by:
        out["created_by"] = summary(by)
    if kind.roles:
        out["object_roles"] = {
            role["_field"]: {"id": role["id"], "name": role["name"], "description": ""}
            for role in store.where("roles", _of=ref(item))
        }
    for relation in ("credentials", "labels"):
        if relation in kind.links and kind.plural not in ("organizations", "inventories"):
            others = store.linked(item, relation)
            if relation == "labels":
                results = [{"id": o["id"], "name": o["name"]} for o in others]
                out[relation] = {"count": len(others), "results": results}
            else:
                out[relation] = [summary(o) for o in others]
    out["user_capabilities"] = {"edit": True, "delete": True}
    return out


def shown(service: Service, item: Item) -> dict[str, Any]:
    store = service.store
    kind = kind_of(item)
    out: dict[str, Any] = {
        "id": item["id"],
        "type": kind.type,
        "url": url_of(item),
        "related": related(store, item, kind),
        "summary_fields": summaries(store, item, kind),
        "created": item["created"],
        "modified": item["modified"],
    }
    for field in kind.fields:
        if not field.write_only:
            out[field.name] = item[field.name]
    for shower in SHOWERS.get(kind.plural, ()):
        shower(service, item, out)
    return out
