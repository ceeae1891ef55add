# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every difference between versions of the product, in one table."""

from __future__ import annotations

from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Profile:
    """What one version does. The values follow the sources and recordings of each version."""

    name: str
    version: str
    command: str = "cfy"
    generation: str = "all_active"
    distribution: str = "redhat"
    distro_release: str = "ootpa"
    schema_revision: str = "edd6d829a209"

    # create
    new_format: bool = True
    legacy_default: bool = False
    new_format_blocks: bool = False
    create_keys: tuple[str, ...] = (
        "include_credentials",
        "include_logs",
        "include_events",
        "tempdir_path",
        "legacy",
        "listener_timeout",
    )
    queue: bool = True
    failed_create_terminates: bool = False

    # upload, download, delete
    upload_overwrites: bool = True
    delete_guard: bool = True
    missing_archive_500: bool = False
    quoted_filename: bool = True

    # restore
    needs_recreate_envs: bool = False
    reads_ignore_plugin_failure: bool = False
    min_snapshot: str = "4.0.0"
    single_node_restore: bool = False
    stops_rest_service: bool = True
    removes_snapshot_dirs: bool = True
    scheduled_after_restore: str = "failed_and_rescheduled"
    flag_sticks_on_corrupt: bool = True

    # maintenance
    maintenance_allowed: tuple[str, ...] = (
        "maintenance",
        "snapshots",
        "status",
        "version",
        "license",
        "cluster-status",
        "snapshot-status",
        "file-server-auth",
        "brokers",
        "managers",
        "db-nodes",
        "cluster",
        "config",
        "ok",
    )
    maintenance_by_prefix: bool = False
    bypass_needs_permission: bool = True
    nested_remaining: bool = True

    # clusters
    maintenance_per_node: bool = False
    # how often a request looks for a new primary of the database, once a second
    failover_tries: int = 45
    # 5.0.5: each node reports of itself; later the managers ask all of them
    status_reporters: bool = False
    status_interval: float = 15.0

    # endpoints and shapes
    snapshot_status: bool = True
    cluster_status: bool = True
    cluster_status_503_in_restore: bool = False
    ok_endpoint: bool = True
    status_style: str = "dict"
    cluster_endpoint: bool = False
    topology_lists: bool = True
    execution_schedules: bool = True
    sites: bool = True
    labels: bool = True
    licences: bool = True
    token_objects: bool = True
    filtered_metadata: bool = True
    strict_pagination: bool = True
    hidden_fields: dict[str, frozenset[str]] = field(default_factory=dict)

    @property
    def release(self) -> tuple[int, ...]:
        return parse_version(self.version)


def parse_version(text: str) -> tuple[int, ...]:
    """The numeric part of a version, so that 7.0.5.dev1 equals 7.0.5."""
    parts: list[int] = []
    for piece in text.split("."):
        if not piece.isdigit():
            break
        parts.append(int(piece))
    while len(parts) < 3:
        parts.append(0)
    return tuple(parts)


_NEW_7 = {
    "executions": frozenset({"parameters_p"}),
    "blueprints": frozenset({"plan_p", "requirements"}),
    "deployments": frozenset(
        {
            "inputs_p",
            "groups_p",
            "policy_triggers_p",
            "policy_types_p",
            "outputs_p",
            "capabilities_p",
            "scaling_groups_p",
            "workflows_p",
            "drifted_instances",
            "unavailable_instances",
            "resource_tags",
        }
    ),
    "nodes": frozenset(
        {
            "plugins_p",
            "plugins_to_install_p",
            "properties_p",
            "relationships_p",
            "operations_p",
            "type_hierarchy_p",
            "drifted_instances",
            "unavailable_instances",
        }
    ),
    "node_instances": frozenset(
        {
            "relationships_p",
            "runtime_properties_p",
            "scaling_groups_p",
            "system_properties",
            "has_configuration_drift",
            "is_status_check_ok",
        }
    ),
    "plugins": frozenset(
        {
            "excluded_wheels_p",
            "supported_platform_p",
            "supported_py_versions_p",
            "wheels_p",
            "blueprint_labels",
            "labels",
            "resource_tags",
        }
    ),
    "secrets": frozenset({"provider_name", "provider_options", "schema"}),
}
_NEW_6 = {
    "executions": frozenset({"deployment_display_name", "resume", "allow_custom_parameters"}),
    "deployments": frozenset(
        {
            "display_name",
            "deployment_status",
            "installation_status",
            "latest_execution",
            "latest_execution_status",
            "latest_execution_workflow_id",
            "latest_execution_finished_operations",
            "latest_execution_total_operations",
            "create_execution",
            "environment_type",
            "has_sub_deployments",
            "sub_services_status",
            "sub_environments_status",
            "sub_services_count",
            "sub_environments_count",
            "deployment_groups",
            "labels",
        }
    ),
    "blueprints": frozenset({"labels", "upload_execution", "state", "error", "error_traceback"}),
}
_NEW_5 = {
    "executions": frozenset({"total_operations", "finished_operations"}),
    "deployments": frozenset({"site_name", "runtime_only_evaluation"}),
}


