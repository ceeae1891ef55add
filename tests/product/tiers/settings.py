# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the configuration says about the tiers, checked, in one place. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from product.errors import ValidationError


def _get(config: Mapping[str, Any], *keys: str, default: Any = "") -> Any:
    found: Any = config
    for key in keys:
        if not isinstance(found, Mapping) or found.get(key) in (None, ""):
            return default
        found = found[key]
    return found


def identifier(address: str) -> str:
    """How an address is spelt in the names of cluster members."""
    return address.replace(".", "_").replace(":", "_")


@dataclass(frozen=True)
class DatabaseSettings:
    private_ip: str
    # addresses of the cluster's nodes in the configuration's order; none for a single database
    nodes: tuple[str, ...]
    cert_path: str
    key_path: str
    ca_path: str
    postgres_password: str
    cluster_token: str
    etcd_root_password: str
    etcd_patroni_password: str
    rest_user: str
    rest_password: str
    replicator_password: str
    ssl_enabled: bool
    client_verification: bool

    @property
    def clustered(self) -> bool:
        return bool(self.nodes)

    @property
    def etcd_name(self) -> str:
        return etcd_name(self.private_ip)

    @property
    def patroni_name(self) -> str:
        return patroni_name(self.private_ip)


def etcd_name(address: str) -> str:
    return f"etcd{identifier(address)}"


def patroni_name(address: str) -> str:
    return f"pg{identifier(address)}"


def database_settings(config: Mapping[str, Any], *, private_ip: str) -> DatabaseSettings:
    """The settings as they are; `check_database` says what is wrong with them."""
    server = "postgresql_server"
    nodes = _get(config, server, "cluster", "nodes", default={})
    return DatabaseSettings(
        private_ip=private_ip,
        nodes=tuple(str(_get(node, "ip")) for node in nodes.values()),
        cert_path=str(_get(config, server, "cert_path")),
        key_path=str(_get(config, server, "key_path")),
        ca_path=str(_get(config, server, "ca_path")),
        postgres_password=str(_get(config, server, "postgres_password")),
        cluster_token=str(_get(config, server, "cluster", "etcd", "cluster_token")),
        etcd_root_password=str(_get(config, server, "cluster", "etcd", "root_password")),
        etcd_patroni_password=str(_get(config, server, "cluster", "etcd", "patroni_password")),
        rest_user=str(_get(config, server, "cluster", "patroni", "rest_user", default="patroni")),
        rest_password=str(_get(config, server, "cluster", "patroni", "rest_password")),
        replicator_password=str(_get(config, server, "cluster", "postgres", "replicator_password")),
        ssl_enabled=bool(_get(config, server, "ssl_enabled", default=False)),
        client_verification=bool(_get(config, server, "ssl_client_verification", default=False)),
    )


def check_database(settings: DatabaseSettings) -> None:
    if not settings.private_ip:
        raise ValidationError("manager.private_ip must be set.")
    if not settings.clustered:
        return
    if len(settings.nodes) < 2:
        raise ValidationError(
            "There should be at least 2 database cluster nodes, and 3 or more are recommended."
        )
    if "" in settings.nodes:
        raise ValidationError("Every node of postgresql_server.cluster.nodes must have an ip.")
    if settings.private_ip not in settings.nodes:
        raise ValidationError(
            "Could not match this node with any cluster node members. No members matched "
            f"{settings.private_ip}. Members were: {', '.join(settings.nodes)}."
        )
    required = {
        "cert_path": settings.cert_path,
        "key_path": settings.key_path,
        "ca_path": settings.ca_path,
        "postgres_password": settings.postgres_password,
        "cluster.etcd.cluster_token": settings.cluster_token,
        "cluster.etcd.root_password": settings.etcd_root_password,
        "cluster.etcd.patroni_password": settings.etcd_patroni_password,
        "cluster.patroni.rest_password": settings.rest_password,
        "cluster.postgres.replicator_password": settings.replicator_password,
    }
    missing = [f"postgresql_server.{key}" for key, value in required.items() if not value]
    if missing:
        raise ValidationError(f"A database cluster needs: {', '.join(missing)}.")


@dataclass(frozen=True)
class BrokerSettings:
    # rabbit@host
    nodename: str
    long_names: bool
    username: str
    password: str
    erlang_cookie: str
    # rabbit@host of the broker to join; empty for the first
    join_cluster: str
    # host -> address
    members: dict[str, str]
    cert_path: str
    key_path: str
    ca_path: str
    ca_key_path: str
    policies: tuple[dict[str, Any], ...]

    @property
    def host(self) -> str:
        return self.nodename.partition("@")[2]

    @property
    def address(self) -> str:
        """Where the other nodes of the cluster and its users find this broker."""
        return self.members.get(self.host) or "localhost"


def with_prefix(node: str) -> str:
    """The full name of a broker that was given as a host's name."""
    return node if "@" in node else f"rabbit@{node}"


def broker_settings(config: Mapping[str, Any], *, hostname: str) -> BrokerSettings:
    rabbit = _get(config, "rabbitmq", default={})
    members = _get(rabbit, "cluster_members", default={})
    named = str(_get(rabbit, "nodename"))
    if not named:
        if len(members) > 1:
            raise ValidationError("Rabbitmq nodename must be set for clustering.")
        named = hostname
    long_names = bool(_get(rabbit, "use_long_name", default=False))
    name, _at, host = with_prefix(named).partition("@")
    if not long_names:
        host = host.partition(".")[0]
    join = str(_get(rabbit, "join_cluster"))
    return BrokerSettings(
        nodename=f"{name}@{host}",
        long_names=long_names,
        username=str(_get(rabbit, "username", default="cloudify")),
        password=str(_get(rabbit, "password", default="c10udify")),
        erlang_cookie=str(_get(rabbit, "erlang_cookie")).strip(),
        join_cluster=with_prefix(join) if join else "",
        members={str(k): _address(v) for k, v in members.items()},
        cert_path=str(_get(rabbit, "cert_path")),
        key_path=str(_get(rabbit, "key_path")),
        ca_path=str(_get(rabbit, "ca_path")),
        ca_key_path=str(_get(rabbit, "ca_key_path")),
        policies=tuple(_get(rabbit, "policies", default=())),
    )


def _address(member: Any) -> str:
    if not isinstance(member, Mapping):
        return ""
    # 5.0.0 had no `networks` between a member and its address
    return str(_get(member, "networks", "default") or _get(member, "default"))


def check_broker(settings: BrokerSettings) -> None:
    if len(settings.members) < 2 and not settings.join_cluster:
        return
    if not settings.erlang_cookie:
        raise ValidationError("Cluster members are configured but erlang_cookie has not been set.")
    if not (settings.cert_path and settings.key_path and settings.ca_path):
        raise ValidationError(
            "Cannot generate self-signed certificates for a rabbitmq cluster - externally "
            "generated certificates must be provided as well as the appropriate CA certificate."
        )


__all__ = [
    "BrokerSettings",
    "DatabaseSettings",
    "broker_settings",
    "check_broker",
    "check_database",
    "database_settings",
    "etcd_name",
    "identifier",
    "patroni_name",
    "with_prefix",
]
