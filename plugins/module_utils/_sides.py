# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Which sides a cluster has split into: those who agree with each other are a side. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass, field

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_case import (
    is_it,
    known_as,
)

Json = dict[str, t.Any]
NameOf = t.Callable[..., str]


@dataclass
class Side:
    """Nodes that agree with each other.

    :ivar name: of the node that leads it, or of its only one
    :ivar leader: who takes writes in it, if anybody does
    :ivar managers: its managers that answer as active ones
    :ivar quorum: more than half of the members are on it, as far as it can tell
    """

    name: str
    nodes: list[str]
    leader: str = ""
    managers: list[str] = field(default_factory=list)
    quorum: bool = False
    evidence: list[str] = field(default_factory=list)


@dataclass
class Split:
    generation: str
    sides: list[Side]
    #: Nodes that have said nothing, or belong to none.
    unknown: list[str]
    notes: list[str]
    #: Before 5.0: a node -> where its peers reach it, which the inventory may not say.
    addresses: dict[str, list[str]] = field(default_factory=dict)

    def as_dict(self) -> Json:
        return {**asdict(self), "split": len(self.sides) > 1}


def standby_sides(*, members: t.Sequence[Json], views: t.Mapping[str, Json]) -> Split:
    """Before 5.0: each manager that answers as the active one, with those that it sees online."""
    name_of = _names(members, views)
    active = [m["name"] for m in members if views.get(m["name"], {}).get("status_code") == 200]
    sides: list[Side] = []
    placed: dict[str, str] = {}
    notes = []
    for name in active:
        listed = views[name].get("nodes") or []
        seen = [node for node in listed if node.get("online")]
        online = [name_of(node.get("host_ip"), node.get("name")) for node in seen]
        quorum = 2 * len(online) > len(members)
        nodes = [name]
        for node in online:
            if node in active or not node:
                continue
            if node in placed:
                notes.append(f"{name} sees {node} online, and {placed[node]} does, too")
                continue
            placed[node] = name
            nodes.append(node)
        said = f"{name} answers as the active one, and sees {len(online)} of {len(members)} online"
        sides.append(Side(name, sorted(nodes), name, [name], quorum, [said]))
    for side in sides:
        others = sorted(set(side.nodes) - {side.name})
        side.evidence += [f"{side.name} sees {', '.join(others)} online"] if others else []
    on_a_side = {node for side in sides for node in side.nodes}
    unknown = [m["name"] for m in members if m["name"] not in on_a_side]
    for name in unknown:
        view = views.get(name, {})
        said = "no active one sees it" if view.get("answers") else "it does not answer over REST"
        notes.append(f"{name} is on no side: {said}")
    addresses: dict[str, list[str]] = {}
    listed = [(name, node) for name in active for node in views[name].get("nodes") or []]
    for by, node in listed:
        host_ip, name = node.get("host_ip"), name_of(node.get("host_ip"), node.get("name"))
        if host_ip and not name:
            notes.append(
                f"{by} lists {node.get('name')} at {host_ip}, which no node of the inventory is: nobody is fenced off from it"
            )
        elif host_ip and host_ip not in addresses.setdefault(name, []):
            addresses[name].append(host_ip)
    return Split("active_standby", sides, unknown, notes, addresses)


