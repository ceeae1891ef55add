# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Projects, and the templates of notifications."""

from __future__ import annotations

from awx.standin.fields import (
    choice,
    data,
    description,
    flag,
    key,
    name_field,
    number,
    text,
)
from awx.standin.kinds import Children, Kind, kind
from awx.standin.models.access import NOTIFIED

NOTIFICATION_TYPES = (
    *("awssns", "email", "grafana", "irc", "mattermost", "pagerduty", "rocketchat"),
    *("slack", "twilio", "webhook"),
)

kind(
    Kind(
        "projects",
        "project",
        (
            name_field(),
            description(),
            text("local_path", longest=1024),
            choice("scm_type", ("", "git", "svn", "insights", "archive")),
            text("scm_url", longest=1024),
            text("scm_branch", longest=256),
            text("scm_refspec", longest=1024),
            flag("scm_clean"),
            flag("scm_track_submodules"),
            flag("scm_delete_on_update"),
            key("credential", "credentials"),
            number("timeout"),
            key("organization", "organizations"),
            flag("scm_update_on_launch"),
            number("scm_update_cache_timeout", minimum=0),
            flag("allow_override"),
            text("custom_virtualenv", None, null=True, read_only=True),
            key("default_environment", "execution_environments"),
            key("signature_validation_credential", "credentials"),
            text("scm_revision", read_only=True),
        ),
        {
            **NOTIFIED,
            "schedules": Children("schedules", "unified_job_template"),
            "project_updates": Children("project_updates", "project"),
            "scm_inventory_sources": Children("inventory_sources", "source_project"),
        },
        unique=(("organization", "name"),),
        named=("name", "organization"),
        ids="unified_job_templates",
        roles=("admin_role", "use_role", "update_role", "read_role"),
        summary=("status", "scm_type", "allow_override"),
        actions=("update", "playbooks", "inventories", "copy"),
    )
)
kind(
    Kind(
        "notification_templates",
        "notification_template",
        (
            name_field(),
            description(),
            key("organization", "organizations", required=True, on_delete="cascade"),
            choice("notification_type", NOTIFICATION_TYPES, required=True),
            data("notification_configuration"),
            data("messages", None, null=True),
        ),
        unique=(("organization", "name"),),
        named=("name", "organization"),
        actions=("test", "copy"),
    )
)
