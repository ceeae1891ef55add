# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""restore_snapshot: what all formats share, and which one an archive is taken for."""

from __future__ import annotations

from typing import Any

from standin import archives
from standin.profiles import parse_version
from standin.worker import Job
from standin.workflows import restore_legacy, restore_new
from standin.workflows.common import LIB, fail, finish, traceback

FLAG_AFTER = 0.3
VALIDATION_SECONDS = 0.4
FLAG_CLEARS_AFTER = 3.0

NEWER = "Cannot restore a newer manager's snapshot on this manager [{0} > {1}]"
TOO_OLD = "Restoring snapshot from version {0} is not supported"
NOT_EMPTY = (
    "Snapshot restoration on a non-empty manager is not permitted. Pass the --force flag to force "
    "the restore and delete existing data from the manager"
)
WRONG_USER = (
    "The current user is not authorized to restore v4 snapshots. Only the bootstrap admin is "
    "allowed to perform this action"
)


def restore(job: Job) -> None:
    manager = job.manager
    snapshot_id = str(job.parameters["snapshot_id"])
    fault = manager.workflow_faults.take("restore_snapshot") or {}
    mode = fault.get("mode", "")
    job.sleep(FLAG_AFTER)
    manager.flag(True)
    path = manager.archive_path(snapshot_id)
    if mode == "hang":
        job.hang()
    while not path.exists():
        # the product waits for the file, which in a cluster may still be on its way
        job.sleep(1.0)
    if mode == "die":
        job.sleep(1.0)
        return None
    if mode == "fail":
        job.sleep(VALIDATION_SECONDS)
        text = str(fault.get("error") or "the workflow was told to fail")
        return _refused(job, text)
    if mode == "disk_full":
        job.sleep(VALIDATION_SECONDS)
        return _failed(job, "OSError: [Errno 28] No space left on device")
    try:
        archive = archives.read(path, verify=True)
    except archives.BadArchive as error:
        job.sleep(VALIDATION_SECONDS)
        return _unreadable(job, str(error))
    content = _dropped(archive.content, fault) if mode == "drop_content" else archive.content
    if mode == "restore_nothing" or _taken_for_empty(job, archive):
        job.sleep(VALIDATION_SECONDS)
        manager.flag(False)
        job.sleep(0.4)
        finish(job)
    elif _is_legacy(job, archive):
        refusal = _validate(job, archive)
        if refusal:
            job.sleep(VALIDATION_SECONDS)
            return _refused(job, refusal)
        restore_legacy.run(job, archive, content)
    else:
        restore_new.run(job, archive, content)


def _is_legacy(job: Job, archive: Any) -> bool:
    return bool(archive.legacy_for_product) or not job.manager.profile.new_format


def _taken_for_empty(job: Job, archive: Any) -> bool:
    """A legacy archive without all revisions is read as new format, in which it holds nothing."""
    return archive.format == "legacy" and not _is_legacy(job, archive)


def _validate(job: Job, archive: Any) -> str | None:
    manager = job.manager
    version = str(archive.metadata.get("snapshot_version") or "")
    if parse_version(version) > manager.profile.release:
        return NEWER.format(version, manager.profile.version)
    if parse_version(version) < parse_version(manager.profile.min_snapshot):
        return TOO_OLD.format(version)
    if not job.parameters.get("user_is_bootstrap_admin", True):
        return WRONG_USER
    if not job.parameters.get("force") and manager.store.count("blueprints"):
        return NOT_EMPTY
    return None


def _refused(job: Job, text: str) -> None:
    frames = (
        ("snapshot_restore.py", 528, "restore", "self._validate_snapshot()"),
        ("snapshot_restore.py", 894, "_validate_snapshot", "validator.validate()"),
        ("snapshot_restore.py", 1229, "validate", "raise NonRecoverableError("),
    )
    error = f"cloudify.exceptions.NonRecoverableError: {text}"
    fail(job, traceback("restore", *frames, error=error))
    job.sleep(FLAG_CLEARS_AFTER)
    job.manager.flag(False)


def _failed(job: Job, last_line: str) -> None:
    frame = ("snapshot_restore.py", 499, "restore", "self._extract_snapshot_archive(zipf)")
    fail(job, traceback("restore", frame, error=last_line))
    job.sleep(FLAG_CLEARS_AFTER)
    job.manager.flag(False)


def _unreadable(job: Job, reason: str) -> None:
    if not job.manager.profile.flag_sticks_on_corrupt:
        return _failed(job, f"zipfile.BadZipfile: {reason}")
    text = (
        f'File "{LIB}/snapshot.py", line 89, in restore\n  restore_snapshot.restore()\n'
        f'File "{LIB}/snapshots/snapshot_restore.py", line 569, in restore\n'
        "  if self._is_legacy_snapshot():\n     ^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        f'File "{LIB}/snapshots/snapshot_restore.py", line 589, in _is_legacy_snapshot\n'
        "  M_SCHEMA_REVISION in self._metadata and\n  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "TypeError: argument of type 'NoneType' is not iterable\n"
    )
    # it fails in the product's own clean-up, so the flag stays for ever
    fail(job, text)
    return None


def _dropped(content: dict[str, Any], fault: dict[str, Any]) -> dict[str, Any]:
    from standin.state import id_of

    kind, ids = str(fault["kind"]), {str(i) for i in fault.get("ids") or []}
    for kinds in content["tenants"].values():
        if kind in kinds:
            kinds[kind] = [i for i in kinds[kind] if ids and id_of(kind, i) not in ids]
    return content


__all__ = ["restore"]