def database_sides(
    *, members: t.Sequence[Json], views: t.Mapping[str, Json], databases: t.Mapping[str, Json]
) -> Split:
    """From 5.0 on: each database that takes writes, with those that stream from it; and each that does not stream and
    has rows of its own, whatever Patroni says of it."""
    name_of = _names(members, views, databases)
    nodes = [m["name"] for m in members if "database" in m["tiers"]]
    sides = [_led(name, databases) for name in nodes if _leads(databases.get(name))]
    alone = []
    notes = []
    for name in nodes:
        found = databases.get(name)
        if found is None or _leads(found):
            continue
        upstream = next((s for s in sides if _follows(name, found, s, databases, name_of)), None)
        if upstream:
            upstream.nodes.append(name)
            upstream.evidence.append(f"{name} streams from {upstream.name}")
        else:
            alone.append(name)
    for name in alone:
        found = databases[name]
        same = next((s for s in sides if _same_rows(found, databases[s.name])), None)
        if same:
            same.nodes.append(name)
            same.evidence.append(f"{name} has the same rows as {same.name}, and does not stream")
        else:
            left_out = {t for d in (found, *_of_leaders(sides, databases)) for t in _left_out(d)}
            sides.append(Side(name, [name], evidence=[_why_alone(name, found, sorted(left_out))]))
    unknown = [name for name in nodes if databases.get(name) is None]
    notes += [f"{name} does not tell what its database has" for name in unknown]
    main = [s for s in sides if s.quorum and s.leader]
    if len(main) == 1 and databases[main[0].name].get("blocked") == "yes":
        notes.append(
            f"writes on {main[0].name} wait for a synchronous standby: it can make no snapshot, and a dump has to do"
        )
    elif len(main) == 1:
        main[0].managers = _managers_of(main[0], sides, members, views)
    elif main:
        notes.append(f"{' and '.join(s.name for s in main)} both say that they have a quorum")
    for side in sides:
        side.nodes.sort()
    return Split("all_active", sides, unknown, notes)


def _managers_of(
    main: Side, sides: t.Sequence[Side], members: t.Sequence[Json], views: t.Mapping[str, Json]
) -> list[str]:
    """Those on its own hosts first. One on a host of another side may well be served by that one's database."""
    elsewhere = {node for side in sides if side is not main for node in side.nodes}
    serving = [
        m["name"]
        for m in members
        if "manager" in m["tiers"] and m["name"] not in elsewhere and _serves(views, m["name"])
    ]
    return sorted(serving, key=lambda name: name not in main.nodes)


def _led(name: str, databases: t.Mapping[str, Json]) -> Side:
    found = databases[name]
    by = "under Patroni" if found.get("patroni") == "running" else "without Patroni"
    said = f"{name} takes writes {by}, on timeline {found.get('timeline') or '?'}"
    quorum = bool(found.get("quorum")) and found.get("patroni") == "running"
    return Side(name, [name], name, [], quorum, [said])


def _leads(found: Json | None) -> bool:
    return bool(found) and (found or {}).get("recovery") == "f"


def _follows(
    name: str, found: Json, side: Side, databases: t.Mapping[str, Json], name_of: NameOf
) -> bool:
    """By the word of both: one that only asks for a log that its leader does not have streams nothing."""
    leader = databases[side.name]
    if not found.get("sender") or found.get("timeline") != leader.get("timeline"):
        return False
    followers = {name_of(address) for address in leader.get("followers") or []}
    return name_of(found["sender"]) == side.name and name in followers


def _same_rows(found: Json, other: Json) -> bool:
    """Of all tables: in one that was too large to be compared there could be others."""
    if _left_out(found) or _left_out(other):
        return False
    return bool(found.get("tables")) and found["tables"] == other.get("tables")


def _left_out(found: Json) -> list[str]:
    return list(found.get("left_out") or [])


def _of_leaders(sides: t.Sequence[Side], databases: t.Mapping[str, Json]) -> list[Json]:
    return [databases[side.name] for side in sides if side.leader]


def _why_alone(name: str, found: Json, left_out: t.Sequence[str] = ()) -> str:
    if not found.get("recovery"):
        return f"{name}'s database is down, so that only a dump tells what it has"
    if found.get("tables") and left_out:
        return (
            f"{name} follows nobody, and tables are too large to be compared: {', '.join(left_out)}"
        )
    if found.get("tables"):
        return f"{name} follows nobody, and has rows that no leader has, or lacks some"
    return f"{name} follows nobody, and does not tell what it has"


def _serves(views: t.Mapping[str, Json], name: str) -> bool:
    view = views.get(name, {})
    return bool(view.get("answers")) and not view.get("error_code")


