# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Who of a cluster sees whom alive or dead. Pure.

A member's word about itself is no evidence of its health: only what its peers and this controller saw is. What they see can be old, since
Patroni keeps a dead member for its time to live, and metrics for half a minute; that somebody is gone is never kept, so it weighs more.
"""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_case import (
    Case,
    Json,
    is_it,
    patroni_rows,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_signs import (
    IN_STATUS,
    UP,
)

#: What a manager says of a node that gives it no data.
NO_DATA = ("no services", "no metrics")
ME = "controller"
#: What ssh says of a host that is up, and does not let anybody in.
NO_ENTRY = (
    *("does not let us in", "host key"),
    *("nobody becomes root there", "the script did not run there"),
)
#: Of a database, by its own Patroni.
LEADING = ("master", "primary", "leader")


@dataclass(frozen=True)
class Sign:
    """What somebody says of a member.

    :param kind: how they know
    :param alive: what it speaks for
    """

    who: str
    kind: str
    alive: bool
    says: str


def contact(case: Case, name: str) -> Sign | None:
    """What this controller has of a member itself; None if it could not know."""
    host, view = case.hosts.get(name) or {}, case.views.get(name) or {}
    probe = case.probes.get(name) or {}
    if view.get("unasked"):
        view = {}
    if host.get("reachable"):
        return Sign(ME, "ssh", True, f"{name} answers by ssh")
    if probe.get("database") or probe.get("broker"):
        return Sign(ME, "ssh", True, f"{name} says what it knows by ssh")
    if view.get("answers"):
        return Sign(ME, "rest", True, f"{name} answers over REST")
    if view.get("denied"):
        return Sign(ME, "rest", True, f"{name} is there, and does not let this controller in")
    if any(words in (host.get("error") or "") for words in NO_ENTRY):
        return Sign(ME, "ssh", True, f"{name} is there, and lets nobody in: {host['error']}")
    if host.get("asked"):
        why = host.get("error") or "no answer"
        return Sign(ME, "ssh", False, f"{name} does not answer by ssh: {why}")
    if view.get("hangs"):
        return Sign(ME, "rest", True, f"{name} takes connections, and does not answer over REST")
    member = next((m for m in case.members if m["name"] == name), None)
    why = view.get("error") or "it does not answer"
    if member and {"database", "broker"} & set(member["tiers"]) and _others_say(case):
        rest = f", and over REST: {why}" if view else ""
        return Sign(ME, "ssh", False, f"{name} says nothing by ssh, and others do{rest}")
    if view:
        return Sign(ME, "rest", False, f"{name}: {why}")
    return None


def _others_say(case: Case) -> bool:
    return any(probe.get("database") or probe.get("broker") for probe in case.probes.values())


def reached(case: Case, name: str) -> bool:
    told = contact(case, name)
    return told is not None and told.alive


def signs(case: Case, name: str) -> list[Sign]:
    """What the peers of a member say of it."""
    member = next((m for m in case.members if m["name"] == name), None)
    if member is None:
        return []
    found: list[Sign] = []
    for peer in case.members:
        if peer["name"] != name:
            for source in SOURCES:
                told = source(case, peer["name"], member)
                if told is not None:
                    found.append(told)
    return found


def _reaches(case: Case, peer: str, member: Json) -> Sign | None:
    told = ((case.hosts.get(peer) or {}).get("reaches") or {}).get(member["name"])
    if told is None:
        return None
    says = f"{'reaches' if told else 'does not reach'} {member['name']}"
    return Sign(peer, "reaches", told, says)


def _nodes(case: Case, peer: str, member: Json) -> Sign | None:
    for node in (case.views.get(peer) or {}).get("nodes") or []:
        if is_it(member, node["name"], node["host_ip"]) and node["online"] is not None:
            how = "online" if node["online"] else "offline"
            return Sign(peer, "nodes", node["online"], f"sees {member['name']} {how}")
    return None


def _metrics(case: Case, peer: str, member: Json) -> Sign | None:
    status = (case.views.get(peer) or {}).get("cluster_status") or {}
    told = {}
    for tier in member["tiers"]:
        nodes = ((status.get("tiers") or {}).get(IN_STATUS.get(tier, "")) or {}).get("nodes") or {}
        for node, how in nodes.items():
            if is_it(member, node):
                told[tier] = how
    if not told:
        return None
    silent = all(
        how["status"] == "Fail"
        and all(failure.strip(".").lower() in NO_DATA for failure in how["failures"])
        for how in told.values()
    )
    if silent:
        return Sign(peer, "metrics", False, f"has no data from {member['name']}")
    each = ", ".join(f"{tier} {how['status']}" for tier, how in sorted(told.items()))
    return Sign(peer, "metrics", True, f"has data from {member['name']} ({each})")


def listed(case: Case, name: str) -> list[Json]:
    """The members as the Patroni of a host lists them."""
    return patroni_rows(case.probes, name)


def _patroni(case: Case, peer: str, member: Json) -> Sign | None:
    if "database" not in member["tiers"]:
        return None
    rows = listed(case, peer)
    own = [row for row in rows if is_it(member, row["host"])]
    if not rows or _is_stale(case, rows):
        return None
    if not own:
        # one that nobody is known by may well be its
        if not all(any(is_it(m, row["host"]) for m in case.members) for row in rows):
            return None
        return Sign(peer, "patroni", False, f"its Patroni does not list {member['name']}")
    state = own[0]["state"]
    if state in UP:
        return Sign(peer, "patroni", True, f"its Patroni lists {member['name']} as {state}")
    # who is stopped has said so itself
    return None


def _is_stale(case: Case, rows: list[Json]) -> bool:
    """A list without a leader, by the word of whom it names as such: Patroni shows what it last read, for as long as nobody has a majority."""
    for row in rows:
        if row["role"] in LEADING:
            for member in case.members:
                database = (case.probes.get(member["name"]) or {}).get("database") or {}
                code = (database.get("primary") or {}).get("code")
                if is_it(member, row["host"]) and code not in (None, 0, 200):
                    return True
    return False


def _broker(case: Case, peer: str, member: Json) -> Sign | None:
    broker = (case.probes.get(peer) or {}).get("broker") or {}
    if "broker" not in member["tiers"] or broker.get("error") or not broker.get("running"):
        return None
    running = any(is_it(member, node.partition("@")[2]) for node in broker["running"])
    if not running and not any(is_it(member, n.partition("@")[2]) for n in broker["known"]):
        return None
    how = "running" if running else "gone"
    return Sign(peer, "broker", running, f"its broker sees that of {member['name']} {how}")


SOURCES = (_reaches, _nodes, _metrics, _patroni, _broker)


@dataclass(frozen=True)
class Votes:
    """What the peers of a member say of it, one vote each.

    :param alive: who has only signs of life
    :param dead: who has only signs of death
    :param mixed: who has both
    :param tried: who of these has just tried to reach it, and has not
    :param could: how many peers could have known
    """

    alive: tuple[str, ...]
    dead: tuple[str, ...]
    mixed: tuple[str, ...]
    could: int
    tried: tuple[str, ...] = ()

    @property
    def told(self) -> int:
        return len(self.alive) + len(self.dead) + len(self.mixed)

    @property
    def mostly_alive(self) -> bool:
        """By most of those who say anything, none of them in doubt."""
        return len(self.alive) * 2 > self.told

    @property
    def mostly_dead(self) -> bool:
        return len(self.dead) * 2 > self.told

    @property
    def mostly_lost(self) -> bool:
        """Nobody is sure that it is alive, and most see it dead, or have just not reached it."""
        return not self.alive and len({*self.dead, *self.tried}) * 2 > self.told

    def surely_dead(self, too: bool) -> bool:
        """Nobody has a sign of life, and most of those who could know say so.

        :param too: whether this controller says so as well
        """
        sure = len(self.dead) + too
        return not self.alive and not self.mixed and bool(self.dead) and sure * 2 > self.could + too


def votes(case: Case, name: str) -> Votes:
    each: dict[str, list[Sign]] = {}
    for sign in signs(case, name):
        each.setdefault(sign.who, []).append(sign)
    found: dict[str, list[str]] = {"alive": [], "dead": [], "mixed": []}
    tried: list[str] = []
    for who, told in each.items():
        # Whoever has just reached it knows best. Who has not is in doubt for as long as another sign of life is there: it may be old, or the way shut.
        tries = {sign.alive for sign in told if sign.kind == "reaches"}
        ways = {True} if True in tries else {sign.alive for sign in told}
        if tries == {False}:
            tried.append(who)
        found["mixed" if len(ways) > 1 else "alive" if True in ways else "dead"].append(who)
    could = max(len(each), _could_know(case, name))
    alive, dead, mixed = (tuple(found[way]) for way in ("alive", "dead", "mixed"))
    return Votes(alive, dead, mixed, could, tuple(tried))


def _could_know(case: Case, name: str) -> int:
    """How many peers would say something of it, if all were well."""
    member = next((m for m in case.members if m["name"] == name), None)
    peers = [m for m in case.members if m["name"] != name]
    if member is None:
        return 0
    if case.generation == "active_standby" and not case.hosts:
        # standbys say nothing of others
        return min(1, len(peers))
    own = set(member["tiers"]) - {"manager"}
    return sum("manager" in m["tiers"] or bool(own & set(m["tiers"])) for m in peers)


def is_dead(case: Case, name: str) -> bool:
    """Whether this controller has no contact with a member, and not most of its peers see it alive."""
    told, said = contact(case, name), votes(case, name)
    if (told is not None and told.alive) or said.mostly_alive:
        return False
    return told is not None or said.mostly_dead


def is_cut_off(case: Case, name: str) -> bool:
    """Whether a member is alive, by this controller's own eyes, and dead in those of most of its peers."""
    return reached(case, name) and votes(case, name).mostly_dead


def is_hidden(case: Case, name: str) -> bool:
    """Whether only this controller cannot see it. Who refuses a connection, or takes it and says nothing, has been reached."""
    told = contact(case, name)
    if (case.views.get(name) or {}).get("hangs"):
        return False
    if told is None or told.alive or not votes(case, name).mostly_alive:
        return False
    return told.kind == "ssh" or "refused" not in told.says


__all__ = (
    *(
        "LEADING",
        "ME",
        "Sign",
        "Votes",
        "contact",
        "is_cut_off",
        "is_dead",
        "is_hidden",
        "listed",
        "reached",
    ),
    *("signs", "votes"),
)
