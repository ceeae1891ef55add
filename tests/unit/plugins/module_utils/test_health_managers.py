# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The judge, managers and brokers: a healthy cluster in which one thing is otherwise."""

from __future__ import annotations

import pytest

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.health_recordings import (
    Cluster,
    has,
)


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


# -- managers ----------------------------------------------------------------------------------------


def test_one_that_does_not_answer(cluster: Cluster) -> None:
    cluster.views["h2"] = {"answers": False, "error": "no connection", "hangs": False}
    found = cluster.judged()
    assert found["problems"] == ["h2: no connection"] and found["suspects"] == ["h2"]


def test_one_that_was_not_asked(cluster: Cluster) -> None:
    del cluster.views["h2"]
    assert cluster.problems() == ["h2: its REST service does not answer"]


def test_one_that_hangs_is_not_suspected(cluster: Cluster) -> None:
    """It waits for its database, which is another one's fault."""
    cluster.views["h2"] = {"answers": False, "error": "no answer within 10 s", "hangs": True}
    found = cluster.judged()
    assert not found["healthy"] and found["suspects"] == []


@pytest.mark.parametrize(
    "own", [{"status_code": 500}, {"status_code": 0}, {"status": "Fail"}, {"status": None}]
)
def test_one_that_is_not_well_by_its_own_word(own: dict[str, object], cluster: Cluster) -> None:
    cluster.views["h2"].update(own, errors={"status": "Cannot ask"}, inactive=[])
    (problem,) = cluster.problems()
    assert problem.startswith("h2: its own status is ") and problem.endswith("(Cannot ask)")


def test_different_versions(cluster: Cluster) -> None:
    cluster.views["h2"]["version"] = "7.0.0"
    assert cluster.problems() == [
        "managers: they are of different versions: h1 7.0.5, h2 7.0.0, h3 7.0.5"
    ]


def test_no_status_of_the_cluster(cluster: Cluster) -> None:
    cluster.views["h3"]["cluster_status"] = None
    assert cluster.problems() == ["h3: does not tell the cluster's status"]


# -- the cluster's status ----------------------------------------------------------------------------


def degraded(cluster: Cluster, status: str = "Degraded", **nodes: str) -> None:
    """Brokers that managers see not OK."""
    for view in cluster.views.values():
        view["cluster_status"]["status"] = status
        told = view["cluster_status"]["tiers"]["broker"]["nodes"]
        told.update({name: {"status": how, "failures": []} for name, how in nodes.items()})


def test_degraded_by_a_node(cluster: Cluster) -> None:
    degraded(cluster, h3="Fail")
    found = cluster.judged()
    assert has(found["problems"], "h1: sees the cluster as Degraded (broker h3 Fail)")
    assert found["suspects"] == ["h3"]


def test_degraded_by_nobody(cluster: Cluster) -> None:
    """A status that nothing explains is none to go on with."""
    degraded(cluster)
    assert has(cluster.problems(), "h1: sees the cluster as Degraded (no node is named)")
    assert has(cluster.problems("h3"), "h1: sees the cluster as Degraded (no node is named)")


def test_degraded_by_one_that_is_known_to_be_dead(cluster: Cluster) -> None:
    degraded(cluster, h3="Fail")
    assert not has(cluster.problems("h3"), "sees the cluster as")


def test_a_tier_that_fails_is_no_matter_of_the_dead_alone(cluster: Cluster) -> None:
    degraded(cluster, "Fail", h3="Fail")
    assert has(cluster.problems("h3"), "h1: sees the cluster as Fail")


def test_a_node_that_the_inventory_lacks_is_worth_a_note(cluster: Cluster) -> None:
    degraded(cluster, old="Fail")
    found = cluster.judged()
    assert found["healthy"]
    assert "h1 sees Fail for old, which is not in the inventory" in found["notes"]


# -- registers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("tier", ["manager", "broker", "database"])
def test_a_register_that_cannot_be_read(tier: str, cluster: Cluster) -> None:
    cluster.views["h2"]["registers"][tier] = None
    assert cluster.problems() == [f"h2: does not list the {tier}s"]


@pytest.mark.parametrize("tier", ["manager", "broker", "database"])
def test_registers_that_differ(tier: str, cluster: Cluster) -> None:
    cluster.views["h3"]["registers"][tier].pop()
    assert has(cluster.problems(), f"h3: lists other {tier}s", "than h1")


