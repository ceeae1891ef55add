# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs: from pending to their end."""

from __future__ import annotations

import threading
import time
from typing import Any

from awx.standin import clock
from awx.standin.models.runs import DONE, STATUSES
from awx.standin.service import Service
from awx.standin.store import Item

ACTIVE = STATUSES[:4]


def begin(service: Service, job: Item) -> None:
    """Have a job run by the test's runner in a thread of its own, or end as the settings say."""
    if service.settings.runner is not None:
        started = threading.Thread(target=_run, args=(service, job), daemon=True)
        service.later(started.start)
    elif service.settings.job_status in DONE:
        service.later(lambda: end(service, job, service.settings.job_status))


def _run(service: Service, job: Item) -> None:
    from awx.standin.launching import for_runner

    runner = service.settings.runner
    assert runner is not None
    with service.store.lock:
        job.update(status="running", started=clock.iso())
        told = for_runner(service, job)
    since = time.monotonic()
    artifacts: dict[str, Any] = {}
    explanation = ""
    try:
        answer = runner(told)
        status = answer if isinstance(answer, str) else answer[0]
        artifacts = {} if isinstance(answer, str) else answer[1]
    except Exception as error:
        status, explanation = "error", f"{type(error).__name__}: {error}"
    with service.store.lock:
        if job["status"] in ACTIVE:
            job.update(elapsed=round(time.monotonic() - since, 3), job_explanation=explanation)
            end(service, job, status, artifacts)
        service.dispatch()


def end(
    service: Service, job: Item, status: str, artifacts: dict[str, Any] | None = None
) -> None:
    """A job comes to its end, and what waits for it goes on."""
    job.update(
        status=status,
        failed=status != "successful",
        started=job["started"] or clock.iso(),
        finished=clock.iso(),
        event_processing_finished=True,
    )
    if artifacts and "artifacts" in job:
        job["artifacts"] = artifacts
    if status == "canceled":
        job["canceled_on"] = job["finished"]
    from awx.standin.workflows import node_ended

    node_ended(service, job)
