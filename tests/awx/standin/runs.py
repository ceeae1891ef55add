# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs: from pending to their end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from awx.standin import clock, launching
from awx.standin.credentials import missing
from awx.standin.models.runs import DONE, STATUSES
from awx.standin.projects import start_sync
from awx.standin.service import Service
from awx.standin.store import Item

ACTIVE = STATUSES[:4]
Begin = Callable[[Service, Item], None]
BEGINS: dict[str, Begin] = {}
# Called with each job that came to its end.
ENDS: list[Begin] = []


def begins(plural: str) -> Callable[[Begin], Begin]:
    """Register how a kind of job begins."""

    def wrap(function: Begin) -> Begin:
        BEGINS[plural] = function
        return function

    return wrap


def at_end(function: Begin) -> Begin:
    """Register what waits for the end of jobs."""
    ENDS.append(function)
    return function


def begin(service: Service, job: Item) -> None:
    BEGINS[job["_plural"]](service, job)


@begins("jobs")
def begin_job(service: Service, job: Item) -> None:
    """After a sync of its project, if that wants one."""
    project = service.store.get("projects", job["project"])
    if project and project["scm_type"] and project["scm_update_on_launch"]:
        start_sync(service, project)
    service.later(lambda: _go(service, job))


def _go(service: Service, job: Item) -> None:
    """Run by the test's runner in a thread of its own, or ended as the settings say."""
    unfit = why_not(service, job)
    if unfit:
        job["job_explanation"] = f"{unfit} Task failed pre-start check."
        end(service, job, "failed")
    elif service.settings.runner is not None:
        threading.Thread(target=_run, args=(service, job), daemon=True).start()
    elif service.settings.job_status in DONE:
        end(service, job, service.settings.job_status)


def why_not(service: Service, job: Item) -> str:
    """As UnifiedJob.pre_start in awx/main/models/unified_jobs.py."""
    project = service.store.get("projects", job["project"])
    update = service.store.get("project_updates", (project or {}).get("_last_update"))
    if update and update["failed"]:
        return f"Previous Task Failed: project update {update['id']}."
    for credential in service.store.linked(job, "credentials"):
        names = missing(service.store, credential)
        if names:
            return (
                f"Job cannot start because Credential {credential['name']} does not provide one "
                f"or more required fields ({', '.join(names)})."
            )
    return ""


def _run(service: Service, job: Item) -> None:
    runner = service.settings.runner
    assert runner is not None
    with service.store.lock:
        job.update(status="running", started=clock.iso())
        told = launching.for_runner(service, job)
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


def end(service: Service, job: Item, status: str, artifacts: dict[str, Any] | None = None) -> None:
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
    for function in ENDS:
        function(service, job)
