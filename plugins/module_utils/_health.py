# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Whether a cluster is healthy, by what all of its members say. Pure.

Never one host's word: an isolated leader still calls itself one, and whoever was cut off shows the others as they were.
"""

from __future__ import annotations

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_case import (
    Case,
    Json,
    is_it,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_signs import (
    IN_STATUS,
    UP,
    active,
    seen_alive,
    silent,
    status_code,
    suspects,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import STANDBY


def judge(case: Case) -> Json:
    """Returns healthy, problems and notes: each a line that names the member and what it says."""
    if case.generation == "active_standby":
        _standby(case)
    else:
        _managers(case)
        _databases(case)
        _brokers(case)
    for name in case.without:
        signs = seen_alive(case, name)
        if signs:
            case.say(name, f"is not dead: {', '.join(signs)}")
    return {
        "healthy": not case.problems,
        "problems": case.problems,
        "notes": case.notes,
        "active": active(case),
        "suspects": suspects(case),
        "silent": silent(case),
    }


# -- active_standby ----------------------------------------------------------------------------------


def _standby(case: Case) -> None:
    managers = case.of("manager")
    for member in managers:
        view = case.views.get(member["name"]) or {}
        if not view.get("answers"):
            case.say(member["name"], view.get("error") or "does not answer")
        elif status_code(case, member) != 200 and view.get("error_code") != STANDBY:
            why = view.get("error") or (view.get("errors") or {}).get("status") or "no reason"
            case.say(member["name"], f"answers neither as the active one nor as a standby: {why}")
    leaders = [m for m in managers if status_code(case, m) == 200]
    if len(leaders) != 1:
        names = ", ".join(m["name"] for m in leaders) or "no manager"
        case.say("cluster", f"one manager should be active, and {names} answers as such")
        return
    leader = leaders[0]
    view = case.views[leader["name"]]
    _standby_write(case, leader["name"], view)
    if len(managers) > 1:
        _standby_rows(case, managers)
    if view.get("inactive"):
        case.say(leader["name"], f"services are down: {', '.join(view['inactive'])}")
    nodes = view.get("nodes")
    if nodes is None:
        if len(case.members) > 1 or view.get("initialized"):
            case.say(leader["name"], "does not say which nodes there are")
        return
    if not nodes and len(case.members) == 1:
        return
    masters = [n for n in nodes if n.get("master")]
    if len(masters) != 1 or not is_it(leader, masters[0].get("name"), masters[0].get("host_ip")):
        told = ", ".join(str(n.get("name")) for n in masters) or "nobody"
        case.say(leader["name"], f"answers as the active one, and names {told} as such")
    for node in nodes:
        case.note_strangers("the cluster has the node", node.get("name"), node.get("host_ip"))
    rows = [((n.get("name"), n.get("host_ip")), not n.get("online")) for n in nodes]
    case.note_strangers_down("manager", leader["name"], "sees {} offline", rows)
    for member in managers:
        own = [n for n in nodes if is_it(member, n.get("name"), n.get("host_ip"))]
        if not own:
            case.say(leader["name"], f"does not have {member['name']} among its nodes")
        elif not own[0].get("online"):
            case.say(leader["name"], f"sees {member['name']} offline")
        else:
            bad = sorted(k for k, ok in (own[0].get("checks") or {}).items() if not ok)
            if bad:
                case.say(leader["name"], f"{member['name']} fails the checks {', '.join(bad)}")
    for member in managers:
        other = (case.views.get(member["name"]) or {}).get("nodes")
        if other and _agreed(case, other) != _agreed(case, nodes):
            case.say(member["name"], f"sees other nodes than {leader['name']} does")


def _standby_write(case: Case, name: str, view: Json) -> None:
    write = view.get("write")
    if write not in (None, "ok"):
        case.say(name, f"a write is not acknowledged: {write}")
    elif write is None:
        mode = view.get("maintenance")
        why = f": maintenance mode is {mode}" if mode not in (None, "deactivated") else ""
        case.note(f"{name}: no write was tried{why}")


def _standby_rows(case: Case, managers: list[Json]) -> None:
    """Of the database that each has of its own, where that lets itself be asked: REST tells nothing of a standby's."""
    counts = {}
    for name in (member["name"] for member in managers):
        probe = case.probes.get(name) or {}
        rows = probe.get("rows") or {}
        if rows.get("counts"):
            counts[name] = rows["counts"]
            continue
        refused = probe.get("refused")
        said = f"the host answers, and says: {refused}" if refused else rows.get("error")
        case.note(f"rows of {name} were not counted: {said or 'it says nothing of its database'}")
    before = {name: (case.before.get(name) or {}).get("rows") for name in counts}
    _equal_rows(case, counts, before)


def _agreed(case: Case, nodes: list[Json]) -> list[tuple[t.Any, ...]]:
    return sorted(
        (str(n.get("name")), bool(n.get("online")), bool(n.get("master")))
        for n in nodes
        if not case.is_without(n.get("name"), n.get("host_ip"))
    )


