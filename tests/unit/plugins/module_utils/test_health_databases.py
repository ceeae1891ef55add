# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The judge and the database tier: a healthy cluster in which one thing is otherwise."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._probe import parse
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.health_recordings import (
    Cluster,
    has,
)


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def others(cluster: Cluster) -> list[str]:
    return [m["name"] for m in cluster.members if m["name"] != cluster.were["leader"]]


def test_two_primaries(cluster: Cluster) -> None:
    leader, replica = cluster.were["leader"], cluster.were["sync"]
    cluster.database(replica)["primary"]["code"] = 200
    found = cluster.judged()
    both = ", ".join(sorted([leader, replica]))
    assert has(found["problems"], f"one should be primary, and {both} says so")
    assert found["active"] == sorted([leader, replica])


def test_two_that_take_writes(cluster: Cluster) -> None:
    cluster.database(cluster.were["async"])["role"] = "leader"
    assert has(cluster.problems(), f"{cluster.were['leader']} is primary, and h", "takes writes")


def test_no_primary(cluster: Cluster) -> None:
    cluster.database(cluster.were["leader"])["primary"]["code"] = 503
    assert has(cluster.problems(), "one should be primary, and none says so")


def test_the_primary_is_another_than_takes_writes(cluster: Cluster) -> None:
    cluster.database(cluster.were["leader"])["primary"]["code"] = 503
    cluster.database(cluster.were["sync"])["primary"]["code"] = 200
    assert has(cluster.problems(), f"{cluster.were['sync']} is primary, and ", "takes writes")


def test_a_write_that_is_not_acknowledged(cluster: Cluster) -> None:
    leader = cluster.were["leader"]
    cluster.database(leader)["write"] = "canceling wait"
    assert cluster.problems() == [f"{leader}: a write is not acknowledged: canceling wait"]


def test_a_write_that_was_not_tried_is_worth_a_note(cluster: Cluster) -> None:
    cluster.database(cluster.were["leader"])["write"] = None
    found = cluster.judged()
    assert found["healthy"] and has(found["notes"], "no write was tried")


def test_different_timelines(cluster: Cluster) -> None:
    """What a split brain leaves, with as many rows by chance."""
    cluster.database(cluster.were["async"])["patroni"]["body"]["timeline"] = 9
    assert has(cluster.problems(), "databases: they are on different timelines: h1 ", " 9")


def test_unequal_rows(cluster: Cluster) -> None:
    counts = cluster.database("h3")["counts"]
    table = sorted(counts)[0]
    counts[table] += 1
    assert len(cluster.problems()) == 1
    assert has(cluster.problems(), f"rows of {table} differ: h1 ")


def test_a_table_that_only_some_have(cluster: Cluster) -> None:
    del cluster.database("h2")["counts"][sorted(cluster.database("h2")["counts"])[0]]
    assert has(cluster.problems(), "differ: h1 ", "h2 None")


def test_rows_that_could_not_be_counted(cluster: Cluster) -> None:
    cluster.database("h2")["counts"] = {}
    assert cluster.problems() == ["h2: its rows could not be counted"]


# -- rows that are being written ---------------------------------------------------------------------


