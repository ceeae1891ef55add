# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What inventories do beside holding hosts: variables, sources, and going away."""

from __future__ import annotations

import threading
from typing import Any

from awx.standin import errors, render
from awx.standin.fields import parse_variables
from awx.standin.inventories import start_update
from awx.standin.render import shows, summary
from awx.standin.routes import action, delete
from awx.standin.runs import ACTIVE
from awx.standin.service import Service
from awx.standin.store import Item
from awx.standin.wire import Request, Response, accepted


@shows("inventories")
def inventory(service: Service, item: Item, out: dict[str, Any]) -> None:
    store = service.store
    sources = store.where("inventory_sources", inventory=item["id"])
    out["total_hosts"] = len(store.where("hosts", inventory=item["id"]))
    out["total_groups"] = len(store.where("groups", inventory=item["id"]))
    out["total_inventory_sources"] = len(sources)
    out["has_inventory_sources"] = bool(sources)


@shows("inventory_sources")
def inventory_source(service: Service, item: Item, out: dict[str, Any]) -> None:
    update = service.store.get("inventory_updates", item.get("_last_update"))
    out["status"] = update["status"] if update else "never updated"
    out["last_updated"] = update["finished"] if update else None
    out["last_job_run"] = out["last_updated"]
    out["last_job_failed"] = out["last_update_failed"] = bool(update and update["failed"])
    if update and update["status"] in ACTIVE:
        out["summary_fields"]["current_update"] = summary(update)


@action("GET", "variable_data", "inventories", "hosts", "groups")
def variable_data(_service: Service, _request: Request, item: Item) -> Response:
    return Response(200, parse_variables(item["variables"]))


@action("PUT", "variable_data", "inventories", "hosts", "groups")
def set_variable_data(service: Service, request: Request, item: Item) -> Response:
    service.update(item, {"variables": request.json()}, partial=True)
    return Response(200, parse_variables(item["variables"]))


@action("GET", "root_groups", "inventories")
def root_groups(service: Service, _request: Request, item: Item) -> Response:
    store = service.store
    groups = store.where("groups", inventory=item["id"])
    inner = {child["id"] for group in groups for child in store.linked(group, "children")}
    found = [render.shown(service, g) for g in groups if g["id"] not in inner]
    return Response(200, {"count": len(found), "next": None, "previous": None, "results": found})


@action("POST", "update", "inventory_sources")
def update(service: Service, _request: Request, item: Item) -> Response:
    if not item["source"]:
        raise errors.wrong_method("POST")
    started = start_update(service, item)
    return accepted({**render.shown(service, started), "inventory_update": started["id"]})


@action("POST", "update_inventory_sources", "inventories")
def update_all(service: Service, _request: Request, item: Item) -> Response:
    sources = service.store.where("inventory_sources", inventory=item["id"])
    if not sources:
        raise errors.detail(400, "No inventory sources to update.")
    started = [start_update(service, source) for source in sources]
    return accepted([{"inventory_update": s["id"], "status": s["status"]} for s in started])


@delete("inventories")
def delete_later(service: Service, _request: Request, item: Item) -> Response:
    """As InventoryDetail.destroy and Inventory.schedule_deletion: 202 now, gone a while later."""
    if item["pending_deletion"]:
        raise errors.bad_request({"error": "Inventory is already pending deletion."})
    item["pending_deletion"] = True
    for template in service.store.where("job_templates", inventory=item["id"]):
        template["inventory"] = None

    def remove() -> None:
        with service.store.lock:
            service.store.delete(item)

    if service.settings.deletion_delay:
        timer = threading.Timer(service.settings.deletion_delay, remove)
        timer.daemon = True
        timer.start()
    else:
        service.later(remove)
    return accepted(None)