@pytest.mark.parametrize("tier", ["manager", "broker", "database"])
def test_a_member_that_no_register_has(tier: str, cluster: Cluster) -> None:
    for listed in cluster.register(tier):
        listed[:] = listed[:2]
    assert cluster.problems() == [
        f"{name}: does not have {tier} h3 in its register" for name in ("h1", "h2", "h3")
    ]


@pytest.mark.parametrize("tier", ["manager", "broker", "database"])
def test_a_name_that_begins_as_another_one_is_another(tier: str, cluster: Cluster) -> None:
    """h10 in a register is not h1."""
    for listed in cluster.register(tier):
        row = listed[0]
        row.update({key: "h10" for key in ("name", "hostname") if key in row})
        row.update({key: "172.31.78.110" for key in ("host", "private_ip") if key in row})
    assert has(cluster.problems(), f"h2: does not have {tier} h1 in its register")


@pytest.mark.parametrize("tier", ["manager", "broker", "database"])
def test_one_that_the_inventory_lacks(tier: str, cluster: Cluster) -> None:
    row = {"hostname": "old", "name": "old", "host": "10.9.9.9"}
    for listed in cluster.register(tier):
        listed.append(row)
    found = cluster.judged()
    assert found["healthy"]
    assert found["notes"] == [f"the managers list the {tier} old, which is not in the inventory"]


def test_full_names_in_the_registers_and_short_ones_in_the_inventory(cluster: Cluster) -> None:
    for tier in ("manager", "broker", "database"):
        for listed in cluster.register(tier):
            for row in listed:
                for key in ("hostname", "name"):
                    if key in row:
                        row[key] = f"{row[key]}.lab.test"
                for key in ("host", "private_ip"):
                    row.pop(key, None)
    for name in ("h1", "h2", "h3"):
        broker = cluster.broker(name)
        broker["running"] = [f"{node}.lab.test" for node in broker["running"]]
    found = cluster.judged()
    assert found["healthy"] and found["notes"] == [], found


# -- brokers -----------------------------------------------------------------------------------------


def test_a_broker_that_is_not_seen(cluster: Cluster) -> None:
    cluster.broker("h1")["running"].remove("rabbit@h2")
    assert cluster.problems() == ["h1: does not see the broker of h2 running"]


def test_the_broker_of_h10_is_not_that_of_h1(cluster: Cluster) -> None:
    for name in ("h1", "h2", "h3"):
        cluster.broker(name)["running"] = ["rabbit@h10", "rabbit@h2", "rabbit@h3"]
    assert has(cluster.problems(), "h3: does not see the broker of h1 running")


def test_a_partition(cluster: Cluster) -> None:
    cluster.broker("h2")["partitions"] = "[rabbit@h3]"
    assert cluster.problems() == ["h2: its broker is in a partition: [rabbit@h3]"]


def test_a_broker_that_says_nothing(cluster: Cluster) -> None:
    cluster.probes["h2"]["broker"] = None
    assert has(cluster.problems(), "h2: nothing is known of its broker")
    assert cluster.judged()["suspects"] == ["h2"]


def test_a_broker_that_the_others_remember(cluster: Cluster) -> None:
    cluster.broker("h1")["known"].append("rabbit@old")
    found = cluster.judged()
    assert found["healthy"]
    assert found["notes"] == ["the brokers know old, which is not in the inventory"]


# -- suspects ----------------------------------------------------------------------------------------


def test_the_silent_are_suspected_before_the_half_silent(cluster: Cluster) -> None:
    cluster.broker("h1")["error"] = "it is down"
    degraded(cluster, h2="Fail")
    assert cluster.judged()["suspects"] == ["h1"]
    assert cluster.judged()["silent"] == []
    cluster.silence("h3")
    assert cluster.judged()["suspects"] == cluster.judged()["silent"] == ["h3"]


def test_a_new_host_in_the_place_of_a_database(cluster: Cluster) -> None:
    """Nobody has missed it yet, and it has no Patroni that could fail."""
    cluster.database("h1").update(single=True, role=None, primary=None, patroni=None, cluster=None)
    assert cluster.judged()["suspects"] == ["h1"]


def test_all_silent(cluster: Cluster) -> None:
    for name in ("h1", "h2", "h3"):
        cluster.silence(name)
    found = cluster.judged()
    assert found["suspects"] == ["h1", "h2", "h3"]
    assert not found["healthy"] and found["active"] == []