def counted(
    cluster: Cluster, now: tuple[int, int, int], before: tuple[int, int, int] | None
) -> list[str]:
    """What is said when h1, h2 and h3 counted so many events at this look, and at the last one."""
    if before:
        cluster.probes_before = copy.deepcopy(cluster.probes)
    for probes, numbers in ((cluster.probes_before, before), (cluster.probes, now)):
        for name, number in zip(("h1", "h2", "h3"), numbers or ()):
            probes[name]["database"]["counts"]["events"] = number
    return cluster.problems()


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ((100, 103, 98), (150, 149, 153)),
        ((150, 149, 153), (100, 103, 98)),  # they are deleted, too
        ((100, 100, 100), (150, 149, 153)),
        ((100, 103, 98), (103, 104, 103)),
    ],
)
def test_rows_of_a_cluster_at_work_are_counted_at_different_moments(
    before: tuple[int, int, int], now: tuple[int, int, int], cluster: Cluster
) -> None:
    assert counted(cluster, now, before) == []


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (None, (150, 149, 153)),  # of the first look there is nothing to compare with
        ((100, 100, 100), (100, 100, 99)),  # nobody writes
        ((100, 100, 99), (100, 100, 99)),
        ((100, 103, 98), (150, 149, 98)),  # one stands still
        ((100, 100, 120), (150, 150, 120)),  # also between what the others have and had
        ((100, 103, 90), (150, 149, 99)),  # one has not even what the others had
        ((100, 103, 151), (150, 149, 200)),  # one has what the others do not have yet
        ((150, 149, 98), (100, 103, 153)),  # and goes another way
        ((150, 150, 210), (100, 100, 151)),  # it has not yet deleted what the others had not
        ((150, 150, 99), (100, 100, 60)),
    ],
)
def test_rows_that_differ_for_another_reason(
    before: tuple[int, int, int] | None, now: tuple[int, int, int], cluster: Cluster
) -> None:
    each = ", ".join(f"h{number} {rows}" for number, rows in enumerate(now, start=1))
    assert counted(cluster, now, before) == [f"databases: rows of events differ: {each}"]


def test_rows_of_one_of_which_nothing_was_heard_before(cluster: Cluster) -> None:
    cluster.probes_before = copy.deepcopy(cluster.probes)
    cluster.probes_before["h3"] = {"database": None, "broker": None}
    cluster.probes_before["h1"]["database"]["counts"]["events"] = 1
    for name, number in (("h1", 150), ("h2", 149), ("h3", 150)):
        cluster.database(name)["counts"]["events"] = number
    assert has(cluster.problems(), "rows of events differ: h1 150, h2 149, h3 150")


def test_rows_of_a_table_that_one_does_not_have(cluster: Cluster) -> None:
    cluster.probes_before = copy.deepcopy(cluster.probes)
    for number, name in enumerate(("h1", "h2", "h3")):
        cluster.database(name)["counts"]["events"] = 10**6 + number
    del cluster.database("h2")["counts"]["events"]
    assert has(cluster.problems(), "rows of events differ: ", "h2 None")


def test_no_synchronous_standby(cluster: Cluster) -> None:
    for name in ("h1", "h2", "h3"):
        for member in cluster.listed(name):
            if member["role"] == "sync_standby":
                member["role"] = "replica"
    assert cluster.problems() == [
        f"{name}: sees no synchronous standby, so that writes block" for name in ("h1", "h2", "h3")
    ]


@pytest.mark.parametrize("state", ["stopped", "starting", "creating replica", None])
def test_a_database_that_a_peer_sees_down(state: str, cluster: Cluster) -> None:
    address = cluster.member("h3")["address"]
    (seen,) = [m for m in cluster.listed("h1") if m["host"] == address]
    seen["state"] = state
    assert has(cluster.problems(), "h1: sees the database of h3 as down")


def test_a_stale_view_is_another_view(cluster: Cluster) -> None:
    """Whoever was cut off still shows the roles that there were."""
    replica, leader = cluster.were["async"], cluster.were["leader"]
    for member in cluster.listed(replica):
        wanted = {"leader": "sync_standby", "sync_standby": "leader"}
        member["role"] = wanted.get(member["role"], member["role"])
    assert has(cluster.problems(), "sees other roles of the databases than h1 does"), leader


def test_a_member_that_patroni_does_not_list(cluster: Cluster) -> None:
    address = cluster.member("h2")["address"]
    for name in ("h1", "h2", "h3"):
        cluster.database(name)["cluster"]["body"]["members"] = [
            m for m in cluster.listed(name) if m["host"] != address
        ]
    assert has(cluster.problems(), "h3: sees the database of h2 as not a member")


def test_patroni_that_lists_nobody(cluster: Cluster) -> None:
    cluster.database("h2")["cluster"] = {"code": 0, "body": None}
    assert cluster.problems() == ["h2: its Patroni does not list the members"]


