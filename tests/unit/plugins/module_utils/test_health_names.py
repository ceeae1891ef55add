# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is meant by a name, and what peers say of one node."""

from __future__ import annotations

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_case import (
    is_it,
    known_as,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_signs import seen_alive
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.health_recordings import (
    Cluster,
    Json,
    has,
)


def member(name: str, hostname: str = "", address: str = "10.0.0.1") -> dict[str, str]:
    return {"name": name, "hostname": hostname or name, "address": address}


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (member("h1"), "h1"),
        (member("h1"), "h1.example.com"),
        (member("h1.example.com"), "h1"),
        (member("h1.example.com"), "H1.Example.Com."),
        (member("alias", "h1"), "h1"),
        (member("h1"), "10.0.0.1"),
        (member("h1", address="fd00::1"), "fd00:0:0:0::1"),
        (member("h1", address="fd00::1"), "[FD00::1]"),
        (member("10.0.0.1"), "10.0.0.1"),
    ],
)
def test_it_is_meant(one: dict[str, str], told: str) -> None:
    assert is_it(one, None, "", told)


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (member("h1"), "h10"),
        (member("h10"), "h1"),
        (member("h1.example.com"), "h1.example.org"),
        (member("h1.example.com"), "h10"),
        (member("h1"), "10.0.0.10"),
        (member("10.0.0.1"), "10"),
        (member("10.0.0.1"), "10.0.0.2"),
        (member("10.0.0.1"), "10.example.com"),
        (member("h1", address="fd00::1"), "fd00::10"),
    ],
)
def test_it_is_not_meant(one: dict[str, str], told: str) -> None:
    assert not is_it(one, told)


def test_nobody_is_meant_by_nothing() -> None:
    assert not is_it(member("h1"), None, "", None)
    assert not is_it(member("h1"))


# -- seen alive --------------------------------------------------------------------------------------


def others_see_nothing_of(cluster: Cluster, name: str) -> None:
    """As it is when the time-outs of a dead host are over."""
    address = cluster.member(name)["address"]
    for view in cluster.views.values():
        for tier in view["cluster_status"]["tiers"].values():
            tier["nodes"][name]["status"] = "Fail"
    for other in cluster.probes:
        cluster.broker(other)["running"] = [
            node for node in cluster.broker(other)["running"] if node != f"rabbit@{name}"
        ]
        body = cluster.database(other)["cluster"]["body"]
        body["members"] = [m for m in body["members"] if m["host"] != address]


def test_one_that_nobody_sees_is_dead() -> None:
    cluster = Cluster()
    others_see_nothing_of(cluster, "h3")
    assert seen_alive(cluster.case("h3"), "h3") == []


def test_its_own_word_does_not_count() -> None:
    """An isolated host sees itself alive, and a stale list has it."""
    cluster = Cluster()
    own = Cluster()
    others_see_nothing_of(cluster, "h3")
    cluster.views["h3"], cluster.probes["h3"] = own.views["h3"], own.probes["h3"]
    assert seen_alive(cluster.case(), "h3") == []


@pytest.mark.parametrize(
    ("tier", "words"),
    [("manager", "its manager"), ("broker", "its broker"), ("db", "its database")],
)
def test_one_manager_that_sees_it(tier: str, words: str) -> None:
    cluster = Cluster()
    others_see_nothing_of(cluster, "h3")
    cluster.views["h2"]["cluster_status"]["tiers"][tier]["nodes"]["h3"]["status"] = "OK"
    assert seen_alive(cluster.case("h3"), "h3") == [f"h2 sees {words} as OK"]
    assert has(cluster.problems("h3"), f"h3: is not dead: h2 sees {words} as OK")


@pytest.mark.parametrize("state", ["running", "streaming"])
def test_a_patroni_that_sees_it(state: str) -> None:
    cluster = Cluster()
    others_see_nothing_of(cluster, "h3")
    cluster.listed("h1").append({"host": cluster.member("h3")["address"], "state": state})
    assert seen_alive(cluster.case("h3"), "h3") == [f"Patroni of h1 sees it {state}"]


def test_a_patroni_that_sees_it_stopped() -> None:
    cluster = Cluster()
    others_see_nothing_of(cluster, "h3")
    cluster.listed("h1").append({"host": cluster.member("h3")["address"], "state": "stopped"})
    assert seen_alive(cluster.case("h3"), "h3") == []


