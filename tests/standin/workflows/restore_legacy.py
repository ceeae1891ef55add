# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A legacy restore: the service goes down, everything is replaced by what the archive holds."""

from __future__ import annotations

import shutil
import uuid
from typing import Any

from standin import clock
from standin.kinds import MANAGEMENT_KINDS, TENANT_KINDS
from standin.profiles import parse_version
from standin.state import Item
from standin.tokens import factory_token
from standin.worker import Job
from standin.workflows import logs, restore_new
from standin.workflows.common import finish

# seconds after the POST, as recorded
DOWN_FROM = 3.0
DOWN_UNTIL = 17.4
AGAIN_FROM = 26.2
AGAIN_UNTIL = 28.9
END = 36.2
FLAG_AFTER_END = 5.3
POSTED_TO_HERE = 1.1
# of the shell that goes on by itself after the end, where no flag tells of it
SHELL_AFTER_END = 3.5
SHELL_RESTARTS = 3.0
# before it, an archive has no dump
OLDEST_DUMP = (4, 0, 0)


def run(job: Job, archive: Any, content: dict[str, Any]) -> None:
    manager = job.manager
    other_salt = _other_salt(job, archive)
    job.sleep(DOWN_FROM - POSTED_TO_HERE)
    if manager.profile.stops_rest_service:
        manager.rest_down()
    try:
        job.sleep(DOWN_UNTIL - DOWN_FROM)
        with manager.store.transaction():
            job.check()
            if _has_dump(archive):
                _replace(job, archive, content)
            else:
                _mix(job, content)
            if other_salt:
                # rest-security.conf is the archive's, the admin's row is still hashed without it
                manager.auth_broken = True
        _scheduled(job)
    finally:
        manager.rest_up()
    try:
        job.sleep(AGAIN_FROM - DOWN_UNTIL)
        manager.rest_down()
        try:
            job.sleep(AGAIN_UNTIL - AGAIN_FROM)
        finally:
            manager.rest_up()
        job.sleep(END - AGAIN_UNTIL)
        logs.lines(job, logs.RESTORE)
        finish(job)
        if _shell_is_late(job):
            _run_shell(job, archive)
        else:
            job.sleep(1.0)
    finally:
        manager.auth_broken = False
    job.sleep(FLAG_AFTER_END - 1.0)
    manager.flag(False)


def _shell_is_late(job: Job) -> bool:
    return not job.manager.profile.snapshot_status


def _run_shell(job: Job, archive: Any) -> None:
    """The password of the admin becomes the archive's, while the service restarts."""
    manager = job.manager
    job.sleep(SHELL_AFTER_END)
    if not _has_dump(archive):
        return
    admin = manager.bootstrap_admin()
    hashed = (archive.admin_account or {}).get("password") or admin["_password"]
    manager.rest_down()
    try:
        job.sleep(SHELL_RESTARTS)
        manager.store.update("users", admin["username"], _password=hashed)
    finally:
        manager.rest_up()


def _other_salt(job: Job, archive: Any) -> bool:
    theirs = (archive.security or {}).get("hash_salt") if _has_dump(archive) else None
    return bool(theirs) and theirs != job.manager.security.get("hash_salt")


def _has_dump(archive: Any) -> bool:
    return parse_version(archive.version) >= OLDEST_DUMP


def _mix(job: Job, content: dict[str, Any]) -> None:
    """What is from before 4.0 goes into the tenant of the request, beside what is there. A community
    manager is cleared for it, if it has blueprints."""
    manager, store = job.manager, job.manager.store
    own = manager.executions.get(job.id)
    forced = job.parameters.get("force") and store.count("blueprints")
    if manager.edition != "premium" and forced:
        store.clear((*TENANT_KINDS, "snapshots"))
        if own:
            store.add("executions", own["tenant_name"], own)
    for kind in restore_new.KINDS:
        held = content["tenants"]["default_tenant"].get(kind) or []
        items = [_settled(kind, i) for i in held]
        restore_new.add(job, kind, job.execution["tenant_name"], items)


