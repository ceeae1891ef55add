# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was before a disaster, and whether that is what there is after it; by REST, openssl and the product's own commands."""

from __future__ import annotations

import json
import socket
import ssl
import time
from pathlib import Path
from typing import Any

from product.cluster.layout import DATABASE, QUEUE
from runbooks.roles_site import PATIENCE
from runbooks.runbook import Runbook

Ids = dict[str, dict[str, list[str]]]

# kind -> the fields that name an item; kinds that a version lacks are in no set of it
KEYS = {
    "blueprints": ("id",),
    "deployments": ("id",),
    "plugins": ("id",),
    "secrets": ("key",),
    "sites": ("name",),
    "nodes": ("deployment_id", "id"),
    "node_instances": ("id",),
    "executions": ("id",),
}
INTERNAL_PORT, BROKER_PORT, REST_PORT = 53333, 5671, 443
CERTIFICATES = (
    "for file in /etc/cloudify/ssl/*.pem /etc/cloudify/ssl/*.crt /etc/etcd/*.crt /var/lib/patroni/*.crt; do "
    'grep -qs "BEGIN CERTIFICATE" $file || continue; '
    'echo "$file $(openssl x509 -in $file -noout -fingerprint -sha256)"; done'
)
# A replica makes itself a new one below the leader's CA when it joins.
MADE_BY_A_JOIN = "/etc/cloudify/ssl/cloudify_internal_cert.pem"


class Before:
    """What the newest set in the store has, and what the hosts had."""

    def __init__(self, site: Runbook) -> None:
        self.site = site
        self.certificates = certificates(site)
        sets = site.cluster.config_dir / "store" / site.cluster.name
        self.set = sorted(p for p in sets.iterdir() if (p / "manifest.json").exists())[-1]
        inventory = json.loads((self.set / "content.json").read_text())
        self.content: Ids = {
            tenant: {k: v["ids"] for k, v in kinds.items() if k in KEYS and v["ids"]}
            for tenant, kinds in inventory["content"].items()
            if tenant != "(manager)"
        }
        self.tenants = inventory["content"]["(manager)"]["tenants"]["ids"]
        self.kinds = [kind for kind in KEYS if kind in inventory["kinds"]]

    @property
    def ca(self) -> Path:
        """The CA that agents trust, as it was saved."""
        first = self.site.cluster.managers[0]
        return self.set / "nodes" / first / "etc/cloudify/ssl/cloudify_internal_ca_cert.pem"


def certificates(site: Runbook) -> dict[str, dict[str, str]]:
    """Host -> file -> fingerprint."""
    found = {}
    for host in site.cluster.hosts:
        lines = [line.partition(" ") for line in site.sh(CERTIFICATES, host).splitlines()]
        found[host] = {path: text.partition("=")[2] for path, _space, text in lines}
        assert found[host], host
    return found


def same_content(before: Before) -> None:
    """Every item of the set, by its name in its tenant, and no other."""
    cluster = before.site.cluster
    for manager in leaders(before.site):
        status, body = cluster.call(manager, "GET", "/tenants?_size=1000")
        assert status == 200, body
        assert sorted(t["name"] for t in body["items"]) == before.tenants
        found: Ids = {tenant: {} for tenant in before.tenants}
        for kind in before.kinds:
            path = f"/{kind.replace('_', '-')}?_size=1000&_all_tenants=true"
            status, body = cluster.call(manager, "GET", path)
            assert status == 200, (kind, body)
            for item in body["items"]:
                name = "/".join(str(item[field]) for field in KEYS[kind])
                found[item["tenant_name"]].setdefault(kind, []).append(name)
        assert {
            t: {k: sorted(ids) for k, ids in kinds.items()} for t, kinds in found.items() if kinds
        } == {t: kinds for t, kinds in before.content.items() if kinds}


def same_certificates(before: Before) -> None:
    """Each file of each host; what a join makes is made anew, below the same CA."""
    standby = before.site.cluster.site.version.generation == "active_standby"
    now = certificates(before.site)
    for host in before.site.cluster.hosts:
        for path, fingerprint in before.certificates[host].items():
            if not (standby and path == MADE_BY_A_JOIN and host != leaders(before.site)[0]):
                assert now[host].get(path) == fingerprint, (host, path)


