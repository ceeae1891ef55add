# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs that are looked at, canceled, or launched again."""

from __future__ import annotations

import json
from typing import Any

from awx.standin import answers, errors, launching, render, runs
from awx.standin.credentials import ENCRYPTED
from awx.standin.fields import parse_variables
from awx.standin.routes import action
from awx.standin.service import Service
from awx.standin.store import Item
from awx.standin.wire import Request, Response, accepted, created

ALL = ("jobs", "project_updates", "inventory_updates", "workflow_jobs")


@render.shows("workflow_job_nodes")
def node(service: Service, item: Item, out: dict[str, Any]) -> None:
    job = service.store.get("unified_jobs", item["job"])
    if job:
        out["summary_fields"]["job"] = render.summary(job)


@render.shows("jobs", "workflow_jobs")
def hidden_variables(_service: Service, item: Item, out: dict[str, Any]) -> None:
    """What a survey asked for as a password."""
    values = parse_variables(item["extra_vars"])
    hidden = {n: ENCRYPTED if n in item["_secrets"] else v for n, v in values.items()}
    out["extra_vars"] = json.dumps(hidden)


@action("GET", "stdout", *ALL)
def stdout(_service: Service, _request: Request, item: Item) -> Response:
    return Response(200, {"content": item["result_stdout"]})


@action("GET", "job_events", "jobs")
def job_events(_service: Service, _request: Request, _item: Item) -> Response:
    return Response(200, {"count": 0, "next": None, "previous": None, "results": []})


@action("GET", "cancel", *ALL)
def can_cancel(_service: Service, _request: Request, item: Item) -> Response:
    return Response(200, {"can_cancel": item["status"] in runs.ACTIVE})


@action("POST", "cancel", *ALL)
def cancel(service: Service, _request: Request, item: Item) -> Response:
    if item["status"] not in runs.ACTIVE:
        raise errors.wrong_method("POST")
    runs.end(service, item, "canceled")
    return accepted(None)


@action("POST", "relaunch", "jobs", "workflow_jobs")
def relaunch(service: Service, request: Request, item: Item) -> Response:
    template = service.store.get("unified_job_templates", item["unified_job_template"])
    if template is None:
        raise errors.bad_request({"detail": "The template of this job is gone."})
    by = request.user["id"] if request.user else None
    found = answers.Answers(service, template, {})
    found.accepted["extra_vars"] = parse_variables(item["extra_vars"])
    job = launching.make_job(found, launch_type="relaunch", by=by)
    shown = render.shown(service, job)
    runs.begin(service, job)
    return created(shown)
