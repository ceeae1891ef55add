# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one manager says, and which nodes and groups that makes."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import RecoveryError
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._cluster_inventory import (
    ACTIVE,
    BROKEN,
    check,
    groups_of,
    named,
    nodes_of,
    why_useless,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.health_recordings import (
    RECORDED,
    recorded,
)

Json = dict[str, t.Any]

ALL_THREE = ["cloudify_managers", "cloudify_brokers", "cloudify_databases"]


def groups(view: Json, *, asked: str = "172.31.78.11", by: str = "hostname") -> dict[str, t.Any]:
    """Group -> names."""
    nodes, left_out = nodes_of(view, asked=asked)
    assert left_out == []
    found: dict[str, list[str]] = {}
    for name, node in named(check(nodes), by=by).items():
        for group in groups_of(node):
            found.setdefault(group, []).append(name)
    return found


def compact(*names: str) -> dict[str, list[str]]:
    return {group: list(names) for group in ALL_THREE}


# -- recorded clusters -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RECORDED)
def test_whoever_answers_knows_every_node_once(name: str) -> None:
    situation = recorded(name)
    every = [member["name"] for member in situation["members"]]
    for view in situation["views"].values():
        if why_useless(view):
            continue
        found = groups(view)
        if name == "7.0.5-manager-unregistered":
            assert len(found.pop("cloudify_managers")) == len(every) - 1
        assert {group: sorted(found[group]) for group in ALL_THREE if group in found} == {
            group: every for group in ALL_THREE if group in found
        }
        assert {"cloudify_brokers", "cloudify_databases"} <= set(found)


@pytest.mark.parametrize(
    ("name", "active", "broken"),
    [
        ("4.5.5-healthy", ["h1"], []),
        ("4.5.5-active-killed", ["h1"], ["h3"]),
        ("4.5.5-replica-killed", ["h1"], ["h2"]),
        ("4.5.5-two-managers-killed", ["h1"], ["h2", "h3"]),
        ("5.0.5-single-healthy", ["h1"], []),
        ("5.2-healthy", [], []),
        ("7.0.5-healthy", [], []),
        ("7.0.5-leader-killed-settled", [], ["h2"]),
        ("7.0.5-broker-stopped", [], ["h1"]),
        ("7.0.5-single-healthy", ["h1"], []),
    ],
)
def test_active_and_broken_as_recorded(name: str, active: list[str], broken: list[str]) -> None:
    views = recorded(name)["views"]
    view = next(view for view in views.values() if not why_useless(view))
    found = groups(view)
    assert found.get(ACTIVE, []) == active
    assert found.get(BROKEN, []) == broken


def test_a_standby_does_not_know_the_nodes() -> None:
    view = recorded("4.5.5-healthy")["views"]["h2"]
    assert "This node is not the active of its cluster" in why_useless(view)


def test_a_manager_without_a_database_does_not_know_the_nodes() -> None:
    view = copy.deepcopy(recorded("7.0.5-healthy")["views"]["h1"])
    view["registers"]["broker"] = None
    view["errors"] = {"broker": "Cannot ask for /brokers: HTTP 500."}
    assert why_useless(view) == "Cannot ask for /brokers: HTTP 500."
    view["registers"] = {"manager": [], "broker": [], "database": []}
    assert why_useless(view) == "it lists no managers"


# -- before 5.0 ------------------------------------------------------------------------------------------


def test_a_node_that_fails_its_checks_is_not_down_and_one_with_a_remote_database_has_none() -> None:
    view = copy.deepcopy(recorded("4.5.5-healthy")["views"]["h1"])
    view["nodes"][1]["checks"]["database"] = False
    view["nodes"][2].update(remote_database=True, public_ip="203.0.113.3")
    found = groups(view)
    assert BROKEN not in found and found["cloudify_databases"] == ["h1", "h2"]
    nodes, _left_out = nodes_of(view, asked="x")
    assert list(named(nodes, by="public_ip"))[2] == "203.0.113.3"
    assert [node["status"]["manager"] for node in nodes] == ["OK", "Degraded", "OK"]


def test_a_leader_that_is_offline_is_not_active() -> None:
    view = copy.deepcopy(recorded("4.5.5-healthy")["views"]["h1"])
    view["nodes"][0]["online"] = False
    assert ACTIVE not in groups(view)


@pytest.mark.parametrize("nodes", [None, []])
def test_a_manager_before_5_that_is_alone(nodes: t.Any) -> None:
    view = {"version": "4.5.5", "edition": "community", "status_code": 200, "nodes": nodes}
    assert why_useless(view) == ""
    assert groups(view, asked="m1.example.com") == {
        **compact("m1.example.com"),
        ACTIVE: ["m1.example.com"],
    }


# -- from 5.0 on -----------------------------------------------------------------------------------------


def manager(name: str, address: str, **more: t.Any) -> Json:
    return {"hostname": name, "private_ip": address, "version": "7.0.5", **more}


def member(name: str, address: str, **more: t.Any) -> Json:
    return {"name": name, "host": address, **more}


def view_of(
    managers: list[Json], brokers: list[Json], databases: list[Json], **tiers: t.Any
) -> Json:
    status = {tier: {"status": "OK", "nodes": nodes} for tier, nodes in tiers.items()}
    return {
        "version": "7.0.5",
        "registers": {"manager": managers, "broker": brokers, "database": databases},
        "cluster_status": {"status": "OK", "tiers": status},
    }


def test_a_distributed_cluster() -> None:
    view = view_of(
        [manager("m1.example.com", "10.0.0.1"), manager("m2.example.com", "10.0.0.2")],
        [member("b1", "10.0.1.1"), member("b2", "10.0.1.2")],
        [member("d1", "10.0.2.1"), member("d2", "10.0.2.2")],
        manager={"m1.example.com": {"status": "OK"}, "m2.example.com": {"status": "Fail"}},
        broker={"b1": {"status": "OK"}, "b2": {"status": "Unknown"}},
        db={
            "d1": {"status": "OK", "role": "master", "public_ip": "203.0.113.1"},
            "d2": {"status": "OK", "role": "replica"},
        },
    )
    assert groups(view, by="short_hostname") == {
        "cloudify_managers": ["m1", "m2"],
        "cloudify_brokers": ["b1", "b2"],
        "cloudify_databases": ["d1", "d2"],
        ACTIVE: ["d1"],
        BROKEN: ["m2"],
    }
    assert list(named(nodes_of(view, asked="x")[0], by="public_ip"))[4:] == [
        "203.0.113.1",
        "10.0.2.2",
    ]


def test_two_registers_call_the_same_host_differently() -> None:
    view = view_of(
        [manager("m1.example.com", "10.0.0.1", networks={"default": "10.0.0.1", "b": "10.9.0.1"})],
        [member("rabbit-a", "10.9.0.1"), member("b2", "10.0.1.2")],
        [member("db-a", "10.0.0.1")],
        broker={"rabbit-a": {"status": "Fail"}},
    )
    assert groups(view) == {
        "cloudify_managers": ["m1.example.com"],
        "cloudify_brokers": ["m1.example.com", "b2"],
        "cloudify_databases": ["m1.example.com"],
        BROKEN: ["m1.example.com"],
    }


def test_the_same_name_says_more_than_another_address() -> None:
    view = view_of(
        [manager("m1.example.com", "10.0.0.1")],
        [member("m1", "10.9.0.1")],
        [member("d", "10.0.2.1")],
    )
    assert groups(view)["cloudify_brokers"] == ["m1.example.com"]


@pytest.mark.parametrize("local", ["localhost", "127.0.0.1", "::1", "localhost.localdomain"])
def test_localhost_is_the_manager_that_says_so(local: str) -> None:
    managers = [manager("m1", "10.0.0.1"), manager("m2", "10.0.0.2", public_ip="203.0.113.2")]
    view = view_of(managers, [member(local, local)], [member("postgresql", local)])
    for asked in ("10.0.0.2", "m2", "m2.example.com", "203.0.113.2"):
        assert groups(view, asked=asked)["cloudify_databases"] == ["m2"]
    nodes, left_out = nodes_of(view, asked="10.9.9.9")
    assert [node["tiers"] for node in nodes] == [["manager"], ["manager"]]
    assert left_out[1] == (
        f"database postgresql is listed as {local}, and which of the managers that is cannot be told"
    )
    view["registers"]["manager"].pop(0)
    assert groups(view, asked="load-balancer") == compact("m2")


def test_addresses_that_only_look_like_localhost() -> None:
    managers = [manager("m1", "127.0.0.11"), manager("m2", "127.0.0.12")]
    view = view_of(managers, [member("b2", "127.0.0.12")], [member("d1", "127.0.0.11")])
    found = groups(view, asked="127.0.0.1")
    assert found["cloudify_brokers"] == ["m2"] and found["cloudify_databases"] == ["m1"]


def test_a_manager_that_calls_itself_localhost_is_where_it_was_asked() -> None:
    view = view_of([manager("cloudify", "127.0.0.1", public_ip="127.0.0.1")], [], [])
    (node,) = nodes_of(view, asked="m1.example.com")[0]
    assert node["hostname"] == "cloudify" and node["tiers"] == ["manager", "broker", "database"]
    assert node["private_ip"] == node["public_ip"] == "m1.example.com"


def test_what_is_external_is_no_host_of_ours() -> None:
    view = view_of(
        [manager("m1", "10.0.0.1")],
        [member("queue", "10.0.1.1", is_external=True)],
        [member("rds", "rds.example.com", is_external=True)],
    )
    assert groups(view) == {"cloudify_managers": ["m1"]}


def test_without_a_status_nobody_is_broken() -> None:
    view = view_of([manager("m1", "10.0.0.1")], [], [])
    view["cluster_status"] = None
    assert why_useless(view) == "" and groups(view) == compact("m1")


def test_a_single_database_leads_only_while_it_is_well() -> None:
    databases = {"m1": {"status": "Fail"}}
    view = view_of([manager("m1", "10.0.0.1")], [], [member("m1", "10.0.0.1")], db=databases)
    assert groups(view) == {**compact("m1"), BROKEN: ["m1"]}
    databases["m1"]["status"] = "OK"
    assert groups(view) == {**compact("m1"), ACTIVE: ["m1"]}


# -- names -----------------------------------------------------------------------------------------------


def test_two_nodes_of_one_name_are_told() -> None:
    managers = [manager("m1.one.example", "10.0.0.1"), manager("m1.two.example", "10.0.0.2")]
    nodes, _left_out = nodes_of(view_of(managers, [], []), asked="x")
    with pytest.raises(RecoveryError) as told:
        named(nodes, by="short_hostname")
    assert str(told.value) == (
        "two nodes of the cluster would be called m1: m1.one.example (10.0.0.1) and "
        "m1.two.example (10.0.0.2). Set hostname to something else than short_hostname."
    )


def test_an_address_has_no_short_name() -> None:
    nodes, _left_out = nodes_of(view_of([manager("10.0.0.1", "10.0.0.1")], [], []), asked="x")
    assert list(named(nodes, by="short_hostname")) == ["10.0.0.1"]


@pytest.mark.parametrize(
    "name", ["{{ lookup('pipe', 'id') }}", "-oProxyCommand=x", "a b", "../x", "ü", "m1\n"]
)
def test_a_name_that_is_none_is_refused(name: str) -> None:
    for changed in (
        manager(name, "10.0.0.1"),
        manager("m1", name),
        manager("m1", "10.0.0.1", version=name),
    ):
        nodes, _left_out = nodes_of(view_of([changed], [], []), asked="x")
        with pytest.raises(RecoveryError, match="is no name, address or version"):
            check(nodes)


@pytest.mark.parametrize("wrong", [None, [], {}, [1], [{"hostname": "x"}]])
def test_what_is_no_list_of_nodes_is_refused(wrong: t.Any) -> None:
    with pytest.raises(RecoveryError):
        check(wrong)