def _names(
    members: t.Sequence[Json],
    views: t.Mapping[str, Json],
    databases: t.Mapping[str, Json] | None = None,
) -> NameOf:
    """Whatever a member is known by -> its name in the inventory, or an empty string."""
    own = {name: found.get("address") for name, found in (databases or {}).items()}
    known = known_as(members, views=views, own=own)

    def name_of(*said: t.Any) -> str:
        return next((str(member["name"]) for member in known if is_it(member, *said)), "")

    return name_of


# -- what each has ---------------------------------------------------------------------------------


def items_of(inventory: Json) -> Json:
    """A content inventory as kind -> item -> what has to be the same of it."""
    fields = inventory.get("details", {}).get("fields", {})
    found: Json = {}
    for tenant, kinds in inventory["content"].items():
        for kind, listed in kinds.items():
            values = fields.get(tenant, {}).get(kind, {})
            for item in listed["ids"]:
                name = item if tenant.startswith("(") else f"{item} of tenant {tenant}"
                found.setdefault(kind, {})[name] = str(values.get(item, ""))
    return found


def rows_of(text: str) -> Json:
    """What save.sh lists of a database's rows: table, row and digest, with tabs in between."""
    found: Json = {}
    for line in text.splitlines():
        parts = line.split("\t")
        if len(parts) == 3:
            found.setdefault(parts[0], {})[parts[1]] = parts[2]
    return found


def compare_sides(contents: t.Mapping[str, Json]) -> Json:
    """What only one side has, what some lack, and what differs.

    :param contents: name of the side -> kind -> item -> digest
    """
    only: dict[str, dict[str, list[str]]] = {name: {} for name in contents}
    partly: dict[str, dict[str, list[str]]] = {}
    differs: dict[str, list[str]] = {}
    for kind in sorted({kind for content in contents.values() for kind in content}):
        items = sorted({i for content in contents.values() for i in content.get(kind, {})})
        for item in items:
            having = [name for name, c in contents.items() if item in c.get(kind, {})]
            if len(having) == 1 and len(contents) > 1:
                only[having[0]].setdefault(kind, []).append(item)
                continue
            if len(having) < len(contents):
                partly.setdefault(kind, {})[item] = having
            if len({contents[name][kind][item] for name in having}) > 1:
                differs.setdefault(kind, []).append(item)
    return {"only": only, "partly": partly, "differs": differs}


def to_redo(comparison: Json, survivor: str) -> list[str]:
    """What the survivor lacks or has otherwise, a line for each side and kind."""
    lines = []
    for name, kinds in comparison["only"].items():
        for kind, items in kinds.items() if name != survivor else ():
            lines.append(f"only {name} has {kind}: {_few(items)}")
    for kind, found in comparison["partly"].items():
        for item, having in found.items():
            if survivor not in having:
                lines.append(f"{' and '.join(having)} have {kind}: {item}")
    for kind, items in comparison["differs"].items():
        lines.append(f"{kind} differ between the sides: {_few(items)}")
    return lines


def _few(items: t.Sequence[str], most: int = 8) -> str:
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more


def screen(comparison: Json) -> list[str]:
    """The comparison in lines for people; all of it is in the file."""
    lines = []
    for name, kinds in comparison["only"].items():
        if not kinds:
            lines.append(f"{name} has nothing that no other side has")
        for kind, items in kinds.items():
            lines.append(f"only {name} has {len(items)} {kind}: {_few(items)}")
    for kind, found in comparison["partly"].items():
        lines.append(f"not all have {len(found)} {kind}: {_few(list(found))}")
    for kind, items in comparison["differs"].items():
        lines.append(f"differ: {len(items)} {kind}: {_few(items)}")
    return lines


__all__ = (
    "Side",
    "Split",
    "compare_sides",
    "database_sides",
    "items_of",
    "rows_of",
    "screen",
    "standby_sides",
    "to_redo",
)
