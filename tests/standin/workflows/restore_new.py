# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A restore in new format: it adds through the API.

What the format does not hold (sites of deployments, versions of node instances) is lost already in the archive.
"""

from __future__ import annotations

from typing import Any

from standin import clock
from standin.kinds import TENANT_KINDS
from standin.state import id_of
from standin.worker import Job
from standin.workflows import logs
from standin.workflows.common import LIB, fail, finish

SECONDS = 23.0
FLAG_BEFORE_END = 0.4
UPDATED = ("blueprints", "deployments", "secrets")
# the order in which the product restores; schedules come last
KINDS = tuple(k for k in TENANT_KINDS if k != "execution_schedules") + ("execution_schedules",)

NO_RRULE = (
    f'File "{LIB}/snapshot.py", line 89, in restore\n  restore_snapshot.restore()\n'
    f'File "{LIB}/snapshots/snapshot_restore.py", line 508, in restore\n  self._new_restore(zipf)\n'
    f'File "{LIB}/snapshots/snapshot_restore.py", line 260, in _new_restore_entities\n'
    "  post_restore_data = api.restore(entities, ctx.logger, **extra_args)\n"
    'File "/opt/mgmtworker/env/lib/python3.11/site-packages/cloudify_rest_client/'
    'execution_schedules.py", line 314, in restore\n'
    "  entity['rrule'] = entity.pop('rule', {}).pop('rrule')\n"
    "KeyError: 'rrule'\n"
)


def run(job: Job, archive: Any, content: dict[str, Any]) -> None:
    manager = job.manager
    job.sleep(SECONDS * 0.7)
    failed = False
    with manager.store.transaction():
        job.check()
        _management(job, content)
        for tenant, kinds in content["tenants"].items():
            if manager.store.get("tenants", tenant) is None:
                manager.add_tenant(tenant)
            for kind in KINDS:
                items = kinds.get(kind) or []
                if kind == "execution_schedules" and _breaks(items):
                    failed = True
                    break
                add(job, kind, tenant, items)
            if failed:
                break
        _own_execution(job, archive.metadata, "cancelled" if failed else "terminated")
    job.sleep(SECONDS * 0.3)
    manager.flag(False)
    job.sleep(FLAG_BEFORE_END)
    if failed:
        fail(job, NO_RRULE)
    else:
        logs.lines(job, logs.RESTORE)
        finish(job)


def _breaks(schedules: list[dict[str, Any]]) -> bool:
    return any("rrule" not in (s.get("rule") or {}) for s in schedules)


def _own_execution(job: Job, metadata: dict[str, Any], status: str) -> None:
    """The create execution was running when the archive was made: it is given an end."""
    own = str(metadata.get("execution_id") or "")
    found = job.manager.executions.get(own)
    if found and found["status"] not in ("terminated", "failed"):
        job.manager.executions.set_status(own, status)
        if status == "cancelled":
            job.manager.store.update(
                "executions", own, error="Marked as cancelled by snapshot restore", ended_at=None
            )


def _management(job: Job, content: dict[str, Any]) -> None:
    store = job.manager.store
    if job.manager.edition != "premium":
        return
    for kind in ("tenants", "users", "user_groups"):
        for item in content.get("management", {}).get(kind) or []:
            if store.get(kind, id_of(kind, item)) is None:
                if kind == "users":
                    item = {**item, "_id": store.count("users")}
                store.add(kind, "", item)


def add(job: Job, kind: str, tenant: str, items: list[dict[str, Any]]) -> None:
    store = job.manager.store
    now = clock.iso()
    here = {_key(kind, i) for i in store.all(kind, tenant)}
    added = []
    for item in items:
        if _key(kind, item) in here:
            continue
        item = dict(item)
        if kind in UPDATED:
            item["updated_at"] = now
        if kind == "executions":
            if item.get("visibility") is None:
                item.update(visibility="tenant", resource_availability="tenant")
            if item.get("parameters") is None:
                item["parameters"] = {}
        added.append(item)
    if kind == "events":
        for number, item in enumerate(added, store.count("events") + 1):
            item["_storage_id"] = number
    store.add(kind, tenant, added)


def _key(kind: str, item: dict[str, Any]) -> tuple[str, ...]:
    if kind == "events":
        return tuple(str(item.get(k)) for k in ("execution_id", "timestamp", "message"))
    if kind in ("nodes", "execution_schedules"):
        # unique within its deployment only
        return id_of(kind, item), str(item.get("deployment_id"))
    return (id_of(kind, item),)


__all__ = ["KINDS", "add", "run"]