def agents_are_served(before: Before) -> None:
    """A client that trusts the saved CA, and nothing else, reaches all that an agent needs."""
    cluster = before.site.cluster
    ports = {name: [REST_PORT, INTERNAL_PORT] for name in cluster.managers}
    for name in cluster.brokers or leaders(before.site):
        ports.setdefault(name, []).append(BROKER_PORT)
    trust = ssl.create_default_context(cafile=str(before.ca))
    # agents are older than that
    trust.verify_flags &= ~ssl.VERIFY_X509_STRICT
    for name, each in ports.items():
        for port in each:
            address = cluster.address(name)
            try:
                with (
                    socket.create_connection((address, port), timeout=30) as raw,
                    trust.wrap_socket(raw, server_hostname=address) as connection,
                ):
                    assert connection.getpeercert(), (name, port)
            except OSError as error:
                raise AssertionError(f"{name}, port {port}: {error}") from error


def leaders(site: Runbook) -> list[str]:
    """The managers that answer for the cluster."""
    managers = site.cluster.managers
    if site.cluster.site.version.generation == "all_active":
        return list(managers)
    found = [m for m in managers if site.cluster.call(m, "GET", "/status")[0] == 200]
    assert len(found) == 1, found
    return found


def all_are_well(site: Runbook, *, missing: frozenset[str] = frozenset()) -> None:
    """In the eyes of every member, within a while; and a write is acknowledged.

    :param missing: whom configurations name, and nobody has rebuilt
    """
    end = time.monotonic() + PATIENCE
    while True:
        told = _all_active(site, missing) if site.cluster.brokers else _standby(site)
        if not told:
            break
        assert time.monotonic() < end, told
        time.sleep(1)
    first = leaders(site)[0]
    status, body = site.cluster.call(first, "PUT", "/secrets/after", {"value": "x"})
    assert status in (200, 201), body
    assert site.cluster.call(first, "DELETE", "/secrets/after")[0] in (200, 204)


def _standby(site: Runbook) -> list[str]:
    managers, cluster = site.cluster.managers, site.cluster
    (leader,) = leaders(site)
    status, body = cluster.call(leader, "GET", "/cluster/nodes")
    nodes = body["items"] if status == 200 else []
    told = [] if sorted(n["name"] for n in nodes) == sorted(managers) else [f"{leader}: {body}"]
    told += [f"{n['name']}: {n}" for n in nodes if not (n["online"] and all(n["checks"].values()))]
    told += [
        f"{n['name']} leads, not {leader}" for n in nodes if n["master"] != (n["name"] == leader)
    ]
    for name in set(managers) - {leader}:
        status, body = cluster.call(name, "GET", "/status")
        if status != 400 or body["error_code"] != "not_cluster_master":
            told.append(f"{name} is no standby: {body}")
    return told


def _all_active(site: Runbook, missing: frozenset[str]) -> list[str]:
    cluster, told = site.cluster, []
    for name in cluster.managers:
        status, body = cluster.call(name, "GET", "/status")
        if status != 200 or body["status"] != "OK":
            told.append(f"{name}, /status: {body}")
        status, body = cluster.call(name, "GET", "/cluster-status")
        if status != 200 or _not_well(body) != missing:
            told.append(f"{name}, /cluster-status: {body}")
    for tier, members, service in (
        ("dbs", cluster.databases, DATABASE),
        ("brokers", cluster.brokers, QUEUE),
    ):
        for name in members:
            done = cluster.cfy_manager(name, tier, "list", service=service, check=False)
            if bool(done.returncode) != bool(missing and tier == "dbs"):
                told.append(f"{name}, {tier} list: {done.stdout}")
    return told


def _not_well(status: dict[str, Any]) -> frozenset[str]:
    nodes = [pair for tier in status["services"].values() for pair in tier["nodes"].items()]
    return frozenset(name for name, node in nodes if node["status"] != "OK")


__all__ = (
    "Before",
    "agents_are_served",
    "all_are_well",
    "leaders",
    "same_certificates",
    "same_content",
)