def _merge(*tables: dict[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    out: dict[str, frozenset[str]] = {}
    for table in tables:
        for kind, names in table.items():
            out[kind] = out.get(kind, frozenset()) | names
    return out


V705 = Profile(name="7.0.5", version="7.0.5")

V700 = replace(
    V705,
    name="7.0.0",
    version="7.0.0",
    legacy_default=True,
    new_format_blocks=True,
    create_keys=(
        "include_credentials",
        "include_logs",
        "include_events",
        "tempdir_path",
        "legacy",
    ),
    upload_overwrites=False,
    distro_release="ootpa",
)

V64 = replace(
    V700,
    name="6.4",
    version="6.4.0",
    new_format=False,
    new_format_blocks=True,
    create_keys=("include_credentials", "include_logs", "include_events", "tempdir_path"),
    quoted_filename=False,
    flag_sticks_on_corrupt=False,
    cluster_status_503_in_restore=True,
    strict_pagination=False,
    distribution="centos",
    distro_release="core",
    schema_revision="b92770a7b6ca",
    hidden_fields=_merge(_NEW_7),
)

V52 = replace(
    V64,
    name="5.2",
    version="5.2.0",
    create_keys=("include_credentials", "include_logs", "include_events"),
    delete_guard=False,
    needs_recreate_envs=True,
    stops_rest_service=False,
    removes_snapshot_dirs=False,
    scheduled_after_restore="requeued",
    ok_endpoint=False,
    failover_tries=1,
    token_objects=False,
    filtered_metadata=False,
    maintenance_allowed=(
        "maintenance",
        "snapshots",
        "status",
        "version",
        "license",
        "cluster-status",
        "snapshot-status",
        "file-server-auth",
        "brokers",
        "managers",
        "db-nodes",
        "cluster",
        "config",
    ),
    schema_revision="5ce2b0cbb6f3",
    hidden_fields=_merge(_NEW_7, _NEW_6),
)

V505 = replace(
    V52,
    name="5.0.5",
    version="5.0.5",
    failed_create_terminates=True,
    missing_archive_500=True,
    reads_ignore_plugin_failure=True,
    bypass_needs_permission=False,
    maintenance_per_node=True,
    status_reporters=True,
    status_interval=5.0,
    nested_remaining=False,
    execution_schedules=False,
    labels=False,
    maintenance_allowed=(
        "maintenance",
        "snapshots",
        "status",
        "version",
        "license",
        "cluster-status",
        "snapshot-status",
    ),
    schema_revision="62a8d746d13b",
    hidden_fields=_merge(_NEW_7, _NEW_6, _NEW_5),
)

V455 = replace(
    V505,
    name="4.5.5",
    version="4.5.5",
    generation="active_standby",
    create_keys=(
        "include_metrics",
        "include_credentials",
        "include_logs",
        "include_events",
    ),
    min_snapshot="3.3.0",
    single_node_restore=True,
    scheduled_after_restore="untouched",
    maintenance_allowed=("maintenance", "snapshots", "status", "version"),
    maintenance_by_prefix=True,
    snapshot_status=False,
    cluster_status=False,
    cluster_status_503_in_restore=False,
    status_style="list",
    cluster_endpoint=True,
    topology_lists=False,
    sites=False,
    licences=False,
    schema_revision="1fbd6bf39e84",
)

VNFM = replace(V455, name="vnfm", command="vnfm")

PROFILES = {p.name: p for p in (V455, V505, V52, V64, V700, V705, VNFM)}

__all__ = ["PROFILES", "Profile", "parse_version"]
