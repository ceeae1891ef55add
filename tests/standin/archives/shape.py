# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""REST shapes of the things a manager holds: every key that a list shows, in its order, with its default."""

from __future__ import annotations

import copy
from typing import Any

Item = dict[str, Any]

# The order of tenant kinds is the order in which the product dumps and restores them.
TENANT_KINDS = (
    "sites",
    "plugins",
    "secrets_providers",
    "secrets",
    "blueprints",
    "deployments",
    "deployment_groups",
    "nodes",
    "node_instances",
    "agents",
    "executions",
    "events",
    "tasks_graphs",
    "execution_schedules",
    "execution_groups",
    "deployment_updates",
    "plugins_updates",
    "inter_deployment_dependencies",
    "deployments_filters",
    "blueprints_filters",
)
MANAGEMENT_KINDS = ("tenants", "users", "user_groups", "permissions")
# What names an item of a kind; the rest go by "id".
KEYS = {
    "secrets": "key",
    "sites": "name",
    "tenants": "name",
    "users": "username",
    "user_groups": "name",
    "secrets_providers": "name",
}
ROLES = ("sys_admin", "manager", "user", "operations", "viewer", "default")

_OWNED = {
    "tenant_name": "default_tenant",
    "created_by": "admin",
    "resource_availability": "tenant",
    "private_resource": False,
}
_EXECUTION = {
    "created_at": None,
    "visibility": "tenant",
    "id": None,
    "ended_at": None,
    "error": "",
    "is_system_workflow": False,
    "parameters_p": None,
    "parameters": {},
    "status": "terminated",
    "workflow_id": None,
    "started_at": None,
    "scheduled_for": None,
    "is_dry_run": False,
    "resume": False,
    "total_operations": 0,
    "finished_operations": 0,
    "allow_custom_parameters": False,
    "blueprint_id": None,
    "execution_group_id": "[]",
    "deployment_display_name": None,
    "deployment_id": None,
    "status_display": "completed",
    **_OWNED,
}

