# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Content without REST: what a fresh manager has, the recorded sample, and masses of items."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from standin import archives, clock
from standin.executions import new_execution
from standin.kinds import MANAGEMENT_KINDS, TENANT_KINDS
from standin.state import Item, id_of

if TYPE_CHECKING:
    from standin.manager import Manager

DATA = Path(__file__).parent / "data"


def load(name: str) -> Any:
    return json.loads((DATA / name).read_text())


def add_factory_content(manager: Manager) -> None:
    """What the installer leaves: system filters and permissions."""
    now = clock.iso()
    if manager.profile.labels:
        filters = [{**f, "created_at": now, "updated_at": now} for f in load("filters.json")]
        manager.store.add("deployments_filters", "default_tenant", filters)
    table: dict[str, list[str]] = load("permissions.json")
    pairs = [{"role": r, "permission": p} for p, roles in table.items() for r in roles]
    manager.store.add("permissions", "", pairs)


def add_content(manager: Manager, body: dict[str, Any]) -> dict[str, Any]:
    if "sample" in body:
        sample = load(f"{body['sample']}.json")
        add_model(manager, sample)
        return {"sample": body["sample"]}
    if "bulk" in body:
        return add_bulk(manager, body["bulk"])
    if "content" in body:
        add_model(manager, body["content"])
        return {}
    if "filler" in body:
        manager.store.set_meta("archive_filler", int(body["filler"]))
        return {}
    if "scheduled" in body:
        made = [add_execution(manager, {**s, "status": "scheduled"}) for s in body["scheduled"]]
        return {"ids": [m["id"] for m in made]}
    kind, tenant = str(body["kind"]), str(body.get("tenant") or "default_tenant")
    if kind not in TENANT_KINDS and kind not in MANAGEMENT_KINDS:
        raise ValueError(f"no kind {kind}")
    if kind in MANAGEMENT_KINDS:
        tenant = ""
    else:
        ensure_tenant(manager, tenant)
    items = [complete(manager, kind, tenant, i) for i in body["items"]]
    manager.store.add(kind, tenant, items)
    return {"added": len(items)}


def ensure_tenant(manager: Manager, name: str) -> None:
    if manager.store.get("tenants", name) is None:
        manager.add_tenant(name)


def complete(manager: Manager, kind: str, tenant: str, given: Item) -> Item:
    """An item with all that a list shows of its kind."""
    if kind == "users":
        made = manager.new_user(str(given["username"]), str(given.get("password", "x")), "default")
        return {**made, **{k: v for k, v in given.items() if k != "password"}}
    if kind in ("tenants", "user_groups", "permissions"):
        base = {"groups": 0, "users": 0} if kind == "tenants" else {}
        return {**base, **given}
    shaped: Item = archives.shape(kind, **given)
    now = clock.iso()
    for name in ("created_at", "updated_at", "uploaded_at", "timestamp", "reported_timestamp"):
        if name in shaped and shaped[name] is None:
            shaped[name] = now
    if "tenant_name" in shaped:
        shaped["tenant_name"] = tenant
    if kind in ("agents", "plugins", "executions") and not shaped.get("id"):
        shaped["id"] = str(uuid.uuid4())
    if kind == "events" and not shaped.get("_storage_id"):
        shaped["_storage_id"] = manager.store.count("events") + 1
    return shaped


def add_model(manager: Manager, content: dict[str, Any]) -> None:
    """A whole content model, added to what is there."""
    store = manager.store
    with store.transaction():
        for kind in MANAGEMENT_KINDS:
            for item in (content.get("management") or {}).get(kind) or []:
                if store.get(kind, id_of(kind, item)) is None:
                    store.add(kind, "", complete(manager, kind, "", item))
        for tenant, kinds in (content.get("tenants") or {}).items():
            ensure_tenant(manager, tenant)
            for kind, items in kinds.items():
                if not supports(manager, kind):
                    continue
                have = set()
                if kind.endswith("_filters"):
                    have = {id_of(kind, i) for i in store.all(kind, tenant)}
                store.add(kind, tenant, [i for i in items if id_of(kind, i) not in have])


def supports(manager: Manager, kind: str) -> bool:
    """Whether this version knows such objects at all."""
    profile = manager.profile
    return {
        "sites": profile.sites,
        "execution_schedules": profile.execution_schedules,
        "deployments_filters": profile.labels,
        "blueprints_filters": profile.labels,
    }.get(kind, True)


