# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What REST shows of each kind of object, in the order in which it shows it."""

from __future__ import annotations

FIELDS: dict[str, list[str]] = {
    "agents": (
        "id host_id ip install_method system version node deployment node_ids state "
        "visibility created_at tenant_name created_by resource_availability private_resource"
    ).split(),
    "blueprints": (
        "created_at id visibility main_file_name plan_p plan requirements updated_at "
        "description is_hidden state error error_traceback tenant_name created_by "
        "resource_availability private_resource labels upload_execution"
    ).split(),
    "brokers": (
        "name host management_host port username password params networks is_external "
        "ca_cert_content"
    ).split(),
    "db_nodes": ("name host monitoring_username monitoring_password is_external").split(),
    "deployment_groups": (
        "created_at id visibility description default_inputs deployment_ids "
        "default_blueprint_id labels tenant_name created_by resource_availability "
        "private_resource"
    ).split(),
    "deployment_modifications": (
        "created_at id visibility ended_at status deployment_id tenant_name created_by "
        "resource_availability private_resource"
    ).split(),
    "deployment_updates": (
        "created_at id visibility state deployment_id execution_id old_blueprint_id "
        "new_blueprint_id tenant_name created_by resource_availability private_resource"
    ).split(),
    "deployments": (
        "created_at id visibility description inputs_p inputs groups_p groups permalink "
        "policy_triggers_p policy_triggers policy_types_p policy_types outputs_p outputs "
        "capabilities_p capabilities scaling_groups_p scaling_groups updated_at workflows_p "
        "workflows runtime_only_evaluation installation_status deployment_status "
        "sub_services_status sub_environments_status sub_services_count "
        "sub_environments_count display_name resource_tags drifted_instances "
        "unavailable_instances latest_execution latest_execution_finished_operations "
        "latest_execution_total_operations latest_execution_workflow_id create_execution "
        "blueprint_id site_name latest_execution_status environment_type has_sub_deployments "
        "tenant_name created_by resource_availability private_resource workdir_zip labels "
        "deployment_groups"
    ).split(),
    "events": (
        "_storage_id timestamp reported_timestamp blueprint_id deployment_id "
        "deployment_display_name execution_id execution_group_id workflow_id message "
        "error_causes event_type operation source_id target_id manager_name agent_name "
        "node_instance_id node_name type"
    ).split(),
    "execution_groups": (
        "created_at id visibility workflow_id execution_ids status deployment_group_id "
        "concurrency tenant_name created_by resource_availability private_resource"
    ).split(),
    "execution_schedules": (
        "created_at id visibility next_occurrence since until rule slip workflow_id "
        "parameters execution_arguments stop_on_fail enabled deployment_id "
        "latest_execution_status tenant_name created_by resource_availability "
        "private_resource all_next_occurrences"
    ).split(),
    "executions": (
        "created_at visibility id ended_at error is_system_workflow parameters_p parameters "
        "status workflow_id started_at scheduled_for is_dry_run resume total_operations "
        "finished_operations allow_custom_parameters blueprint_id deployment_display_name "
        "deployment_id status_display tenant_name created_by resource_availability "
        "private_resource"
    ).split(),
    "deployments_filters": (
        "created_at id visibility value updated_at is_system_filter tenant_name created_by "
        "resource_availability private_resource labels_filter_rules attrs_filter_rules"
    ).split(),
    "inter_deployment_dependencies": (
        "created_at id visibility dependency_creator source_deployment_id "
        "target_deployment_id target_deployment_func tenant_name created_by "
        "resource_availability private_resource"
    ).split(),
    "log_bundles": (
        "created_at id visibility status error tenant_name created_by resource_availability "
        "private_resource"
    ).split(),
    "managers": (
        "id hostname private_ip public_ip version edition distribution distro_release "
        "fs_sync_node_id networks last_seen status_report_frequency ca_cert_content"
    ).split(),
    "node_instances": (
        "id visibility host_id index relationships_p relationships runtime_properties_p "
        "runtime_properties system_properties scaling_groups_p scaling_groups state version "
        "has_configuration_drift is_status_check_ok node_id deployment_id tenant_name "
        "created_by resource_availability private_resource"
    ).split(),
    "nodes": (
        "id visibility deploy_number_of_instances host_id max_number_of_instances "
        "min_number_of_instances number_of_instances planned_number_of_instances plugins_p "
        "plugins plugins_to_install_p plugins_to_install properties_p properties "
        "relationships_p relationships operations_p operations type type_hierarchy_p "
        "type_hierarchy drifted_instances unavailable_instances actual_number_of_instances "
        "deployment_id blueprint_id deployment_display_name tenant_name created_by "
        "resource_availability private_resource actual_planned_number_of_instances"
    ).split(),
    "permissions": ("role permission").split(),
    "plugins": (
        "id visibility archive_name distribution distribution_release distribution_version "
        "excluded_wheels_p excluded_wheels package_name package_source package_version "
        "supported_platform_p supported_platform supported_py_versions_p "
        "supported_py_versions uploaded_at wheels_p wheels title blueprint_labels labels "
        "resource_tags tenant_name created_by resource_availability private_resource "
        "installation_state yaml_files_paths yaml_url_path"
    ).split(),
    "plugins_updates": (
        "created_at id visibility state blueprint_id execution_id tenant_name created_by "
        "resource_availability private_resource"
    ).split(),
    "secrets": (
        "created_at visibility value updated_at is_hidden_value schema provider_options key "
        "provider_name tenant_name created_by resource_availability private_resource"
    ).split(),
    "secrets_providers": (
        "created_at id visibility name type connection_parameters updated_at tenant_name "
        "created_by resource_availability private_resource"
    ).split(),
    "sites": (
        "created_at visibility name latitude longitude tenant_name created_by "
        "resource_availability private_resource location"
    ).split(),
    "snapshots": (
        "created_at id visibility status error tenant_name created_by resource_availability "
        "private_resource"
    ).split(),
    "tenants": (
        "name groups users user_roles rabbitmq_username rabbitmq_password rabbitmq_vhost"
    ).split(),
    "tokens": ("id username value role expiration_date last_used description").split(),
    "user_groups": ("name ldap_dn role users tenants").split(),
    "users": (
        "username role group_system_roles active last_login_at first_login_at created_at "
        "is_locked tenants groups show_getting_started"
    ).split(),
}
FIELDS["blueprints_filters"] = FIELDS["deployments_filters"]

SEARCH_FIELDS = {"secrets": "key", "sites": "name", "users": "username", "plugins": "package_name"}

# what a backup holds per tenant, and what a wiped manager has none of
TENANT_KINDS = (
    "blueprints",
    "deployments",
    "plugins",
    "secrets",
    "sites",
    "nodes",
    "node_instances",
    "agents",
    "executions",
    "execution_schedules",
    "events",
    "tasks_graphs",
    "secrets_providers",
    "deployments_filters",
    "blueprints_filters",
    "deployment_groups",
    "execution_groups",
    "deployment_updates",
    "plugins_updates",
    "inter_deployment_dependencies",
)
MANAGEMENT_KINDS = ("tenants", "users", "user_groups", "permissions")

ACTIVE = ("pending", "started", "cancelling", "force_cancelling", "kill_cancelling")
WAITING = ("queued", "scheduled")
ENDED = ("terminated", "failed", "cancelled")

__all__ = [
    "ACTIVE",
    "ENDED",
    "FIELDS",
    "MANAGEMENT_KINDS",
    "SEARCH_FIELDS",
    "TENANT_KINDS",
    "WAITING",
]