_SHAPES: dict[str, Item] = {
    "sites": {
        "created_at": None,
        "visibility": "tenant",
        "name": None,
        "latitude": None,
        "longitude": None,
        **_OWNED,
        "location": None,
    },
    "plugins": {
        "id": None,
        "visibility": "tenant",
        "archive_name": None,
        "distribution": None,
        "distribution_release": None,
        "distribution_version": None,
        "excluded_wheels_p": None,
        "excluded_wheels": None,
        "package_name": None,
        "package_source": None,
        "package_version": None,
        "supported_platform_p": None,
        "supported_platform": "any",
        "supported_py_versions_p": None,
        "supported_py_versions": None,
        "uploaded_at": None,
        "wheels_p": None,
        "wheels": [],
        "title": None,
        "blueprint_labels": None,
        "labels": None,
        "resource_tags": None,
        **_OWNED,
        "installation_state": [],
        "yaml_files_paths": [],
        "yaml_url_path": None,
    },
    "secrets": {
        "key": None,
        "created_at": None,
        "updated_at": None,
        "resource_availability": "tenant",
        "visibility": "tenant",
        "tenant_name": "default_tenant",
        "created_by": "admin",
        "is_hidden_value": False,
        "provider_name": None,
    },
    "blueprints": {
        "created_at": None,
        "id": None,
        "visibility": "tenant",
        "main_file_name": "blueprint.yaml",
        "plan_p": None,
        "plan": {},
        "requirements": {"parent_capabilities": [], "secrets": []},
        "updated_at": None,
        "description": None,
        "is_hidden": False,
        "state": "uploaded",
        "error": None,
        "error_traceback": None,
        **_OWNED,
        "labels": [],
        "upload_execution": None,
    },
    "deployments": {
        "created_at": None,
        "id": None,
        "visibility": "tenant",
        "description": None,
        "inputs_p": None,
        "inputs": {},
        "groups_p": None,
        "groups": {},
        "permalink": None,
        "policy_triggers_p": None,
        "policy_triggers": {},
        "policy_types_p": None,
        "policy_types": {},
        "outputs_p": None,
        "outputs": {},
        "capabilities_p": None,
        "capabilities": {},
        "scaling_groups_p": None,
        "scaling_groups": {},
        "updated_at": None,
        "workflows_p": None,
        # The product lists one empty workflow whatever a deployment has.
        "workflows": [
            {
                "name": None,
                "plugin": None,
                "operation": None,
                "parameters": None,
                "is_cascading": None,
                "is_available": None,
                "availability_rules": None,
            }
        ],
        "runtime_only_evaluation": False,
        "installation_status": "inactive",
        "deployment_status": "good",
        "sub_services_status": None,
        "sub_environments_status": None,
        "sub_services_count": 0,
        "sub_environments_count": 0,
        "display_name": None,
        "resource_tags": {},
        "drifted_instances": 0,
        "unavailable_instances": 0,
        "latest_execution": None,
        "latest_execution_finished_operations": None,
        "latest_execution_total_operations": None,
        "latest_execution_workflow_id": None,
        "create_execution": None,
        "blueprint_id": None,
        "site_name": None,
        "latest_execution_status": None,
        "environment_type": "",
        "has_sub_deployments": False,
        **_OWNED,
        "workdir_zip": None,
        "labels": [],
        "deployment_groups": [],
    },
    "nodes": {
        "id": None,
        "visibility": "tenant",
        "deploy_number_of_instances": 1,
        "host_id": None,
        "max_number_of_instances": -1,
        "min_number_of_instances": 0,
        "number_of_instances": 1,
        "planned_number_of_instances": 1,
        "plugins_p": None,
        "plugins": [],
        "plugins_to_install_p": None,
        "plugins_to_install": None,
        "properties_p": None,
        "properties": {},
        "relationships_p": None,
        "relationships": [],
        "operations_p": None,
        "operations": {},
        "type": "cloudify.nodes.Root",
        "type_hierarchy_p": None,
        "type_hierarchy": ["cloudify.nodes.Root"],
        "drifted_instances": 0,
        "unavailable_instances": 0,
        "actual_number_of_instances": 0,
        "deployment_id": None,
        "blueprint_id": None,
        "deployment_display_name": None,
        **_OWNED,
        "actual_planned_number_of_instances": 0,
    },
    "node_instances": {
        "id": None,
        "visibility": "tenant",
        "host_id": None,
        "index": 1,
        "relationships_p": None,
        "relationships": [],
        "runtime_properties_p": None,
        "runtime_properties": {},
        "system_properties": None,
        "scaling_groups_p": None,
        "scaling_groups": [],
        "state": "uninitialized",
        "version": 1,
        "has_configuration_drift": False,
        "is_status_check_ok": False,
        "node_id": None,
        "deployment_id": None,
        **_OWNED,
    },
    "agents": {
        "id": None,
        "host_id": None,
        "ip": None,
        "install_method": "remote",
        "system": None,
        "version": None,
        "node": None,
        "deployment": None,
        "node_ids": [],
        "state": "started",
        "visibility": "tenant",
        "created_at": None,
        **_OWNED,
    },
    "executions": {k: v for k, v in _EXECUTION.items() if k != "execution_group_id"},
    "upload_executions": _EXECUTION,
    "execution_schedules": {
        "created_at": None,
        "id": None,
        "visibility": "tenant",
        "next_occurrence": None,
        "since": None,
        "until": None,
        "rule": {},
        "slip": 0,
        "workflow_id": None,
        "parameters": None,
        "execution_arguments": {},
        "stop_on_fail": False,
        "enabled": True,
        "deployment_id": None,
        "latest_execution_status": None,
        **_OWNED,
        "all_next_occurrences": [],
    },
    "events": {
        "_storage_id": None,
        "timestamp": None,
        "reported_timestamp": None,
        "blueprint_id": None,
        "deployment_id": None,
        "deployment_display_name": None,
        "execution_id": None,
        "execution_group_id": None,
        "workflow_id": None,
        "message": "",
        "error_causes": None,
        "event_type": None,
        "operation": None,
        "source_id": None,
        "target_id": None,
        "manager_name": "cloudify-manager",
        "agent_name": None,
        "node_instance_id": None,
        "node_name": None,
        "type": "cloudify_event",
    },
    "deployments_filters": {
        "created_at": None,
        "id": None,
        "visibility": "tenant",
        "value": [],
        "updated_at": None,
        "is_system_filter": False,
        **_OWNED,
        "labels_filter_rules": [],
        "attrs_filter_rules": [],
    },
    "tasks_graphs": {
        "created_at": None,
        "id": None,
        "name": None,
        "execution_id": None,
        "operations": [],
        "tenant_name": "default_tenant",
        "created_by": "admin",
    },
    "tenants": {
        "name": None,
        "groups": 0,
        "users": 1,
        "user_roles": None,
        "rabbitmq_username": None,
        "rabbitmq_password": None,
        "rabbitmq_vhost": None,
    },
    "users": {
        "username": None,
        "groups": 0,
        "role": "default",
        "group_system_roles": {},
        "active": True,
        "last_login_at": None,
        "tenants": 0,
        "is_locked": False,
        "show_getting_started": True,
        "first_login_at": None,
        "created_at": None,
    },
    "user_groups": {
        "name": None,
        "ldap_dn": None,
        "tenants": 0,
        "users": 0,
        "role": "default",
    },
    "permissions": {"role": None, "permission": None},
}
_LOG = {k: v for k, v in _SHAPES["events"].items() if k not in ("event_type", "type")}
_SHAPES["logs"] = {**_LOG, "logger": None, "level": "info", "type": "cloudify_log"}
_SHAPES["blueprints_filters"] = _SHAPES["deployments_filters"]

_OTHER: Item = {"id": None, "created_at": None, **_OWNED}
# The defaults that must not be shared between items.
_MUTABLE = {
    kind: [key for key, value in base.items() if isinstance(value, (dict, list))]
    for kind, base in _SHAPES.items()
}


def key_of(kind: str) -> str:
    return KEYS.get(kind, "id")


def shape(kind: str, /, **values: Any) -> Item:
    """An item of that kind as a list shows it: defaults, then what is given (unknown keys stay)."""
    base = _SHAPES.get(kind, _OTHER)
    item = {**base, **values}
    for key in _MUTABLE.get(kind, ()):
        if key not in values:
            item[key] = copy.deepcopy(base[key])
    if "visibility" in item and "resource_availability" in item:
        item["resource_availability"] = item["visibility"]
        if "private_resource" in item:
            item["private_resource"] = item["visibility"] == "private"
    return item


def empty_content(*, tenants: tuple[str, ...] = ("default_tenant",)) -> dict[str, Any]:
    return {
        "tenants": {name: {kind: [] for kind in TENANT_KINDS} for name in tenants},
        "management": {
            "tenants": [shape("tenants", name=name) for name in tenants],
            "users": [],
            "user_groups": [],
            "permissions": [],
        },
    }


__all__ = [
    "KEYS",
    "MANAGEMENT_KINDS",
    "ROLES",
    "TENANT_KINDS",
    "Item",
    "empty_content",
    "key_of",
    "shape",
]
