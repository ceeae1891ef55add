# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Syncing projects, and the playbooks they have."""

from __future__ import annotations

from typing import Any

from awx.standin import errors, render
from awx.standin.projects import listed, start_sync, status_of
from awx.standin.render import shows, summary
from awx.standin.routes import action
from awx.standin.runs import ACTIVE
from awx.standin.service import Service
from awx.standin.store import Item
from awx.standin.wire import Request, Response, accepted


@shows("projects")
def project(service: Service, item: Item, out: dict[str, Any]) -> None:
    update = service.store.get("project_updates", item.get("_last_update"))
    out["status"] = status_of(service, item)
    out["last_job_run"] = update["finished"] if update else None
    out["last_job_failed"] = bool(update and update["failed"])
    out["last_update_failed"] = out["last_job_failed"]
    out["last_updated"] = out["last_job_run"]
    out["next_job_run"] = None
    out["summary_fields"].setdefault("last_update", summary(update)) if update else None
    if update and update["status"] in ACTIVE:
        out["summary_fields"]["current_update"] = summary(update)
        out["related"]["current_update"] = render.url_of(update)


@action("GET", "update", "projects")
def can_update(_service: Service, _request: Request, item: Item) -> Response:
    return Response(200, {"can_update": bool(item["scm_type"])})


@action("POST", "update", "projects")
def update(service: Service, _request: Request, item: Item) -> Response:
    if not item["scm_type"]:
        raise errors.wrong_method("POST")
    started = start_sync(service, item)
    shown = render.shown(service, started)
    return accepted({**shown, "project_update": started["id"]})


@action("GET", "playbooks", "projects")
def playbooks(service: Service, _request: Request, item: Item) -> Response:
    return Response(200, listed(service, item))


@action("GET", "inventories", "projects")
def inventories(_service: Service, _request: Request, _item: Item) -> Response:
    return Response(200, [])
