# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operator prepares for each host: certificates by one CA, and configuration files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from product import x509
from product.cluster.layout import DATABASE, MANAGER, QUEUE, Layout
from product.config import merged
from product.versions import Version
from product.x509 import Pair

# As the documentation calls them.
FILES = {DATABASE: "db_config.yaml", QUEUE: "rabbitmq_config.yaml", MANAGER: "manager_config.yaml"}
# Where the operator put the certificates: not where the product keeps its own.
STAGE = "/root/certificates"
DOMAIN = "lab.test"
LICENSE = "/etc/cloudify/license.yaml"
SECRETS = {
    "admin": "adminpass-7Q",
    "postgres": "postgrespass-2",
    "cloudify": "cloudifydbpass-3",
    "replicator": "replicatorpass-4",
    "etcd_root": "etcdrootpass-5",
    "etcd_patroni": "etcdpatronipass-6",
    "patroni": "patronirest-7",
    "rabbit": "rabbitpass-8",
    "cookie": "ERLANGCOOKIEOFTHELAB",
    "token": "etcd-token-of-the-lab",
    "monitoring": "monitoringpass-9",
}


@dataclass(frozen=True)
class Site:
    """All that the configurations are made of."""

    version: Version
    layout: Layout
    addresses: Mapping[str, str]

    @property
    def stage(self) -> str:
        return self.version.user_ssl or STAGE


def names(host: str, address: str) -> tuple[str, ...]:
    return (address, host, f"{host}.{DOMAIN}", "127.0.0.1", "localhost")


def certificates(site: Site, folder: Path) -> None:
    """ca.crt and ca.key, and a pair for each host."""
    ca = x509.make("CA of the lab's cluster", ca=True)
    x509.write(ca, folder / "ca.crt", folder / "ca.key")
    for host in site.layout.hosts:
        pair = x509.make(host, signed_by=ca, names=names(host, site.addresses[host]))
        x509.write(pair, folder / f"{host}.crt", folder / f"{host}.key")


def read_pair(folder: Path, name: str) -> Pair:
    return Pair((folder / f"{name}.crt").read_text(), (folder / f"{name}.key").read_text())


def staged(site: Site, folder: Path, host: str) -> dict[str, str]:
    """Path on the host -> text, of the certificates that it gets."""
    own, ca = read_pair(folder, host), read_pair(folder, "ca")
    found = {
        f"{site.stage}/ca.crt": ca.certificate,
        f"{site.stage}/node.crt": own.certificate,
        f"{site.stage}/node.key": own.key,
    }
    if _mints(site):
        found[f"{site.stage}/ca.key"] = ca.key
    return found


def _mints(site: Site) -> bool:
    """4.x mints what a join needs, and a host that is everything its broker's certificate."""
    return not site.version.clustered_tiers or site.layout.name == "single"


def _pair(site: Site, *keys: str) -> dict[str, str]:
    ca, cert, key = keys
    return {
        ca: f"{site.stage}/ca.crt",
        cert: f"{site.stage}/node.crt",
        key: f"{site.stage}/node.key",
    }


def _common(site: Site, host: str, services: list[str]) -> dict[str, Any]:
    address = site.addresses[host]
    found: dict[str, Any] = {
        "manager": {"private_ip": address, "public_ip": address},
        "services_to_install": services,
    }
    if site.version.clustered_tiers:
        found["manager"]["hostname"] = host
        found["networks"] = {"default": address}
    if site.version.monitoring:
        found["services_to_install"] = [*services, "monitoring_service"]
        credentials = {"username": "monitoring", "password": SECRETS["monitoring"]}
        paths = _pair(site, "ca_path", "cert_path", "key_path")
        found["prometheus"] = {**paths, "credentials": credentials}
    return found


