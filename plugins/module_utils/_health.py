# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Whether a cluster is healthy, by what all of its members say. Pure.

Never one host's word: an isolated leader still calls itself one, and whoever was cut off shows the others as they were.

A member is a dict with C(name), C(hostname), C(address) and C(tiers); C(views) has what each manager says over REST
(C(_views)), C(probes) what each host says of its own database and broker (plugin_utils C(_probe)), both by name.
"""

from __future__ import annotations

import ipaddress
import typing as t
from dataclasses import dataclass, field

Json = dict[str, t.Any]

UP = ("running", "streaming")
#: What a standby of 4.x answers to everything.
STANDBY = "not_cluster_master"
#: Tier -> its name in /cluster-status.
IN_STATUS = {"manager": "manager", "broker": "broker", "database": "db"}


@dataclass
class Case:
    """All that is known of a cluster at a moment.

    :param generation: C(active_standby) or C(all_active)
    :param without: names of members that are known to be dead
    """

    generation: str
    members: list[Json]
    views: t.Mapping[str, Json]
    probes: t.Mapping[str, Json]
    without: t.Collection[str] = ()
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def of(self, tier: str) -> list[Json]:
        """The members of a tier that should be well."""
        return [m for m in self.members if tier in m["tiers"] and m["name"] not in self.without]

    def is_without(self, *names: t.Any) -> bool:
        """Whether these name a member that is known to be dead, or none of the inventory's."""
        mine = next((m for m in self.members if is_it(m, *names)), None)
        return mine is None or mine["name"] in self.without

    def say(self, who: str, what: str) -> None:
        self.problems.append(f"{who}: {what}")

    def note(self, what: str) -> None:
        if what not in self.notes:
            self.notes.append(what)

    def note_strangers(self, where: str, *names: t.Any, by: str = "") -> None:
        """What a cluster has and the inventory has not."""
        told = next((name for name in names if name), None)
        if told and not any(is_it(m, *names, by=by) for m in self.members):
            self.note(f"{where} {told}, which is not in the inventory")


def is_it(member: Json, *names: t.Any, by: str = "") -> bool:
    """Whether any of these is a name or the address of a member.

    :param by: name of the member that says so: on a manager with a database and a broker of its own, these are localhost
    """
    told = [_plain(name) for name in names if name]
    if by == member["name"] and any(_is_loopback(name) for name in told):
        return True
    own = [_plain(member[key]) for key in ("name", "hostname", "address")]
    return any(_same(mine, name) for name in told for mine in own)


def _is_loopback(text: str) -> bool:
    return text == "localhost" or (_is_ip(text) and ipaddress.ip_address(text).is_loopback)


def _same(one: str, other: str) -> bool:
    """A short name is that of any host that is called so in full, but two full names have to be equal."""
    if one == other:
        return True
    if _is_ip(one) or _is_ip(other) or ("." in one and "." in other):
        return False
    return one.partition(".")[0] == other.partition(".")[0]


def _plain(name: t.Any) -> str:
    """One spelling of an address or a name."""
    text = str(name).strip("[]").rstrip(".").lower()
    return str(ipaddress.ip_address(text)) if _is_ip(text) else text


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


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
    }


def suspects(case: Case) -> list[str]:
    """Who may be down, of the surest kind that there is: who is silent altogether; else who has a tier that does
    not answer; else whom another member sees down."""
    silent, broken, seen = set(), set(), set()
    for member in case.members:
        name, told = member["name"], _own_words(case, member)
        if not any(told):
            silent.add(name)
        elif not all(told):
            broken.add(name)
        view = case.views.get(name) or {}
        for node in view.get("nodes") or []:
            if not node.get("online"):
                seen.update(_who(case, node.get("name"), node.get("host_ip")))
        tiers = (view.get("cluster_status") or {}).get("tiers") or {}
        for tier in tiers.values():
            for node, how in tier["nodes"].items():
                if how["status"] != "OK":
                    seen.update(_who(case, node))
    return sorted(silent or broken or seen)


def _own_words(case: Case, member: Json) -> list[bool]:
    """Of each tier of a node: whether it answers. A manager that hangs does, as it waits for its database."""
    view = case.views.get(member["name"]) or {}
    probe = case.probes.get(member["name"]) or {}
    found = []
    if "manager" in member["tiers"]:
        found.append(bool(view.get("answers") or view.get("hangs")))
    if case.generation == "all_active":
        for tier in ("database", "broker"):
            if tier in member["tiers"]:
                told = probe.get(tier)
                found.append(bool(told) and not told["error"])
    return found


def _who(case: Case, *names: t.Any) -> list[str]:
    return [m["name"] for m in case.members if is_it(m, *names)]


def active(case: Case) -> list[str]:
    """Who calls itself the active one: managers before 5.0, databases from then on. More than one is a split brain."""
    if case.generation == "active_standby":
        return [m["name"] for m in case.members if _code(case, m) == 200]
    found = []
    for member in case.members:
        database = (case.probes.get(member["name"]) or {}).get("database") or {}
        if (database.get("primary") or {}).get("code") == 200:
            found.append(member["name"])
    return found


