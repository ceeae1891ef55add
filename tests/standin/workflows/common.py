# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the workflows share: ending an execution, and the product's tracebacks."""

from __future__ import annotations

from standin.worker import Job
from standin.workflows import logs

STARTUP = 0.8
LIB = "/opt/mgmtworker/env/lib/python3.11/site-packages/cloudify_system_workflows"


def traceback(function: str, *frames: tuple[str, int, str, str], error: str) -> str:
    """A traceback as the worker stores it: without its first line, with one at the end."""
    outer = {
        "create": ("create_snapshot.create()", 63),
        "restore": ("restore_snapshot.restore()", 89),
    }
    call, line = outer[function]
    text = f'File "{LIB}/snapshot.py", line {line}, in {function}\n  {call}\n'
    for name, number, where, code in frames:
        text += f'File "{LIB}/snapshots/{name}", line {number}, in {where}\n  {code}\n'
    return text + error + "\n"


def last_line(error: str) -> str:
    return error.strip().splitlines()[-1] if error.strip() else ""


def finish(job: Job) -> None:
    """End well, unless somebody asked for a cancel meanwhile: the product then fails."""
    executions = job.manager.executions
    with job.manager.store.transaction():
        now = executions.get(job.id)
        if now is None:
            return
        workflow = job.execution["workflow_id"]
        if now["status"] == "started":
            words = f"'{workflow}' workflow execution succeeded"
            logs.event(job, "workflow_succeeded", words)
            executions.set_status(job.id, "terminated")
            return
        executions.set_status(
            job.id,
            "failed",
            error=(
                "cloudify_rest_client.exceptions.InvalidExecutionUpdateStatus: 400: Invalid "
                f"relationship - can't change status from {now['status']} to terminated for "
                f'"{job.id}" execution while running "{workflow}" workflow.'
            ),
        )


def fail(job: Job, error: str) -> None:
    words = f"'{job.execution['workflow_id']}' workflow execution failed: {last_line(error)}"
    logs.event(job, "workflow_failed", words, error=error)
    job.manager.executions.set_status(job.id, "failed", error=error)


__all__ = ["LIB", "STARTUP", "fail", "finish", "traceback"]
