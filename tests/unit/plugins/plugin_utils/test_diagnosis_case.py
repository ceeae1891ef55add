# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._diagnosis_case import (
    age_of,
    make_case,
    members_of,
)

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


def test_members_where_nothing_is_told() -> None:
    found = members_of({"10.0.0.1": {"answers": False, "registers": None, "nodes": None}})
    assert [m["name"] for m in found] == ["10.0.0.1"]


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
