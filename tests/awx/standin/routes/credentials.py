# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials and their types, as they are shown and copied."""

from __future__ import annotations

from typing import Any

from awx.standin import credentials, render
from awx.standin.render import shows
from awx.standin.routes import action
from awx.standin.rules.notifications import secrets_of
from awx.standin.service import Service
from awx.standin.store import Item, kind_of
from awx.standin.wire import Request, Response, created


@shows("credentials")
def credential(service: Service, item: Item, out: dict[str, Any]) -> None:
    kind = service.store.get("credential_types", item["credential_type"])
    assert kind
    out["inputs"] = credentials.hidden(kind, item["inputs"])
    out["kind"] = kind["namespace"] or kind["kind"]
    out["cloud"] = kind["kind"] == "cloud"
    out["kubernetes"] = kind["kind"] == "kubernetes"


@shows("notification_templates")
def notification_template(_service: Service, item: Item, out: dict[str, Any]) -> None:
    secret = secrets_of(item["notification_type"])
    given = item["notification_configuration"]
    out["notification_configuration"] = {
        n: credentials.ENCRYPTED if n in secret and v else v for n, v in given.items()
    }


@action(
    "POST",
    "copy",
    "credentials",
    "projects",
    "inventories",
    "job_templates",
    "notification_templates",
    "workflow_job_templates",
)
def copy(service: Service, request: Request, item: Item) -> Response:
    kind = kind_of(item)
    values = {f.name: item[f.name] for f in kind.fields if not f.read_only}
    made = service.create(item["_plural"], {**values, **request.json()}, request.user)
    return created(render.shown(service, made))