def _replace(job: Job, archive: Any, content: dict[str, Any]) -> None:
    manager, store = job.manager, job.manager.store
    own = manager.executions.get(job.id)
    store.clear((*TENANT_KINDS, "snapshots", "tokens"))
    _management(job, archive, content)
    for tenant, kinds in content["tenants"].items():
        if store.get("tenants", tenant) is None:
            manager.add_tenant(tenant)
        for kind in TENANT_KINDS:
            items = [_settled(kind, i) for i in kinds.get(kind) or []]
            store.add(kind, tenant, items)
    if manager.profile.token_objects:
        # the services of the manager are given a new one
        store.add("tokens", "", factory_token(str(manager.bootstrap_admin()["username"])))
    if own:
        # the product inserts its own row again, with little in it
        store.add("executions", "default_tenant", _reinserted(own))
    if archive.security:
        store.set_meta("security", {**manager.security, **archive.security})
    if manager.profile.removes_snapshot_dirs:
        for folder in manager.snapshots_dir.iterdir():
            for zipped in folder.glob("*.zip"):
                zipped.unlink()
            if not any(folder.iterdir()):
                shutil.rmtree(folder, ignore_errors=True)


def _management(job: Job, archive: Any, content: dict[str, Any]) -> None:
    manager, store = job.manager, job.manager.store
    management = content.get("management") or {}
    admin = manager.bootstrap_admin()
    for kind in MANAGEMENT_KINDS:
        items = management.get(kind) or []
        if not items:
            continue
        store.clear([kind])
        for item in items:
            store.add(kind, "", dict(item))
    account = {} if _shell_is_late(job) else archive.admin_account or {}
    name = account.get("username") or admin["username"]
    hashed = account.get("password") or admin["_password"]
    if store.get("users", name) is None:
        store.add("users", "", {**admin, "username": name})
    store.update("users", name, _password=hashed, _id=0, role="sys_admin")


def _settled(kind: str, item: Item) -> Item:
    """The create execution is in the dump as it ran; the product marks it ended."""
    if (
        kind == "executions"
        and item.get("workflow_id") == "create_snapshot"
        and item.get("status") in ("pending", "started")
    ):
        return {
            **item,
            "status": "terminated",
            "status_display": "completed",
            "error": item.get("error") or "",
            "ended_at": clock.iso(),
        }
    return item


def _reinserted(own: Item) -> Item:
    return {
        **own,
        "visibility": None,
        "parameters": None,
        "started_at": None,
        "error": "",
        "status": "started",
        "status_display": "started",
        "allow_custom_parameters": False,
        "resource_availability": None,
        "private_resource": False,
        "tenant_name": "default_tenant",
        "created_by": "admin",
    }


def _scheduled(job: Job) -> None:
    """What becomes of executions in status `scheduled` differs by version."""
    manager = job.manager
    rule = manager.profile.scheduled_after_restore
    if rule == "untouched":
        return
    for execution in manager.store.where("executions", status="scheduled"):
        due = execution.get("scheduled_for")
        overdue = not due or clock.parse(due) < clock.utcnow()
        if overdue:
            manager.executions.set_status(execution["id"], "failed")
        elif rule == "failed_and_rescheduled":
            manager.executions.set_status(execution["id"], "failed")
            _reschedule(job, execution)


def _reschedule(job: Job, execution: Item) -> None:
    from standin.schedules import new_schedule

    schedule = new_schedule(
        f"{execution['workflow_id']}_restored_{uuid.uuid4().hex}",
        tenant=execution["tenant_name"],
        user="admin",
        deployment_id=execution["deployment_id"],
        body={
            "workflow_id": execution["workflow_id"],
            "since": execution["scheduled_for"],
            "count": 1,
            "parameters": execution.get("parameters"),
            "execution_arguments": {
                "allow_custom_parameters": True,
                "force": False,
                "is_dry_run": False,
                "wait_after_fail": 600,
            },
        },
    )
    job.manager.store.add("execution_schedules", execution["tenant_name"], schedule)


__all__ = ["run"]
