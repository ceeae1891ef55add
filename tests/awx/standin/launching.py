# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is launched from a template: which answers are taken, and the job that comes of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from awx.standin import render
from awx.standin.fields import Refused, parse_variables
from awx.standin.models import templates, workflows
from awx.standin.service import Service
from awx.standin.store import Item

LISTS = ("credentials", "labels", "instance_groups")
OF_JOB = (
    *("inventory", "project", "playbook", "scm_branch", "forks", "limit", "verbosity"),
    *("job_tags", "skip_tags", "timeout", "job_slice_count", "organization", "diff_mode"),
    *("become_enabled", "execution_environment", "job_type"),
)
OF_WORKFLOW = ("inventory", "limit", "scm_branch")


def asked_by(template: Item) -> dict[str, str]:
    """Prompt -> the field that allows it."""
    if template["_plural"] == "job_templates":
        return templates.ASKED
    return workflows.ASKED if template["_plural"] == "workflow_job_templates" else {}


@dataclass
class Answers:
    """What was given for a launch, sorted by whether the template takes it."""

    accepted: dict[str, Any] = field(default_factory=dict)
    ignored: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, Any] = field(default_factory=dict)


def sort_answers(service: Service, template: Item, given: dict[str, Any]) -> Answers:
    answers = Answers()
    for prompt, allowed_by in asked_by(template).items():
        if prompt == "extra_vars" or prompt not in given:
            continue
        place = answers.accepted if template[allowed_by] else answers.ignored
        if given[prompt] != template.get(prompt):
            place[prompt] = given[prompt]
    _sort_variables(template, given.get("extra_vars", {}), answers)
    return answers


def _sort_variables(template: Item, given: Any, answers: Answers) -> None:
    try:
        values = parse_variables(given) if isinstance(given, str) else dict(given or {})
    except Refused as refused:
        answers.errors["extra_vars"] = [str(refused)]
        return
    spec = template.get("_survey") or {}
    questions = spec.get("spec", []) if template.get("survey_enabled") else []
    known = {q["variable"] for q in questions}
    taken = {k: v for k, v in values.items() if k in known or template["ask_variables_on_launch"]}
    left = {k: v for k, v in values.items() if k not in taken}
    if taken:
        answers.accepted["extra_vars"] = taken
    if left:
        answers.ignored["extra_vars"] = left


def variables_of(template: Item, accepted: dict[str, Any]) -> dict[str, Any]:
    """What the playbook gets: the template's, the survey's defaults, and what was answered."""
    values = parse_variables(template["extra_vars"])
    if template.get("survey_enabled"):
        for question in (template.get("_survey") or {}).get("spec", []):
            default = question.get("default")
            if default not in (None, "") or (not question["required"] and default == ""):
                values[question["variable"]] = default
    values.update(accepted.get("extra_vars", {}))
    return values


def make_job(
    service: Service, template: Item, accepted: dict[str, Any], *, launch_type: str, by: int | None
) -> Item:
    store = service.store
    plural = "jobs" if template["_plural"] == "job_templates" else "workflow_jobs"
    names = OF_JOB if plural == "jobs" else OF_WORKFLOW
    values = {name: template[name] for name in names}
    values |= {name: accepted[name] for name in names if name in accepted}
    job = store.add(
        plural,
        {
            **values,
            "name": template["name"],
            "description": template["description"],
            "unified_job_template": template["id"],
            "job_template" if plural == "jobs" else "workflow_job_template": template["id"],
            "extra_vars": json.dumps(variables_of(template, accepted)),
            "launch_type": launch_type,
            "status": "pending",
        },
        by=by,
    )
    if plural == "jobs":
        chosen = accepted.get("credentials")
        there = store.linked(template, "credentials")
        for credential in there if chosen is None else filter(None, map(_credential(store), chosen)):
            store.link(job, "credentials", credential)
    return job


def _credential(store: Any) -> Any:
    return lambda number: store.get("credentials", number)


def for_runner(service: Service, job: Item) -> dict[str, Any]:
    """A job with what only AWX's own runner sees: the variables and credentials in clear."""
    credentials = []
    for credential in service.store.linked(job, "credentials"):
        kind = service.store.get("credential_types", credential["credential_type"])
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
    }


def check(service: Service, template: Item, answers: Answers) -> None:
    """Add what keeps a launch from being one to the answers' errors."""
