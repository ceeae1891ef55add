# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""The nodes of a cluster and their groups, from what one manager says. Pure.

A node is a dict that can be kept as JSON: C(hostname), C(private_ip), C(public_ip), C(version), C(tiers),
C(status) (by tier), C(active) and C(broken).
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_case import is_ip, is_it
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_signs import IN_STATUS
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import RecoveryError

Json = dict[str, t.Any]

TIERS = ("manager", "broker", "database")
GROUPS = {
    "manager": "cloudify_managers",
    "broker": "cloudify_brokers",
    "database": "cloudify_databases",
}
ACTIVE, BROKEN = "cloudify_active", "cloudify_broken"

NAMINGS = ("hostname", "short_hostname", "private_ip", "public_ip")

#: How Patroni calls a database that leads.
LEADS = ("leader", "master", "primary")
#: A node is not down for these.
NOT_DOWN = ("OK", "Unknown", None)

#: What a name, an address or a version may have, so that none is ever a template or a path.
PLAIN = re.compile(r"[0-9A-Za-z_][0-9A-Za-z_.:%+-]*", re.ASCII)


def why_useless(view: Json) -> str:
    """What a manager's view lacks to know the nodes by; empty when it has it all."""
    if not view.get("version"):
        return view.get("error") or "it does not tell its version"
    errors = view.get("errors") or {}
    if "registers" in view:
        for tier, listed in view["registers"].items():
            if listed is None:
                return errors.get(tier) or f"it does not list the {tier}s"
        if not view["registers"].get("manager"):
            return "it lists no managers"
    elif view.get("nodes") is None and view.get("edition") != "community":
        return errors.get("nodes") or "it does not list the nodes"
    return ""


def nodes_of(view: Json, *, asked: str) -> tuple[list[Json], list[str]]:
    """The nodes, each once, and what is not among them though it should be, and why.

    :param view: of one manager (C(_views)), for which C(why_useless) says nothing
    :param asked: the address that this manager was asked at, without a port
    """
    if "registers" in view:
        found = _Registered(view, asked)
        return found.nodes, found.left_out
    nodes = [_standby_node(each, view) for each in view.get("nodes") or []]
    if not nodes:  # a manager before 5.0 that is in no cluster has no name of its own
        active = view.get("status_code") == 200
        nodes = [{**_node(asked, asked, view), "tiers": list(TIERS), "active": active}]
    if len(nodes) == 1 and _is_loopback(nodes[0]["private_ip"]):
        _is_asked(nodes[0], asked)
    return nodes, []


def _node(hostname: t.Any, address: t.Any, told: Json) -> Json:
    private = str(address or hostname)
    return {
        "hostname": str(hostname or address),
        "private_ip": private,
        "public_ip": str(told.get("public_ip") or private),
        "version": str(told.get("version") or ""),
        "tiers": [],
        "status": {},
        "active": False,
        "broken": False,
    }


def _standby_node(told: Json, view: Json) -> Json:
    node = _node(told.get("name"), told.get("host_ip"), {**told, "version": view["version"]})
    node["tiers"] = [
        tier for tier in TIERS if not (tier == "database" and told.get("remote_database"))
    ]
    online, checks = bool(told.get("online")), told.get("checks") or {}
    well = "OK" if all(checks.values()) else "Degraded"
    node["status"] = {"manager": well if online else "Fail"}
    node["active"] = online and bool(told.get("master"))
    node["broken"] = not online
    return node


def _is_asked(node: Json, asked: str) -> None:
    """A node that is known as localhost has the address that it was asked at."""
    if node["hostname"] in (node["private_ip"], "localhost"):
        node["hostname"] = asked
    if _is_loopback(node["public_ip"]):
        node["public_ip"] = asked
    node["private_ip"] = asked


