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
}
HEALTHY = [name for name in RECORDED if name.endswith(("-healthy", "-maintenance"))]


def test_every_recording_is_judged() -> None:
    assert sorted([*WANTED, *HEALTHY]) == RECORDED


@pytest.mark.parametrize("name", HEALTHY)
def test_a_whole_cluster_is_healthy(name: str) -> None:
    found = Cluster(name).judged()
    assert found["healthy"], found["problems"]
    assert found["suspects"] == [] and len(found["active"]) == 1


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


@pytest.mark.parametrize("name", [n for n in RECORDED if Cluster(n).dead])
def test_who_is_really_dead_is_never_reported_healthy(name: str) -> None:
    """A moment after a failure it is not whole without the dead one either."""
    cluster = Cluster(name)
    assert not cluster.judged()["healthy"]
    assert set(cluster.dead) <= {*cluster.judged()["suspects"]}


@pytest.mark.parametrize("name", HEALTHY)
@pytest.mark.parametrize("victim", ["h1", "h2", "h3"])
def test_a_whole_cluster_has_nobody_to_be_replaced(name: str, victim: str) -> None:
    cluster = Cluster(name)
    if victim in [member["name"] for member in cluster.members]:
        assert has(cluster.problems(victim), f"{victim}: is not dead: ")
