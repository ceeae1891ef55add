# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Approval nodes, and what an approver does."""

from __future__ import annotations

from datetime import timezone
from typing import Any

from awx.standin import clock, errors, recurrence, render, runs
from awx.standin.models.workflows import LINKS
from awx.standin.routes import action
from awx.standin.service import Service
from awx.standin.store import Item
from awx.standin.wire import Request, Response, created, no_content


@action("POST", "create_approval_template", "workflow_job_template_nodes")
def create_approval_template(service: Service, request: Request, item: Item) -> Response:
    given = request.json()
    template = service.create("workflow_approval_templates", given, request.user)
    service.store.change(item, {"unified_job_template": template["id"]})
    return created(render.shown(service, template))


@render.shows("workflow_job_template_nodes", "workflow_job_nodes")
def links(service: Service, item: Item, out: dict[str, Any]) -> None:
    for name in LINKS:
        out[name] = [other["id"] for other in service.store.linked(item, name)]


@render.shows("schedules")
def times(_service: Service, item: Item, out: dict[str, Any]) -> None:
    rule = item["rrule"]
    coming = recurrence.next_run(rule, clock.now()) if item["enabled"] else None
    out["dtstart"] = clock.iso(recurrence.start_of(rule).astimezone(timezone.utc))
    out["dtend"] = None
    out["next_run"] = clock.iso(coming.astimezone(timezone.utc)) if coming else None
    out["timezone"] = recurrence.zone_of(rule)
    out["until"] = ""


@render.shows("workflow_approvals")
def approval(_service: Service, item: Item, out: dict[str, Any]) -> None:
    out["can_approve_or_deny"] = item["status"] == "pending"


@action("POST", "approve", "workflow_approvals")
def approve(service: Service, request: Request, item: Item) -> Response:
    return _decide(service, request, item, "successful")


@action("POST", "deny", "workflow_approvals")
def deny(service: Service, request: Request, item: Item) -> Response:
    return _decide(service, request, item, "failed")


def _decide(service: Service, request: Request, item: Item, status: str) -> Response:
    if item["status"] != "pending":
        raise errors.bad_request(
            {"error": "This workflow step has already been approved or denied."}
        )
    assert request.user
    item["approved_or_denied_by"] = request.user["id"]
    runs.end(service, item, status)
    return no_content()