def add_bulk(manager: Manager, wanted: dict[str, Any]) -> dict[str, Any]:
    """Thousands of small items, spread over as many tenants as asked for."""
    wanted = dict(wanted)
    tenants = ["default_tenant"]
    tenants += [f"tenant_{n:03d}" for n in range(1, int(wanted.pop("tenants", 0) or 0) + 1)]
    made: dict[str, int] = {}
    with manager.store.transaction():
        for tenant in tenants:
            ensure_tenant(manager, tenant)
        for kind, count in wanted.items():
            if kind not in TENANT_KINDS:
                raise ValueError(f"no kind {kind}")
            for place, tenant in enumerate(tenants):
                share = range(place, int(count), len(tenants))
                items = [complete(manager, kind, tenant, _bulk_item(kind, n)) for n in share]
                manager.store.add(kind, tenant, items)
                made[kind] = made.get(kind, 0) + len(items)
    return {"added": made, "tenants": tenants}


def _bulk_item(kind: str, number: int) -> Item:
    name = f"bulk-{kind.replace('_', '-')}-{number:06d}"
    if kind == "secrets":
        return {"key": name, "_value": f"value-{number}"}
    if kind == "sites":
        return {"name": name}
    if kind == "deployments":
        return {"id": name, "display_name": name, "blueprint_id": f"bulk-blueprints-{0:06d}"}
    if kind == "executions":
        return {"id": str(uuid.UUID(int=number + 1)), "workflow_id": "install"}
    if kind == "events":
        return {"message": name, "type": "cloudify_event"}
    if kind in ("plugins", "agents"):
        return {"id": str(uuid.UUID(int=number + 1))}
    return {"id": name}


def add_execution(manager: Manager, body: dict[str, Any]) -> dict[str, Any]:
    """An execution in any state that nothing runs: it blocks until it is ended."""
    tenant = str(body.get("tenant") or "default_tenant")
    deployment = None
    if body.get("deployment_id"):
        deployment = manager.store.get("deployments", str(body["deployment_id"]), tenant) or {
            "id": body["deployment_id"],
            "blueprint_id": body.get("blueprint_id"),
            "display_name": body["deployment_id"],
        }
    status = str(body.get("status") or "started")
    execution = new_execution(
        str(body.get("workflow_id") or "install"),
        tenant=tenant,
        user=str(body.get("created_by") or "admin"),
        parameters=dict(body.get("parameters") or {}),
        system=bool(body.get("is_system_workflow", False)),
        status=status,
        deployment=deployment,
        scheduled_for=body.get("scheduled_for"),
        started_at=clock.iso() if status == "started" else None,
        error=None if status in ("pending", "queued", "scheduled") else "",
    )
    if body.get("id"):
        execution["id"] = str(body["id"])
    ensure_tenant(manager, tenant)
    manager.store.add("executions", tenant, execution)
    return {"id": execution["id"]}


def add_snapshot(manager: Manager, body: dict[str, Any]) -> dict[str, Any]:
    """A valid `created` snapshot of about the given size, at once."""
    from standin.routes.snapshots import new_snapshot

    snapshot_id = str(body["id"])
    tenant = str(body.get("tenant") or "default_tenant")
    path = manager.archive_path(snapshot_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    content, filler = manager.content(), int(body.get("size") or 0)
    if body.get("format", "legacy") == "legacy":
        archives.write_legacy(
            path,
            content=content,
            version=str(body.get("version") or manager.profile.version),
            schema_revision=manager.profile.schema_revision,
            with_revisions=bool(body.get("with_revisions", manager.edition == "premium")),
            edition=manager.edition,
            filler_bytes=filler,
            ssl_dir=manager.ssl_dir,
            security=manager.security,
        )
    else:
        archives.write_new(
            path,
            content=content,
            version=str(body.get("version") or manager.profile.version),
            execution_id=str(uuid.uuid4()),
            filler_bytes=filler,
        )
    status = str(body.get("status") or "created")
    row = new_snapshot(snapshot_id, tenant=tenant, user="admin", status=status)
    manager.store.delete("snapshots", snapshot_id, tenant)
    manager.store.add("snapshots", tenant, row)
    return {"id": snapshot_id, "size": path.stat().st_size}


__all__ = [
    "add_bulk",
    "add_content",
    "add_execution",
    "add_factory_content",
    "add_model",
    "add_snapshot",
    "complete",
    "load",
]
