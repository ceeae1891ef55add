# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which sides a cluster has split into, and what only one of them has."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.filter.cluster_sides import cluster_sides
from ansible_collections.cloudify_ha.recovery.plugins.filter.sides_diff import sides_diff
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._databases import parse_database
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.health_recordings import recorded

Json = dict[str, t.Any]


# -- before 5.0, as recorded


def sides(name: str, views: Json | None = None) -> Json:
    found = recorded(name)
    return cluster_sides(views or found["views"], members=found["members"], databases={})


def by_name(split: Json) -> Json:
    return {side["name"]: side for side in split["sides"]}


def test_a_healthy_cluster_is_one_side() -> None:
    split = sides("4.5.5-healthy")
    assert not split["split"] and split["generation"] == "active_standby"
    assert split["sides"][0]["nodes"] == ["h1", "h2", "h3"] and split["sides"][0]["quorum"]
    assert split["unknown"] == []


def test_an_isolated_active_one_is_a_side_without_a_quorum() -> None:
    split = sides("4.5.5-active-isolated")
    were = recorded("4.5.5-active-isolated")["were"]
    assert split["split"]
    found = by_name(split)
    old = found[were["leader"]]
    assert old["nodes"] == [were["leader"]] and not old["quorum"]
    (new,) = [side for name, side in found.items() if name != were["leader"]]
    assert sorted(new["nodes"]) == sorted([were["other"], were["third"]]) and new["quorum"]
    assert new["managers"] == [new["name"]]


def test_who_is_down_is_on_no_side() -> None:
    split = sides("4.5.5-active-killed")
    dead = recorded("4.5.5-active-killed")["were"]["leader"]
    assert not split["split"] and split["unknown"] == [dead]
    assert f"{dead} is on no side: it does not answer over REST" in split["notes"]


def test_one_that_two_see_is_on_one_side() -> None:
    found = recorded("4.5.5-active-isolated")
    views = copy.deepcopy(found["views"])
    leader = found["were"]["leader"]
    for node in views[leader]["nodes"]:
        node["online"] = True
    split = sides("4.5.5-active-isolated", views)
    nodes = [node for side in split["sides"] for node in side["nodes"]]
    assert sorted(nodes) == ["h1", "h2", "h3"]
    assert any("does, too" in note for note in split["notes"])


def test_where_peers_reach_each_other_is_told() -> None:
    """The inventory may have other addresses, and a fence that has only those lets the sides meet."""
    found = recorded("4.5.5-active-isolated")
    inner = {member["name"]: [member["address"]] for member in found["members"]}
    public = [{**m, "address": f"192.0.2.{n}"} for n, m in enumerate(found["members"], 1)]
    split = cluster_sides(found["views"], members=public, databases={})
    assert split["addresses"] == inner
    assert len(split["sides"]) == 2 and not split["unknown"]


def test_a_row_that_is_nobodys_is_told() -> None:
    found = recorded("4.5.5-active-isolated")
    views = copy.deepcopy(found["views"])
    leader = found["were"]["leader"]
    views[leader]["nodes"].append({"name": "odd", "host_ip": "10.9.9.9", "online": False})
    split = sides("4.5.5-active-isolated", views)
    told = f"{leader} lists odd at 10.9.9.9, which no node of the inventory is: nobody is fenced off from it"
    assert told in split["notes"]


# -- from 5.0 on

ADDRESSES = {"h1": "10.0.0.1", "h2": "10.0.0.2", "h3": "10.0.0.3"}
MEMBERS = [
    {"name": n, "hostname": f"{n}.test", "address": a, "tiers": ["manager", "database"]}
    for n, a in ADDRESSES.items()
]
VIEWS = {name: {"answers": True, "version": "7.0.5", "status_code": 200} for name in ADDRESSES}


def leader(*followers: str, patroni: str = "running", rows: str = "5 aa", timeline: int = 3) -> str:
    lines = [f"patroni {patroni}", "quorum yes", "paused no", "postgres running", "recovery f"]
    lines += [f"timeline {timeline}", *(f"follower {ADDRESSES[name]}" for name in followers)]
    return "\n".join([*lines, f"table items {rows}"])


def replica(upstream: str = "", *, rows: str = "5 aa", timeline: int = 3) -> str:
    lines = ["patroni running", "quorum yes", "postgres running", "recovery t"]
    lines += [f"timeline {timeline}", *([f"sender {ADDRESSES[upstream]}"] if upstream else [])]
    return "\n".join([*lines, f"table items {rows}"])


def split_of(**databases: str) -> Json:
    return cluster_sides(VIEWS, members=MEMBERS, databases=databases)


def test_who_streams_is_on_the_side_of_the_leader() -> None:
    split = split_of(h1=leader("h2", "h3"), h2=replica("h1"), h3=replica("h1", rows="4 bb"))
    assert not split["split"]
    (side,) = split["sides"]
    assert side["nodes"] == ["h1", "h2", "h3"] and side["quorum"] and side["leader"] == "h1"
    assert side["managers"] == ["h1", "h2", "h3"]


def test_an_inventory_of_names_where_the_databases_know_addresses() -> None:
    """A busy cluster, whose replicas have other rows from one moment to the next, is one side."""
    members = [{**m, "address": f"{m['name']}.example.com"} for m in MEMBERS]
    databases = {"h1": leader("h2"), "h2": replica("h1", rows="4 bb")}
    told = {name: f"{text}\naddress {ADDRESSES[name]}" for name, text in databases.items()}
    views = {name: VIEWS[name] for name in databases}
    split = cluster_sides(views, members=members[:2], databases=told)
    assert not split["split"] and split["sides"][0]["nodes"] == ["h1", "h2"]