def test_a_broker_that_sees_it() -> None:
    cluster = Cluster()
    others_see_nothing_of(cluster, "h3")
    cluster.broker("h2")["running"].append("rabbit@h3.lab.test")
    assert seen_alive(cluster.case("h3"), "h3") == ["the broker of h2 sees it running"]


def test_the_broker_of_h30_does_not_speak_for_h3() -> None:
    cluster = Cluster()
    others_see_nothing_of(cluster, "h3")
    cluster.broker("h2")["running"].append("rabbit@h30")
    assert seen_alive(cluster.case("h3"), "h3") == []


# -- localhost ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("told", ["localhost", "127.0.0.1", "::1", "127.0.1.1"])
def test_localhost_is_whoever_says_so(told: str) -> None:
    one = member("h1")
    assert is_it(one, told, by="h1")
    assert not is_it(one, told, by="h2")
    assert not is_it(one, told)


def test_a_member_of_a_cluster_has_no_tier_of_its_own() -> None:
    """A broker that was installed anew without its cluster sees itself alone."""
    cluster = Cluster()
    cluster.broker("h1")["running"] = ["rabbit@localhost"]
    for listed in cluster.register("database"):
        listed[:] = [{"name": "postgresql", "host": "127.0.0.1"}]
    problems = cluster.problems()
    assert has(problems, "h1: does not see the broker of h2 running")
    assert has(problems, "h1: does not have database h3 in its register")
    assert not has(problems, "h1: does not see the broker of h1 running")


def test_nothing_is_not_a_host_of_that_name() -> None:
    assert not is_it(member("none"), None)


# -- what else a member is called --------------------------------------------------------------------


def also(views: Json, *members: Json, **own: str) -> list[list[str]]:
    found = known_as([{**m, "tiers": ["database"]} for m in members], views=views, own=own)
    return [each["also"] for each in found]


def registers(*rows: tuple[str, str]) -> Json:
    told = [{"name": name, "host": host} for name, host in rows]
    return {"h9": {"registers": {"database": told}}}


def test_a_register_has_the_address_of_a_name() -> None:
    views = registers(("h1", "10.0.0.1"), ("h2", "10.0.0.2"))
    two = [member(name, address=name) for name in ("h1", "h2")]
    assert also(views, *two) == [["10.0.0.1"], ["10.0.0.2"]]


def test_a_row_without_a_name_is_nobody() -> None:
    views = registers(("", ""))
    assert also(views, member("h1")) == [[]]
    views["h9"]["registers"]["database"][0]["public_ip"] = "10.0.0.1"
    assert also(views, member("h1"), member("h2", address="10.0.0.2")) == [[], []]


def test_a_host_says_its_own_address_and_the_register_what_it_calls_that() -> None:
    views = registers(("node1", "10.0.0.1"))
    assert also(views, member("h1", address="h1"), h1="10.0.0.1") == [["10.0.0.1", "node1"]]


def test_who_goes_by_its_address_has_not_that_of_the_host_before_it() -> None:
    views = registers(("h1", "10.0.0.9"), ("other", "10.0.0.1"))
    assert also(views, member("h1")) == [["other"]]


def test_a_host_s_own_word_of_its_database_outweighs_its_address() -> None:
    """Where databases have a network of their own, the register has the others' addresses there."""
    views = registers(("h1", "192.168.50.1"), ("h2", "192.168.50.2"))
    managers = [{"hostname": f"h{n}", "private_ip": f"10.0.0.{n}"} for n in (1, 2)]
    views["h9"]["registers"]["manager"] = managers
    two = [member("h1"), member("h2", address="10.0.0.2")]
    assert also(views, *two) == [[], []]
    assert also(views, *two, h1="192.168.50.1") == [["192.168.50.1"], ["192.168.50.2"]]
    assert also(views, *two, h1="127.0.0.1") == [[], []]


def test_nobody_has_what_two_have() -> None:
    views = registers(("h1", "10.0.0.1"), ("h2", "10.0.0.1"))
    assert also(views, *(member(name, address=name) for name in ("h1", "h2"))) == [[], []]


def test_a_row_that_means_two_means_nobody() -> None:
    views = registers(("h2", "10.0.0.1"), ("node3", "127.0.0.1"))
    assert also(views, member("h1"), member("h2", address="10.0.0.2")) == [[], []]
