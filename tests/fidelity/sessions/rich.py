# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""R: a manager with content, its snapshots in both formats, and what restores of them brought back."""

from __future__ import annotations

import json

from standin import archives

from .. import recording as recorded
from ..recording import ARCHIVES
from ..session import Session
from . import session
from .restores import same_security

# After a restore in new format these come in another order than before.
REORDERED = ("nodes", "node_instances", "permissions", "workflows", "filters", "summary")


def rich(s: Session) -> None:
    """The content of the rich samples, without what making them added."""
    content = archives.read(ARCHIVES / "rich-legacy-revisions.zip").content
    tenant = content["tenants"]["default_tenant"]
    made = {e["id"] for e in tenant["executions"] if e["is_system_workflow"]}
    tenant["executions"] = [e for e in tenant["executions"] if e["id"] not in made]
    tenant["events"] = [e for e in tenant["events"] if e["execution_id"] not in made]
    tenant["execution_schedules"] = []
    # 79 events of the lab's own preparations are in no archive.
    tenant["events"] += [archives.shape("events", _storage_id=n) for n in range(1000, 1079)]
    del content["management"]
    s.manager.seed(content=content)


def group(prefix: str) -> list[str]:
    return [name for name in recorded.names() if name.startswith(f"rich/{prefix}")]


def reads(s: Session, names: list[str]) -> None:
    for name in names:
        loose: tuple[str, ...] = ()
        if any(kind in name for kind in REORDERED):
            loose = ("order",)
        if "tokens" in name:
            # The installer's own token, named after its host.
            loose = ("id", "last_used", "description")
        s.rec(name, loose=loose, patience=0)


@session(speed=8.0)
def before(s: Session) -> None:
    rich(s)
    s.rec(
        "rich/R02_schedule_create_past_once",
        "rich/R02_schedule_create_future_daily",
        "rich/R02_schedule_create_future_once",
        "rich/R02_schedule_create_disabled_daily",
        "rich/R02_classic_scheduled_execution",
        "rich/R02_classic_scheduled_execution_in_the_past",
        "rich/R02_schedule_create_overdue_soon",
    )
    reads(s, group("R03_before"))
    s.course(
        "rich/R04_create_new",
        "rich/R04_create_new_transitions",
        snapshot="rich-new",
        execution="1cf460d7-ec3e-4762-b192-1ca33dee5bb6",
    )
    s.rec("rich/R04_create_new_execution_final", "rich/R04_create_new_snapshot_final")
    s.course(
        "rich/R05_create_legacy",
        "rich/R05_create_legacy_transitions",
        snapshot="rich-legacy",
        execution="0f28bd6d-81be-442a-9661-aaa2298eea67",
    )
    s.rec("rich/R05_create_legacy_execution_final", "rich/R05_create_legacy_snapshot_final")
    s.rec("rich/R06_download_sample_rich_legacy", "rich/R06_download_sample_rich_new")


def restored(s: Session, prefix: str, *, snapshot: str, execution: str) -> None:
    s.rec(
        f"rich/{prefix}_fresh_blueprints",
        f"rich/{prefix}_upload",
        f"rich/{prefix}_uploaded_get",
    )
    s.course(
        f"rich/{prefix}_restore",
        f"rich/{prefix}_restore_transitions",
        snapshot=snapshot,
        execution=execution,
    )
    s.rec(
        f"rich/{prefix}_execution_final",
        f"rich/{prefix}_snapshot_final",
        f"rich/{prefix}_snapshot_status",
        f"rich/{prefix}_snapshots",
    )
    reads(s, group(f"{prefix}_after_"))


@session(speed=8.0)
def new_format_fails(s: Session) -> None:
    restored(s, "R07_new", snapshot="rich-new", execution="40df3a15-5c12-442f-a97a-d53591d7e389")


@session(speed=8.0)
def legacy_whole(s: Session) -> None:
    same_security(s, "rich-legacy")
    restored(
        s,
        "R08_legacy",
        snapshot="rich-legacy",
        execution="49181238-99a0-475b-9788-d07421c62233",
    )
    # The same archive as in R14, whose manager differs in nothing that shows.
    reads(s, group("R14"))


@session(speed=8.0)
def scheduled_before(s: Session) -> None:
    content = archives.read(ARCHIVES / "rich-legacy-revisions-scheduled.zip").content
    tenant = content["tenants"]["default_tenant"]
    del content["management"]
    for kind in ("executions", "events"):
        tenant[kind] = [i for i in tenant[kind] if not i.get("is_system_workflow")]
        tenant[kind] = [i for i in tenant[kind] if i.get("status") != "scheduled"]
    # 80 s before the next of them is due, or 30 s less, as moments move by whole minutes
    moved = s.shifted(json.dumps(tenant["execution_schedules"]), "2026-11-22T05:45:25Z")
    tenant["execution_schedules"] = json.loads(moved)
    s.manager.seed(content=content)
    s.rec(
        "rich/R10_execution_schedules_before",
        "rich/R10_force_status_scheduled_future",
        "rich/R10_force_status_scheduled_past",
    )
    # The lab gave the two their moments in the database itself.
    s.rec("rich/R10_executions_scheduled_before", loose=("scheduled_for",))
    s.rec("rich/R10_create_legacy")
    s.until("/snapshots/rich-sched", "created")
    s.rec("rich/R10_download")


@session(speed=8.0)
def scheduled_restored(s: Session) -> None:
    same_security(s, "rich-legacy")
    restored(
        s,
        "R10_legacy_scheduled",
        snapshot="rich-sched",
        execution="317aa927-e532-4061-ae81-68b0b7c5dff1",
    )


@session(speed=8.0)
def other_key_new(s: Session) -> None:
    restored(
        s,
        "R13_otherkey_new",
        snapshot="rich-rrule",
        execution="eba2a328-dd84-4cfb-b324-0b1f1c40bfb2",
    )


@session(speed=8.0)
def other_key_legacy(s: Session) -> None:
    restored(
        s,
        "R13_otherkey_legacy",
        snapshot="rich-legacy",
        execution="155d63e7-89f0-41e8-962e-ba6a502454f3",
    )


@session(speed=8.0)
def big(s: Session) -> None:
    s.manager.seed(filler=40 << 20)
    s.course(
        "rich/R11_create_big",
        "rich/R11_create_big_transitions",
        snapshot="big1",
        execution="ab82d4b8-596a-446a-a5d7-bbe2d5b8bd7f",
    )
    s.rec("rich/R11_create_big_execution_final", "rich/R11_create_big_snapshot_final")