#: What is said of a tier that the cluster has, and the inventory has not.
UNNAMED = "the inventory has none in the group"

# -- all_active --------------------------------------------------------------------------------------


def _managers(case: Case) -> None:
    registers: dict[str, t.Any] = {}
    versions = {m["name"]: (case.views.get(m["name"]) or {}).get("version") for m in case.members}
    if len({version for version in versions.values() if version}) > 1:
        each = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
        case.say("managers", f"they are of different versions: {each}")
    for member in case.of("manager"):
        name, view = member["name"], case.views.get(member["name"]) or {}
        if not view.get("answers"):
            case.say(name, view.get("error") or "its REST service does not answer")
            continue
        if view.get("status_code") != 200 or view.get("status") != "OK":
            told = ", ".join(view.get("inactive") or []) or view.get("error")
            why = told or (view.get("errors") or {}).get("status") or "no reason given"
            case.say(name, f"its own status is {view.get('status') or 'unknown'} ({why})")
        if view.get("maintenance") not in (None, "deactivated"):
            case.note(f"maintenance mode is {view['maintenance']}")
        errors = view.get("errors") or {}
        _cluster_status(case, name, view.get("cluster_status"), errors.get("cluster_status"))
        for tier, listed in (view.get("registers") or {}).items():
            if listed is None:
                case.say(name, f"does not list the {tier}s{_since(errors.get(tier))}")
                continue
            key = sorted(str(m.get("host") or m.get("hostname")) for m in listed)
            first, seen = registers.setdefault(tier, (name, key))
            if seen != key:
                case.say(name, f"lists other {tier}s ({', '.join(key)}) than {first}")
            _register(case, name, tier, listed)


def _register(case: Case, name: str, tier: str, listed: list[Json]) -> None:
    if all(m.get("is_external") for m in listed) and listed:
        return
    if listed and not any(tier in m["tiers"] for m in case.members):
        # else all that is looked at is well, since nobody is looked at
        case.say(name, f"nothing is known of its {tier}s: {UNNAMED} cloudify_{tier}s")
    for member in case.of(tier):
        names = [
            (m.get("hostname"), m.get("name"), m.get("host"), m.get("private_ip")) for m in listed
        ]
        if not any(is_it(member, *each, by=name) for each in names):
            case.say(name, f"does not have {tier} {member['name']} in its register")
    for other in listed:
        told = other.get("hostname") or other.get("name")
        case.note_strangers(
            f"the managers list the {tier}",
            *(told, other.get("host"), other.get("private_ip")),
            by=name,
        )


def _since(why: str | None) -> str:
    """What could not be asked, and why."""
    return f": {why}" if why else ""


def _cluster_status(case: Case, name: str, status: Json | None, why: str | None) -> None:
    if status is None:
        case.say(name, f"does not tell the cluster's status{_since(why)}")
        return
    if status["status"] == "OK":
        return
    down = [
        (f"{tier} {node} {told['status']}", node)
        for tier, tiers in sorted(status["tiers"].items())
        for node, told in sorted(tiers["nodes"].items())
        if told["status"] != "OK"
    ]
    bad = [what for what, node in down if not case.is_without(node)]
    # it has to be for those that are known to be dead
    if bad or not down or status["status"] != "Degraded":
        why = ", ".join(bad) or "no node is named"
        case.say(name, f"sees the cluster as {status['status']} ({why})")
    for tier, label in IN_STATUS.items():
        nodes = ((status["tiers"].get(label) or {}).get("nodes") or {}).items()
        rows = [((node,), told["status"] not in ("OK", "Unknown")) for node, told in nodes]
        case.note_strangers_down(tier, name, f"sees the {tier} of {{}} as down", rows)
    for what, node in down:
        case.note_strangers(f"{name} sees {what.rpartition(' ')[2]} for", node)


def _unheard(case: Case, name: str) -> str:
    refused = (case.probes.get(name) or {}).get("refused")
    return f"the host answers, and says: {refused}" if refused else "the host does not answer"


def _databases(case: Case) -> None:
    members = case.of("database")
    told = {m["name"]: (case.probes.get(m["name"]) or {}).get("database") for m in members}
    for name, database in told.items():
        if database is None:
            case.say(name, f"nothing is known of its database: {_unheard(case, name)}")
        elif database["error"]:
            case.say(name, f"its database does not answer: {database['error']}")
        elif database["single"]:
            if case.has_several("database"):
                case.say(name, "its database is not of the cluster: it has no Patroni")
        elif database["role"] is None:
            case.say(name, "its database does not say whether it is the leader")
    known = {
        name: database for name, database in told.items() if database and not database["single"]
    }
    if not known:
        return
    _one_leader(case, members, known)
    _same_view(case, members, known)
    _same_rows(case, known)


