# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the management worker runs."""

from __future__ import annotations

from standin.worker import Job
from standin.workflows import logs
from standin.workflows.common import STARTUP, finish


def run(job: Job) -> None:
    """Run one execution from `pending` to its end."""
    from standin.workflows.create import create
    from standin.workflows.restore import restore

    job.sleep(STARTUP)
    workflow = job.execution["workflow_id"]
    with job.manager.store.transaction():
        now = job.manager.executions.get(job.id)
        if now is None:
            return
        if now["status"] != "pending":
            # cancelled before it began
            job.manager.executions.set_status(job.id, "cancelled")
            return
        job.manager.executions.set_status(job.id, "started")
        logs.event(job, "workflow_started", f"Starting '{workflow}' workflow execution")
    if workflow == "create_snapshot":
        create(job)
    elif workflow == "restore_snapshot":
        restore(job)
    else:
        # other workflows only have to be there: they run until somebody ends them
        job.sleep(float(job.execution.get("_seconds") or 3.0))
        finish(job)


__all__ = ["run"]
