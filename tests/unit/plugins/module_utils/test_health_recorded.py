# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every recorded situation is judged as a person with all the facts would."""

from __future__ import annotations

import pytest

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.health_recordings import (
    RECORDED,
    Cluster,
    has,
)

#: Situation -> by the roles before it was broken: who is active, who is suspected, and what is told (line by line).
WANTED: dict[str, tuple[list[str], list[str], list[tuple[str, ...]]]] = {
    "7.0.5-broker-stopped": (
        ["leader"],
        ["async"],
        [
            ("{async}: its broker does not answer",),
            ("{leader}: does not see the broker of {async} running",),
        ],
    ),
    "7.0.5-manager-stopped": (["leader"], ["async"], [("{async}: Cannot ask", "refused")]),
    "7.0.5-nginx-stopped": (["leader"], ["async"], [("{async}: Cannot ask", "refused")]),
    "7.0.5-mgmtworker-stopped": (
        ["leader"],
        ["async"],
        [("{async}: its own status is Fail (Management Worker)",)],
    ),
    "7.0.5-etcd-stopped": (["leader"], ["async"], [("db {async} Fail",)]),
    "7.0.5-replay-paused": (["leader"], [], [("rows of items differ",)]),
    "7.0.5-patroni-of-async-stopped": (
        ["leader"],
        ["async"],
        [
            ("{async}: its database does not answer",),
            ("{leader}: sees the database of {async} as down",),
        ],
    ),
    "7.0.5-patroni-of-leader-stopped": (
        ["sync"],
        ["leader"],
        [("{leader}: its database does not answer",), ("no synchronous standby",)],
    ),
    "7.0.5-no-standby": (
        ["leader"],
        ["sync", "async"],
        [("{leader}: a write is not acknowledged",), ("no synchronous standby",)],
    ),
    "7.0.5-leader-killed-now": (
        [],
        ["leader"],
        [("one should be primary, and none says so",), ("{leader}: nothing is known",)],
    ),
    "7.0.5-leader-killed": (
        ["sync"],
        ["leader"],
        [("{sync}: does not see the broker of {leader}",), ("different timelines",)],
    ),
    "7.0.5-leader-back": (
        ["sync"],
        ["leader"],
        [("{leader}: its database does not answer",), ("{sync}: sees the database of {leader}",)],
    ),
    "7.0.5-async-killed": (["leader"], ["async"], [("{async}: nothing is known of its database",)]),
    "7.0.5-sync-paused": (["leader"], ["sync"], [("{leader}: a write is not acknowledged",)]),
    "7.0.5-async-cut": (["leader"], ["async"], [("{async}: nothing is known of its broker",)]),
    "7.0.5-leader-isolated-now": (["leader"], [], [("{leader}: a write is not acknowledged",)]),
    "7.0.5-leader-isolated": (
        ["sync"],
        ["leader"],
        [
            ("{leader}: sees other roles of the databases than {sync} does",),
            ("{sync}: sees the database of {leader} as not a member",),
        ],
    ),
    "7.0.5-one-way": (["leader"], [], [("{leader}: a write is not acknowledged",)]),
    "7.0.5-two-killed": (
        [],
        ["sync", "async"],
        [("{leader}: Cannot ask", "no answer"), ("one should be primary, and none says so",)],
    ),
    "7.0.5-all-apart": (
        [],
        ["leader", "sync", "async"],
        [("one should be primary, and none says so",)],
    ),
    "7.0.5-manager-unregistered": (
        ["leader"],
        [],
        [("{async}: does not have manager {async} in its register",)],
    ),
    "7.0.5-async-killed-settled": (["leader"], ["async"], [("{async}: nothing is known",)]),
    "7.0.5-leader-killed-settled": (["sync"], ["leader"], [("{leader}: nothing is known",)]),
    "4.5.5-replica-killed-now": (["leader"], ["other"], [("{other}: Cannot ask", "refused")]),
    "4.5.5-replica-killed": (["leader"], ["other"], [("{leader}: sees {other} offline",)]),
    "4.5.5-replica-isolated": (["leader"], ["other"], [("{leader}: sees {other} offline",)]),
    "4.5.5-active-killed-now": ([], ["leader"], [("no manager answers as such",)]),
    "4.5.5-active-isolated": (
        ["leader", "other"],
        ["leader", "other", "third"],
        [("one manager should be active, and h1, h2 answers as such",)],
    ),
    "4.5.5-two-managers-killed": (
        ["leader"],
        ["other", "third"],
        [("{leader}: sees {third} offline",), ("{leader}: {leader} fails the checks consul",)],
    ),
    "4.5.5-nodes-apart": (
        ["leader"],
        ["other", "third"],
        [("{leader}: sees {third} offline",)],
    ),
}
#: Either of the others may have become active.
FAILED_OVER = "4.5.5-active-killed"
#: The others go on without the dead, and are well.
SETTLED = (
    "7.0.5-async-killed-settled",
    "7.0.5-leader-killed-settled",
    "4.5.5-replica-killed",
    "4.5.5-active-killed",
)
HEALTHY = [name for name in RECORDED if name.endswith(("-healthy", "-maintenance"))]
OF_THREE = [name for name in HEALTHY if len(Cluster(name).members) == 3]