def test_a_leader_without_patroni_is_a_side_and_has_no_quorum() -> None:
    split = split_of(h1=leader(patroni="stopped", timeline=4), h2=leader("h3"), h3=replica("h2"))
    found = by_name(split)
    assert split["split"] and not found["h1"]["quorum"] and found["h2"]["quorum"]
    # the manager on that host may be served by that very database
    assert found["h1"]["managers"] == [] and found["h2"]["managers"] == ["h2", "h3"]


def test_a_fork_that_patroni_calls_healthy() -> None:
    """One that leads without the rows, and two that have them and do not stream."""
    split = split_of(
        h1=leader(rows="1 aa", timeline=2),
        h2=replica(rows="6 bb", timeline=2),
        h3=replica(rows="6 bb", timeline=2),
    )
    found = by_name(split)
    assert list(found) == ["h1", "h2"] and found["h2"]["nodes"] == ["h2", "h3"]
    assert found["h2"]["leader"] == "" and "rows that no leader has" in found["h2"]["evidence"][0]


@pytest.mark.parametrize(
    "h2", [replica(rows="5 aa"), replica("h3", rows="5 aa"), replica("h1", rows="5 aa", timeline=2)]
)
def test_one_that_does_not_stream_and_has_the_same_rows(h2: str) -> None:
    split = split_of(h1=leader(), h2=h2, h3=replica(rows="5 aa"))
    assert [side["nodes"] for side in split["sides"]] == [["h1", "h2", "h3"]]


@pytest.mark.parametrize("of", ["h1", "h3"])
def test_one_whose_large_tables_were_not_compared_is_a_side_of_its_own(of: str) -> None:
    """It could have other rows in those, which only its dump has."""
    left_out = {name: "\nleft_out events\nleft_out logs" * (name == of) for name in ADDRESSES}
    split = split_of(
        h1=leader("h2") + left_out["h1"],
        h2=replica("h1") + "\nleft_out events",
        h3=replica() + left_out["h3"],
    )
    assert [side["nodes"] for side in split["sides"]] == [["h1", "h2"], ["h3"]]
    (said,) = by_name(split)["h3"]["evidence"]
    assert said == "h3 follows nobody, and tables are too large to be compared: events, logs"


def test_the_word_of_one_is_not_enough() -> None:
    """It asks the leader for a log, and the leader sends none."""
    split = split_of(h1=leader("h3"), h2=replica("h1", rows="7 cc"), h3=replica("h1"))
    assert [side["nodes"] for side in split["sides"]] == [["h1", "h3"], ["h2"]]


def test_a_database_that_is_down_has_what_only_a_dump_tells() -> None:
    down = "patroni stopped\nquorum no\npostgres stopped"
    split = split_of(h1=leader("h2"), h2=replica("h1"), h3=down)
    side = by_name(split)["h3"]
    assert "only a dump tells" in side["evidence"][0] and not side["quorum"]


def test_who_says_nothing_is_on_no_side() -> None:
    split = split_of(h1=leader("h2"), h2=replica("h1"), h3="")
    assert split["unknown"] == ["h3"] and not split["split"]


def test_noise_is_no_database() -> None:
    assert parse_database("sudo: unable to resolve host h1\n") is None


# -- what each has


def inventory(*ids: str, label: str = "") -> Json:
    return {
        "kinds": ["secrets"],
        "content": {"t1": {"secrets": {"count": len(ids), "ids": list(ids)}}},
        "details": {"fields": {"t1": {"secrets": {"both": {"labels": [label]}}}}},
    }


def test_what_only_one_has() -> None:
    found = sides_diff({"a": inventory("both", "mine"), "b": inventory("both")}, "b")
    assert found["only"] == {"a": {"secrets": ["mine of tenant t1"]}, "b": {}}
    assert found["to_redo"] == ["only a has secrets: mine of tenant t1"]
    assert "b has nothing that no other side has" in found["screen"]
    assert found["counts"] == {"a": 2, "b": 1}


def test_what_differs_has_to_be_looked_at() -> None:
    found = sides_diff({"a": inventory("both", label="x"), "b": inventory("both")}, "a")
    assert found["differs"] == {"secrets": ["both of tenant t1"]}
    assert found["to_redo"] == ["secrets differ between the sides: both of tenant t1"]


def test_three_sides_by_their_rows() -> None:
    rows = {"a": "items\tx\t1\nitems\ty\t2", "b": "items\tx\t1", "c": "items\tx\t1\nitems\ty\t2"}
    found = sides_diff(rows, "b")
    assert found["partly"] == {"items": {"y": ["a", "c"]}}
    assert found["to_redo"] == ["a and c have items: y"]
    assert sides_diff(rows, "a")["to_redo"] == []


def test_a_leader_whose_writes_wait_makes_no_snapshot() -> None:
    split = split_of(h1=leader() + "\nblocked yes", h2=replica(rows="6 bb"), h3=replica())
    assert by_name(split)["h1"]["quorum"] and by_name(split)["h1"]["managers"] == []
    assert any("a dump has to do" in note for note in split["notes"])


def test_another_timeline_is_no_following() -> None:
    split = split_of(
        h1=leader("h2", "h3"), h2=replica("h1", rows="7 cc", timeline=2), h3=replica("h1")
    )
    assert [side["nodes"] for side in split["sides"]] == [["h1", "h3"], ["h2"]]
