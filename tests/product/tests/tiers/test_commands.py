# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`dbs` and `brokers`: who may, when, and what the exit code is, by version."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from product.context import Context
from product.errors import BootstrapError
from product.paths import Paths
from product.services import Recorded
from product.tests.tiers.configs import ADDRESSES, broker, database
from product.tiers import brokers, dbs
from product.tiers.brokers import Listed, listed
from product.versions import VERSIONS

ALL_ACTIVE = [v.name for v in VERSIONS.values() if v.clustered_tiers]
ADDRESS = list(ADDRESSES.values())


@dataclass
class Seen:
    """What a command sees, and what it did."""

    leader: str | None = ADDRESS[0]
    replicas: list[str] = field(default_factory=lambda: ADDRESS[1:])
    alive: frozenset[str] = frozenset(ADDRESS)
    done: list[str] = field(default_factory=list)

    @property
    def addresses(self) -> list[str]:
        return ([self.leader] if self.leader else []) + self.replicas

    @property
    def patroni(self) -> Seen:
        return self

    def status(self, address: str) -> dict[str, Any]:
        return {"state": "running"} if address in self.alive else {}

    def synchronous(self) -> list[str]:
        return self.replicas[:1]


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., Context]:
    def make(version: str, config: dict[str, Any], **options: Any) -> Context:
        paths = Paths(tmp_path)
        return Context(
            version=VERSIONS[version],
            paths=paths,
            config={"manager": {"private_ip": ADDRESS[0], "hostname": "h1"}, **config},
            services=Recorded(paths),
            options=argparse.Namespace(**options),
            log=logging.getLogger("cfy_manager"),
        )

    return make


def on_database_node() -> dict[str, Any]:
    return {**database(), "services_to_install": ["database_service"]}


def on_manager() -> dict[str, Any]:
    return {**database(), "services_to_install": ["manager_service"]}


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    found = Seen()
    monkeypatch.setattr(dbs, "view", lambda _context: found)
    monkeypatch.setattr(dbs, "_forget", lambda _view, a: found.done.append(f"forget {a}"))
    monkeypatch.setattr(dbs, "_use", lambda _context, hosts: found.done.append(f"use {hosts}"))
    monkeypatch.setattr(dbs, "_switch", lambda _view, a: found.done.append(f"switch {a}"))
    monkeypatch.setattr(
        dbs, "_become_synchronous", lambda _view, a: found.done.append(f"synchronous {a}")
    )

    @dataclass
    class Registers:
        def register_db_nodes(self, _database: Any, nodes: list[Any]) -> None:
            found.done.append(f"register {nodes[0]['name']}")

        def unregister_db_node(self, _database: Any, address: str) -> None:
            found.done.append(f"unregister {address}")

    monkeypatch.setattr(dbs, "_registers", Registers)
    return found


@pytest.mark.parametrize("version", ALL_ACTIVE)
def test_adding_without_an_id_does_nothing_on_5_0_5(
    command: Callable[..., Context], seen: Seen, version: str, caplog: pytest.LogCaptureFixture
) -> None:
    seen.replicas.remove(ADDRESS[2])
    context = command(version, on_manager(), address=ADDRESS[2])
    assert dbs.dbs_add(context) == 0
    if version == "5.0.5":
        assert seen.done == []
        assert "node-id" in caplog.text
    else:
        assert seen.done == [f"use {ADDRESS}", f"register {ADDRESS[2]}"]


def test_adding_with_an_id_on_5_0_5(command: Callable[..., Context], seen: Seen) -> None:
    seen.replicas.remove(ADDRESS[2])
    context = command("5.0.5", on_manager(), address=ADDRESS[2], node_id="x", hostname="h3")
    assert dbs.dbs_add(context) == 0
    assert seen.done == [f"use {ADDRESS}", "register h3"]


def test_removing_without_an_id_on_5_0_5(command: Callable[..., Context], seen: Seen) -> None:
    assert dbs.dbs_remove(command("5.0.5", on_manager(), address=ADDRESS[2])) == 0
    assert seen.done == []
    # a database node needs none
    assert dbs.dbs_remove(command("5.0.5", on_database_node(), address=ADDRESS[2])) == 0
    assert seen.done == [f"forget {ADDRESS[2]}"]


def test_removing_on_a_manager(command: Callable[..., Context], seen: Seen) -> None:
    assert dbs.dbs_remove(command("7.0.5", on_manager(), address=ADDRESS[2])) == 0
    assert seen.done == [f"use {ADDRESS[:2]}", f"unregister {ADDRESS[2]}"]


@pytest.mark.parametrize("version", ALL_ACTIVE)
@pytest.mark.parametrize(
    ("act", "address", "text"),
    [
        (dbs.dbs_remove, ADDRESS[0], "currently active DB master"),
        (dbs.dbs_remove, "10.0.0.9", "Cannot find node"),
        (dbs.dbs_add, "10.0.0.9", "during install"),
        (dbs.dbs_reinit, ADDRESS[0], "cannot be reinitialised"),
        (dbs.dbs_reinit, "10.0.0.9", "not part of the cluster"),
        (dbs.dbs_set_master, "10.0.0.9", "not part of the cluster"),
    ],
)
def test_what_a_database_node_refuses(
    command: Callable[..., Context],
    seen: Seen,
    version: str,
    act: Callable[[Context], int],
    address: str,
    text: str,
) -> None:
    with pytest.raises(BootstrapError, match=text):
        act(command(version, on_database_node(), address=address))
    assert seen.done == []


