# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workflows: their templates, nodes and approvals."""

from __future__ import annotations

from awx.standin.fields import (
    choice,
    description,
    flag,
    key,
    name_field,
    number,
    text,
    variables,
)
from awx.standin.kinds import Children, Kind, Many, kind
from awx.standin.models.access import APPROVED, NOTIFIED
from awx.standin.models.templates import PROMPTED, prompts

LINKS = ("success_nodes", "failure_nodes", "always_nodes")
ASKED = {
    "extra_vars": "ask_variables_on_launch",
    "inventory": "ask_inventory_on_launch",
    "limit": "ask_limit_on_launch",
    "scm_branch": "ask_scm_branch_on_launch",
    "labels": "ask_labels_on_launch",
    "skip_tags": "ask_skip_tags_on_launch",
    "job_tags": "ask_tags_on_launch",
}

kind(
    Kind(
        "workflow_job_templates",
        "workflow_job_template",
        (
            name_field(),
            description(),
            variables("extra_vars"),
            key("organization", "organizations"),
            flag("survey_enabled"),
            flag("allow_simultaneous"),
            *(flag(name) for name in sorted(ASKED.values())),
            key("inventory", "inventories"),
            text("limit", None, null=True),
            text("scm_branch", None, null=True),
            choice("webhook_service", ("github", "gitlab", "")),
            key("webhook_credential", "credentials"),
            text("skip_tags", None, null=True),
            text("job_tags", None, null=True),
        ),
        {
            **NOTIFIED,
            **APPROVED,
            "labels": Many("labels"),
            "schedules": Children("schedules", "unified_job_template"),
            "workflow_nodes": Children("workflow_job_template_nodes", "workflow_job_template"),
            "workflow_jobs": Children("workflow_jobs", "workflow_job_template"),
        },
        unique=(("organization", "name"),),
        named=("name", "organization"),
        ids="unified_job_templates",
        roles=("admin_role", "execute_role", "read_role", "approval_role"),
        actions=("launch", "survey_spec", "copy"),
    )
)
kind(
    Kind(
        "workflow_job_template_nodes",
        "workflow_job_template_node",
        (
            *prompts(),
            key(
                "workflow_job_template",
                "workflow_job_templates",
                required=True,
                on_delete="cascade",
                fixed=True,
            ),
            key("unified_job_template", "unified_job_templates"),
            flag("all_parents_must_converge"),
            text("identifier", longest=512),
        ),
        {**{name: Many("workflow_job_template_nodes") for name in LINKS}, **PROMPTED},
        unique=(("workflow_job_template", "identifier"),),
        named=("identifier", "workflow_job_template"),
        identity="identifier",
        actions=("create_approval_template",),
    )
)
kind(
    Kind(
        "workflow_approval_templates",
        "workflow_approval_template",
        (name_field(), description(), number("timeout", minimum=0)),
        {"jobs": Children("workflow_approvals", "workflow_approval_template")},
        ids="unified_job_templates",
        methods=("GET", "PUT", "PATCH", "DELETE"),
    )
)
