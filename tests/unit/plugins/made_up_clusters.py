# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters made up at random, by a number: what anybody may say of anybody, and parts that are garbage."""

from __future__ import annotations

import copy
import random
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_case import Case
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_signs import IN_STATUS
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.derived_clusters import (
    NOW,
    Derived,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.health_recordings import (
    DIAGNOSED,
    RECORDED,
    Json,
)

ADDRESS = "10.0.0.{}"
#: What the inventory has of a member, beside its name: what its peers call it, nothing, or the address that this controller takes.
NAMINGS = {"address": ADDRESS, "name": "h{}", "other address": "203.0.113.{}"}
TIERS = ("database", "broker", "manager")
GARBAGE: list[t.Any] = [
    None,
    True,
    -1,
    3.5,
    "",
    "x",
    "h1",
    [],
    [None],
    {},
    {"h1": None},
    [[]],
    float("nan"),
    b"?",
]


class MadeUp:
    """Every member says something of every other, by chance or by what is fixed.

    :param nine: three hosts for each tier, and not all of them on each host
    """

    def __init__(self, seed: int, naming: str = "address", nine: bool = False) -> None:
        self.random = random.Random(seed)
        self.standby = self.random.random() < 0.3 and not nine
        self.names = [f"h{n}" for n in range(1, self.random.choice((2, 3, 3, 3, 5)) + 1)]
        tiers = ["manager"] if self.standby else ["manager", "broker", "database"]
        if nine:
            self.names = [f"h{n}" for n in range(1, 10)]
        self.tiers = {n: [TIERS[i // 3]] if nine else tiers for i, n in enumerate(self.names)}
        self.naming = naming
        self.registers = naming != "address" and seed % 2 == 0
        self.members: list[Json] = [
            {"name": n, "hostname": n, "tiers": self.tiers[n]}
            | {"address": NAMINGS[naming].format(n[1:])}
            for n in self.names
        ]
        self.lean = self.random.random()
        self.told = {
            (a, b): self.random.random() < self.lean for a in self.names for b in self.names
        }
        #: Who gets through to whom, which is another matter than what they have heard of each other.
        self.reach = {
            pair: told if self.random.random() < 0.7 else self.random.random() < self.lean
            for pair, told in self.told.items()
        }
        #: Of whose hosts ssh tells that nothing is there, and whose managers refuse connections.
        self.bare: set[str] = set()
        databases = self.names[:3] if nine else self.names
        self.leads = self.random.choice(databases)
        self.mute = {n for n in self.names if self.random.random() < 0.3}
        self.ssh = self.random.random() < 0.7
        if self.random.random() < 0.4:
            self._one_dead()
        elif self.random.random() < 0.2:
            self._all_bare()

    def of(self, tier: str) -> list[str]:
        return [name for name in self.names if tier in self.tiers[name]]

    def peers(self, name: str) -> list[str]:
        """Who would say something of it."""
        own = {"manager", *self.tiers[name]}
        return [n for n in self.names if n != name and own & set(self.tiers[n])]

    def _one_dead(self) -> None:
        """One is dead, and the others agree, but for a few words."""
        dead = self.random.choice(self.names)
        self.mute = {dead}
        self.ssh = True
        leads = self.names if self.standby else self.of("database")
        self.leads = self.random.choice([name for name in leads if name != dead])
        for who, whom in self.told:
            self.told[who, whom] = (whom != dead) != (self.random.random() < 0.02)
            self.reach[who, whom] = (whom != dead) != (self.random.random() < 0.02)

    def _all_bare(self) -> None:
        """New hosts, but for a few."""
        self.mute, self.ssh = set(), True
        self.bare = {name for name in self.names if self.random.random() < 0.9}

    def fixed(self, victim: str, alive_by: t.Collection[str], dead_by: t.Collection[str]) -> None:
        """These peers see it alive, those dead, whether they get through to it or not; this controller has no contact with it."""
        self.told.update({(who, victim): True for who in alive_by})
        self.told.update({(who, victim): False for who in dead_by})
        self.mute, self.bare = {victim}, set()

    def case(self) -> Case:
        return Case(
            generation="active_standby" if self.standby else "all_active",
            members=copy.deepcopy(self.members),
            views={n: self._view(n) for n in self.of("manager")},
            probes={} if self.standby else {n: self._probe(n) for n in self.names},
            hosts={n: self._host(n) for n in self.names} if self.ssh else {},
        )

    def _view(self, name: str) -> Json:
        if name in self.mute:
            return {
                "answers": False,
                "error": "no connection within connect_timeout",
                "hangs": False,
            }
        if name in self.bare:
            return {"answers": False, "error": "connection refused", "hangs": False}
        leads = not self.standby or name == self.leads
        view: Json = {
            "answers": True,
            "error": "",
            "hangs": False,
            "status": "OK",
            "maintenance": "deactivated",
        }
        view.update(
            status_code=200 if leads else 400,
            inactive=[],
            version="4.5.5" if self.standby else "7.0.5",
        )
        if self.standby:
            view["error_code"] = None if leads else "not_cluster_master"
            view["nodes"] = (
                [
                    {
                        "name": n,
                        "host_ip": ADDRESS.format(n[1:]),
                        "online": n == name or self.told[name, n],
                    }
                    | {"master": n == name, "checks": {}}
                    for n in self.names
                ]
                if leads
                else None
            )
            return view
        status = {
            tier: {
                n: (
                    {"status": "OK", "failures": []}
                    if n == name or self.told[name, n]
                    else {"status": "Fail", "failures": ["No services.", "No metrics"]}
                )
                for n in self.of(tier)
            }
            for tier in TIERS
        }
        tiers = {
            IN_STATUS[tier]: {"status": "Degraded", "nodes": nodes}
            for tier, nodes in status.items()
        }
        view["cluster_status"] = {"status": "Degraded", "tiers": tiers}
        view["registers"] = {}
        if self.registers:
            view["registers"] = {
                tier: [
                    {"hostname": n, "name": n}
                    | dict.fromkeys(("host", "private_ip"), ADDRESS.format(n[1:]))
                    for n in self.of(tier)
                ]
                for tier in TIERS
            }
        return view

    def _probe(self, name: str) -> Json:
        if name in self.mute:
            return {"database": None, "broker": None}
        if name in self.bare:
            return {"database": {"single": True, "error": "no psql"}, "broker": {"error": "none"}}
        seen = [n for n in self.names if n == name or self.told[name, n]]
        leads = name == self.leads
        rows = [
            {"host": ADDRESS.format(n[1:]), "state": "running", "timeline": 1}
            | {"role": "leader" if n == self.leads else "sync_standby"}
            for n in seen
            if n in self.of("database")
        ]
        database = {
            "single": False,
            "address": ADDRESS.format(name[1:]),
            "error": "",
            "role": "leader" if leads else "replica",
            "write": "ok" if leads else None,
            "counts": {"items": 3},
            "primary": {"code": 200 if leads else 503, "body": None},
            "patroni": {
                "code": 200,
                "body": {"timeline": 1, "role": "master" if leads else "replica"},
            },
            "cluster": {"code": 200, "body": {"members": rows}},
        }
        broker = {
            "error": "",
            "partitions": "",
            "known": [f"rabbit@{n}" for n in self.of("broker")],
            "running": [f"rabbit@{n}" for n in seen if n in self.of("broker")],
        }
        told = {"database": database, "broker": broker}
        return {tier: told[tier] if tier in self.tiers[name] else None for tier in told}

    def _host(self, name: str) -> Json:
        if name in self.mute:
            return {"asked": True, "reachable": False, "error": "no answer by ssh within 3 s"}
        return {
            "asked": True,
            "reachable": True,
            "clock": NOW,
            "skew": 0.0,
            "reaches": {
                # from inside, nobody gets to the address that this controller takes
                n: self.reach[name, n] and self.naming != "other address"
                for n in self.names
                if n != name
            },
            "package": "" if name in self.bare else "7.0.5",
            "traces": name not in self.bare,
        }


def spoilt(seed: int) -> Case:
    """A recorded one in which parts are missing, or are something else."""
    chance = random.Random(seed)
    cluster = Derived(chance.choice([*RECORDED, *DIAGNOSED]), hosts=chance.random() < 0.6)
    case = cluster.case()
    case.front = chance.choice([None, {"answers": True}, {}])
    case.earlier = chance.choice(
        [None, {"class": "split_brain", "active": ["h1", "h2"], "age": 90}, {}]
    )
    for _time in range(chance.randrange(1, 6)):
        part = chance.choice(["views", "probes", "hosts", "members", "front", "earlier", "without"])
        setattr(case, part, _spoil(chance, getattr(case, part), chance.random() * 5))
    return case


def _spoil(chance: random.Random, value: t.Any, depth: float) -> t.Any:
    """The same, with something wrong in it."""
    if depth < 1 or not value or not isinstance(value, (dict, list)):
        return chance.choice(GARBAGE)
    changed = copy.copy(value)
    keys = list(changed) if isinstance(changed, dict) else range(len(changed))
    key = chance.choice(list(keys))
    if chance.random() < 0.2:
        del changed[key]
    else:
        changed[key] = _spoil(chance, changed[key], depth - 1)
    return changed


__all__ = ("NAMINGS", "MadeUp", "spoilt")
