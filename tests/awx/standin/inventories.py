# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Updating an inventory from its source, as far as the source is known to the settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from awx.standin import clock
from awx.standin.projects import source_of
from awx.standin.service import Service
from awx.standin.store import Item


def start_update(service: Service, source: Item) -> Item:
    names = ("name", "description", "inventory", "source", "source_path", "source_vars", "timeout")
    update = service.store.add(
        "inventory_updates",
        {
            **{name: source[name] for name in names},
            "inventory_source": source["id"],
            "unified_job_template": source["id"],
            "status": "pending",
        },
    )
    source["_last_update"] = update["id"]
    service.later(lambda: _update(service, source, update))
    return update


def _update(service: Service, source: Item, update: Item) -> None:
    update["started"] = clock.iso()
    found = service.settings.inventories.get(source["name"])
    failure = "" if found is not None else _missing_file(service, source)
    if found is not None:
        _take(service, source, found)
    update.update(
        status="failed" if failure else "successful",
        failed=bool(failure),
        result_stdout=failure,
        finished=clock.iso(),
        event_processing_finished=True,
    )


def _missing_file(service: Service, source: Item) -> str:
    """What nobody told the hosts of is taken for empty, but the file has to be in the project."""
    project = service.store.get("projects", source["source_project"])
    folder = source_of(service, project) if project else None
    if isinstance(folder, Path) and not (folder / source["source_path"]).exists():
        return f"Inventory source {source['source_path']} does not exist"
    return ""


def _take(service: Service, source: Item, found: dict[str, Any]) -> None:
    """Make the hosts and groups of an `ansible-inventory --list` document."""
    variables = found.get("_meta", {}).get("hostvars", {})
    groups = {n: g for n, g in found.items() if n not in ("_meta", "all")}
    for name, group in groups.items():
        parent = _ensure(service, source, "groups", name, group.get("vars", {}))
        for host in group.get("hosts", ()):
            member = _ensure(service, source, "hosts", host, variables.get(host, {}))
            service.store.link(parent, "hosts", member)
    for name, group in groups.items():
        parent = _ensure(service, source, "groups", name, {})
        for child in group.get("children", ()):
            service.store.link(parent, "children", _ensure(service, source, "groups", child, {}))


def _ensure(
    service: Service, source: Item, plural: str, name: str, variables: dict[str, Any]
) -> Item:
    item = service.store.find(plural, name=name, inventory=source["inventory"])
    if item is None:
        item = service.store.add(plural, {"name": name, "inventory": source["inventory"]})
    if variables:
        service.store.change(item, {"variables": json.dumps(variables)})
    return item
