# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database cluster as a database node sees it (by etcd), or a manager (by its own list of hosts)."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass

from product import member_config
from product.certificates import POSTGRESQL_CA
from product.context import DATABASE_SERVICE, MANAGER_SERVICE, Context
from product.errors import BootstrapError
from product.tiers import health, places
from product.tiers.database import settings_of
from product.tiers.database_cluster import etcd_of, patroni_of
from product.tiers.etcd import LEADER, Etcd
from product.tiers.http import all_at_once
from product.tiers.patroni import Patroni
from product.tiers.settings import DatabaseSettings, patroni_name


class DBNodeListError(BootstrapError):
    """The nodes cannot be told from here."""


class DBManagementError(BootstrapError):
    """The cluster is not in a state for this change."""


@dataclass
class View:
    context: Context
    settings: DatabaseSettings
    etcd: Etcd
    patroni: Patroni
    # the address that has the leader's lock, or None
    leader: str | None
    replicas: list[str]

    @property
    def addresses(self) -> list[str]:
        return ([self.leader] if self.leader else []) + self.replicas

    def verdict(self) -> health.Verdict:
        addresses = self.addresses
        states: dict[str, str] = {}
        # both are silent for as long as their time-outs where a host is dead
        other = threading.Thread(
            target=lambda: states.update(all_at_once(self.etcd.state, addresses))
        )
        other.start()
        statuses = all_at_once(self.patroni.status, addresses)
        other.join()
        return health.judge(self.leader, self.replicas, statuses, states)

    def synchronous(self) -> list[str]:
        """Addresses of the replicas that the leader waits for."""
        if self.leader is None:
            return []
        names = health.synchronous(self.patroni.status(self.leader))
        return [a for a in self.replicas if patroni_name(a) in names]


def on_database_node(context: Context) -> bool:
    return DATABASE_SERVICE in context.get("services_to_install", default=())


def clustered(context: Context) -> bool:
    """Whether the configuration of this command knows a database cluster."""
    if settings_of(context).clustered:
        return True
    context.log.info("There is no database cluster associated with this node.")
    return False


def view(context: Context) -> View:
    settings = settings_of(context)
    if on_database_node(context):
        return _by_etcd(context, settings)
    if MANAGER_SERVICE in context.get("services_to_install", default=()):
        return _by_hosts(context, settings)
    raise DBNodeListError("Can only list DB nodes from a manager or DB node.")


def _by_etcd(context: Context, settings: DatabaseSettings) -> View:
    etcd = etcd_of(context, settings)
    members = etcd.members()
    if members is None:
        raise DBNodeListError(
            "Etcd is not responding on this node. Please retry this command on another DB cluster node."
        )
    addresses = [m.address for m in members]
    holder = etcd.value(LEADER)
    leader = next((a for a in addresses if patroni_name(a) == holder), None)
    replicas = [a for a in addresses if a != leader]
    return View(context, settings, etcd, patroni_of(context, settings), leader, replicas)


def _by_hosts(context: Context, settings: DatabaseSettings) -> View:
    hosts = member_config.database_hosts(context)
    ca = context.paths.ssl / POSTGRESQL_CA.file
    if not ca.exists():
        ca = context.paths.at(settings.ca_path or places.ETCD_CA)
    etcd, patroni = etcd_of(context, settings, ca=ca), patroni_of(context, settings, ca=ca)
    leads = all_at_once(patroni.primary, hosts)
    leader = next((host for host in hosts if leads[host]), None)
    replicas = [host for host in hosts if host != leader]
    return View(context, settings, etcd, patroni, leader, replicas)


def set_hosts(context: Context, hosts: list[str]) -> None:
    """Tell a manager where its database may be."""
    path = context.paths.rest_config
    found = json.loads(path.read_text()) if path.exists() else {}
    found["postgresql_host"] = hosts
    context.write(path, json.dumps(found, indent=1), mode=0o660, owner="cfyuser:cfyuser")
    member_config.write(context)


__all__ = [
    "DBManagementError",
    "DBNodeListError",
    "View",
    "clustered",
    "on_database_node",
    "set_hosts",
    "view",
]