def test_the_last_replica_stays(command: Callable[..., Context], seen: Seen) -> None:
    seen.replicas = [ADDRESS[1]]
    with pytest.raises(BootstrapError, match="last replica"):
        dbs.dbs_remove(command("7.0.5", on_database_node(), address=ADDRESS[1]))


def test_a_node_that_does_not_answer_is_not_added(
    command: Callable[..., Context], seen: Seen
) -> None:
    seen.replicas.remove(ADDRESS[2])
    seen.alive = frozenset(ADDRESS[:2])
    with pytest.raises(BootstrapError, match="operational"):
        dbs.dbs_add(command("7.0.5", on_manager(), address=ADDRESS[2]))


def test_the_present_leader_is_made_leader(command: Callable[..., Context], seen: Seen) -> None:
    with pytest.raises(BootstrapError, match="current master"):
        dbs.dbs_set_master(command("5.2", on_database_node(), address=ADDRESS[0]))
    assert dbs.dbs_set_master(command("7.0.5", on_database_node(), address=ADDRESS[0])) == 0
    assert seen.done == []


def test_only_a_synchronous_standby_becomes_leader(
    command: Callable[..., Context], seen: Seen
) -> None:
    assert dbs.dbs_set_master(command("7.0.5", on_database_node(), address=ADDRESS[1])) == 0
    assert dbs.dbs_set_master(command("7.0.5", on_database_node(), address=ADDRESS[2])) == 0
    last = ADDRESS[2]
    assert seen.done == [f"switch {ADDRESS[1]}", f"synchronous {last}", f"switch {last}"]


@pytest.mark.parametrize("act", [dbs.dbs_reinit, dbs.dbs_set_master])
def test_what_a_manager_refuses(
    command: Callable[..., Context], seen: Seen, act: Callable[[Context], int]
) -> None:
    with pytest.raises(BootstrapError, match="only be run from a DB node"):
        act(command("7.0.5", on_manager(), address=ADDRESS[1]))


def test_a_host_without_a_cluster(command: Callable[..., Context], caplog: Any) -> None:
    caplog.set_level(logging.INFO)
    for act in (dbs.dbs_list, dbs.dbs_add, dbs.dbs_remove, dbs.dbs_set_master):
        single = {"services_to_install": ["database_service"]}
        assert act(command("7.0.5", single, address="10.0.0.9")) == 0
    assert caplog.text.count("no database cluster associated") == 4


def test_the_shell_is_refused_with_exit_code_0(command: Callable[..., Context]) -> None:
    assert dbs.dbs_shell(command("7.0.5", on_database_node(), query="SELECT 1")) == 0


# -- brokers
NODES = [
    {"name": "rabbit@h2", "running": True, "mem_alarm": False, "disk_free_alarm": True},
    {"name": "rabbit@h1", "running": True},
    {"name": "rabbit@h3", "running": False, "nodedown": True},
]


def test_what_the_management_service_lists() -> None:
    assert listed(NODES) == [
        Listed("rabbit@h1", True, ()),
        Listed("rabbit@h2", True, ("disk_free_alarm",)),
        Listed("rabbit@h3", False, ("nodedown",)),
    ]


@pytest.fixture
def control(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What rabbitmqctl was told, beside a cluster of NODES."""
    done: list[str] = []
    monkeypatch.setattr(brokers, "_nodes", lambda _context, _settings: listed(NODES))

    @dataclass
    class Told:
        context: Any
        settings: Any

        def control(self, *words: str) -> None:
            done.append(" ".join(words))

    monkeypatch.setattr(brokers, "Broker", Told)
    return done


def on_broker() -> dict[str, Any]:
    return {**broker(), "services_to_install": ["queue_service"]}


@pytest.mark.parametrize(
    ("node", "code"), [("h3", 0), ("rabbit@h3", 0), ("h2", 1), ("rabbit@h1", 1), ("h9", 1)]
)
def test_removing_a_broker(
    command: Callable[..., Context], control: list[str], node: str, code: int
) -> None:
    assert brokers.brokers_remove(command("7.0.5", on_broker(), remove_node=node)) == code
    assert control == (["forget_cluster_node rabbit@h3"] if code == 0 else [])


def test_a_member_does_not_join(command: Callable[..., Context], control: list[str]) -> None:
    assert brokers.brokers_add(command("7.0.5", on_broker(), join_node="h2")) == 1
    assert control == []


def test_a_broker_that_is_silent(
    command: Callable[..., Context], monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr(brokers, "_nodes", lambda _context, _settings: None)
    assert brokers.brokers_list(command("7.0.5", on_broker())) == 1
    assert "recover enough cluster nodes" in caplog.text


def test_brokers_only(command: Callable[..., Context]) -> None:
    with pytest.raises(BootstrapError, match="installed brokers"):
        brokers.brokers_list(command("7.0.5", on_manager()))
