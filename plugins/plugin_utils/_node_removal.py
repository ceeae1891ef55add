# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""How a dead node is removed from every register, and why that must not be begun. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from functools import cached_property

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._cluster_inventory import (
    GROUPS,
    TIERS,
)
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._register_rows import (
    register_rows,
)

Json = dict[str, t.Any]
Rows = list[Json]

#: What has the name and the address in a row of each register, and of the list of nodes before 5.0.
COLUMNS = {
    "nodes": ("name", "host_ip"),
    "manager": ("hostname", "private_ip"),
    "broker": ("name", "host"),
    "database": ("name", "host"),
}


class Said:
    """What the managers say of who is in the cluster.

    :param views: what module cluster_info returns, by name of the manager
    """

    def __init__(self, views: t.Mapping[str, Json]) -> None:
        self._views = views
        answering = [view for view in views.values() if view["answers"]]
        registers = [view["registers"] or {} for view in answering if "registers" in view]
        self.anybody = bool(answering)
        self.standby = not registers
        #: Of every manager that tells: each has its own account of them.
        self.rows: dict[str, Rows] = {
            "nodes": [row for view in answering for row in view.get("nodes") or []],
            **{tier: [row for told in registers for row in told.get(tier) or []] for tier in TIERS},
        }

    def keepers(self) -> list[str]:
        """Who keeps registers, or the list of nodes."""
        return [name for name, view in self._views.items() if "registers" in view] + self._list()

    def unread(self, keepers: t.Iterable[str]) -> list[str]:
        """Those of them of whom not all of that could be read."""
        read = {*self._list(), *(name for name, view in self._views.items() if _is_read(view))}
        return [name for name in dict.fromkeys(keepers) if name not in read]

    def why(self, name: str) -> str:
        view = self._views.get(name) or {}
        errors = list((view.get("errors") or {}).values())
        return str((errors and errors[0]) or view.get("error") or "")

    def _list(self) -> list[str]:
        return [name for name, view in self._views.items() if view.get("nodes")]


def _is_read(view: Json) -> bool:
    registers = view.get("registers") or {}
    return "database" in registers and None not in [registers.get(tier, ()) for tier in TIERS]


@dataclass(frozen=True)
class Node:
    """The dead one, as the inventory has it.

    :ivar hostname: what it calls itself
    :ivar address: the one for its peers, or else the one that ssh takes
    :ivar has_private: whether it is the one for its peers
    """

    name: str
    hostname: str
    address: str
    has_private: bool

    @classmethod
    def of(cls, name: str, host: t.Mapping[str, t.Any]) -> Node:
        """:param host: its variables"""
        return cls(
            name=name,
            hostname=host.get("cloudify_hostname", name),
            address=host.get("cloudify_private_ip", host.get("ansible_host", name)),
            has_private="cloudify_private_ip" in host,
        )


@dataclass(frozen=True)
class Others:
    """Who else is there.

    :ivar groups: the members of each tier, the node among them
    :ivar members: what filter cluster_members returns
    :ivar here: the hosts that can be told to remove it
    """

    groups: t.Mapping[str, t.Sequence[str]]
    members: t.Sequence[Json]
    here: t.Collection[str] = ()

    @classmethod
    def of(
        cls,
        groups: t.Mapping[str, t.Sequence[str]],
        members: t.Sequence[Json],
        here: t.Collection[str],
    ) -> Others:
        """:param groups: those of the inventory"""
        by_tier = {tier: list(groups.get(GROUPS[tier]) or ()) for tier in TIERS}
        return cls(by_tier, members, here)


@dataclass(frozen=True)
class Earlier:
    """What was found before.

    :ivar rows: what an earlier attempt of this run has remembered, and may have removed from some of the registers
    :ivar keepers: who has told registers before anything was removed
    :ivar alive: what speaks for the node's being alive
    """

    rows: t.Mapping[str, Rows] = field(default_factory=dict)
    keepers: t.Sequence[str] = ()
    alive: t.Sequence[str] = ()


