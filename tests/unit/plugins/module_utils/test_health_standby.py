# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The judge before 5.0: one manager is active, the others say nothing but that they are not."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._probe import parse
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.health_recordings import (
    Cluster,
    has,
)


@pytest.fixture
def cluster() -> Cluster:
    """h1 is active."""
    found = Cluster("4.5.5-healthy")
    assert found.were["leader"] == "h1"
    return found


def node(cluster: Cluster, name: str) -> dict[str, t.Any]:
    nodes = cluster.views["h1"]["nodes"]
    return t.cast("dict[str, t.Any]", next(each for each in nodes if each["name"] == name))


def test_two_that_are_active(cluster: Cluster) -> None:
    """Split brain."""
    cluster.views["h3"] = Cluster("4.5.5-healthy").views["h1"]
    found = cluster.judged()
    assert found["active"] == ["h1", "h3"] and not found["healthy"]
    assert has(found["problems"], "one manager should be active, and h1, h3 answers as such")


def test_nobody_is_active(cluster: Cluster) -> None:
    cluster.views["h1"] = cluster.views["h2"]
    found = cluster.judged()
    assert found["active"] == []
    assert found["problems"] == [
        "cluster: one manager should be active, and no manager answers as such"
    ]


def test_one_that_does_not_answer(cluster: Cluster) -> None:
    cluster.silence("h2")
    found = cluster.judged()
    assert found["problems"] == ["h2: no connection"] and found["suspects"] == ["h2"]


@pytest.mark.parametrize(
    "own",
    [
        {"status_code": 502, "error_code": None},
        {"status_code": 401, "error_code": "unauthorized_error"},
        {"status_code": 400, "error_code": "removed_from_cluster"},
        {"status_code": 0, "error_code": None},
    ],
)
def test_a_standby_that_is_none(own: dict[str, t.Any], cluster: Cluster) -> None:
    """The active one sees it online all the same: it asks for other things."""
    cluster.views["h2"].update(own, error="what it said")
    assert cluster.problems() == [
        "h2: answers neither as the active one nor as a standby: what it said"
    ]


def test_services_of_the_active_one(cluster: Cluster) -> None:
    cluster.views["h1"]["inactive"] = ["RabbitMQ"]
    assert cluster.problems() == ["h1: services are down: RabbitMQ"]


def test_a_node_that_is_offline(cluster: Cluster) -> None:
    node(cluster, "h3")["online"] = False
    found = cluster.judged()
    assert found["problems"] == ["h1: sees h3 offline"] and found["suspects"] == ["h3"]


def test_a_node_that_fails_a_check(cluster: Cluster) -> None:
    node(cluster, "h3")["checks"] = {"database": False, "consul": True, "services": False}
    assert cluster.problems() == ["h1: h3 fails the checks database, services"]


def test_a_node_that_was_removed(cluster: Cluster) -> None:
    cluster.views["h1"]["nodes"].remove(node(cluster, "h3"))
    assert cluster.problems() == ["h1: does not have h3 among its nodes"]
    assert cluster.problems("h3") == []


def test_a_node_of_a_similar_name_is_another_one(cluster: Cluster) -> None:
    node(cluster, "h3").update(name="h30", host_ip="172.31.78.130")
    found = cluster.judged()
    assert found["problems"] == ["h1: does not have h3 among its nodes"]
    unproved = ["h1: no write was tried"]
    for name in ("h1", "h2", "h3"):
        unproved.append(f"rows of {name} were not counted: it says nothing of its database")
    assert found["notes"] == [
        *unproved,
        "the cluster has the node h30, which is not in the inventory",
    ]


@pytest.mark.parametrize("master", ["h2", "nobody"])
def test_the_list_names_another_one(master: str, cluster: Cluster) -> None:
    for each in cluster.views["h1"]["nodes"]:
        each["master"] = each["name"] == master
    assert has(cluster.problems(), f"answers as the active one, and names {master} as such")


def test_the_list_names_two(cluster: Cluster) -> None:
    node(cluster, "h2")["master"] = True
    assert has(cluster.problems(), "answers as the active one, and names h1, h2 as such")


def test_the_views_of_two_differ(cluster: Cluster) -> None:
    """Of the builds whose standbys tell what they see."""
    own = Cluster("4.5.5-healthy").views["h1"]["nodes"]
    cluster.views["h2"]["nodes"] = own
    assert cluster.problems() == []
    own[2]["online"] = False
    assert cluster.problems() == ["h2: sees other nodes than h1 does"]


@pytest.mark.parametrize("alone", [False, True])
def test_the_list_cannot_be_had(alone: bool, cluster: Cluster) -> None:
    """Also where the others are known to be dead: it is the list that counts."""
    cluster.views["h1"].update(nodes=None, initialized=None)
    without = ("h2", "h3") if alone else ()
    assert cluster.problems(*without) == ["h1: does not say which nodes there are"]


def test_an_active_one_that_knows_nobody(cluster: Cluster) -> None:
    cluster.views["h1"].update(nodes=[], initialized=False)
    assert has(cluster.problems(), "h1: does not have h2 among its nodes")


