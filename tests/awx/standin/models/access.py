# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Organizations, and who may do what in them."""

from __future__ import annotations

from awx.standin.fields import (
    choice,
    description,
    flag,
    items,
    key,
    name_field,
    number,
    text,
)
from awx.standin.kinds import Back, Children, Kind, Many, kind

NOTIFIED = {
    f"notification_templates_{event}": Many("notification_templates")
    for event in ("started", "success", "error")
}
APPROVED = {"notification_templates_approvals": Many("notification_templates")}

kind(
    Kind(
        "organizations",
        "organization",
        (
            name_field(),
            description(),
            number("max_hosts", minimum=0),
            text("custom_virtualenv", None, null=True, read_only=True),
            key("default_environment", "execution_environments"),
        ),
        {
            **NOTIFIED,
            **APPROVED,
            "galaxy_credentials": Many("credentials", ordered=True),
            "instance_groups": Many("instance_groups", makes=False, ordered=True),
            "users": Many("users"),
            "admins": Many("users"),
            "projects": Children("projects", "organization"),
            "inventories": Children("inventories", "organization"),
            "job_templates": Children("job_templates", "organization"),
            "workflow_job_templates": Children("workflow_job_templates", "organization"),
            "teams": Children("teams", "organization"),
            "credentials": Children("credentials", "organization"),
            "execution_environments": Children("execution_environments", "organization"),
            "notification_templates": Children("notification_templates", "organization"),
        },
        unique=(("name",),),
        named=("name",),
        roles=(
            "admin_role",
            "execute_role",
            "project_admin_role",
            "inventory_admin_role",
            "credential_admin_role",
            "workflow_admin_role",
            "notification_admin_role",
            "job_template_admin_role",
            "execution_environment_admin_role",
            "auditor_role",
            "member_role",
            "read_role",
            "approval_role",
        ),
    )
)
kind(
    Kind(
        "users",
        "user",
        (
            text("username", required=True, blank=False, longest=150),
            text("first_name", longest=150),
            text("last_name", longest=150),
            text("email", longest=254),
            flag("is_superuser"),
            flag("is_system_auditor"),
            text("password", write_only=True),
        ),
        {
            "teams": Back("teams", "users"),
            "organizations": Back("organizations", "users"),
            "roles": Back("roles", "users"),
        },
        unique=(("username",),),
        named=("username",),
        identity="username",
        summary=("username", "first_name", "last_name"),
    )
)
kind(
    Kind(
        "teams",
        "team",
        (
            name_field(),
            description(),
            key("organization", "organizations", required=True, on_delete="cascade"),
        ),
        {"users": Many("users"), "roles": Back("roles", "teams")},
        unique=(("organization", "name"),),
        named=("name", "organization"),
        roles=("admin_role", "member_role", "read_role"),
    )
)
kind(
    Kind(
        "roles",
        "role",
        (text("name", read_only=True), text("description", read_only=True)),
        {"users": Many("users", makes=False), "teams": Many("teams", makes=False)},
        methods=("GET",),
    )
)
kind(
    Kind(
        "tokens",
        "o_auth2_access_token",
        (
            description(),
            key("user", "users", read_only=True, on_delete="cascade"),
            text("token", None, null=True, read_only=True),
            text("refresh_token", None, null=True, read_only=True),
            key("application", "applications"),
            text("expires", None, null=True, read_only=True),
            text("scope", "write"),
        ),
        identity="id",
    )
)
kind(
    Kind(
        "applications",
        "o_auth2_application",
        (
            name_field(255),
            description(),
            text("client_type", "confidential"),
            text("authorization_grant_type", "password"),
            text("redirect_uris"),
            key("organization", "organizations", required=True, on_delete="cascade"),
        ),
        unique=(("name", "organization"),),
        named=("name", "organization"),
    )
)
kind(
    Kind(
        "labels",
        "label",
        (
            name_field(),
            key("organization", "organizations", required=True, on_delete="cascade"),
        ),
        unique=(("name", "organization"),),
        named=("name", "organization"),
        methods=("GET", "POST", "PUT", "PATCH"),
    )
)
kind(
    Kind(
        "execution_environments",
        "execution_environment",
        (
            name_field(),
            description(),
            key("organization", "organizations", on_delete="cascade"),
            text("image", required=True, blank=False, longest=1024),
            flag("managed", read_only=True),
            key("credential", "credentials"),
            choice("pull", ("always", "missing", "never", "")),
        ),
        unique=(("name",),),
        named=("name",),
        summary=("image",),
    )
)
kind(
    Kind(
        "instance_groups",
        "instance_group",
        (
            name_field(250),
            flag("is_container_group"),
            key("credential", "credentials"),
            number("max_concurrent_jobs", minimum=0),
            number("max_forks", minimum=0),
            number("policy_instance_percentage", minimum=0, maximum=100),
            number("policy_instance_minimum", minimum=0),
            items("policy_instance_list"),
            text("pod_spec_override"),
        ),
        {"instances": Many("instances", makes=False)},
        unique=(("name",),),
        named=("name",),
    )
)
kind(
    Kind(
        "instances",
        "instance",
        (text("hostname", required=True), text("node_type", "hybrid"), flag("enabled", True)),
        {"instance_groups": Back("instance_groups", "instances")},
        named=("hostname",),
        identity="hostname",
        methods=("GET",),
    )
)
