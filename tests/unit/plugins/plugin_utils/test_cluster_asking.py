# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several managers are asked, and one of them is taken at its word."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import RecoveryError
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils import _cluster_asking
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._cluster_asking import (
    NoAnswer,
    ask_cluster,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.health_recordings import recorded

Json = dict[str, t.Any]

OPTIONS: Json = {
    "manager_hosts": ["h1", "h2:8443", " h3 ", "h1"],
    "manager_port": None,
    "manager_protocol": "https",
    "username": "admin",
    "password": "secret",
    "token": None,
    "tenant": "default_tenant",
    "ca_path": None,
    "validate_certs": True,
    "request_timeout": 30.0,
    "connect_timeout": 5.0,
    "deadline": 2.0,
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., t.Any]:
    """Ask managers with these views; what is in brackets is its port."""

    def ask(views: Json, **changes: t.Any) -> t.Any:
        def ask_all(clients: t.Mapping[str, t.Any], *, deadline: float) -> Json:
            assert list(clients) == ["h1", "h2:8443", "h3"]
            for host, client in clients.items():
                connection = client.http.connection
                assert connection.hosts == [host]
                assert connection.connect_timeout < deadline
            return {host: views[host.partition(":")[0]] for host in clients}

        monkeypatch.setattr(_cluster_asking, "ask_all", ask_all)
        return ask_cluster({**OPTIONS, **changes})

    return ask


def hosts(nodes: list[Json], what: str) -> list[str]:
    return [node["hostname"] for node in nodes if node[what]]


def test_the_first_who_knows_is_taken(asked: t.Callable[..., t.Any]) -> None:
    views = recorded("4.5.5-active-killed")["views"]
    nodes, warnings = asked(views)
    assert [node["hostname"] for node in nodes] == ["h1", "h2", "h3"]
    assert hosts(nodes, "active") == ["h1"] and hosts(nodes, "broken") == ["h3"]
    assert warnings == []


def test_two_who_are_active_are_told(asked: t.Callable[..., t.Any]) -> None:
    nodes, warnings = asked(recorded("4.5.5-active-isolated")["views"])
    assert hosts(nodes, "active") == ["h1"]
    assert warnings == [
        "The managers do not agree on who is active: h1 by h1, h2 by h2:8443. The cluster may be split: "
        "diagnose it first"
    ]


def test_who_answers_in_another_form_is_passed_over(asked: t.Callable[..., t.Any]) -> None:
    views = copy.deepcopy(recorded("7.0.5-healthy")["views"])
    views["h1"]["registers"]["manager"][0]["networks"] = ["10.0.0.1"]
    nodes, _warnings = asked(views)
    assert [node["hostname"] for node in nodes] == ["h1", "h2", "h3"]


def test_nobody_who_knows(asked: t.Callable[..., t.Any]) -> None:
    views = copy.deepcopy(recorded("7.0.5-healthy")["views"])
    views["h1"] = {"answers": False, "error": "connection refused.", "hangs": False}
    views["h2"]["registers"]["database"] = None
    views["h3"]["registers"]["manager"][0]["hostname"] = "{{ x }}"
    with pytest.raises(NoAnswer) as told:
        asked(views)
    assert str(told.value) == (
        "No manager tells the nodes of the cluster: h1: connection refused; "
        "h2:8443: it does not list the databases; h3: '{{ x }}' is no name, address or version."
    )


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"deadline": 0.0}, "deadline has to be more than 0 seconds, not 0."),
        ({"manager_hosts": [" "]}, "manager_hosts names no manager. Give at least one address."),
        ({"manager_hosts": ["https://h1"]}, "manager_hosts: 'https://h1' is not an address."),
        ({"password": ""}, "neither a token nor username and password are given."),
        ({"manager_port": 0}, "manager_port has to be from 1 to 65535, not 0."),
    ],
)
def test_wrong_options_are_no_answer_of_the_cluster(wrong: Json, told: str) -> None:
    with pytest.raises(RecoveryError) as error:
        ask_cluster({**OPTIONS, **wrong})
    assert not isinstance(error.value, NoAnswer)
    assert str(error.value).startswith(told)


@pytest.mark.parametrize(
    ("host", "bare"),
    [
        ("h1", "h1"),
        ("h1:8443", "h1"),
        ("10.0.0.1:443", "10.0.0.1"),
        ("[fd00::1]:443", "fd00::1"),
        ("fd00::1", "fd00::1"),
    ],
)
def test_an_address_without_its_port(host: str, bare: str) -> None:
    assert _cluster_asking._without_port(host) == bare
