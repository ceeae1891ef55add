# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which rows of a register are a node's: never those of another one, of whatever name."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._register_rows import (
    register_rows,
)

Json = dict[str, t.Any]


def member(name: str, address: str, hostname: str = "") -> Json:
    return {"name": name, "hostname": hostname or name, "address": address, "tiers": ["manager"]}


def row(hostname: str, private_ip: str) -> Json:
    return {"hostname": hostname, "private_ip": private_ip}


DCS = [f"manager.dc{n}.example.com" for n in (1, 2, 3)]
OF_DCS = [row(name, f"10.0.0.{n}") for n, name in enumerate(DCS, 1)]


def names(rows: list[Json], members: list[Json], node: str) -> list[str]:
    found = register_rows(rows, members, node)
    assert not found["doubt"]
    return [each["hostname"] for each in found["rows"]]


@pytest.mark.parametrize("node", DCS)
def test_one_of_several_that_are_called_alike(node: str) -> None:
    members = [member(name, f"10.0.0.{n}") for n, name in enumerate(DCS, 1)]
    assert names(OF_DCS, members, node) == [node]
    # it is struck, and what is left is of the others
    assert names([r for r in OF_DCS if r["hostname"] != node], members, node) == []
    # by addresses that the register does not know
    public = [member(name, f"192.0.2.{n}") for n, name in enumerate(DCS, 1)]
    assert names(OF_DCS, public, node) == [node]
    assert names([r for r in OF_DCS if r["hostname"] != node], public, node) == []


def test_a_short_name_is_of_the_one_with_its_address() -> None:
    members = [member(f"dc{n}", f"10.0.0.{n}", "manager") for n in (1, 2, 3)]
    assert names(OF_DCS, members, "dc2") == [DCS[1]]
    assert names([OF_DCS[0], OF_DCS[2]], members, "dc2") == []


def test_a_short_name_that_could_be_several_is_nobodys() -> None:
    members = [member("dc1", "192.0.2.1"), member("dc2", "192.0.2.2", "manager")]
    found = register_rows(OF_DCS, members, "dc2")
    assert found["rows"] == []
    assert found["doubt"] == (f"{', '.join(DCS)} could each be manager, and none has its address")


@pytest.mark.parametrize(("known", "listed"), [("m2", "M2.example.com"), ("m2.example.com", "m2")])
def test_short_and_full_where_nobody_else_is_meant(known: str, listed: str) -> None:
    members = [member("a", "192.0.2.1", "m1"), member("b", "192.0.2.2", known)]
    rows = [row("m1", "10.0.0.1"), row(listed, "10.0.0.2"), row(listed, "10.0.0.2")]
    assert register_rows(rows, members, "b")["rows"] == [row(listed, "10.0.0.2")]


def test_its_address_comes_first() -> None:
    members = [member("m1", "10.0.0.1"), member("m2", "10.0.0.2")]
    rows = [row("m2", "10.0.0.9"), row("old", "10.0.0.2"), row("m1", "10.0.0.1")]
    assert names(rows, members, "m2") == ["old", "m2"]


def test_an_address_that_is_shown_for_another_one() -> None:
    members = [member("m1", "10.0.0.1"), member("m2", "10.0.0.2")]
    found = register_rows([row("m1", "10.0.0.2")], members, "m2")
    assert found["rows"] == [] and "m1, which is another node, is listed" in found["doubt"]


def test_of_nodes_before_5_0() -> None:
    members = [member("m1", "10.0.0.1"), member("m2", "10.0.0.2")]
    nodes = [{"name": "m1", "host_ip": "10.0.0.1"}, {"name": "m2", "host_ip": "10.0.0.2"}]
    found = register_rows(nodes, members, "m2", name="name", address="host_ip")
    assert found["rows"] == [nodes[1]]


def test_a_node_of_no_inventory() -> None:
    rows = [row("m1", "10.0.0.1"), row("m9", "10.0.0.9")]
    assert names(rows, [member("m1", "10.0.0.1")], "m9") == ["m9"]
