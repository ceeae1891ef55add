# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Launching templates."""

from __future__ import annotations

from typing import Any

from awx.standin import launching, render, runs
from awx.standin.errors import Invalid
from awx.standin.routes import action
from awx.standin.service import Service
from awx.standin.store import Item
from awx.standin.wire import Request, Response, created

TEMPLATES = ("job_templates", "workflow_job_templates")


@action("GET", "launch", *TEMPLATES)
def what_is_asked(_service: Service, _request: Request, item: Item) -> Response:
    asked = {field: item[field] for field in launching.asked_by(item).values()}
    spec = (item.get("_survey") or {}).get("spec", []) if item["survey_enabled"] else []
    needed = [q["variable"] for q in spec if q["required"]]
    return Response(
        200,
        {
            "can_start_without_user_input": not (needed or any(asked.values())),
            **asked,
            "survey_enabled": item["survey_enabled"],
            "variables_needed_to_start": needed,
        },
    )


@action("POST", "launch", *TEMPLATES)
def launch(service: Service, request: Request, item: Item) -> Response:
    answers = launching.sort_answers(service, item, request.json())
    launching.check(service, item, answers)
    if answers.errors:
        raise Invalid(answers.errors)
    by = request.user["id"] if request.user else None
    job = launching.make_job(service, item, answers.accepted, launch_type="manual", by=by)
    first = "job" if job["_plural"] == "jobs" else "workflow_job"
    shown: dict[str, Any] = {
        first: job["id"],
        "ignored_fields": answers.ignored,
        **render.shown(service, job),
    }
    if job["_plural"] == "jobs":
        runs.begin(service, job)
    else:
        from awx.standin.workflows import begin

        begin(service, job)
    return created(shown)
