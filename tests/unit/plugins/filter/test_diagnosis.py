# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.cloudify_ha.recovery.plugins.filter.diagnosis import diagnosis
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.health_recordings import recorded


def said_of(found: dict[str, t.Any]) -> dict[str, t.Any]:
    """As module host_info returns it, of a recording that may be from before there was such a module."""
    return {
        name: {"asked": True, "reachable": bool(text), "error": "", "text": f"clock 1\n{text}"}
        for name, text in found["probes"].items()
    }


def judged(name: str, **more: t.Any) -> dict[str, t.Any]:
    found = recorded(name)
    given = {"members": found["members"], "said": said_of(found), "cluster": "lab", **more}
    return diagnosis(found["views"], **given)


@pytest.mark.parametrize("name", ["7.0.5-healthy", "4.5.5-healthy"])
def test_healthy(name: str) -> None:
    found = judged(name)
    assert (found["class"], found["state"], found["cluster"]) == ("healthy", "healthy", "lab")
    assert found["time"].endswith("Z")
    json.dumps(found)


def test_the_command_has_the_inventory_and_the_name() -> None:
    found = judged("7.0.5-async-killed-settled", inventories=["/etc/hosts.yml"])
    assert "-i /etc/hosts.yml" in found["command"]
    assert "cloudify_confirm=lab" in found["command"]


def test_nobody_could_be_asked() -> None:
    found = recorded("7.0.5-healthy")
    told = diagnosis({}, members=found["members"], error="requests is missing")
    assert told["class"] == "my_path_broken" and told["runbook"] == ""
    assert "requests is missing" in json.dumps(told)


@pytest.mark.parametrize("error", ["one of the following is required: token, password", ""])
@pytest.mark.parametrize("name", ["7.0.5-healthy-hosts", "4.5.5-healthy-hosts"])
def test_hosts_that_answer_do_not_make_it_a_cluster_that_is_down(name: str, error: str) -> None:
    """Nobody was asked over REST."""
    found = recorded(name)
    told = diagnosis({}, members=found["members"], said=found["said"], error=error)
    assert (told["class"], told["confidence"]) == ("my_path_broken", "high")
    assert error in json.dumps(told["evidence"])
    assert "cloudify_connection" in told["first"][1]


def test_the_front_is_no_manager() -> None:
    found = recorded("7.0.5-healthy")
    dead = {"answers": False, "error": "no connection", "hangs": False}
    views = {**found["views"], "through lb": dead}
    told = diagnosis(views, members=found["members"], said=said_of(found), front="through lb")
    assert told["class"] == "load_balancer_broken"


def test_the_last_diagnosis_may_be_anything() -> None:
    for text in (
        "",
        "{",
        "[]",
        "null",
        '{"cluster": "lab", "time": 5}',
        {"cluster": "lab"},
        [],
        None,
    ):
        assert judged("7.0.5-healthy", earlier=text)["class"] == "healthy"


@pytest.mark.parametrize("views", [[], "text", 5])
def test_what_are_no_views(views: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match="the views of cluster_info"):
        diagnosis(views)


# -- only an address that no register names ----------------------------------------------------------


def through(name: str, **changed: t.Any) -> dict[str, t.Any]:
    """By what a load balancer alone says, which is a manager's word."""
    found = recorded(name)
    view = next(v for v in found["views"].values() if v.get("registers") or v.get("nodes"))
    return diagnosis({"lb.example.com": {**view, **changed}})


@pytest.mark.parametrize("name", ["7.0.5-healthy", "7.0.5-nine-healthy", "4.5.5-healthy"])
def test_only_a_load_balancer_was_asked(name: str) -> None:
    told = through(name)
    assert (told["class"], told["confidence"]) == ("healthy", "low"), told
    assert any("Name the managers themselves" in line for line in told["ask"])
    assert "lb.example.com" not in told["nodes"]


@pytest.mark.parametrize("name", ["7.0.5-async-killed-settled", "4.5.5-replica-killed"])
def test_only_a_load_balancer_was_asked_and_it_says_that_one_is_down(name: str) -> None:
    dead = recorded(name)["dead"][0]
    told = through(name)
    assert (told["class"], told["confidence"], told["command"]) == ("unclear", "low", ""), told
    assert any(dead in line["says"] for line in told["evidence"])


def test_a_load_balancer_beside_all_managers() -> None:
    found = recorded("7.0.5-healthy")
    views = found["views"]
    told = diagnosis({**views, "lb.example.com": views["h1"]})
    assert (told["class"], told["confidence"]) == ("healthy", "low"), told
    dead = {"answers": False, "error": "no connection", "hangs": False}
    assert diagnosis({**views, "lb.example.com": dead})["class"] == "load_balancer_broken"


def test_the_only_manager_by_another_name() -> None:
    told = through("5.0.5-single-healthy")
    assert (told["class"], told["confidence"]) == ("healthy", "low"), told
    assert [line["who"] for line in told["evidence"]] == ["lb.example.com"]


# -- an inventory without the group cloudify_managers ------------------------------------------------

NO_LOGIN = "neither a token nor username and password are given"


def without_managers(name: str) -> dict[str, t.Any]:
    """What the inventory has beside them, and what its hosts say."""
    found = recorded(name)
    members = [
        {**m, "tiers": [tier for tier in m["tiers"] if tier != "manager"]} for m in found["members"]
    ]
    members = [m for m in members if m["tiers"]]
    names = [m["name"] for m in members]
    said = {name: each for name, each in said_of(found).items() if name in names}
    return {"members": members, "said": said, "cluster": "lab"}


@pytest.mark.parametrize("given", [{}, without_managers("7.0.5-nine-healthy")], ids=["", "others"])
def test_why_no_manager_could_be_asked_is_told_where_none_is_known(given: dict[str, t.Any]) -> None:
    told = diagnosis({}, error=NO_LOGIN, **given)
    assert told["class"] == "my_path_broken", told
    assert any(NO_LOGIN in line["says"] for line in told["evidence"])
    assert any("cloudify_connection" in line for line in told["first"])
    assert any("group cloudify_managers" in line for line in told["ask"]) == bool(given)


def test_without_any_manager_health_is_not_sure() -> None:
    told = diagnosis({}, **without_managers("7.0.5-nine-healthy"))
    assert (told["class"], told["confidence"]) == ("healthy", "low"), told
    assert any("group cloudify_managers" in line for line in told["ask"])


@pytest.mark.parametrize("base", ["7.0.5-nine-healthy", "7.0.5-healthy"])
@pytest.mark.parametrize("well", [True, False])
def test_managers_that_no_group_has_are_judged_all_the_same(base: str, well: bool) -> None:
    """By the addresses of cloudify_connection."""
    found = recorded(base)
    address = {m["name"]: m["address"] for m in found["members"]}
    fails = {"answers": True, "hangs": False, "status_code": 502, "error": "HTTP 502"}
    views = {address[name]: view if well else fails for name, view in found["views"].items()}
    told = diagnosis(views, **without_managers(base))
    assert told["class"] == ("healthy" if well else "cluster_down"), told
    if "nine" in base:
        assert told["confidence"] != "high"
        assert any("group cloudify_managers" in line for line in told["ask"])
    elif not well:
        assert sorted(told["nodes"]) == sorted(found["views"])
