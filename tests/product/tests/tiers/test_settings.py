# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tiers take from the configuration, and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest

from product.errors import ValidationError
from product.tests.tiers.configs import ADDRESSES, broker, database
from product.tiers.settings import (
    broker_settings,
    check_broker,
    check_database,
    database_settings,
)


def test_names_of_a_database_node() -> None:
    found = database_settings(database(), private_ip="10.0.0.2")
    check_database(found)
    assert (found.etcd_name, found.patroni_name) == ("etcd10_0_0_2", "pg10_0_0_2")
    assert found.nodes == tuple(ADDRESSES.values())


def test_no_nodes_is_a_single_database() -> None:
    found = database_settings({"postgresql_server": {"cluster": {"nodes": {}}}}, private_ip="::1")
    check_database(found)
    assert not found.clustered


@pytest.mark.parametrize(
    ("address", "changes", "text"),
    [
        ("10.0.0.9", {}, "Could not match this node"),
        ("10.0.0.1", {"cert_path": ""}, "postgresql_server.cert_path"),
        ("10.0.0.1", {"postgres_password": None}, "postgresql_server.postgres_password"),
        ("10.0.0.1", {"cluster": {"nodes": {"h1": {"ip": "10.0.0.1"}}}}, "at least 2"),
        (
            "10.0.0.1",
            {"cluster": {"nodes": {"h1": {"ip": "10.0.0.1"}, "h2": {}}}},
            "must have an ip",
        ),
        ("", {}, "private_ip"),
    ],
)
def test_a_database_node_that_is_refused(address: str, changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        check_database(database_settings(database(**changes), private_ip=address))


@pytest.mark.parametrize(
    ("nodename", "long_names", "wanted"),
    [
        ("h1", False, "rabbit@h1"),
        ("rabbit@h1", False, "rabbit@h1"),
        ("h1.lab.test", False, "rabbit@h1"),
        ("h1.lab.test", True, "rabbit@h1.lab.test"),
        ("hare@h1", False, "hare@h1"),
    ],
)
def test_the_name_of_a_broker(nodename: str, long_names: bool, wanted: str) -> None:
    config = broker(nodename=nodename, use_long_name=long_names)
    assert broker_settings(config, hostname="other").nodename == wanted


def test_a_broker_that_joins() -> None:
    found = broker_settings(broker(join_cluster="h2"), hostname="h1")
    check_broker(found)
    assert (found.join_cluster, found.address) == ("rabbit@h2", "10.0.0.1")


def test_members_as_5_0_0_wrote_them() -> None:
    config = broker(cluster_members={"h1": {"default": "10.0.0.1"}})
    assert broker_settings(config, hostname="h1").members == {"h1": "10.0.0.1"}


def test_a_lone_broker_needs_nothing() -> None:
    found = broker_settings({"rabbitmq": {}}, hostname="h1.lab.test")
    check_broker(found)
    assert (found.nodename, found.username) == ("rabbit@h1", "cloudify")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"nodename": ""}, "nodename must be set"),
        ({"erlang_cookie": ""}, "erlang_cookie has not been set"),
        ({"cert_path": ""}, "self-signed"),
    ],
)
def test_a_broker_that_is_refused(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        check_broker(broker_settings(broker(**changes), hostname="h1"))
