# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which nodes the groups of an inventory name, and what they are called."""

from __future__ import annotations

from ansible_collections.cloudify_ha.recovery.plugins.filter.cluster_members import cluster_members


def test_a_compact_node_is_named_once_with_all_its_tiers() -> None:
    groups = {"cloudify_managers": ["m1"], "cloudify_brokers": ["m1"], "cloudify_databases": ["m1"]}
    [member] = cluster_members({"all": ["m1", "bastion"], **groups}, {"m1": {}})
    assert member == {
        "name": "m1",
        "hostname": "m1",
        "address": "m1",
        "tiers": ["manager", "broker", "database"],
    }


def test_tiers_are_in_their_order_and_nodes_as_the_inventory_has_them() -> None:
    groups = {"cloudify_databases": ["d2", "d1"], "cloudify_managers": ["m1", "d1"]}
    members = cluster_members(groups, {"m1": {}, "d1": {}, "d2": {}})
    assert [(each["name"], each["tiers"]) for each in members] == [
        ("m1", ["manager"]),
        ("d1", ["manager", "database"]),
        ("d2", ["database"]),
    ]


def test_the_address_is_the_one_that_the_others_use() -> None:
    groups = {"cloudify_managers": ["m1", "m2"]}
    first = {
        "ansible_host": "192.0.2.1",
        "cloudify_private_ip": "10.0.0.1",
        "cloudify_hostname": "cfy1",
    }
    members = cluster_members(groups, {"m1": first, "m2": {"ansible_host": "192.0.2.2"}})
    assert [(each["hostname"], each["address"]) for each in members] == [
        ("cfy1", "10.0.0.1"),
        ("m2", "192.0.2.2"),
    ]


def test_an_inventory_without_groups_has_none() -> None:
    assert cluster_members({"all": ["m1"]}, {"m1": {}}) == []
