# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._diagnosis import diagnose
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._diagnosis_case import (
    age_of,
    make_case,
    members_of,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.derived_clusters import Derived

MEMBER = {"name": "h1", "hostname": "h1", "address": "10.0.0.1", "tiers": ["manager", "broker"]}
ANSWERS = {"answers": True, "error": "", "hangs": False}


def said(text: str) -> dict[str, t.Any]:
    return {"asked": True, "reachable": True, "error": "", "text": text}


def test_what_a_host_said_is_taken_apart() -> None:
    text = "service nginx active\nbroker known [rabbit@h1]\nclock 5"
    case = make_case(
        {"h1": {**ANSWERS, "version": "7.0.5"}}, members=[MEMBER], said={"h1": said(text)}
    )
    assert case.generation == "all_active"
    assert case.probes["h1"]["broker"]["known"] == ["rabbit@h1"]
    assert case.hosts["h1"]["services"] == {
        "nginx": "active",
        "cloudify-restservice": "missing",
        "cloudify-mgmtworker": "missing",
        "cloudify-rabbitmq": "missing",
    }


@pytest.mark.parametrize(
    ("view", "text", "generation"),
    [
        ({"version": "4.5.5"}, "", "active_standby"),
        # no manager answers, and the package does
        ({}, "package 4.5.5", "active_standby"),
        ({}, "package 7.0.5", "all_active"),
        ({"error_code": "not_cluster_master"}, "", "active_standby"),
        ({"version": "nonsense"}, "", "all_active"),
        ({}, "", "all_active"),
    ],
)
def test_the_generation(view: dict[str, t.Any], text: str, generation: str) -> None:
    case = make_case({"h1": view}, members=[MEMBER], said={"h1": said(text)})
    assert case.generation == generation


def test_nobody_was_asked_by_ssh() -> None:
    case = make_case({"h1": ANSWERS}, members=[MEMBER], said={"h1": {"asked": False}})
    assert case.hosts == {"h1": {"asked": False}}
    assert case.probes["h1"] == {"database": None, "broker": None}


def test_a_version_of_vnf_manager() -> None:
    case = make_case({}, members=[MEMBER], said={"h1": said("package 1.3.0")}, command="vnfm")
    assert case.generation == "active_standby"


# -- an inventory without hosts -----------------------------------------------------------------------


def test_members_of_4() -> None:
    nodes = [
        {"name": "one", "host_ip": "10.0.0.1", "online": True},
        {"name": "two", "host_ip": "10.0.0.2", "online": False},
    ]
    found = members_of({"10.0.0.1": {**ANSWERS, "nodes": nodes}})
    assert [(m["name"], m["address"], m["tiers"]) for m in found] == [
        ("10.0.0.1", "10.0.0.1", ["manager"]),
        ("two", "10.0.0.2", ["manager"]),
    ]


def test_members_of_the_registers() -> None:
    registers = {
        "manager": [{"hostname": "m1", "private_ip": "10.0.0.1"}],
        "broker": [{"name": "m1", "host": "10.0.0.1"}, {"name": "b2", "host": "10.0.0.2"}],
        "database": [{"name": "far", "host": "db.example.com", "is_external": True}, {}],
    }
    found = members_of({"10.0.0.1:8443": {**ANSWERS, "registers": registers}})
    assert [(m["hostname"], m["address"], m["tiers"]) for m in found] == [
        ("m1", "10.0.0.1", ["manager", "broker"]),
        ("b2", "10.0.0.2", ["broker"]),
    ]


def test_a_row_without_a_name_is_no_member() -> None:
    nodes = [{"name": "one", "host_ip": "10.0.0.1"}, {"online": True}]
    found = members_of({"10.0.0.1": {**ANSWERS, "nodes": nodes}})
    assert [m["name"] for m in found] == ["10.0.0.1"]


def test_members_where_nothing_is_told() -> None:
    found = members_of({"10.0.0.1": {"answers": False, "registers": None, "nodes": None}})
    assert [m["name"] for m in found] == ["10.0.0.1"]


PUBLIC = "203.0.113.{}"


def in_public(base: str, *, told: bool) -> dict[str, t.Any]:
    """The views of a cluster without an inventory, each by an address that is for users.

    :param told: whether the registers have that address
    """
    cluster = Derived(base, hosts=False)
    ends = {name: cluster.member(name)["address"].rpartition(".")[2] for name in cluster.views}
    for view in cluster.views.values() if told else ():
        rows = (view.get("registers") or {}).get("manager") or []
        for row in [*rows, *(view.get("nodes") or [])]:
            row["public_ip"] = PUBLIC.format(ends[row.get("name") or row["hostname"]])
    return {PUBLIC.format(ends[name]): view for name, view in cluster.views.items()}


def test_the_address_for_users_says_who_a_manager_is() -> None:
    found = diagnose(make_case(in_public("4.5.5-active-isolated", told=True), members=[], said={}))
    assert (found["class"], found["confidence"]) == ("split_brain", "high"), found


def test_an_address_that_all_have_for_users_says_nothing() -> None:
    views = in_public("7.0.5-healthy", told=True)
    for view in views.values():
        for row in view["registers"]["manager"]:
            row["public_ip"] = "203.0.113.200"
    one = dict([("203.0.113.200", {**ANSWERS, "status_code": 200}), *views.items()])
    assert "203.0.113.200" not in [m["name"] for m in members_of(one)]


@pytest.mark.parametrize("base", ["7.0.5-manager-stopped", "4.5.5-active-isolated"])
def test_several_that_no_register_names_are_no_load_balancers(base: str) -> None:
    views = in_public(base, told=False)
    case = make_case(views, members=[], said={})
    assert set(case.views) == set(views) and case.front is None
    assert diagnose(case)["class"] not in ("healthy", "unclear")


def struck(**view: t.Any) -> dict[str, t.Any]:
    """Two managers that have a third no more, and what that one says."""
    cluster = Derived("7.0.5-nine-healthy", hosts=False)
    name = list(cluster.views)[-1]
    for told in cluster.views.values():
        rows = told["registers"]["manager"]
        rows[:] = [row for row in rows if row["hostname"] != name]
        told["cluster_status"]["tiers"]["manager"]["nodes"].pop(name, None)
    cluster.views[name].update(view)
    return {cluster.member(n)["address"]: told for n, told in cluster.views.items()}


@pytest.mark.parametrize(
    ("view", "kind"),
    [
        ({}, "healthy"),
        ({"status": "Fail", "inactive": ["Management Worker"]}, "unclear"),
        ({"answers": False, "error": "connection refused"}, "load_balancer_broken"),
    ],
)
def test_what_no_register_names_may_be_a_load_balancer(view: dict[str, t.Any], kind: str) -> None:
    views = struck(**view)
    if not view.get("answers", True):
        views[list(views)[-1]] = {**view, "hangs": False}
    found = diagnose(make_case(views, members=[], said={}))
    assert (found["class"], found["confidence"]) == (kind, "low"), found
    told = f"Whether {list(views)[-1]} is the load balancer, or a manager that no register has"
    assert any(line.startswith(told) for line in found["ask"]), found


@pytest.mark.parametrize("code", ["removed_from_cluster", "not_cluster_master"])
def test_who_speaks_as_a_manager_is_no_load_balancer(code: str) -> None:
    cluster = Derived("4.5.5-healthy", hosts=False)
    name, leader = cluster.were["other"], cluster.were["leader"]
    nodes = cluster.views[leader]["nodes"]
    nodes[:] = [node for node in nodes if node["name"] != name]
    cluster.views[name].update(status_code=400, error_code=code, error="HTTP 400")
    views = {cluster.member(n)["address"]: view for n, view in cluster.views.items()}
    case = make_case(views, members=[], said={})
    assert case.front is None and len(case.members) == 3
    assert diagnose(case)["class"] in ("manager_down", "unclear")


@pytest.mark.parametrize(
    ("view", "says"),
    [
        ({}, ""),
        ({"status": "Fail"}, "says of itself: Fail"),
        ({"inactive": ["Management Worker"]}, "says that Management Worker is down"),
        ({"maintenance": "activated"}, "says that maintenance mode is activated"),
        ({"restoring": True}, "says that a restore is running"),
        (
            {"cluster_status": None, "errors": {"cluster_status": "HTTP 500"}},
            "does not tell its cluster_status: HTTP 500",
        ),
    ],
)
@pytest.mark.parametrize("base", ["7.0.5-healthy", "4.5.5-healthy"])
def test_what_a_load_balancer_alone_says(base: str, view: dict[str, t.Any], says: str) -> None:
    cluster = Derived(base, hosts=False)
    front = cluster.views[cluster.were["leader"]] | view
    found = diagnose(make_case({"cloudify.example.com": front}, members=[], said={}))
    assert (found["class"], found["confidence"]) == ("unclear" if says else "healthy", "low")
    assert not says or {"who": "front", "says": says} in found["evidence"], found


def by_other_names(base: str, how: str) -> dict[str, t.Any]:
    """The views of a healthy cluster without an inventory.

    :param how: words of these: own, one (the first alone), alias (in no register), and lb, once for each load balancer
    """
    cluster = Derived(base, hosts=False)
    words = how.split()
    views: dict[str, t.Any] = {}
    if "own" in words or "one" in words:
        views = {cluster.member(n)["address"]: view for n, view in cluster.views.items()}
    if "one" in words:
        views = dict(list(views.items())[:1])
    if "alias" in words:
        views = {f"mgr-{n}.example.com": view for n, view in cluster.views.items()}
    serving = next(view for view in cluster.views.values() if view["status_code"] == 200)
    for number in range(words.count("lb")):
        views[f"lb{number}.example.com"] = serving
    return views


@pytest.mark.parametrize("how", ["own lb lb", "alias", "alias lb", "alias lb lb", "one lb lb"])
@pytest.mark.parametrize(
    "base",
    [
        *("4.5.5-healthy", "vnfm-healthy", "5.2-healthy", "7.0.5-healthy", "7.0.5-nine-healthy"),
        *("5.0.5-single-healthy", "7.0.5-single-healthy"),
    ],
)
def test_a_healthy_cluster_by_any_names_of_its_managers(base: str, how: str) -> None:
    views = by_other_names(base, how)
    first = diagnose(make_case(views, members=[], said={}))
    earlier = {**first, "age": 70.0}
    for found in (first, diagnose(make_case(views, members=[], said={}, earlier=earlier))):
        if how == "one lb lb" and "single" not in base:
            # two are not asked, or by a load balancer's address
            assert found["class"] in ("healthy", "unclear") and found["confidence"] == "low", found
        else:
            assert found["class"] == "healthy" and found["confidence"] != "high", found
        assert not found["command"] and not found["also"]
        assert "lb" not in how or any(line.startswith("Whether ") for line in found["ask"]), found


def test_two_active_ones_by_names_that_no_register_has_are_a_split_brain() -> None:
    """By whom each calls the master, which is itself."""
    found = diagnose(make_case(in_public("4.5.5-active-isolated", told=False), members=[], said={}))
    assert (found["class"], found["confidence"]) == ("split_brain", "high"), found


def test_a_manager_that_is_down_is_told_of_where_no_register_has_the_names() -> None:
    views = in_public("7.0.5-manager-stopped", told=False)
    (down,) = (name for name, view in views.items() if view.get("status_code") != 200)
    found = diagnose(make_case(views, members=[], said={}))
    assert (found["class"], found["nodes"]) == ("manager_down", [down]), found


def test_of_load_balancers_the_one_that_is_broken_is_told() -> None:
    views = by_other_names("7.0.5-healthy", "own lb lb")
    views["lb1.example.com"] = {"answers": False, "error": "connection refused", "hangs": False}
    found = diagnose(make_case(views, members=[], said={}))
    assert (found["class"], found["confidence"]) == ("load_balancer_broken", "low"), found
    assert any(line.startswith("Whether lb1.example.com, lb0.example.com") for line in found["ask"])


# -- the last diagnosis -------------------------------------------------------------------------------


def test_the_last_one_has_an_age() -> None:
    last = {"cluster": "lab", "time": "2026-11-22T02:00:00Z", "class": "healthy"}
    found = age_of(last, cluster="lab", now="2026-11-22T02:01:30Z")
    assert found == {**last, "age": 90.0}


@pytest.mark.parametrize(
    "last", [None, [], {}, {"cluster": "other", "time": "2026-11-22T02:00:00Z"}, {"cluster": "lab"}]
)
def test_what_is_no_diagnosis_of_this_cluster(last: t.Any) -> None:
    assert age_of(last, cluster="lab", now="2026-11-22T02:01:30Z") is None