def _one_leader(case: Case, members: list[Json], known: Json) -> None:
    primary = sorted(n for n, d in known.items() if (d.get("primary") or {}).get("code") == 200)
    writing = sorted(n for n, d in known.items() if d["role"] == "leader")
    if len(primary) != 1:
        case.say("databases", f"one should be primary, and {', '.join(primary) or 'none'} says so")
    elif writing != primary:
        case.say(
            "databases", f"{primary[0]} is primary, and {', '.join(writing) or 'none'} takes writes"
        )
    for name in writing:
        write = known[name]["write"]
        if write is None:
            case.note(f"{name}: no write was tried")
        elif write != "ok":
            case.say(name, f"a write is not acknowledged: {write}")
    timelines = {
        name: ((d.get("patroni") or {}).get("body") or {}).get("timeline")
        for name, d in known.items()
        if not d["error"]
    }
    if len(set(timelines.values())) > 1:
        each = ", ".join(f"{name} {line}" for name, line in sorted(timelines.items()))
        case.say("databases", f"they are on different timelines: {each}")


def _same_view(case: Case, members: list[Json], known: Json) -> None:
    """Every node's own list of the members, which says nothing when it stands alone."""
    first: tuple[str, t.Any] | None = None
    for name, database in sorted(known.items()):
        listed = ((database.get("cluster") or {}).get("body") or {}).get("members")
        if not listed:
            case.say(name, "its Patroni does not list the members")
            continue
        view = {
            str(m.get("host")): (m.get("role"), m.get("state") in UP)
            for m in listed
            if not case.is_without(m.get("host"))
        }
        rows = [((m.get("host"),), m.get("state") not in UP) for m in listed]
        case.note_strangers_down("database", name, "its Patroni lists {} as down", rows)
        for m in listed:
            case.note_strangers("Patroni has the database", m.get("host"))
        for member in members:
            own = [how for host, how in view.items() if is_it(member, host)]
            if not own:
                case.say(name, f"sees the database of {member['name']} as not a member")
            elif not own[0][1]:
                case.say(name, f"sees the database of {member['name']} as down")
        if len(view) > 1 and not any(role == "sync_standby" for role, _up in view.values()):
            case.say(name, "sees no synchronous standby, so that writes block")
        if first is None:
            first = (name, view)
        elif view != first[1]:
            case.say(name, f"sees other roles of the databases than {first[0]} does")


def _same_rows(case: Case, known: Json) -> None:
    counts = {name: d["counts"] for name, d in sorted(known.items()) if d["role"]}
    for name, found in counts.items():
        if not found:
            case.say(name, "its rows could not be counted")
    before = {name: (case.before.get(name) or {}).get("database") for name in counts}
    _equal_rows(case, counts, before)


def _equal_rows(case: Case, counts: t.Mapping[str, Json], before: t.Mapping[str, t.Any]) -> None:
    """:param before: what C(counts) of each was at the last look, if there was one"""
    tables = sorted({table for found in counts.values() for table in found})
    for table in tables:
        rows = {name: found.get(table) for name, found in counts.items() if found}
        if len(set(rows.values())) > 1:
            each = ", ".join(f"{name} {number}" for name, number in rows.items())
            if _move_together(rows, {n: _count(before[n], table) for n in rows}):
                case.note(f"rows of {table} are being written, and all follow: {each}")
            else:
                case.say("databases", f"rows of {table} differ: {each}")


def _count(told: Json | None, table: str) -> int | None:
    return ((told or {}).get("counts") or {}).get(table)


def _move_together(rows: t.Mapping[str, t.Any], before: t.Mapping[str, t.Any]) -> bool:
    """Whether the rows differ only because each host counts at a moment of its own while somebody writes.

    Since the last look all have moved, and each beyond what any other one had then: who has stopped or lags has not.
    """
    then, now = [before[name] for name in rows], list(rows.values())
    if None in (*then, *now):
        return False
    pairs = list(zip(then, now))
    more = all(old < new for old, new in pairs) and max(then) <= min(now)
    fewer = all(old > new for old, new in pairs) and max(now) <= min(then)
    return more or fewer


def _brokers(case: Case) -> None:
    members = case.of("broker")
    for member in members:
        name = member["name"]
        broker = (case.probes.get(name) or {}).get("broker")
        if broker is None:
            case.say(name, f"nothing is known of its broker: {_unheard(case, name)}")
        elif broker["error"]:
            case.say(name, f"its broker does not answer: {broker['error']}")
        else:
            running = [node.partition("@")[2] for node in broker["running"]]
            for node in broker["known"]:
                case.note_strangers("the brokers know", node.partition("@")[2], by=name)
            for other in members:
                if not any(is_it(other, node, by=name) for node in running):
                    case.say(name, f"does not see the broker of {other['name']} running")
            if broker["partitions"]:
                case.say(name, f"its broker is in a partition: {broker['partitions']}")


__all__ = ("UNNAMED", "judge")
