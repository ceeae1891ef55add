# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inventories and what is in them."""

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
from awx.standin.kinds import Back, Children, Kind, Many, kind
from awx.standin.models.access import NOTIFIED

SOURCES = (
    *("file", "constructed", "scm", "ec2", "gce", "azure_rm", "vmware", "satellite6"),
    *("openstack", "rhv", "controller", "insights", "terraform", "openshift_virtualization"),
)

kind(
    Kind(
        "inventories",
        "inventory",
        (
            name_field(),
            description(),
            key("organization", "organizations", required=True),
            choice("kind", ("", "smart", "constructed")),
            text("host_filter", None, null=True),
            variables("variables"),
            flag("prevent_instance_group_fallback"),
            flag("pending_deletion", read_only=True),
        ),
        {
            "hosts": Children("hosts", "inventory"),
            "groups": Children("groups", "inventory"),
            "inventory_sources": Children("inventory_sources", "inventory"),
            "job_templates": Children("job_templates", "inventory"),
            "instance_groups": Many("instance_groups", makes=False, ordered=True),
            "labels": Many("labels"),
            "input_inventories": Many("inventories", makes=False),
        },
        unique=(("name", "organization"),),
        named=("name", "organization"),
        roles=("admin_role", "update_role", "adhoc_role", "use_role", "read_role"),
        summary=("organization", "kind"),
        actions=("variable_data", "root_groups", "tree", "update_inventory_sources", "copy"),
    )
)
kind(
    Kind(
        "hosts",
        "host",
        (
            name_field(),
            description(),
            key("inventory", "inventories", required=True, on_delete="cascade"),
            flag("enabled", True),
            text("instance_id", longest=1024),
            variables("variables"),
        ),
        {"groups": Back("groups", "hosts"), "all_groups": Back("groups", "hosts")},
        unique=(("name", "inventory"),),
        named=("name", "inventory"),
        actions=("variable_data",),
    )
)
kind(
    Kind(
        "groups",
        "group",
        (
            name_field(),
            description(),
            key("inventory", "inventories", required=True, on_delete="cascade"),
            variables("variables"),
        ),
        {"hosts": Many("hosts"), "children": Many("groups")},
        unique=(("name", "inventory"),),
        named=("name", "inventory"),
        actions=("variable_data", "all_hosts"),
    )
)
kind(
    Kind(
        "inventory_sources",
        "inventory_source",
        (
            name_field(),
            description(),
            choice("source", SOURCES, None, null=True),
            text("source_path", longest=1024),
            variables("source_vars"),
            text("scm_branch", longest=1024),
            key("credential", "credentials"),
            text("enabled_var"),
            text("enabled_value"),
            text("host_filter"),
            flag("overwrite"),
            flag("overwrite_vars"),
            text("custom_virtualenv", None, null=True, read_only=True),
            number("timeout"),
            choice("verbosity", (0, 1, 2), 1),
            text("limit"),
            key("inventory", "inventories", required=True, on_delete="cascade"),
            flag("update_on_launch"),
            number("update_cache_timeout", minimum=0),
            key("source_project", "projects", on_delete="cascade"),
            key("execution_environment", "execution_environments"),
        ),
        {
            **NOTIFIED,
            "schedules": Children("schedules", "unified_job_template"),
            "inventory_updates": Children("inventory_updates", "inventory_source"),
            "credentials": Many("credentials"),
        },
        unique=(("name", "inventory"),),
        named=("name", "inventory"),
        ids="unified_job_templates",
        summary=("source", "last_updated", "status"),
        actions=("update",),
    )
)