class _Registered:
    """The nodes in the registers of managers, brokers and databases, from 5.0 on."""

    def __init__(self, view: Json, asked: str) -> None:
        self.nodes: list[Json] = []
        self.left_out: list[str] = []
        #: Whoever is listed as localhost is this node.
        self._self: Json | None = None
        #: Tier and name there -> the node.
        self._by_name: dict[tuple[str, str], Json] = {}
        registers = view["registers"]
        for told in registers["manager"]:
            self._enter("manager", told, told.get("hostname"), told.get("private_ip"))
        self._self = self._who_says_it(asked)
        for tier in ("broker", "database"):
            for told in registers.get(tier) or []:
                if not told.get("is_external"):
                    self._enter(tier, told, told.get("name"), told.get("host"))
            if not registers.get(tier) and len(self.nodes) == 1:
                self.nodes[0]["tiers"].append(tier)
        self._read_status((view.get("cluster_status") or {}).get("tiers") or {})
        self._find_active()
        if self._self and _is_loopback(self._self["private_ip"]):
            _is_asked(self._self, asked)

    def _enter(self, tier: str, told: Json, name: t.Any, address: t.Any) -> None:
        node = None if tier == "manager" else self._at(address, told)
        if node is None and tier != "manager" and _is_loopback(address or name):
            node = self._self
            if node is None:
                self.left_out.append(
                    f"{tier} {name} is listed as {address}, and which of the managers that is "
                    "cannot be told"
                )
                return
        if node is None and tier != "manager":
            # names come last: in each register somebody else chose them
            node = next((each for each in self.nodes if _is_called(each, name)), None)
        if node is None:
            node = _node(name, address, told)
            node["networks"] = list((told.get("networks") or {}).values())
            self.nodes.append(node)
        if tier not in node["tiers"]:
            node["tiers"].append(tier)
        self._by_name[tier, str(name)] = node

    def _at(self, address: t.Any, told: Json) -> Json | None:
        addresses = {str(address), *map(str, (told.get("networks") or {}).values())}
        for node in self.nodes:
            if addresses & {node["private_ip"], *node.get("networks", ())}:
                return node
        return None

    def _who_says_it(self, asked: str) -> Json | None:
        if len(self.nodes) == 1:
            return self.nodes[0]
        mine = [n for n in self.nodes if _is_called(n, asked) or asked == n["public_ip"]]
        return mine[0] if len(mine) == 1 else None

    def _read_status(self, tiers: Json) -> None:
        for tier, label in IN_STATUS.items():
            for name, told in ((tiers.get(label) or {}).get("nodes") or {}).items():
                node = self._by_name.get((tier, name)) or next(
                    (n for n in self.nodes if tier in n["tiers"] and _is_called(n, name)), None
                )
                if node is None:
                    continue
                status = told.get("status")
                node["status"][tier] = str(status)
                node["broken"] = node["broken"] or status not in NOT_DOWN
                if tier == "database" and told.get("role") in LEADS:
                    node["active"] = status == "OK"
                public = told.get("public_ip")
                if public and "manager" not in node["tiers"] and not _is_loopback(public):
                    node["public_ip"] = str(public)

    def _find_active(self) -> None:
        """A database that is alone has nobody else to lead."""
        databases = [node for node in self.nodes if "database" in node["tiers"]]
        for node in self.nodes:
            node.pop("networks", None)
        if len(databases) == 1 and databases[0]["status"].get("database") == "OK":
            databases[0]["active"] = True


def _is_called(node: Json, *names: t.Any) -> bool:
    return is_it(
        {"name": node["hostname"], "hostname": node["hostname"], "address": node["private_ip"]},
        *names,
    )


def _is_loopback(address: t.Any) -> bool:
    """Whether it is what the product calls a node that has no other one to talk to."""
    text = str(address)
    return text in ("127.0.0.1", "::1") or text.partition(".")[0] == "localhost"


def named(nodes: t.Sequence[Json], *, by: str) -> dict[str, Json]:
    """Inventory name -> node.

    :param by: one of C(NAMINGS)
    :raises RecoveryError: when two nodes would have the same name
    """
    found: dict[str, Json] = {}
    for node in nodes:
        name = node["hostname"] if by == "short_hostname" else node[by]
        if by == "short_hostname" and not is_ip(name):
            name = name.partition(".")[0]
        if name in found:
            raise RecoveryError(
                f"two nodes of the cluster would be called {name}: "
                f"{found[name]['hostname']} ({found[name]['private_ip']}) and "
                f"{node['hostname']} ({node['private_ip']})",
                hint=f"Set hostname to something else than {by}",
            )
        found[name] = node
    return found


def groups_of(node: Json) -> list[str]:
    groups = [GROUPS[tier] for tier in node["tiers"]]
    return groups + [ACTIVE] * node["active"] + [BROKEN] * node["broken"]


_TEXTS = ("hostname", "private_ip", "public_ip", "version")
_TYPES = {"tiers": list, "status": dict, "active": bool, "broken": bool}


def check(nodes: t.Any) -> list[Json]:
    """The nodes, once it is certain that they are nothing else: what they came from is not ours.

    :raises RecoveryError: when something in there is no name, address, version or tier
    """
    if not isinstance(nodes, list) or not nodes:
        raise RecoveryError("there is no list of nodes")
    for node in nodes:
        good = isinstance(node, dict) and all(
            isinstance(node.get(key), kind)
            for key, kind in (*_TYPES.items(), *((each, str) for each in _TEXTS))
        )
        if not good or not set(node["tiers"]) <= set(TIERS):
            raise RecoveryError("an entry of the list is no node")
        told = [node[key] for key in ("hostname", "private_ip", "public_ip")]
        told += [each for each in (node["version"], *node["status"].values()) if each]
        told += node["status"]
        for text in told:
            if not isinstance(text, str) or not PLAIN.fullmatch(text):
                raise RecoveryError(f"{text!r} is no name, address or version")
    return t.cast("list[Json]", nodes)


__all__ = (
    "ACTIVE",
    "BROKEN",
    "GROUPS",
    "NAMINGS",
    "check",
    "groups_of",
    "named",
    "nodes_of",
    "why_useless",
)