# -- active_standby ----------------------------------------------------------------------------------


def _standby(case: Case) -> None:
    managers = case.of("manager")
    for member in managers:
        view = case.views.get(member["name"]) or {}
        if not view.get("answers"):
            case.say(member["name"], view.get("error") or "does not answer")
        elif _code(case, member) != 200 and view.get("error_code") != STANDBY:
            why = view.get("error") or (view.get("errors") or {}).get("status") or "no reason"
            case.say(member["name"], f"answers neither as the active one nor as a standby: {why}")
    leaders = [m for m in managers if _code(case, m) == 200]
    if len(leaders) != 1:
        names = ", ".join(m["name"] for m in leaders) or "no manager"
        case.say("cluster", f"one manager should be active, and {names} answers as such")
        return
    leader = leaders[0]
    view = case.views[leader["name"]]
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


def _agreed(case: Case, nodes: list[Json]) -> list[tuple[t.Any, ...]]:
    return sorted(
        (str(n.get("name")), bool(n.get("online")), bool(n.get("master")))
        for n in nodes
        if not case.is_without(n.get("name"), n.get("host_ip"))
    )


def _code(case: Case, member: Json) -> t.Any:
    return (case.views.get(member["name"]) or {}).get("status_code")


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
        _cluster_status(case, name, view.get("cluster_status"))
        for tier, listed in (view.get("registers") or {}).items():
            if listed is None:
                case.say(name, f"does not list the {tier}s")
                continue
            key = sorted(str(m.get("host") or m.get("hostname")) for m in listed)
            first, seen = registers.setdefault(tier, (name, key))
            if seen != key:
                case.say(name, f"lists other {tier}s ({', '.join(key)}) than {first}")
            _register(case, name, tier, listed)


def _register(case: Case, name: str, tier: str, listed: list[Json]) -> None:
    if all(m.get("is_external") for m in listed) and listed:
        return
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


def _cluster_status(case: Case, name: str, status: Json | None) -> None:
    if status is None:
        case.say(name, "does not tell the cluster's status")
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
    for what, node in down:
        case.note_strangers(f"{name} sees {what.rpartition(' ')[2]} for", node)


def _databases(case: Case) -> None:
    members = case.of("database")
    told = {m["name"]: (case.probes.get(m["name"]) or {}).get("database") for m in members}
    for name, database in told.items():
        if database is None:
            case.say(name, "nothing is known of its database: the host does not answer")
        elif database["error"]:
            case.say(name, f"its database does not answer: {database['error']}")
        elif database["single"]:
            if sum("database" in m["tiers"] for m in case.members) > 1:
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
    tables = sorted({table for found in counts.values() for table in found})
    for table in tables:
        rows = {name: found.get(table) for name, found in counts.items() if found}
        if len(set(rows.values())) > 1:
            each = ", ".join(f"{name} {number}" for name, number in rows.items())
            case.say("databases", f"rows of {table} differ: {each}")


def _brokers(case: Case) -> None:
    members = case.of("broker")
    for member in members:
        name = member["name"]
        broker = (case.probes.get(name) or {}).get("broker")
        if broker is None:
            case.say(name, "nothing is known of its broker: the host does not answer")
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


# -- one node ----------------------------------------------------------------------------------------


def seen_alive(case: Case, name: str) -> list[str]:
    """What the peers of a node say that speaks for its being alive: never its own word."""
    victim = next(m for m in case.members if m["name"] == name)
    found = []
    for peer in case.members:
        if peer["name"] == name:
            continue
        view = case.views.get(peer["name"]) or {}
        for node in view.get("nodes") or []:
            if is_it(victim, node.get("name"), node.get("host_ip")) and node.get("online"):
                found.append(f"{peer['name']} sees it online")
        for tier, label in IN_STATUS.items():
            tiers = ((view.get("cluster_status") or {}).get("tiers") or {}).get(label) or {}
            for node, told in (tiers.get("nodes") or {}).items():
                if is_it(victim, node) and told["status"] == "OK":
                    found.append(f"{peer['name']} sees its {tier} as OK")
        probe = case.probes.get(peer["name"]) or {}
        listed = (((probe.get("database") or {}).get("cluster") or {}).get("body") or {}).get(
            "members"
        )
        for member in listed or []:
            if is_it(victim, member.get("host")) and member.get("state") in UP:
                found.append(f"Patroni of {peer['name']} sees it {member['state']}")
        if any(
            is_it(victim, n.partition("@")[2])
            for n in (probe.get("broker") or {}).get("running") or []
        ):
            found.append(f"the broker of {peer['name']} sees it running")
    return found


__all__ = ("Case", "active", "is_it", "judge", "seen_alive", "suspects")
