# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The packaged config.yaml of each version."""

from __future__ import annotations

from typing import Any

from product.versions import Version

SERVICES_4 = ["database_service", "queue_service", "composer_service", "manager_service"]
SERVICES_5 = ["database_service", "queue_service", "manager_service"]


def _manager(version: Version) -> dict[str, Any]:
    manager: dict[str, Any] = {
        "private_ip": "",
        "public_ip": "",
        "security": {
            "ssl_enabled": version.generation == "all_active",
            "admin_username": "admin",
            "admin_password": "",
        },
    }
    if version.clustered_tiers:
        manager["hostname"] = ""
        manager["cloudify_license_path"] = ""
    if version.release >= (7,):
        manager["internal_rest_port"] = 443
        manager["additional_internal_rest_listeners"] = [53333]
        manager["cluster_filesystem_replication"] = True
    return manager


def _ssl_inputs(version: Version) -> dict[str, Any]:
    names = [
        *("external_cert_path", "external_key_path"),
        *("external_ca_cert_path", "external_ca_key_path", "external_ca_key_password"),
        *("internal_cert_path", "internal_key_path"),
        *("ca_cert_path", "ca_key_path", "ca_key_password"),
        *("postgresql_client_cert_path", "postgresql_client_key_path"),
    ]
    if version.superuser_certificates:
        names += ["postgresql_superuser_client_cert_path", "postgresql_superuser_client_key_path"]
    return dict.fromkeys(names, "")


def _rabbitmq(version: Version) -> dict[str, Any]:
    found: dict[str, Any] = {"username": "cloudify", "password": "c10udify"}
    if version.clustered_tiers:
        found |= dict.fromkeys(("ca_path", "cert_path", "key_path"), "")
        found |= {
            "cluster_members": {},
            "nodename": "",
            "use_long_name": False,
            "erlang_cookie": "",
            "join_cluster": "",
        }
    return found


def _postgresql(version: Version) -> dict[str, Any]:
    found: dict[str, Any] = {"postgres_password": ""}
    if version.clustered_tiers:
        found |= dict.fromkeys(("ca_path", "cert_path", "key_path"), "")
        found["cluster"] = {
            "nodes": {},
            "etcd": {"cluster_token": "", "root_password": "", "patroni_password": ""},
            "patroni": {"rest_user": "", "rest_password": ""},
            "postgres": {"replicator_password": ""},
        }
    return found


def default_config(version: Version) -> dict[str, Any]:
    config: dict[str, Any] = {
        "manager": _manager(version),
        "agent": {"networks": {"default": ""}},
        "rabbitmq": _rabbitmq(version),
        "postgresql_server": _postgresql(version),
        "postgresql_client": {
            "server_username": "postgres",
            "server_password": "",
            "cloudify_db_name": "cloudify_db",
            "cloudify_username": "cloudify",
            "cloudify_password": "cloudify",
            "ssl_enabled": False,
            "ssl_client_verification": False,
        },
        "ssl_inputs": _ssl_inputs(version),
        "services_to_install": list(SERVICES_5 if version.clustered_tiers else SERVICES_4),
        "validations": {"skip_validations": False},
    }
    if version.clustered_tiers:
        config["networks"] = {"default": ""}
    if version.monitoring:
        config["prometheus"] = dict.fromkeys(
            ("cert_path", "key_path", "ca_path", "ca_key_path"), ""
        ) | {"credentials": {"username": "", "password": ""}}
        config["services_to_install"].append("monitoring_service")
    if version.join_options:
        config["cluster"] = {"master_ip": "", "node_name": "", "host_ip": ""}
    return config


__all__ = ["default_config"]
