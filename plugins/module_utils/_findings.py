# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What the rules of the diagnosis look at, and what they return. Pure."""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass, field

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_case import (
    Case,
    Json,
    and_may_be,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import STANDBY
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._health import judge
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._witnesses import (
    LEADING,
    ME,
    contact,
    is_cut_off,
    is_dead,
    is_hidden,
    listed,
    reached,
    signs,
    votes,
)

Evidence = dict[str, str]
#: Seconds after which a diagnosis says nothing of how long something has lasted.
STALE = 900
#: What answers who speaks http where https is spoken, or speaks to another port.
WRONGLY = (400, 404)
#: What answers over REST.
SERVING = ("nginx", "cloudify-restservice", "cloudify-api")


@dataclass
class Finding:
    """One thing that is wrong.

    :param kind: its class
    :param proven: of C(nodes), whether they are dead beyond doubt
    :param action: what the runbook is to do about the one node: C(fix), C(replace), or nothing yet
    :param dead: other members that the runbook has to do without
    :param who_is_down: whether it says that and nothing else
    """

    kind: str
    summary: str
    nodes: list[str]
    evidence: list[Evidence]
    confidence: str = "medium"
    action: str = ""
    dead: list[str] = field(default_factory=list)
    safe: list[str] = field(default_factory=list)
    first: list[str] = field(default_factory=list)
    ask: list[str] = field(default_factory=list)
    who_is_down: bool = False


def said(who: str, says: str) -> Evidence:
    return {"who": who, "says": " ".join(says.split())}


def names(found: t.Iterable[str]) -> str:
    return ", ".join(found)


class Look:
    """A tidy case, and what follows from it for more than one rule."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.judged = judge(case)
        # a majority is one of all members, so that the dead count too
        self.names = [member["name"] for member in case.members]
        self.dead = [name for name in self.names if is_dead(case, name)]
        self.hidden = [name for name in self.names if is_hidden(case, name)]
        self.cut_off = [name for name in self.names if is_cut_off(case, name)]

    @property
    def standby(self) -> bool:
        return self.case.generation == "active_standby"

    def of(self, tier: str) -> list[str]:
        return [m["name"] for m in self.case.members if tier in m["tiers"]]

    def view(self, name: str) -> Json:
        return self.case.views.get(name) or {}

    def host(self, name: str) -> Json:
        return self.case.hosts.get(name) or {}

    def probe(self, name: str, tier: str) -> Json | None:
        return (self.case.probes.get(name) or {}).get(tier)

    @property
    def earlier(self) -> Json:
        return self.case.earlier or {}

    def by_ssh(self, name: str) -> bool:
        probe = self.case.probes.get(name) or {}
        return bool(
            self.host(name).get("reachable") or probe.get("database") or probe.get("broker")
        )

    def is_empty(self, name: str) -> bool:
        """Whether a host has let us in, and has nothing of the product: by its own word, as silence is none."""
        host, probe = self.host(name), self.case.probes.get(name) or {}
        runs = "active" in (host.get("services") or {}).values()
        runs = runs or bool(probe.get("database") and not probe["database"]["error"])
        bare = host.get("package") == "" and host.get("traces") is False
        return bool(host.get("reachable")) and bare and not runs

    @functools.cached_property
    def astray(self) -> list[str]:
        """The managers that answer, if all do as to who asks wrongly, or with an error where users are served: that says nothing of the cluster.

        Unless the host of one says itself why. With an error, not if one that is there says nothing: users may be served by that one, or by another cluster.
        """
        asked = {n: self.view(n) for n in self.of("manager") if self.view(n)}
        views = {n: view for n, view in asked.items() if not view["denied"]}
        found = {n: v for n, v in views.items() if v.get("answers")}
        why = any(service in SERVING for n in found for service, _state in self.stopped(n))
        if why:
            return []
        silent = set(views) - {*found, *self.dead, *self.hidden}
        serves = self.served and not silent
        wrong = [
            not view["error_code"]
            and (
                view["status_code"] in WRONGLY or bool(serves and (view["status_code"] or 0) >= 400)
            )
            for view in found.values()
        ]
        return list(found) if all(wrong) else []

    @functools.cached_property
    def wrong_way(self) -> list[str]:
        """The managers whose hosts say that what serves users runs there, where none so much as takes this controller's connection."""
        managers = self.of("manager")
        there = ("answers", "hangs", "denied", "unasked")
        heard = any(self.view(n).get(how) for n in managers for how in there)
        return [] if heard else [n for n in managers if self.serving(n)]

    @property
    def served(self) -> bool:
        """Whether users are, by the address that they take."""
        front = self.case.front or {}
        return bool(front.get("answers")) and front.get("status_code") == 200

    def is_slow(self, name: str) -> bool:
        """Whether a manager has answered, and has not said in time how it is."""
        return bool(self.view(name).get("answers")) and self.view(name).get("status_code") == 0

    @functools.cached_property
    def all_slow(self) -> bool:
        """Whether all managers that are left are, which says no more of one than of the way or of the deadline."""
        left = [n for n in self.of("manager") if n not in self.dead]
        return bool(left) and all(self.is_slow(n) for n in left)

    def is_shut(self, name: str) -> bool:
        """Whether a host did not let us in, which is there: of the rest of it nothing is known."""
        host = self.host(name)
        return bool(host.get("asked")) and not host.get("reachable")

    def is_known(self, name: str, tiers: t.Collection[str]) -> bool:
        """Whether something is known of each of these tiers that a member has, by its own word."""
        view = self.view(name)
        by_rest = view.get("status_code") == 200 or view.get("error_code") == STANDBY
        return all(
            by_rest if tier == "manager" else self.standby or self.probe(name, tier) is not None
            for tier in set(tiers) & set(self.case.member(name)["tiers"])
        )

    def last_of(self, name: str) -> list[str]:
        """The tiers that a member has, and nobody else who is left."""
        tiers = self.case.member(name)["tiers"]
        return [t for t in tiers if not set(self.of(t)) - {name, *self.dead}]

    @property
    def lasting(self) -> float:
        """Seconds since the class of the last diagnosis was first seen without a break."""
        age = self.earlier.get("age")
        if age is None or not 0 <= age <= STALE:
            return 0.0
        return float(age) + float(self.earlier.get("lasting") or 0)

    def is_late(self, patience: float) -> bool:
        """Whether a failover was running that long ago, or had been found not to come."""
        before = self.earlier.get("class")
        if before == "active_down_no_failover":
            return self.lasting > 0
        return before == "active_down_failover_running" and self.lasting >= patience

    # -- evidence

    def about(self, name: str) -> list[Evidence]:
        """What this controller and the peers say of a member, the dead signs first."""
        told = contact(self.case, name)
        own = [said(told.who, told.says)] if told else []
        member = self.case.member(name)
        own += [said(ME, and_may_be(member))] if member["stranger"] else []
        theirs = sorted(signs(self.case, name), key=lambda sign: sign.alive)
        return own + [said(sign.who, sign.says) for sign in theirs]

    def other_name(self, name: str) -> list[str]:
        """What to do first about one that may be known by another name."""
        stranger = self.case.member(name)["stranger"]
        return (
            [
                f"{name} may be what the cluster calls {stranger}: name it so in the inventory (cloudify_hostname, cloudify_private_ip), and diagnose again."
            ]
            if stranger
            else []
        )

    def surely_dead(self, found: t.Iterable[str]) -> bool:
        return all(self._surely_dead(name) for name in found)

    def _surely_dead(self, name: str) -> bool:
        """Nobody is, who was only asked over REST, or who may be alive under another name."""
        if self.case.member(name)["stranger"]:
            return False
        told = contact(self.case, name)
        tried = told is not None and told.kind == "ssh" and not told.alive
        return tried and votes(self.case, name).surely_dead(True)

    def how_sure_dead(self, found: t.Iterable[str]) -> str:
        """Of members without contact."""
        found = list(found)
        if self.surely_dead(found):
            return "high"
        each = [votes(self.case, name) for name in found]
        return "medium" if all(v.mostly_dead or v.mostly_lost for v in each) else "low"

    def stopped(self, name: str) -> list[tuple[str, str]]:
        """Services that should run on a host, and do not, with their state."""
        services = self.host(name).get("services") or {}
        # a standby runs few of them
        idle = self.standby and self.view(name).get("error_code") == STANDBY
        bad = ("failed",) if idle else ("failed", "inactive", "missing")
        return [(service, state) for service, state in sorted(services.items()) if state in bad]

    def serving(self, name: str) -> list[str]:
        """The services that serve users, where a host says that all of them run."""
        found = {
            s: how for s, how in (self.host(name).get("services") or {}).items() if s in SERVING
        }
        runs = "nginx" in found and len(found) > 1 and set(found.values()) == {"active"}
        return sorted(found) if runs else []

    def services(self, name: str) -> list[Evidence]:
        return [said(name, f"its service {s} is {state}") for s, state in self.stopped(name)]

    # -- databases

    @functools.cached_property
    def databases(self) -> dict[str, Json]:
        """Of a cluster of them: what is known of each."""
        found = {name: self.probe(name, "database") for name in self.of("database")}
        return {name: each for name, each in found.items() if each and not each["single"]}

    @property
    def databases_up(self) -> list[str]:
        return [n for n, d in self.databases.items() if not d["error"] and d["role"]]

    @property
    def writers(self) -> list[str]:
        return [n for n, d in self.databases.items() if d["write"] == "ok"]

    @property
    def leaders(self) -> list[str]:
        """Whose database takes writes, by its own word."""
        return [n for n, d in self.databases.items() if d["role"] == "leader"]

    @property
    def primaries(self) -> list[str]:
        return [n for n, d in self.databases.items() if d["primary"]["code"] == 200]

    def patroni(self, name: str) -> Json:
        return self.databases[name]["patroni"]["body"] or {}

    def lists(self) -> dict[str, list[Json]]:
        found = {name: listed(self.case, name) for name in self.databases}
        return {name: rows for name, rows in found.items() if rows}

    @property
    def hanging(self) -> list[str]:
        """Managers that take a connection and do not answer: they wait for the database."""
        return [n for n in self.of("manager") if self.view(n).get("hangs")]

    @property
    def hung(self) -> list[str]:
        """Hosts that take a connection, and let nobody do anything, while others do: as one that is frozen."""
        return [n for n in self.hanging if self._ssh_failed(n)]

    def _ssh_failed(self, name: str) -> bool:
        if self.host(name):
            return not self.host(name).get("reachable")
        tiers = self.case.member(name)["tiers"]
        others = any(self.by_ssh(other) for other in self.names)
        return others and not self.by_ssh(name) and bool({"database", "broker"} & set(tiers))

    @property
    def no_databases(self) -> bool:
        """Whether it is known that most databases of a cluster are dead: where nobody answers, nothing is known."""
        members = self.of("database")
        if len(members) < 2 or not any(reached(self.case, name) for name in self.names):
            return False
        lost = [n for n in members if n in self.dead and n not in self.unwitnessed]
        return len(lost) >= majority(len(members))

    @functools.cached_property
    def unwitnessed(self) -> list[str]:
        """Who seems dead only by ssh, which gets this controller into no host at all: nobody else says anything of them."""
        if any(self.by_ssh(name) for name in self.names):
            return []
        return [n for n in self.dead if not self.view(n) and not signs(self.case, n)]


def majority(total: int) -> int:
    return total // 2 + 1


__all__ = ("LEADING", "ME", "Evidence", "Finding", "Look", "majority", "names", "said")
