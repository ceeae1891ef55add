# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens and users."""

from __future__ import annotations

from typing import Any

from awx.standin import auth, render
from awx.standin.render import shows
from awx.standin.routes import create
from awx.standin.service import Service
from awx.standin.store import Item
from awx.standin.wire import Request, Response, created

#: awx/api/views/mixin.py, OrganizationCountsMixin
COUNTED = ("inventories", "teams", "users", "job_templates", "admins", "projects")


@shows("organizations")
def organization(service: Service, item: Item, out: dict[str, Any]) -> None:
    out["summary_fields"]["related_field_counts"] = {
        what: len(service.store.linked(item, what)) for what in COUNTED
    }


@create("tokens")
def make_token(service: Service, request: Request, given: dict[str, Any]) -> Response:
    assert request.user
    item = auth.new_token(service, request.user, given)
    return created({**render.shown(service, item), "token": item["_token"]})