@pytest.mark.parametrize(("nodes", "initialized"), [([], False), (None, None), (None, False)])
def test_a_manager_of_its_own(nodes: t.Any, initialized: t.Any, cluster: Cluster) -> None:
    """In no cluster, or community edition, which has no such thing."""
    cluster.members = [cluster.member("h1")]
    cluster.views = {"h1": {**cluster.views["h1"], "nodes": nodes, "initialized": initialized}}
    assert cluster.problems() == []


def test_one_of_its_own_whose_services_are_down(cluster: Cluster) -> None:
    cluster.members = [cluster.member("h1")]
    cluster.views = {"h1": {**cluster.views["h1"], "nodes": [], "inactive": ["PostgreSQL"]}}
    assert cluster.problems() == ["h1: services are down: PostgreSQL"]


def test_three_managers_that_were_never_joined(cluster: Cluster) -> None:
    for name in ("h1", "h2", "h3"):
        cluster.views[name] = {**cluster.views["h1"], "nodes": [], "initialized": False}
    assert has(cluster.problems(), "one manager should be active, and h1, h2, h3 answers as such")


def test_the_dead_one_is_not_asked_after(cluster: Cluster) -> None:
    node(cluster, "h3")["online"] = False
    cluster.silence("h3")
    found = cluster.judged("h3")
    assert found["healthy"], found["problems"]


def test_one_that_the_active_one_sees_online_is_not_dead(cluster: Cluster) -> None:
    cluster.silence("h3")
    assert cluster.problems("h3") == ["h3: is not dead: h1 sees it online"]


def test_what_others_think_of_the_dead_does_not_matter(cluster: Cluster) -> None:
    own = Cluster("4.5.5-healthy").views["h1"]["nodes"]
    cluster.views["h2"]["nodes"] = own
    cluster.silence("h3")
    node(cluster, "h3")["online"] = False
    assert has(cluster.problems(), "h2: sees other nodes than h1 does")
    assert cluster.problems("h3") == ["h3: is not dead: h2 sees it online"]


# -- a write, and rows -------------------------------------------------------------------------------


def test_a_write_that_is_acknowledged(cluster: Cluster) -> None:
    cluster.views["h1"]["write"] = "ok"
    found = cluster.judged()
    assert found["healthy"] and not has(found["notes"], "write")


@pytest.mark.parametrize("alone", [False, True])
def test_a_write_that_is_not_acknowledged(alone: bool, cluster: Cluster) -> None:
    cluster.views["h1"]["write"] = "PUT said no"
    if alone:
        cluster.members = [cluster.member("h1")]
        cluster.views = {"h1": {**cluster.views["h1"], "nodes": [], "initialized": False}}
    assert cluster.problems() == ["h1: a write is not acknowledged: PUT said no"]


def test_a_write_that_was_not_tried_is_told(cluster: Cluster) -> None:
    assert has(cluster.judged()["notes"], "h1: no write was tried")
    cluster.views["h1"]["maintenance"] = "activated"
    found = cluster.judged()
    assert found["healthy"]
    assert has(found["notes"], "h1: no write was tried: maintenance mode is activated")


def counted(cluster: Cluster, *numbers: int) -> dict[str, t.Any]:
    for name, number in zip(("h1", "h2", "h3"), numbers):
        cluster.probes[name] = parse(f"rows count events {number}\nrows count users 1\n")
    return cluster.judged()


def test_equal_rows(cluster: Cluster) -> None:
    found = counted(cluster, 100, 100, 100)
    assert found["healthy"] and not has(found["notes"], "rows")


def test_unequal_rows(cluster: Cluster) -> None:
    assert counted(cluster, 100, 100, 99)["problems"] == [
        "databases: rows of events differ: h1 100, h2 100, h3 99"
    ]


def test_unequal_rows_of_a_cluster_at_work(cluster: Cluster) -> None:
    counted(cluster, 100, 101, 99)
    cluster.probes_before = dict(cluster.probes)
    assert counted(cluster, 150, 149, 151)["healthy"]
    assert not counted(cluster, 150, 149, 99)["healthy"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("rows error cHNxbDogbm8=", "psql: no"),
        ("refused cHNxbDogbm8=", "the host answers, and says: psql: no"),
        ("", "it says nothing of its database"),
    ],
)
def test_rows_that_could_not_be_counted_are_told(said: str, why: str, cluster: Cluster) -> None:
    counted(cluster, 100, 100, 100)
    cluster.probes["h2"] = parse(said)
    found = cluster.judged()
    assert found["healthy"] and has(found["notes"], f"rows of h2 were not counted: {why}")
    cluster.probes["h3"] = parse("rows count events 99")
    assert has(cluster.problems(), "rows of events differ: h1 100, h3 99")


def test_of_the_dead_and_of_a_manager_of_its_own_no_rows_are_compared(cluster: Cluster) -> None:
    counted(cluster, 100, 100, 100)
    cluster.silence("h3")
    node(cluster, "h3")["online"] = False
    assert not has(cluster.judged("h3")["notes"], "rows")
    cluster.members = [cluster.member("h1")]
    cluster.views = {"h1": {**cluster.views["h1"], "nodes": []}}
    cluster.probes = {}
    assert not has(cluster.judged()["notes"], "rows")
