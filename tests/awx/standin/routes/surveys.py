# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Surveys: kept beside the template, so that a PATCH of the template passes over them."""

from __future__ import annotations

import copy
from typing import Any

from awx.standin import answers, surveys
from awx.standin.credentials import ENCRYPTED
from awx.standin.render import shows
from awx.standin.routes import action
from awx.standin.service import Service
from awx.standin.store import Item
from awx.standin.wire import Request, Response


@shows(*answers.TEMPLATES)
def survey(_service: Service, item: Item, out: dict[str, Any]) -> None:
    spec = item.get("_survey")
    if spec:
        out["summary_fields"]["survey"] = {
            "title": spec["name"],
            "description": spec["description"],
        }


@shows("schedules", "workflow_job_template_nodes")
def hidden_answers(service: Service, item: Item, out: dict[str, Any]) -> None:
    template = service.store.get("unified_job_templates", item["unified_job_template"])
    secret = surveys.passwords(answers.survey_of(template)) if template else set()
    out["extra_data"] = {n: ENCRYPTED if n in secret else v for n, v in item["extra_data"].items()}


@action("GET", "survey_spec", *answers.TEMPLATES)
def get_survey(_service: Service, _request: Request, item: Item) -> Response:
    return Response(200, surveys.shown(item.get("_survey") or {}))


@action("POST", "survey_spec", *answers.TEMPLATES)
def set_survey(_service: Service, request: Request, item: Item) -> Response:
    spec = copy.deepcopy(request.json())
    surveys.check(spec, item.get("_survey") or {})
    item["_survey"] = spec
    return Response(200)


@action("DELETE", "survey_spec", *answers.TEMPLATES)
def delete_survey(_service: Service, _request: Request, item: Item) -> Response:
    item["_survey"] = {}
    return Response(200)