class NodeRemoval:
    """What the registers have of the node, and what is to do."""

    def __init__(self, said: Said, node: Node, others: Others, earlier: Earlier) -> None:
        self._said, self._node, self._others, self._earlier = said, node, others, earlier
        self.tiers = [tier for tier, names in others.groups.items() if node.name in names]
        found = {place: self._of(node.name, place, rows) for place, rows in said.rows.items()}
        self._doubts = list(dict.fromkeys(each["doubt"] for each in found.values()))
        self.rows: dict[str, Rows] = {place: each["rows"] for place, each in found.items()}
        #: With those that an earlier attempt has found.
        self._known = {
            tier: self.rows[tier] + list(earlier.rows.get(tier) or ())
            for tier in ("broker", "database")
        }

    def _of(self, name: str, place: str, rows: Rows) -> Json:
        called, at = COLUMNS[place]
        return register_rows(rows, self._others.members, name, name=called, address=at)

    def as_dict(self) -> Json:
        database: Json = (self._known["database"] + [{}])[0]
        return {
            "tiers": self.tiers,
            "standby": self._said.standby,
            "rows": self.rows,
            "keepers": self._said.keepers(),
            "unread": self._unread,
            "why": self._why(),
            "hostname": self._node.hostname,
            "manager_name": self._manager_name(),
            "broker_name": self._broker_name(),
            "database_row": database,
            "database_address": database.get("host", self._node.address),
            "broker_by": self._one_of("broker"),
            "database_by": self._one_of("database"),
            "refusals": self.refusals(),
            "plan": self.plan(),
            "remains": self.remains(),
        }

    def _manager_name(self) -> str:
        names = [row.get("name") for row in self.rows["nodes"]]
        names += [row.get("hostname") for row in self.rows["manager"]]
        return str([*names, self._node.hostname][0])

    def _broker_name(self) -> str:
        names = [row.get("name") for row in self._known["broker"]]
        return str([*names, self._node.hostname][0])

    def _one_of(self, tier: str) -> str:
        """One that answers does it for all. Empty where there is none."""
        names = self._others.groups[tier]
        others = [n for n in names if n in self._others.here and n != self._node.name]
        return [*others, ""][0]

    @cached_property
    def _unread(self) -> list[str]:
        return self._said.unread(self._earlier.keepers)

    def _why(self) -> str:
        why = self._said.why(self._unread[0]) if self._unread else ""
        return f" ({why})" if why else ""

    def refusals(self) -> list[str]:
        """Why the removal could not end well, in words; empty when it may be begun."""
        told = []
        if not self.tiers:
            told.append("the inventory has no such node")
        if self._earlier.alive:
            alive = "; ".join(self._earlier.alive)
            told.append(f"its peers see it alive ({alive}): shut it down first")
        told += [doubt for doubt in self._doubts if doubt]
        told += self._may_be_another()
        if not self._said.anybody:
            told.append("no manager answers")
        if self._unread:
            unread = " and ".join(self._unread)
            told.append(f"what {unread} has in its registers cannot be read{self._why()}")
        if self._said.anybody and not self._earlier.keepers:
            told.append("no manager tells who is in the cluster")
        return told + self._too_few_left()

    def _may_be_another(self) -> list[str]:
        """Where no row is known to be its own, it may have an address there that the inventory does not say."""
        told = []
        for tier, known in self._known.items():
            if tier not in self.tiers or known or self._node.has_private:
                continue
            hosts = self._nobodys(tier)
            if hosts:
                told.append(
                    f"no {tier} of the cluster is known to be it, and {', '.join(hosts)} is nobody else's: "
                    "say cloudify_private_ip of each node in the inventory, which is the address that its peers use"
                )
        return told

    def _nobodys(self, tier: str) -> list[str]:
        others = [m["name"] for m in self._others.members if m["name"] != self._node.name]
        rows: Rows = []
        for row in self._said.rows[tier]:
            if row not in rows and not row.get("is_external"):
                rows.append(row)
        return [
            str(row.get("host"))
            for row in rows
            if not any(self._of(name, tier, [row])["rows"] for name in others)
        ]

    def _too_few_left(self) -> list[str]:
        told = []
        groups = self._others.groups
        only = [tier for tier in self.tiers if list(groups[tier]) == [self._node.name]]
        if only:
            told.append(f"it is the only {' and '.join(only)}: rebuild the cluster")
        listed = [row for row in self._said.rows["database"] if not row.get("is_external")]
        registered = {str(row.get("host")).lower() for row in listed}
        if "database" in self.tiers and len(registered) == 2 and self.rows["database"]:
            told.append(
                "of 2 databases, one would be left, without a standby: rebuild the cluster, or add a third first"
            )
        return told

    def plan(self) -> str:
        if self._said.standby:
            absent = "" if self.rows["nodes"] else ", where it is not"
            return f"remove it from the cluster's nodes{absent}"
        how = {
            "manager": "manager by REST",
            "broker": f"; broker on {self._one_of('broker')} and by REST",
            "database": f"; database on {self._one_of('database')} and on each manager",
        }
        places = ", ".join(f"{tier}s" for tier in self.tiers)
        return f"remove it from {places} ({''.join(how[tier] for tier in self.tiers)})"

    def remains(self) -> list[str]:
        """Where it still is."""
        registers = [f"the register of {tier}s" for tier in TIERS if self.rows[tier]]
        return ["the list of nodes"] * bool(self.rows["nodes"]) + registers


__all__ = ("Earlier", "Node", "NodeRemoval", "Others", "Said")
