# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin asks clusters of managers, some of which are down."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from playbooks.inventory import Source
from standin.tests.cluster.members import Node, healthy, leader_of
from standin.tests.clusters import Cluster, until
from standin.tests.postgres import Postgres, missing

TIERS = ("cloudify_managers", "cloudify_brokers", "cloudify_databases")


# -- from 5.0 on -------------------------------------------------------------------------------------


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Cluster]:
    """Managers h1 to h3, of which h2 should be a broker too, and two hosts that should be databases."""
    why = missing()
    if why:
        pytest.skip(why)
    from standin.cluster import database  # only the newest core has what it needs

    with Postgres() as postgres:
        (tmp_path / "cluster").mkdir()
        made = Cluster(postgres, tmp_path / "cluster")
        try:
            for number in (1, 2, 3):
                made.start(number)
            brokers = [{"name": "rabbit2", "host": made.address(2)}]
            database.register_brokers(made.database, brokers)
            nodes = [{"name": f"d{n}", "host": made.address(10 + n)} for n in (1, 2)]
            database.register_db_nodes(made.database, nodes)
            yield made
        finally:
            made.stop()


@pytest.mark.long
def test_a_cluster_from_5_0_on(shared: Cluster, tmp_path: Path) -> None:
    h1, h2, h3 = (shared.managers[name] for name in ("h1", "h2", "h3"))
    source = Source(tmp_path / "inventory", h1, h2, h3)
    groups = {
        "cloudify_managers": ["h1", "h2", "h3"],
        "cloudify_brokers": ["h2"],
        "cloudify_databases": ["d1", "d2"],
    }

    def shown() -> dict[str, list[str]]:
        told = source.ok("--list").groups
        return {name: told.get(name, []) for name in groups}

    assert shown() == groups
    known = source.ok("--list").variables
    assert known["h2"]["ansible_host"] == shared.address(2)
    assert known["d1"]["ansible_host"] == shared.address(11)
    assert known["d1"]["cloudify_node_tiers"] == ["database"]

    def broken() -> list[str]:
        return source.ok("--list").groups.get("cloudify_broken", [])

    # nobody is at the ports of the broker and the databases
    until(lambda: broken() == ["h2", "d1", "d2"], "the managers are up")
    h1.kill()
    until(lambda: broken() == ["h1", "h2", "d1", "d2"], "h1 is seen down")
    assert shown() == groups

    # what is written out is an inventory that no manager has to answer for
    fixed = tmp_path / "fixed.yml"
    assert source.ok("--list", "--yaml", "--export", "--output", str(fixed))
    for manager in (h2, h3):
        manager.kill()
    told = source.ask("--list")
    assert told.code == 0 and told.warned("No manager tells the nodes of the cluster")
    assert told.groups == groups
    still = source.look("-i", str(fixed), "--list")
    assert still.warnings == "" and groups.items() <= still.groups.items()


def test_a_manager_that_hangs_is_passed_over(shared: Cluster, tmp_path: Path) -> None:
    h1, h2 = shared.managers["h1"], shared.managers["h2"]
    h1.add_fault({"delay": 600}, times=None)
    source = Source(tmp_path / "inventory", h1, h2)
    assert source.ok("--list", deadline=2).groups["cloudify_managers"] == ["h1", "h2", "h3"]


# -- before 5.0 --------------------------------------------------------------------------------------


@pytest.fixture
def standby(tmp_path: Path) -> Iterator[list[Node]]:
    """Nodes m1 to m3, with m1 as the leader."""
    nodes = [Node(f"m{n}", state=tmp_path / f"m{n}", profile="4.5.5") for n in (1, 2, 3)]
    try:
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(Node.start, nodes))
        nodes[0].start_cluster()
        for other in nodes[1:]:
            other.join_cluster(nodes[0])
        until(lambda: healthy(nodes), "the cluster is healthy")
        yield nodes
    finally:
        for node in nodes:
            node.stop()


def test_a_cluster_before_5_0(standby: list[Node], tmp_path: Path) -> None:
    source = Source(tmp_path / "inventory", *standby)
    names = ["m1", "m2", "m3"]
    told = source.ok("--list")
    assert told.groups == {**dict.fromkeys(TIERS, names), "cloudify_active": ["m1"]}
    assert told.variables["m2"]["ansible_host"] == standby[1].address

    standby[0].kill()
    leader = until(lambda: leader_of(standby[1:]), "another one leads")
    until(lambda: not leader.node("m1").get("online"), "it misses the one that led")
    assert source.ok("--list").groups == {
        **dict.fromkeys(TIERS, names),
        "cloudify_active": [leader.name],
        "cloudify_broken": ["m1"],
    }

    for node in standby[1:]:
        node.kill()
    told = source.ask("--list")
    assert told.code == 0 and told.warned("No manager tells the nodes of the cluster")
    assert told.groups == dict.fromkeys(TIERS, names)


def test_standbys_alone_do_not_know_the_nodes(standby: list[Node], tmp_path: Path) -> None:
    why = Source(tmp_path / "inventory", *standby[1:]).refused()
    assert "Thisnodeisnottheactiveofitscluster" in why
