# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Launching templates."""

from __future__ import annotations

from typing import Any

from awx.standin import answers, launching, render, runs
from awx.standin.errors import Invalid
from awx.standin.routes import action
from awx.standin.service import Service
from awx.standin.store import Item
from awx.standin.wire import Request, Response, created


@action("GET", "launch", *answers.TEMPLATES)
def what_is_asked(_service: Service, _request: Request, item: Item) -> Response:
    asked = {field: item[field] for field in answers.asked_by(item).values()}
    questions = answers.survey_of(item).get("spec", [])
    needed = [q["variable"] for q in questions if q["required"]]
    return Response(
        200,
        {
            "can_start_without_user_input": not (needed or any(asked.values())),
            **asked,
            "survey_enabled": bool(questions),
            "variables_needed_to_start": needed,
            "inventory_needed_to_start": item["inventory"] is None,
        },
    )


@action("POST", "launch", *answers.TEMPLATES)
def launch(service: Service, request: Request, item: Item) -> Response:
    found = answers.at_launch(service, item, request.json())
    if found.errors:
        raise Invalid(found.errors)
    by = request.user["id"] if request.user else None
    job = launching.make_job(found, launch_type="manual", by=by)
    shown: dict[str, Any] = {
        "job" if job["_plural"] == "jobs" else "workflow_job": job["id"],
        "ignored_fields": found.ignored,
        **render.shown(service, job),
    }
    runs.begin(service, job)
    return created(shown)
