# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the stand-in manager is told: `/opt/manager/standin.json` and the product's own `cloudify-rest.conf`."""

from __future__ import annotations

import json
from typing import Any

from product.certificates import INTERNAL, INTERNAL_CA, POSTGRESQL_CA, RABBITMQ_CA
from product.context import QUEUE_SERVICE, Context

SYNC_PORT = 22000


def database_hosts(context: Context) -> list[str]:
    """Where the database may be: what `dbs add` and `dbs remove` left, else the configuration."""
    path = context.paths.rest_config
    if path.exists():
        found = json.loads(path.read_text()).get("postgresql_host")
        if found:
            return [str(h) for h in found]
    return configured_database_hosts(context)


def configured_database_hosts(context: Context) -> list[str]:
    nodes = context.get("postgresql_server", "cluster", "nodes", default={})
    if nodes:
        return [str(n["ip"]) for n in nodes.values()]
    host = context.get("postgresql_client", "host", default="127.0.0.1")
    return ["127.0.0.1" if host == "localhost" else str(host)]


def database_section(context: Context, hosts: list[str] | None = None) -> dict[str, Any]:
    ca = context.paths.ssl / POSTGRESQL_CA.file
    secure = context.get("postgresql_client", "ssl_enabled") and ca.exists()
    return {
        "hosts": hosts or configured_database_hosts(context),
        "port": 5432,
        "dbname": context.get("postgresql_client", "cloudify_db_name", default="cloudify_db"),
        "user": context.get("postgresql_client", "cloudify_username", default="cloudify"),
        "password": context.get("postgresql_client", "cloudify_password", default="cloudify"),
        "sslmode": "verify-ca" if secure else "prefer",
        "ca": context.paths.shown(ca) if secure else None,
        "cert": None,
        "key": None,
    }


def _ssl(context: Context, name: str) -> str:
    return context.paths.shown(context.paths.ssl / name)


def _all_active(context: Context) -> dict[str, Any]:
    database = database_section(context, database_hosts(context))
    clustered = bool(context.get("postgresql_server", "cluster", "nodes"))
    rabbit_ca = RABBITMQ_CA.file
    if not (context.paths.ssl / rabbit_ca).exists():
        rabbit_ca = INTERNAL_CA.file
    found: dict[str, Any] = {
        "database": database,
        "brokers": {
            "port": 5671,
            "ca": _ssl(context, rabbit_ca),
            "username": context.get("rabbitmq", "username"),
            "password": context.get("rabbitmq", "password"),
        },
        "peers": {
            "port": SYNC_PORT,
            "cert": _ssl(context, INTERNAL.file),
            "key": _ssl(context, INTERNAL.key_file),
            "ca": _ssl(context, INTERNAL_CA.file),
        },
    }
    if broker_names(context):
        found["brokers"]["management_port"] = 15671
    if clustered:
        found["patroni"] = {"port": 8008, "ca": database["ca"]}
        found["etcd"] = {"port": 2379, "ca": database["ca"]}
    return found


def broker_names(context: Context) -> dict[str, str]:
    """The brokers' names and addresses."""
    members = context.get("rabbitmq", "cluster_members", default={})
    found = {}
    for name, about in members.items():
        networks = about.get("networks", about)
        found[str(name)] = str(networks.get("default") or name)
    if not found and QUEUE_SERVICE in context.chosen:
        found = {"localhost": "127.0.0.1"}
    return found


def settings(context: Context) -> dict[str, Any]:
    found: dict[str, Any] = {
        "generation": context.version.generation,
        "hostname": context.hostname,
        "private_ip": context.private_ip,
        "public_ip": context.public_ip,
        "version": context.version.number,
        "work_log": context.paths.shown(context.paths.work),
        "services": {
            "supervisor": context.version.supervisor,
            "locks": context.paths.shown(context.paths.running),
        },
    }
    if context.version.clustered_tiers:
        return found | _all_active(context)
    return found | {
        "ssl_dir": context.paths.shown(context.paths.ssl),
        "marker": context.paths.shown(context.paths.cluster_marker),
    }


def write(context: Context) -> None:
    text = json.dumps(settings(context), indent=1)
    context.write(context.paths.member_config, text, mode=0o600)
    if context.version.clustered_tiers:
        rest = {
            "postgresql_host": database_hosts(context),
            "postgresql_db_name": context.get("postgresql_client", "cloudify_db_name"),
            "postgresql_username": context.get("postgresql_client", "cloudify_username"),
            "manager_hostname": context.hostname,
        }
        owner = "cfyuser:cfyuser"
        context.write(
            context.paths.rest_config, json.dumps(rest, indent=1), mode=0o660, owner=owner
        )


__all__ = [
    "broker_names",
    "configured_database_hosts",
    "database_hosts",
    "database_section",
    "settings",
    "write",
]
