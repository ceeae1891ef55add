# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What roles have to know of one version's installer, derived from the one table. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._versions import (
    FACTS,
    Capabilities,
    Version,
)

Json = dict[str, t.Any]

#: In the order in which they are installed.
TIERS = ("database", "broker", "manager")
SERVICE_OF = {
    "database": "database_service",
    "broker": "queue_service",
    "manager": "manager_service",
}

SSL = "/etc/cloudify/ssl"
PATRONI = "/var/lib/patroni"

#: Options of the configuration that name a certificate or a key, and the file that the product makes of it, by tier.
_MANAGER = {
    "ssl_inputs.ca_cert_path": "cloudify_internal_ca_cert.pem",
    "ssl_inputs.ca_key_path": "cloudify_internal_ca_key.pem",
    "ssl_inputs.internal_cert_path": "cloudify_internal_cert.pem",
    "ssl_inputs.internal_key_path": "cloudify_internal_key.pem",
    "ssl_inputs.external_ca_cert_path": "cloudify_external_ca_cert.pem",
    "ssl_inputs.external_ca_key_path": "cloudify_external_ca_key.pem",
    "ssl_inputs.external_cert_path": "cloudify_external_cert.pem",
    "ssl_inputs.external_key_path": "cloudify_external_key.pem",
}
_MANAGER_OF_CLUSTER = {
    "ssl_inputs.postgresql_client_cert_path": "postgresql.crt",
    "ssl_inputs.postgresql_client_key_path": "postgresql.key",
    "rabbitmq.ca_path": "rabbitmq-ca.pem",
    "postgresql_server.ca_path": "postgresql_ca.crt",
}
_SUPERUSER = {
    "ssl_inputs.postgresql_superuser_client_cert_path": "postgresql_su.crt",
    "ssl_inputs.postgresql_superuser_client_key_path": "postgresql_su.key",
}
_BROKER = {
    "rabbitmq.ca_path": "rabbitmq-ca.pem",
    "rabbitmq.cert_path": "rabbitmq-cert.pem",
    "rabbitmq.key_path": "rabbitmq-key.pem",
}
_MONITORING = {
    "prometheus.ca_path": "monitoring_ca_cert.pem",
    "prometheus.cert_path": "monitoring_cert.pem",
    "prometheus.key_path": "monitoring_key.pem",
}
_DATABASE = {
    "postgresql_server.ca_path": f"{PATRONI}/ca.crt",
    "postgresql_server.cert_path": f"{PATRONI}/db.crt",
    "postgresql_server.key_path": f"{PATRONI}/db.key",
}

#: What has to run on a host for its tier to work, one or the other; the product has more, by version.
_SINGLE = "postgresql-14|postgresql-9.5"
_SERVICES = {
    "manager": ("nginx", "cloudify-restservice", "cloudify-mgmtworker"),
    "broker": ("cloudify-rabbitmq",),
    "database": (f"etcd|{_SINGLE}", f"patroni|{_SINGLE}"),
}


def product_version(version: str, *, command: str) -> Version:
    """The version of Cloudify that this is, or is built on.

    :raises ValueError: when that is not known
    """
    found = Version.parse(version)
    if command != "vnfm" or (4, 2, 0) <= found.release < (5, 0, 0):
        return found
    if found.release < (2, 0, 0):
        return Version((4, 5, 5))
    raise ValueError(
        f"which version of Cloudify VNF Manager {version} is built on is not known: "
        "give that version instead, with the command cfy"
    )


def facts_of(version: str, *, command: str = "cfy") -> Json:
    """All that differs between versions of the installer, as data for roles.

    :raises ValueError: for what is no version, or one of VNF Manager that is not known
    """
    found = product_version(version, command=command)
    can = Capabilities(found, "premium")
    facts: Json = {
        name.replace(".", "_"): can.has(name)
        for name in FACTS
        if name.split(".")[0] in ("install", "remove", "dbs")
    }
    facts.update(
        version=str(found),
        generation=can.generation,
        remove_arguments=["-f"] if can.has("remove.needs_force") else [],
        markers=_markers(can),
        certificates=_certificates(can),
        services=_services(can),
        configs=_configs(command),
        supervisor="supervisord" if can.has("install.supervisord") else "systemd",
    )
    return facts


def _markers(can: Capabilities) -> Json:
    """The files that say what is installed, and what is configured, by tier."""
    if can.has("install.marker_directories"):
        return {
            tier: {
                "installed": f"/etc/cloudify/.installed/{service}",
                "configured": f"/etc/cloudify/.configured/{service}",
            }
            for tier, service in SERVICE_OF.items()
        }
    if can.generation == "active_standby":
        one = {"installed": "/etc/cloudify/.install", "configured": "/etc/cloudify/.install"}
    else:
        one = {"installed": "/etc/cloudify/.installed", "configured": "/etc/cloudify/.configured"}
    return {tier: one for tier in SERVICE_OF}


def _certificates(can: Capabilities) -> dict[str, dict[str, str]]:
    """By tier: option of the configuration -> the deployed file."""
    manager = dict(_MANAGER)
    if can.generation == "all_active":
        manager.update(_MANAGER_OF_CLUSTER)
    else:
        manager.update({k: v for k, v in _MANAGER_OF_CLUSTER.items() if k.startswith("ssl_inputs")})
    if can.has("install.superuser_certificates"):
        manager.update(_SUPERUSER)
    monitoring = _MONITORING if can.has("install.monitoring") else {}
    found = {
        "manager": {**manager, **monitoring},
        "broker": {**_BROKER, **monitoring},
        "database": {**_DATABASE, **monitoring},
    }
    return {
        tier: {
            option: name if name.startswith("/") else f"{SSL}/{name}"
            for option, name in options.items()
        }
        for tier, options in found.items()
    }


def _services(can: Capabilities) -> dict[str, list[str]]:
    services = {tier: list(names) for tier, names in _SERVICES.items()}
    if can.generation == "active_standby":
        # a replica's worker and broker are down
        services = {"manager": ["nginx", "cloudify-restservice"], "broker": [], "database": []}
    return services


def _configs(command: str) -> list[str]:
    """Where a configuration without a name of its own can be; the first that exists counts."""
    own = ["/home/admin/config.yaml"] if command == "vnfm" else []
    return [*own, "/etc/cloudify/config.yaml"]


__all__ = ("SERVICE_OF", "SSL", "TIERS", "facts_of", "product_version")