def test_every_recording_is_judged() -> None:
    assert sorted([*WANTED, *HEALTHY, FAILED_OVER]) == RECORDED


@pytest.mark.parametrize("name", HEALTHY)
def test_a_whole_cluster_is_healthy(name: str) -> None:
    found = Cluster(name).judged()
    assert found["healthy"], found["problems"]
    assert found["suspects"] == []
    assert len(found["active"]) == (0 if "-single-" in name else 1)


def test_maintenance_mode_is_worth_a_note() -> None:
    assert Cluster("7.0.5-maintenance").judged()["notes"] == ["maintenance mode is activated"]
    assert Cluster("7.0.5-healthy").judged()["notes"] == []


@pytest.mark.parametrize("name", sorted(WANTED))
def test_a_broken_one_is_told_with_its_member(name: str) -> None:
    cluster = Cluster(name)
    active, suspects, lines = WANTED[name]
    found = cluster.judged()
    assert not found["healthy"]
    assert found["active"] == sorted(cluster.were[role] for role in active)
    assert found["suspects"] == sorted(cluster.were[role] for role in suspects)
    for words in lines:
        wanted = [word.format(**cluster.were) for word in words]
        assert has(found["problems"], *wanted), (wanted, found["problems"])


def test_after_a_failover_another_one_is_active() -> None:
    cluster = Cluster(FAILED_OVER)
    found = cluster.judged()
    (active,) = found["active"]
    assert active != cluster.were["leader"]
    assert has(found["problems"], f"{active}: sees {cluster.were['leader']} offline")


@pytest.mark.parametrize("name", [n for n in RECORDED if Cluster(n).dead])
def test_with_a_dead_one_it_is_not_healthy(name: str) -> None:
    found = Cluster(name).judged()
    assert not found["healthy"]
    assert found["suspects"] == Cluster(name).dead


@pytest.mark.parametrize("name", [n for n in RECORDED if Cluster(n).dead])
def test_without_the_dead_it_is_healthy_as_soon_as_the_others_go_on(name: str) -> None:
    """And not a moment before."""
    cluster = Cluster(name)
    problems = cluster.problems(*cluster.dead)
    assert (problems == []) == (name in SETTLED), problems


@pytest.mark.parametrize("name", OF_THREE)
@pytest.mark.parametrize("victim", ["h1", "h2", "h3"])
def test_a_whole_cluster_has_nobody_to_be_replaced(name: str, victim: str) -> None:
    cluster = Cluster(name)
    problems = cluster.problems(victim)
    if cluster.generation == "active_standby" and victim == cluster.were["leader"]:
        # standbys say nothing of it, but without it nobody is active
        assert has(problems, "no manager answers as such")
    else:
        assert has(problems, f"{victim}: is not dead: ")
