# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Job templates and schedules."""

from __future__ import annotations

from awx.standin.fields import (
    Field,
    choice,
    data,
    description,
    flag,
    key,
    name_field,
    number,
    text,
    variables,
)
from awx.standin.kinds import Children, Kind, Many, kind
from awx.standin.models.access import NOTIFIED

JOB_TYPES = ("run", "check")
VERBOSITIES = (0, 1, 2, 3, 4, 5)
ASKED = {
    "scm_branch": "ask_scm_branch_on_launch",
    "diff_mode": "ask_diff_mode_on_launch",
    "extra_vars": "ask_variables_on_launch",
    "limit": "ask_limit_on_launch",
    "job_tags": "ask_tags_on_launch",
    "skip_tags": "ask_skip_tags_on_launch",
    "job_type": "ask_job_type_on_launch",
    "verbosity": "ask_verbosity_on_launch",
    "inventory": "ask_inventory_on_launch",
    "credentials": "ask_credential_on_launch",
    "execution_environment": "ask_execution_environment_on_launch",
    "labels": "ask_labels_on_launch",
    "forks": "ask_forks_on_launch",
    "job_slice_count": "ask_job_slice_count_on_launch",
    "timeout": "ask_timeout_on_launch",
    "instance_groups": "ask_instance_groups_on_launch",
}


def prompts() -> tuple[Field, ...]:
    """What a node or a schedule answers to the questions of its template."""
    return (
        data("extra_data"),
        key("inventory", "inventories"),
        text("scm_branch", None, null=True),
        choice("job_type", JOB_TYPES, None, null=True),
        text("job_tags", None, null=True),
        text("skip_tags", None, null=True),
        text("limit", None, null=True),
        flag("diff_mode", None, null=True),
        choice("verbosity", VERBOSITIES, None, null=True),
        key("execution_environment", "execution_environments"),
        number("forks", None, null=True, minimum=0),
        number("job_slice_count", None, null=True, minimum=0),
        number("timeout", None, null=True),
    )


PROMPTED = {
    "credentials": Many("credentials"),
    "labels": Many("labels"),
    "instance_groups": Many("instance_groups", makes=False, ordered=True),
}

kind(
    Kind(
        "job_templates",
        "job_template",
        (
            name_field(),
            description(),
            choice("job_type", JOB_TYPES, "run"),
            key("inventory", "inventories"),
            key("project", "projects"),
            text("playbook", longest=1024),
            text("scm_branch", longest=1024),
            number("forks", minimum=0),
            text("limit"),
            choice("verbosity", VERBOSITIES, 0),
            variables("extra_vars"),
            text("job_tags"),
            flag("force_handlers"),
            text("skip_tags", longest=1024),
            text("start_at_task", longest=1024),
            number("timeout"),
            flag("use_fact_cache"),
            key("organization", "organizations", read_only=True),
            key("execution_environment", "execution_environments"),
            text("host_config_key", longest=1024),
            *(flag(name) for name in sorted(set(ASKED.values()))),
            flag("survey_enabled"),
            flag("become_enabled"),
            flag("diff_mode"),
            flag("allow_simultaneous"),
            text("custom_virtualenv", None, null=True, read_only=True),
            number("job_slice_count", 1, minimum=0),
            choice("webhook_service", ("github", "gitlab", "")),
            key("webhook_credential", "credentials"),
            flag("prevent_instance_group_fallback"),
        ),
        {
            **NOTIFIED,
            **PROMPTED,
            "schedules": Children("schedules", "unified_job_template"),
            "jobs": Children("jobs", "job_template"),
        },
        unique=(("organization", "name"),),
        named=("name", "organization"),
        ids="unified_job_templates",
        roles=("admin_role", "execute_role", "read_role"),
        actions=("launch", "survey_spec", "copy"),
    )
)
kind(
    Kind(
        "schedules",
        "schedule",
        (
            text("rrule", required=True, blank=False),
            name_field(),
            description(),
            *prompts(),
            key(
                "unified_job_template",
                "unified_job_templates",
                required=True,
                on_delete="cascade",
            ),
            flag("enabled", True),
        ),
        {**PROMPTED},
        unique=(("unified_job_template", "name"),),
        named=("name", "unified_job_template"),
    )
)