def _database(site: Site, host: str) -> dict[str, Any]:
    nodes = {name: {"ip": site.addresses[name]} for name in site.layout.databases}
    server: dict[str, Any] = {"postgres_password": SECRETS["postgres"]}
    if len(nodes) > 1 and host in nodes:
        server |= _pair(site, "ca_path", "cert_path", "key_path")
        server["ssl_enabled"] = True
        server["cluster"] = {
            "nodes": nodes,
            "etcd": {
                "cluster_token": SECRETS["token"],
                "root_password": SECRETS["etcd_root"],
                "patroni_password": SECRETS["etcd_patroni"],
            },
            "patroni": {"rest_user": "patroni", "rest_password": SECRETS["patroni"]},
            "postgres": {"replicator_password": SECRETS["replicator"]},
        }
    return {"postgresql_server": server}


def _broker(site: Site, host: str) -> dict[str, Any]:
    rabbit: dict[str, Any] = {"username": "cloudify", "password": SECRETS["rabbit"]}
    brokers = site.layout.brokers
    if len(brokers) > 1:
        rabbit |= _pair(site, "ca_path", "cert_path", "key_path")
        rabbit |= {
            "cluster_members": _members(site),
            "nodename": f"rabbit@{host}",
            "erlang_cookie": SECRETS["cookie"],
            "join_cluster": "" if host == brokers[0] else f"rabbit@{brokers[0]}",
        }
    return {"rabbitmq": rabbit}


def _members(site: Site) -> dict[str, Any]:
    return {n: {"networks": {"default": site.addresses[n]}} for n in site.layout.brokers}


def _manager(site: Site, host: str) -> dict[str, Any]:
    version = site.version
    inputs = _pair(site, "ca_cert_path", "internal_cert_path", "internal_key_path")
    # 7.x has no external certificate for a manager that is known by its address
    if not version.checks_san:
        inputs |= _pair(site, "external_ca_cert_path", "external_cert_path", "external_key_path")
    security = {"admin_password": SECRETS["admin"], "ssl_enabled": True}
    found: dict[str, Any] = {"manager": {"security": security}, "ssl_inputs": inputs}
    if _mints(site):
        inputs["ca_key_path"] = f"{site.stage}/ca.key"
    if not version.clustered_tiers:
        found["rabbitmq"] = {"username": "cloudify", "password": SECRETS["rabbit"]}
        return found
    found["manager"]["cloudify_license_path"] = LICENSE
    rabbit: dict[str, Any] = {"username": "cloudify", "password": SECRETS["rabbit"]}
    server: dict[str, Any] = {}
    if len(site.layout.brokers) > 1:
        rabbit |= {"ca_path": f"{site.stage}/ca.crt", "cluster_members": _members(site)}
    if len(site.layout.databases) > 1:
        nodes = {name: {"ip": site.addresses[name]} for name in site.layout.databases}
        server = {"ca_path": f"{site.stage}/ca.crt", "cluster": {"nodes": nodes}}
    found["rabbitmq"], found["postgresql_server"] = rabbit, server
    found["postgresql_client"] = {
        "server_username": "postgres",
        "server_password": SECRETS["postgres"],
        "cloudify_password": SECRETS["cloudify"],
        "ssl_enabled": len(site.layout.databases) > 1,
    }
    return found


def _deep(*parts: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for part in parts:
        out = merged(out, part)
    return out


def configurations(site: Site, host: str) -> dict[str, dict[str, Any]]:
    """File name in /etc/cloudify -> its content."""
    makers = {DATABASE: _database, QUEUE: _broker, MANAGER: _manager}
    services = list(site.layout.services(host))
    if not site.version.clustered_tiers:
        # the packaged list of services stays
        config = _deep(_common(site, host, []), _manager(site, host))
        del config["services_to_install"]
        return {"config.yaml": config}
    if site.layout.name == "compact":
        return {FILES[s]: _deep(_common(site, host, [s]), makers[s](site, host)) for s in services}
    parts = [makers[s](site, host) for s in services]
    return {"config.yaml": _deep(_common(site, host, services), *parts)}


def text(config: dict[str, Any]) -> str:
    return yaml.safe_dump(config, sort_keys=False)


__all__ = [
    "FILES",
    "LICENSE",
    "SECRETS",
    "STAGE",
    "Site",
    "certificates",
    "configurations",
    "names",
    "staged",
    "text",
]