def test_a_host_that_says_nothing(cluster: Cluster) -> None:
    cluster.probes["h2"] = parse("")
    assert has(cluster.problems(), "h2: nothing is known of its database")
    del cluster.probes["h2"]
    assert has(cluster.problems(), "h2: nothing is known of its database")


def test_a_database_that_hangs_is_not_well(cluster: Cluster) -> None:
    """Patroni answers, and the database itself says neither yes nor no."""
    cluster.database(cluster.were["async"])["role"] = None
    assert has(cluster.problems(), "does not say whether it is the leader")


def test_one_without_patroni_is_not_of_the_cluster(cluster: Cluster) -> None:
    """A host that was installed anew and lost its configuration has no Patroni to ask."""
    cluster.probes["h3"]["database"] = parse("database single")["database"]
    assert has(cluster.problems(), "h3: its database is not of the cluster: it has no Patroni")


def test_a_single_database_has_no_patroni() -> None:
    cluster = Cluster("7.0.5-healthy")
    cluster.members = [cluster.member("h1")]
    cluster.views = {"h1": cluster.views["h1"]}
    for tier in ("manager", "broker", "database"):
        registers = cluster.views["h1"]["registers"]
        registers[tier] = registers[tier][:1]
    cluster.probes = {"h1": parse("database single\nbroker known ['rabbit@h1']")}
    cluster.broker("h1")["running"] = ["rabbit@h1"]
    assert cluster.problems() == []


def test_an_external_database_is_nobodys(cluster: Cluster) -> None:
    for member in cluster.members:
        member["tiers"] = ["manager", "broker"]
        cluster.probes[member["name"]]["database"] = None
    for view in cluster.views.values():
        view["registers"]["database"] = [
            {"name": "db.example.com", "host": "db.example.com", "is_external": True}
        ]
        view["cluster_status"]["tiers"].pop("db")
    found = cluster.judged()
    assert found["healthy"], found["problems"]
    assert found["notes"] == []


def test_what_patroni_has_and_the_inventory_has_not(cluster: Cluster) -> None:
    for name in ("h1", "h2", "h3"):
        cluster.listed(name).append({"host": "10.9.9.9", "role": "replica", "state": "stopped"})
    found = cluster.judged()
    assert found["healthy"]
    assert found["notes"] == ["Patroni has the database 10.9.9.9, which is not in the inventory"]


def test_ipv6_is_one_address_in_any_spelling(cluster: Cluster) -> None:
    address = cluster.member("h2")["address"]
    cluster.member("h2")["address"] = "fd00:0:0::2"
    for name in ("h1", "h2", "h3"):
        for member in cluster.listed(name):
            if member["host"] == address:
                member["host"] = "FD00::2"
    for tier in ("broker", "database"):
        for listed in cluster.register(tier):
            for row in listed:
                row["host"] = "[fd00::2]" if row["host"] == address else row["host"]
    assert cluster.problems() == []


def test_of_one_that_is_down_nothing_else_is_told(cluster: Cluster) -> None:
    """Neither its timeline nor its rows are worth a line then."""
    database = cluster.database("h2")
    database.update(error="refused", role=None, counts={}, patroni={"code": 0, "body": None})
    problems = cluster.problems()
    assert has(problems, "h2: its database does not answer: refused")
    assert not has(problems, "timelines") and not has(problems, "counted")


def test_what_is_listed_of_the_dead_does_not_count() -> None:
    """One of the others may not have forgotten it yet."""
    cluster = Cluster("7.0.5-async-killed-settled")
    (dead,) = cluster.dead
    address = cluster.member(dead)["address"]
    cluster.listed(cluster.were["leader"]).append(
        {"host": address, "role": "replica", "state": "stopped"}
    )
    assert cluster.problems(dead) == []


def test_the_last_database_has_nobody_to_wait_for() -> None:
    cluster = Cluster("7.0.5-async-killed-settled")
    leader, gone = cluster.were["leader"], cluster.were["sync"]
    address = cluster.member(leader)["address"]
    body = cluster.database(leader)["cluster"]["body"]
    body["members"] = [m for m in body["members"] if m["host"] == address]
    assert not has(cluster.problems(*cluster.dead, gone), "no synchronous standby")
