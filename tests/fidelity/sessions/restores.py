# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""H, K and M: restores that work, that fail, that hang, and what else goes on meanwhile."""

from __future__ import annotations

import io
import json
import zipfile

from ..recording import ARCHIVES
from ..session import Session
from . import session
from .snapshots import SMALL, newest, snapshots_of_c


def with_metadata(sample: str, **metadata: str | None) -> bytes:
    """A sample whose metadata.json says something else, or that has none (metadata given as None)."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(ARCHIVES / f"{sample}.zip") as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            data = old.read(info)
            if info.filename == "metadata.json":
                if metadata.get("snapshot_version", "") is None:
                    continue
                data = json.dumps({**json.loads(data), **metadata}).encode()
            new.writestr(info, data)
    return out.getvalue()


def revisions(**metadata: str | None) -> bytes:
    """The small legacy sample as a premium manager would have made it."""
    return with_metadata(
        "small-legacy", composer_schema_revision="", stage_schema_revision="", **metadata
    )


def same_security(s: Session, sample: str = "small-legacy") -> None:
    """The lab restored onto the manager that had made the archive: same keys, same salt."""
    with zipfile.ZipFile(ARCHIVES / f"{sample}.zip") as archive:
        s.manager.control("POST", "/security", json.loads(archive.read("rest-security.conf")))


def restore(s: Session, name: str, *, snapshot: str, execution: str, then: list[str]) -> None:
    """POST, the course of the workflow, its end, and what is so after."""
    s.course(name, f"{name}_transitions", snapshot=snapshot, execution=execution)
    s.rec(*then)


def ended(name: str) -> list[str]:
    ends = ("execution_final", "snapshot_after", "snapshot_status_after")
    return [f"{name}_{end}" for end in ends]


@session()
def new_format(s: Session) -> None:
    snapshots_of_c(s)
    restore(
        s,
        "H01_restore_new_format",
        snapshot="new1",
        execution="67d082e1-58a5-4e9e-9862-5f23d67db620",
        then=[
            "H01_restore_new_format_execution_final",
            "H01_restore_new_format_snapshot_after",
            "H01_snapshot_status_after",
        ],
    )


@session(speed=3.0)
def garbage(s: Session) -> None:
    # The one of H01 came before it.
    s.manager.add_execution(
        workflow_id="restore_snapshot", is_system_workflow=True, status="terminated"
    )
    s.upload("garb1", b"this is not a zip at all")
    restore(
        s,
        "H02_restore_garbage_archive",
        snapshot="garb1",
        execution="215ce079-0cb7-4da0-acfe-f6a299dfc575",
        then=ended("H02_restore_garbage_archive"),
    )
    s.rec("H02_after_failed_restore_create", "H02_after_failed_restore_create_result")
    s.until(f"/executions/{newest(s, 'create_snapshot')}", "terminated")
    # The lab had more executions by then.
    s.rec("H02_after_failed_restore_executions", loose=("total",))
    s.rec("H02_after_failed_restore_snapshot_status")


@session(speed=3.0)
def archives_that_fail(s: Session) -> None:
    for name, snapshot, execution, body in (
        ("truncated_zip", "trunc1", "59b51ada-70a9-4111-8d52-4fe1d1069a7c", SMALL[:2000]),
        (
            "zip_without_metadata",
            "nometa1",
            "2ea8e66d-c809-479e-88c7-8886009f989e",
            with_metadata("small-legacy", snapshot_version=None),
        ),
        (
            "legacy_from_newer_version",
            "newer1",
            "fc292662-a130-461e-a188-4ecc7749ad5d",
            revisions(snapshot_version="99.0.0"),
        ),
        (
            "legacy_from_3_4",
            "ancient1",
            "a1260e09-9909-4f79-b9c5-9134aaa251db",
            revisions(snapshot_version="3.4.0"),
        ),
    ):
        # The lab removed the flag of the restore before by hand.
        s.manager.flag("clear")
        s.upload(snapshot, body)
        full = f"H03_restore_{name}"
        restore(s, full, snapshot=snapshot, execution=execution, then=ended(full))


@session(speed=3.0)
def legacy_of_a_community_manager(s: Session) -> None:
    snapshots_of_c(s)
    for number in range(18):
        s.upload(f"up{number}", SMALL)
    name = "H04_restore_community_legacy_snapshot"
    s.rec("H04_secret_marker_create")
    restore(
        s,
        name,
        snapshot="legacy1",
        execution="e65879f6-ab2e-44c3-8647-8fe02de568d4",
        then=ended(name),
    )
    s.rec("H04_list_snapshots_after")


@session()
def legacy(s: Session) -> None:
    same_security(s)
    s.rec("H04_secret_marker_create")
    s.upload("legacyfull1", revisions())
    name = "H05_restore_legacy_full"
    restore(
        s,
        name,
        snapshot="legacyfull1",
        execution="c2d297b8-2f09-4556-85aa-c406a8dee337",
        then=ended(name),
    )
    s.rec(
        "H05_after_list",
        "H05_after_secrets",
        "H05_after_executions",
        "H05_after_download_restored",
    )
    s.rec("H04_secret_marker_create")
    with s.worker_down():
        s.rec(
            "H06_after_legacy_restore_create_new",
            "H06_second_parallel_create_new_format",
            "H06_legacy_create_while_new_runs",
            "H06_legacy_create_queued",
            "H06_queued_snapshot",
        )
        s.rec("H06_executions_list_with_queued")


@session(speed=8.0)
def cancelled_and_killed(s: Session) -> None:
    blocker = s.manager.add_execution(workflow_id="restore_snapshot", status="pending")
    s.do("PUT", "/snapshots/full5", {"legacy": True, "queue": True})
    s.do("POST", f"/executions/{newest(s, 'create_snapshot')}", {"action": "cancel"})
    s.manager.end_execution(blocker)
    s.rec("H06_queued_snapshot_after_unblock")
    s.rec("H06b_create_to_cancel")
    s.until(f"/executions/{s.mapped('8e0fadc1-4e2e-4ab2-a560-9ae835665136')}", "started")
    s.rec(
        "H06b_cancel_running_create",
        "H06b_cancelled_execution",
        "H06b_snapshot_of_cancelled_execution",
    )
    s.rec("H06c_create_to_kill")
    s.until(f"/executions/{s.mapped('ce76861a-40c0-4847-a084-851df997c57e')}", "started")
    s.rec("H06c_kill_running_create")
    s.until(f"/executions/{s.mapped('ce76861a-40c0-4847-a084-851df997c57e')}", "cancelled")
    s.rec(
        "H06c_snapshot_of_killed_execution",
        "H06c_archive_of_killed",
        "H06c_restore_of_killed_creating",
        "H06c_restore_of_killed_creating_execution",
    )


@session(speed=3.0)
def during_a_restore(s: Session) -> None:
    quick = {"listener_timeout": 0.1}
    s.create("full2", quick)
    s.create("full3", quick)
    with s.worker_down():
        s.do("PUT", "/snapshots/full5", {"legacy": True})
        s.do("POST", f"/executions/{newest(s, 'create_snapshot')}", {"action": "kill"})
    s.create("cancel1", quick)
    with s.worker_down():
        s.do("PUT", "/snapshots/cancel2", quick)
        killed = newest(s, "create_snapshot")
        s.do("POST", f"/executions/{killed}", {"action": "kill"})
    s.until(f"/executions/{killed}", "cancelled")
    s.rec("H07_secret_marker")
    s.create("full6", quick)
    s.manager.seed(kind="blueprints", items=[{"id": "in-the-way"}])
    name = "H07_restore_new_format_on_nonempty_manager"
    s.rec(name)
    with s.transitions(
        f"{name}_transitions", snapshot="full6", execution="df534ff4-ce6e-4957-9262-bd614d860e89"
    ):
        s.rec("H09_during_restore_snapshot_status")
        s.rec(
            "H09_during_restore_version",
            "H09_during_restore_list",
            "H09_during_restore_get_snapshot",
            "H09_during_restore_second_restore",
        )
        left_over = newest(s, "restore_snapshot")
        s.rec(
            "H09_during_restore_create_new",
            "H09_during_restore_delete_other",
            "H09_during_restore_maintenance_activate",
            "H09_during_restore_maintenance_get",
            "H09_during_restore_maintenance_deactivate",
            loose=("order",),
        )
        s.do("POST", f"/executions/{left_over}", {"action": "kill"})
    s.rec(f"{name}_execution_final", "H07_snapshot_status_after")
    s.until("/snapshots/during1", "created")
    s.until(f"/executions/{newest(s, 'create_snapshot')}", "terminated")
    s.upload("legacyfull2", revisions())
    name = "H08_restore_legacy_nonempty_without_force"
    restore(
        s,
        name,
        snapshot="legacyfull2",
        execution="c1cf4a2c-e29a-44fb-8641-1d13cd3b0e1e",
        then=ended(name),
    )
    s.rec("H10_activate")
    s.course(
        "H10_restore_in_maintenance_new_format",
        "H10_restore_in_maintenance_transitions",
        snapshot="full2",
        execution="45476426-61fc-42a9-ad67-d42ae614f5ca",
        anonymous=True,
    )
    s.rec("H10_execution_get_in_maintenance_without_bypass", patience=0)
    s.rec("H10_execution_final", "H10_maintenance_after_restore", "H10_deactivate")


@session()
def legacy_with_certificates(s: Session) -> None:
    same_security(s)
    s.upload("legacyfull3", revisions())
    restore(
        s,
        "H11_restore_legacy_force_with_certificates",
        snapshot="legacyfull3",
        execution="22dd0427-3ae0-4095-9633-b4bb0336d859",
        then=["H11_execution_final", "H11_list_after"],
    )


@session()
def fresh_manager(s: Session) -> None:
    s.do("PUT", "/secrets/dr_secret", {"value": "survives"})
    s.create("dr1", {"listener_timeout": 0.1})
    s.rec("K03_download")
    s.manager.wipe()
    s.rec("K04_fresh_secrets", "K05_upload_on_fresh_manager")
    restore(
        s,
        "K06_restore_new_format_on_fresh_manager",
        snapshot="dr1",
        execution="0abb3e4c-0d52-469a-a084-d82ebc71c33d",
        then=[
            "K07_snapshots_after_restore",
            "K07_executions_after_restore",
            "K07_secrets_after_restore",
            "K07_secret_value_after_restore",
        ],
    )
    stuck = s.do("PUT", "/snapshots/stuck1", {}).body["id"]
    s.known("de662b70-81c8-463e-af00-ab8d641f5cd9", stuck)
    s.until(f"/executions/{stuck}", "started")
    s.rec("M01_kill")
    s.until(f"/executions/{stuck}", "cancelled")
    s.rec("M01_stuck_creating_get", "M01_stuck_creating_delete")
    s.rec("M02_delete_active_upload_then_restore_accept", "M02_delete_uploaded")
    s.rec("M03_restore_force_string_true")
    s.until(f"/executions/{newest(s, 'restore_snapshot')}", "terminated")
    s.rec("M04_restore_all_fields_execution")
