# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds of any diagnosis, whatever anybody says. The clusters are made up at random, by a number, so that each can be made again."""

from __future__ import annotations

import copy
import json
import random

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._diagnosis import diagnose
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._failure_classes import (
    FAILURES,
    ORDER,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._health import judge
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._tidy_case import tidy
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.derived_clusters import Derived
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.health_recordings import (
    DIAGNOSED,
    RECORDED,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.made_up_clusters import (
    NAMINGS,
    MadeUp,
    spoilt,
)

#: Numbers, many to a test, so that one that fails tells roughly where.
LOTS = [range(start, start + 100) for start in range(0, 1000, 100)]
#: How the inventory calls the members, and whether each tier has hosts of its own.
KINDS = [(naming, nine) for naming in NAMINGS for nine in (False, True)]
every_kind = pytest.mark.parametrize(
    ("lot", "naming", "nine"),
    [(lot, *KINDS[0]) for lot in LOTS] + [(LOTS[0], *kind) for kind in KINDS[1:]],
    ids=str,
)
OF_THREE = [name for name in (*RECORDED, *DIAGNOSED) if len(Derived(name).members) == 3]


@every_kind
def test_nobody_is_replaced_whom_most_peers_see_alive(lot: range, naming: str, nine: bool) -> None:
    for seed in lot:
        made = MadeUp(seed, naming, nine)
        victim = made.random.choice(made.names)
        peers = made.peers(victim)
        made.random.shuffle(peers)
        most = len(peers) // 2 + 1
        made.fixed(victim, peers[:most], peers[most:])
        if made.standby:
            made.leads = peers[0]
        found = diagnose(made.case())
        assert not found["destructive"], (seed, found)
        assert "node=" + victim not in found["command"], (seed, found)


@every_kind
def test_destructive_is_only_what_is_beyond_doubt(lot: range, naming: str, nine: bool) -> None:
    """Over anything at all: each node that a command would replace is out of this controller's sight, and no peer sees it or gets through to it; what
    a command would rebuild is on no host at all."""
    destructive = 0
    for seed in lot:
        made = MadeUp(seed, naming, nine)
        case = made.case()
        found = diagnose(case)
        if not found["destructive"]:
            continue
        destructive += 1
        assert found["confidence"] == "high", seed
        if found["runbook"] == "rebuild_cluster":
            assert made.bare == set(made.names), seed
            continue
        (victim,) = (n for n in made.names if f"node={n} " in found["command"])
        assert victim in made.mute, seed
        witnesses = [n for n in made.peers(victim) if n not in made.mute]
        assert witnesses
        if made.ssh and naming != "other address":
            assert not any(made.reach[who, victim] for who in witnesses), seed
        if made.standby:  # a standby says nothing of others
            witnesses = [made.leads]
        assert not any(made.told[who, victim] for who in witnesses), seed
    # else this has shown nothing
    assert destructive


def test_new_hosts_are_told() -> None:
    """The random ones have them, or else nothing is shown of a rebuild."""
    assert any(diagnose(MadeUp(seed).case())["runbook"] == "rebuild_cluster" for seed in range(300))


@pytest.mark.parametrize("name", OF_THREE)
def test_what_a_host_says_of_itself_condemns_or_saves_nobody(name: str) -> None:
    """Whoever most peers see dead is not saved, and whoever they see alive is not condemned, by any word of its own."""
    cluster = Derived(name)
    before = diagnose(cluster.case())
    for victim in [m["name"] for m in cluster.members]:
        boasting = copy.deepcopy(cluster)
        for other in boasting.hosts.values():
            if "reaches" in other:
                other["reaches"][victim] = True
        boasting.out_of_sight(victim)
        found = diagnose(boasting.case())
        assert f"node={victim} " not in found["command"] or not found["destructive"], (
            victim,
            found,
        )
        assert (
            victim in cluster.dead or found["class"] != "node_down" or victim not in found["nodes"]
        )
    assert before == diagnose(cluster.case())


@pytest.mark.parametrize("role", ["sync", "async"])
def test_an_isolated_leader_is_not_believed(role: str) -> None:
    """It calls itself the leader, its primary is 200, and it has everybody as running; its peers have another one."""
    cluster = Derived("7.0.5-leader-killed-settled")
    cluster.were[role] = cluster.were["leader"]
    healthy = Derived("7.0.5-healthy")
    old = cluster.were["leader"]
    cluster.probes[old] = copy.deepcopy(healthy.probes[healthy.were["leader"]])
    cluster.database(old)["write"] = "canceling the wait for synchronous replication"
    cluster.hosts[old] = copy.deepcopy(healthy.hosts[healthy.were["leader"]])
    cluster.reaches(old, **{n: False for n in cluster.hosts if n != old})
    cluster.hosts[old]["reaches"].pop(old, None)
    found = diagnose(cluster.case())
    assert found["class"] == "active_down_failover_running"
    assert found["nodes"] == [old]
    assert not found["command"]


@pytest.mark.parametrize("lot", LOTS, ids=str)
def test_garbage_is_as_if_it_had_not_been_told(lot: range) -> None:
    for seed in lot:
        case = spoilt(seed)
        try:
            found = diagnose(case)
        except Exception as exc:
            raise AssertionError(f"number {seed}: {type(exc).__name__}: {exc}") from exc
        assert found["class"] in FAILURES, seed
        json.dumps(found)
        if found["class"] == "healthy":
            told = judge(tidy(spoilt(seed)))
            # where only the managers could be asked, that is said
            assert told["healthy"] or found["confidence"] == "low", seed
            assert all("nothing is known of its" in each for each in told["problems"]), seed
        if found["confidence"] == "low":
            assert not found["command"], seed


@pytest.mark.parametrize("lot", LOTS, ids=str)
def test_it_says_the_same_of_the_same(lot: range) -> None:
    """In whatever order the members, views and hosts come."""
    for seed in lot[:50]:
        case = MadeUp(seed).case()
        again = MadeUp(seed).case()
        chance = random.Random(seed)
        for part in ("views", "probes", "hosts"):
            pairs = list(getattr(again, part).items())
            chance.shuffle(pairs)
            setattr(again, part, dict(pairs))
        first, second = diagnose(case), diagnose(again)
        assert first == diagnose(case), seed
        assert {k: first[k] for k in ("class", "nodes", "confidence", "command")} == {
            k: second[k] for k in ("class", "nodes", "confidence", "command")
        }, seed


def test_healthy_is_only_what_the_judge_calls_so() -> None:
    for name in (*RECORDED, *DIAGNOSED):
        for hosts in (True, False):
            cluster = Derived(name, hosts=hosts)
            if diagnose(cluster.case())["class"] == "healthy":
                assert cluster.judged()["healthy"], name


def test_the_worst_is_the_class() -> None:
    for name in (*RECORDED, *DIAGNOSED):
        found = diagnose(Derived(name).case())
        order = [
            ORDER.index(kind) for kind in (found["class"], *(a["class"] for a in found["also"]))
        ]
        assert order == sorted(order), name
