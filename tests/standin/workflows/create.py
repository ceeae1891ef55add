# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""create_snapshot."""

from __future__ import annotations

import errno
import os
import random
from pathlib import Path
from typing import Any

from standin import archives, clock
from standin.worker import Job
from standin.workflows import logs
from standin.workflows.common import fail, finish, traceback

# seconds as recorded, after the start of the workflow
LEGACY_SECONDS = 4.2
NEW_SECONDS = 3.5
LISTENER_SECONDS = 10.0
AFTER_CREATED = 0.2


def create(job: Job) -> None:
    manager, wanted = job.manager, job.parameters
    snapshot_id = str(wanted["snapshot_id"])
    legacy = bool(wanted.get("legacy", True)) or not manager.profile.new_format
    fault = manager.workflow_faults.take("create_snapshot") or {}
    mode = fault.get("mode", "")
    seconds = LEGACY_SECONDS
    if not legacy:
        listener = wanted.get("listener_timeout")
        seconds = NEW_SECONDS + float(LISTENER_SECONDS if listener is None else listener)  # type: ignore[arg-type]
    job.sleep(seconds / 2)
    if mode == "hang":
        job.hang()
    if mode == "die":
        return None
    if mode == "disk_full":
        error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return _failed(job, snapshot_id, str(error), f"OSError: {error}")
    if mode == "fail":
        text = str(fault.get("error") or "the workflow was told to fail")
        return _failed(job, snapshot_id, text, f"cloudify.exceptions.NonRecoverableError: {text}")
    target = manager.archive_path(snapshot_id)
    temporary = manager.spool_file()
    write_archive(job, temporary, legacy=legacy)
    if mode == "truncate_archive":
        os.truncate(temporary, temporary.stat().st_size * 2 // 3)
    elif mode == "corrupt_archive":
        _corrupt(temporary)
    job.sleep(seconds / 2)
    if manager.store.get("snapshots", snapshot_id) is None:
        temporary.unlink(missing_ok=True)
        return _failed(job, snapshot_id, "404: snapshot is gone", "the snapshot was deleted")
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(temporary, target)
    logs.lines(job, logs.LEGACY_CREATE if legacy else logs.NEW_CREATE)
    _mark(job, snapshot_id, status="created", error="")
    job.sleep(AFTER_CREATED)
    finish(job)


def _mark(job: Job, snapshot_id: str, **changes: Any) -> None:
    job.manager.store.update("snapshots", snapshot_id, str(job.execution["tenant_name"]), **changes)


def _failed(job: Job, snapshot_id: str, error: str, last_line: str) -> None:
    _mark(job, snapshot_id, status="failed", error=error)
    if job.manager.profile.failed_create_terminates:
        # the workflow of these versions swallows what it caught
        finish(job)
        return
    frame = ("snapshot_create.py", 96, "create", "self._dump_management()")
    fail(job, traceback("create", frame, error=last_line))


def write_archive(job: Job, path: Path, *, legacy: bool) -> None:
    manager, wanted = job.manager, job.parameters
    content = manager.content()
    filler = int(manager.store.meta("archive_filler", 0))
    if legacy:
        archives.write_legacy(
            path,
            content=content,
            version=manager.profile.version,
            schema_revision=manager.profile.schema_revision,
            with_revisions=manager.edition == "premium",
            edition=manager.edition,
            options=dict(wanted),
            filler_bytes=filler,
            ssl_dir=manager.ssl_dir,
            admin_account=admin_account(job),
            security=manager.security,
            execution_id=job.id,
        )
    else:
        archives.write_new(
            path,
            content=content,
            version=manager.profile.version,
            execution_id=job.id,
            options=dict(wanted),
            filler_bytes=filler,
        )


def admin_account(job: Job) -> dict[str, Any]:
    """The row of the bootstrap admin, as the dump of the users table holds it."""
    admin = job.manager.bootstrap_admin()
    made = str(admin.get("created_at") or clock.iso()).rstrip("Z")
    return {
        "id": 0,
        "username": admin["username"],
        "active": True,
        "created_at": made,
        "email": None,
        "first_name": None,
        "last_login_at": None,
        "last_name": None,
        "password": admin["_password"],
        "last_failed_login_at": None,
        "failed_logins_counter": 0,
        "show_getting_started": True,
        "first_login_at": None,
    }


def _corrupt(path: Path) -> None:
    """Flip bytes in the middle, where the compressed data is."""
    size = path.stat().st_size
    with path.open("r+b") as stream:
        for part in (0.25, 0.4, 0.5):
            stream.seek(int(size * part))
            stream.write(random.randbytes(min(256, max(16, size // 100))))


__all__ = ["create", "write_archive"]
