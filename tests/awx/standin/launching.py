# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job that comes of a launch."""

from __future__ import annotations

import json
from typing import Any

from awx.standin import render, surveys
from awx.standin.answers import Answers, launched_with, survey_of
from awx.standin.fields import parse_variables
from awx.standin.service import Service
from awx.standin.store import Item

OF_JOB = (
    *("inventory", "project", "playbook", "scm_branch", "forks", "limit", "verbosity"),
    *("job_tags", "skip_tags", "timeout", "job_slice_count", "organization", "diff_mode"),
    *("become_enabled", "execution_environment", "job_type"),
)
OF_WORKFLOW = ("inventory", "limit", "scm_branch", "job_tags", "skip_tags")


def variables_of(template: Item, accepted: dict[str, Any]) -> dict[str, Any]:
    """What the playbook gets: the template's, the survey's defaults, and what was answered."""
    values = parse_variables(template["extra_vars"])
    values.update(surveys.defaults(survey_of(template)))
    values.update(accepted.get("extra_vars", {}))
    return values


def make_job(
    answers: Answers, *, launch_type: str, by: int | None, schedule: int | None = None
) -> Item:
    """A pending job of the answers' template."""
    store, template = answers.service.store, answers.template
    plural = "jobs" if template["_plural"] == "job_templates" else "workflow_jobs"
    names = OF_JOB if plural == "jobs" else OF_WORKFLOW
    values = {name: template[name] for name in names}
    values |= {name: answers.accepted[name] for name in names if name in answers.accepted}
    job = store.add(
        plural,
        {
            **values,
            "name": template["name"],
            "description": template["description"],
            "unified_job_template": template["id"],
            "job_template" if plural == "jobs" else "workflow_job_template": template["id"],
            "extra_vars": json.dumps(variables_of(template, answers.accepted)),
            "launch_type": launch_type,
            "schedule": schedule,
            "status": "pending",
            "_secrets": surveys.passwords(survey_of(template)),
        },
        by=by,
    )
    if plural == "jobs":
        for credential in launched_with(answers):
            store.link(job, "credentials", credential)
    return job


def for_runner(service: Service, job: Item) -> dict[str, Any]:
    """A job with what only AWX's own runner sees: variables and credentials in clear."""
    store = service.store
    organization = store.get("organizations", job.get("organization"))
    galaxy = store.linked(organization, "galaxy_credentials") if organization else []
    credentials = []
    for credential in store.linked(job, "credentials"):
        kind = store.get("credential_types", credential["credential_type"])
        assert kind
        credentials.append(
            {
                "name": credential["name"],
                "credential_type": kind["name"],
                "inputs": dict(credential["inputs"]),
                "injectors": kind["injectors"],
            }
        )
    return {
        **render.shown(service, job),
        "extra_vars": parse_variables(job["extra_vars"]),
        "credentials": credentials,
        # Without any, AWX installs no collections for the job.
        "galaxy_credentials": [credential["name"] for credential in galaxy],
    }
