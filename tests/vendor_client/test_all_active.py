# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vendor's client on the registers of an all_active cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from standin.testing import StandIn
from standin.tests.clusters import Cluster
from standin.tests.postgres import Postgres, missing
from vendor_client.client import Client


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Cluster, StandIn, StandIn]]:
    why = missing()
    if why:
        pytest.skip(why)
    from standin.cluster import database

    with Postgres() as postgres:
        cluster = Cluster(postgres, tmp_path)
        nodes = [{"name": "h1", "host": "127.0.0.1"}]
        database.register_db_nodes(cluster.database, nodes)
        database.register_brokers(cluster.database, nodes)
        yield cluster, cluster.start(1), cluster.start(2)
        cluster.stop()


def names(cfy: Client, *words: str) -> list[str]:
    """What a list shows, by its first column."""
    text = cfy("--json", *words)
    found = json.loads(text[text.index("[") :])
    return sorted(str(item.get("hostname") or item["name"]) for item in found)


def test_nodes_are_listed_added_and_removed(
    cfy: Client, pair: tuple[Cluster, StandIn, StandIn]
) -> None:
    _cluster, one, _two = pair
    cfy.use(one)
    assert names(cfy, "cluster", "managers", "list") == ["h1", "h2"]
    assert names(cfy, "cluster", "brokers", "list") == ["h1"]
    assert names(cfy, "cluster", "db-nodes", "list") == ["h1"]
    assert names(cfy, "cluster", "db-nodes", "update") == ["h1"]

    added = cfy("cluster", "brokers", "add", "h9", "127.0.0.9")
    assert "Broker h9 was added successfully!" in added
    assert "already a broker" in cfy("cluster", "brokers", "add", "h9", "127.0.0.9", code=1)
    assert names(cfy, "cluster", "brokers", "list") == ["h1", "h9"]
    networks = json.dumps({"other": "10.0.0.9"})
    assert "updated successfully" in cfy("cluster", "brokers", "update", "h9", "-n", networks)
    assert "10.0.0.9" in cfy("cluster", "brokers", "get", "h9")
    assert "removed successfully" in cfy("cluster", "brokers", "remove", "h9")
    assert "is not a broker" in cfy("cluster", "brokers", "remove", "h9", code=1)

    assert "Node h2 was removed successfully!" in cfy("cluster", "remove", "h2")
    assert "is not a manager" in cfy("cluster", "remove", "h2", code=1)
    assert names(cfy, "cluster", "managers", "list") == ["h1"]
    assert "Current cluster status is" in cfy("cluster", "status")
