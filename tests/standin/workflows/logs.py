# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Events and log lines that the workflows write, as recorded."""

from __future__ import annotations

from typing import Any

from standin import clock
from standin.state import Item
from standin.worker import Job

_FOLDERS = (
    "blueprints",
    "deployments",
    "uploaded-blueprints",
    "plugins",
    "global-resources",
    "tenant-resources",
    "authenticators",
)
_TMP = "/tmp/tmp-stand-in-snapshot-data"
_RESOURCES = "/opt/manager/resources"

LEGACY_CREATE: tuple[tuple[str, str], ...] = (
    ("info", "Creating snapshot `{id}`"),
    ("debug", "Using `legacy` snapshot format"),
    ("info", "Dumping files to the archive from the manager"),
    ("info", "Copying files/directories..."),
    ("info", f"{[(f, f) for f in _FOLDERS]}"),
    *(("warning", f"Source not found: {_RESOURCES}/{name}. Skipping...") for name in _FOLDERS),
    ("debug", f"Copying from dump: /etc/cloudify/ssl to: {_TMP}/ssl.."),
    (
        "debug",
        f"Copying from dump: /opt/manager/rest-security.conf to: {_TMP}/rest-security.conf..",
    ),
    ("warning", "Source not found: /opt/cloudify-stage/dist/userData. Skipping..."),
    ("warning", "Source not found: /opt/cloudify-composer/backend/dev. Skipping..."),
    ("info", "Dumping Postgres data"),
    ("debug", "Init Postgres config: (not shown)"),
    ("info", "Dumping Postgres, include logs {include_logs} include events {include_events}"),
    ("debug", f"Creating db dump file: {_TMP}/pg_data, excluding: (not shown)"),
    ("debug", "Dumping admin account"),
    ("debug", f"Creating db dump file: {_TMP}/stage_data, excluding: ['\"SequelizeMeta\"']"),
    ("debug", f"Creating db dump file: {_TMP}/composer_data, excluding: ['\"SequelizeMeta\"']"),
    ("info", "Dumping network data"),
    ("info", "Dumping credentials data"),
    ("debug", f"Dumping credentials data, archive_cred_path: {_TMP}/snapshot-credentials"),
    ("info", "Dumping metadata"),
    ("info", "Dumping agents data"),
    ("info", f"Creating snapshot archive: {_RESOURCES}/snapshots/{{id}}/{{id}}.zip"),
    ("info", "Snapshot created successfully"),
    ("debug", f"Removing temp dir: {_TMP}"),
)
NEW_CREATE: tuple[tuple[str, str], ...] = (
    ("info", "Creating snapshot `{id}`"),
    ("debug", "Using `new` snapshot format"),
    ("info", "Snapshot created successfully"),
)
RESTORE: tuple[tuple[str, str], ...] = (
    ("info", "Restoring snapshot {id}"),
    ("info", "Successfully restored snapshot {id}"),
)


def _row(job: Job, kind: str, message: str) -> Item:
    now = clock.iso()
    row: Item = {
        "_storage_id": None,
        "timestamp": now,
        "reported_timestamp": now,
        "blueprint_id": job.execution.get("blueprint_id"),
        "deployment_id": job.execution.get("deployment_id"),
        "deployment_display_name": job.execution.get("deployment_display_name"),
        "execution_id": job.id,
        "execution_group_id": None,
        "workflow_id": job.execution["workflow_id"],
        "message": message,
        "error_causes": None,
    }
    if kind == "cloudify_event":
        row["event_type"] = None
    for name in ("operation", "source_id", "target_id"):
        row[name] = None
    row.update(manager_name=job.manager.hostname, agent_name=None)
    row.update(node_instance_id=None, node_name=None)
    return row


def _add(job: Job, rows: list[Item]) -> None:
    store = job.manager.store
    tenant = str(job.execution["tenant_name"])
    with store.transaction():
        number = int(store.meta("last_event", 0) or 0)
        number = max(number, store.count("events"))
        for row in rows:
            number += 1
            row["_storage_id"] = number
        store.set_meta("last_event", number)
        store.add("events", tenant, rows)


def event(job: Job, event_type: str, words: str, *, error: str | None = None) -> None:
    """`workflow_started`, `workflow_succeeded` or `workflow_failed`."""
    row = _row(job, "cloudify_event", words)
    row["event_type"] = event_type
    if error is not None:
        row["error_causes"] = [{"message": error.strip().splitlines()[-1], "type": "Exception"}]
    row["type"] = "cloudify_event"
    _add(job, [row])


def lines(job: Job, table: tuple[tuple[str, str], ...]) -> None:
    values: dict[str, Any] = {
        "id": job.parameters.get("snapshot_id"),
        "include_logs": job.parameters.get("include_logs", True),
        "include_events": job.parameters.get("include_events", True),
    }
    rows = []
    for level, message in table:
        if "{" in message and not message.startswith("["):
            message = message.format(**values)
        row = _row(job, "cloudify_log", message)
        row.update(logger=f"ctx.{job.id}", level=level, type="cloudify_log")
        rows.append(row)
    _add(job, rows)


__all__ = ["LEGACY_CREATE", "NEW_CREATE", "RESTORE", "event", "lines"]
