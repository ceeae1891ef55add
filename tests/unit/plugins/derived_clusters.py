# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters that nobody has recorded: a recorded one in which one thing is changed.

They are for what a lab cannot have (a host with a clock of its own) and for witnesses that are taken away or contradict each other.
"""

from __future__ import annotations

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._probe import parse
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.health_recordings import (
    Cluster,
    Json,
)

NOW = 1_800_000_000.0
DAY = 86400.0


class Derived(Cluster):
    """With hosts that say that they are well, unless they are changed."""

    def __init__(self, name: str = "7.0.5-healthy", *, hosts: bool = True) -> None:
        super().__init__(name)
        if hosts:
            for member in self.members:
                self.hosts[member["name"]] = self._host(member)
            for name in self.dead:
                self.unreachable(name)

    def _host(self, member: Json) -> Json:
        names = ["nginx", "cloudify-restservice", "cloudify-mgmtworker"]
        if self.generation == "all_active":
            names += ["cloudify-rabbitmq", "patroni", "etcd"]
        return {
            "asked": True,
            "reachable": True,
            "error": "",
            "clock": NOW + 0.2,
            "skew": 0.2,
            "services": dict.fromkeys(names, "active"),
            "disks": [
                {"path": "/", "size": 40 * 1024**3, "free": 30 * 1024**3}
                | {"inodes": 2_000_000, "inodes_free": 1_900_000}
            ],
            "certificates": [
                {
                    "path": "/etc/cloudify/ssl/cloudify_internal_cert.pem",
                    "not_after": NOW + 900 * DAY,
                }
                | {"not_before": NOW - 30 * DAY, "issuer_is_ca": True, "key_matches": True}
            ],
            "restore_flag": False,
            "package": "7.0.5",
            "reaches": {
                other["name"]: other["name"] not in self.dead
                for other in self.members
                if other["name"] != member["name"]
            },
            "consul": None,
        }

    def host(self, name: str) -> Json:
        return t.cast(Json, self.hosts[name])

    def certificate(self, name: str, **changes: t.Any) -> None:
        self.host(name)["certificates"][0].update(changes)

    def disk(self, name: str, **changes: t.Any) -> None:
        self.host(name)["disks"][0].update(changes)

    def unreachable(self, *names: str, why: str = "no answer by ssh within 3 s") -> None:
        """For this controller."""
        for name in names:
            self.hosts[name] = {"asked": True, "reachable": False, "error": why}

    def reaches(self, who: str, **others: bool) -> None:
        self.host(who)["reaches"].update(others)

    def out_of_sight(self, *names: str) -> None:
        """This controller alone has no way to them."""
        for name in names:
            error = f"Cannot ask for /version: GET https://{name}/: no connection within connect_timeout."
            if name in self.views:
                self.views[name] = {"answers": False, "error": error, "hangs": False}
            self.probes[name] = parse("")
            if self.hosts:
                self.unreachable(name)

    def without_ssh(self) -> None:
        self.hosts = {}
        self.probes = {name: parse("") for name in self.probes}

    def without_ssh_of_tiers(self) -> None:
        """The hosts let us in, and have no database and no broker to ask."""
        self.probes = {name: parse("") for name in self.probes}

    def forget(self, name: str) -> None:
        """One witness less: it is not asked, and says nothing."""
        self.views.pop(name, None)
        self.probes[name] = parse("")
        self.hosts.pop(name, None)

    def lead(self, name: str, *, write: str | None, timeline: int | None = None) -> None:
        """Its database calls itself the leader."""
        database = self.database(name)
        database.update(role="leader", write=write)
        database["primary"]["code"] = 200
        if timeline is not None:
            database["patroni"]["body"]["timeline"] = timeline

    def before(self, kind: str, *active: str, age: float = 300.0) -> None:
        """What the last diagnosis was."""
        roles = [self.were[role] for role in active]
        self.earlier = {"class": kind, "active": roles, "age": age}

    def wait_for_the_database(self) -> None:
        """The managers, as they do without one that leads."""
        for view in self.views.values():
            view["registers"] = {}

    def called(self, how: str) -> None:
        """The inventory has no address by which the peers know each other: only names, or the addresses that this controller takes."""
        for member in self.members:
            database = (self.probes.get(member["name"]) or {}).get("database")
            if database and not database["single"]:
                database["address"] = member["address"]
            named = how == "by name"
            member["address"] = member["name"] if named else f"203.0.113.{member['name'][1:]}"
            if not named:  # from inside, nobody gets there
                for host in self.hosts.values():
                    if member["name"] in (host.get("reaches") or {}):
                        host["reaches"][member["name"]] = False

    def with_databases_apart(self) -> None:
        """On a network of their own, of which the inventory and the other registers have nothing."""
        there = {
            m["address"]: f"192.168.50.{m['address'].rpartition('.')[2]}" for m in self.members
        }
        for member in self.members:
            database = (self.probes.get(member["name"]) or {}).get("database")
            if not database or database["single"]:
                continue
            database["address"] = there[member["address"]]
            rows = (database["cluster"]["body"] or {}).get("members") or []
            rows += (database["patroni"]["body"] or {}).get("replication") or []
            for row in rows:
                for key in {"host", "client_addr"} & set(row):
                    row[key] = there.get(row[key], row[key])
        for view in self.views.values():
            for row in (view.get("registers") or {}).get("database") or []:
                row["host"] = there.get(row["host"], row["host"])

    def renamed(self, name: str, new: str, address: str) -> None:
        """The inventory has another name for it and another address, and nobody knows it by these."""
        self.member(name).update(name=new, hostname=new, address=address)
        for part in (self.views, self.probes, self.hosts):
            if name in part:
                part[new] = part.pop(name)
        for host in self.hosts.values():
            if name in (host.get("reaches") or {}):
                host["reaches"][new] = False
                del host["reaches"][name]

    def fronted(self, **view: t.Any) -> None:
        self.front = {"answers": True, "error": "", "hangs": False, "status_code": 200} | view


__all__ = ("DAY", "NOW", "Derived")
