# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""cluster_member with state=present, and database nodes, request by request."""

from __future__ import annotations

import typing as t

import pytest

BROKER = {"name": "b2", "host_ip": "10.0.0.2", "tier": "broker", "state": "present"}
DATABASE = {"name": "d2", "host_ip": "10.0.0.2", "tier": "database"}
FIRST = {"name": "b1", "host": "10.0.0.1"}
SECOND = {"name": "b2", "host": "10.0.0.2"}


# -- brokers -----------------------------------------------------------------------------------------


def test_a_broker_is_added(manager: t.Any) -> None:
    manager.version("7.0.5")
    manager.listed("/brokers", [FIRST])
    manager.post("/brokers", {}, sent={"name": "b2", "address": "10.0.0.2"})
    manager.listed("/brokers", [FIRST, SECOND])
    said = manager.run("cluster_member", diff=True, **BROKER)
    assert said["changed"] and said["members"] == ["b1", "b2"]
    assert said["diff"] == {"before": {"state": "absent"}, "after": {"state": "present"}}


def test_with_its_address_in_each_network(manager: t.Any) -> None:
    networks = {"default": "10.0.0.2", "other": "10.1.0.2"}
    manager.version("7.0.5")
    manager.listed("/brokers", [])
    sent = {"name": "b2", "address": "10.0.0.2", "networks": networks}
    manager.post("/brokers", {}, sent=sent)
    manager.listed("/brokers", [SECOND])
    assert manager.run("cluster_member", networks=networks, **BROKER)["changed"]


def test_one_that_is_in_the_register_is_left_alone(manager: t.Any) -> None:
    manager.version("7.0.5")
    manager.listed("/brokers", [FIRST, SECOND])
    manager.listed("/brokers", [FIRST, SECOND])
    assert not manager.run("cluster_member", **BROKER)["changed"]


def test_somebody_else_was_faster(manager: t.Any) -> None:
    manager.version("7.0.5")
    manager.listed("/brokers", [])
    sent = {"name": "b2", "address": "10.0.0.2"}
    manager.error("POST", "/brokers", 409, "conflict_error", sent=sent)
    manager.listed("/brokers", [SECOND])
    manager.listed("/brokers", [SECOND])
    assert not manager.run("cluster_member", **BROKER)["changed"]


def test_a_conflict_over_something_else_is_told(manager: t.Any) -> None:
    """Its address, under another name."""
    manager.version("7.0.5")
    manager.listed("/brokers", [])
    sent = {"name": "b2", "address": "10.0.0.2"}
    manager.error("POST", "/brokers", 409, "conflict_error", sent=sent)
    manager.listed("/brokers", [{"name": "old", "host": "10.0.0.2"}])
    said = manager.run("cluster_member", **BROKER)
    assert "list none of that name" in said["msg"]


def test_the_name_with_another_address(manager: t.Any) -> None:
    """The dead one, which has to go first."""
    manager.version("7.0.5")
    manager.listed("/brokers", [{"name": "b2", "host": "10.0.0.9"}])
    said = manager.run("cluster_member", **BROKER)
    assert "b2 is registered with address 10.0.0.9, not 10.0.0.2" in said["msg"]


def test_check_mode_adds_nothing(manager: t.Any) -> None:
    manager.version("7.0.5")
    manager.listed("/brokers", [FIRST])
    manager.listed("/brokers", [FIRST])
    said = manager.run("cluster_member", check=True, **BROKER)
    assert said["changed"] and said["members"] == ["b1"]


@pytest.mark.parametrize("status", [400, 403, 500])
def test_a_refusal_is_told(status: int, manager: t.Any) -> None:
    manager.version("7.0.5")
    manager.listed("/brokers", [])
    sent = {"name": "b2", "address": "10.0.0.2"}
    manager.error("POST", "/brokers", status, "some_error", "no", sent=sent)
    said = manager.run("cluster_member", **BROKER)
    assert said["failed"] and f"HTTP {status}" in said["msg"]
    assert "Cannot add broker b2 to the cluster: POST" in said["msg"]


# -- what cannot be added ----------------------------------------------------------------------------


def test_a_manager_is_added_by_its_installation(manager: t.Any) -> None:
    manager.version("7.0.5")
    said = manager.run("cluster_member", **{**BROKER, "tier": "manager"})
    assert "a manager cannot be added over REST" in said["msg"]


def test_before_5_there_are_no_such_registers(manager: t.Any) -> None:
    manager.version("4.5.5")
    assert "no register of brokers" in manager.run("cluster_member", **BROKER)["msg"]


def test_without_its_address(manager: t.Any) -> None:
    said = manager.run("cluster_member", name="b2", tier="broker", state="present")
    assert "state is present but all of the following are missing: host_ip" in said["msg"]


# -- database nodes ----------------------------------------------------------------------------------


def test_the_managers_look_at_a_new_database_node(manager: t.Any) -> None:
    rows = [{"name": "d1", "host": "10.0.0.1"}, {"name": "other name", "host": "10.0.0.2"}]
    manager.version("7.0.5")
    manager.listed("/db-nodes", rows)
    manager.post("/db-nodes", {"items": []}, sent={"action": "update"})
    manager.listed("/db-nodes", rows)
    said = manager.run("cluster_member", state="present", **DATABASE)
    assert not said["changed"] and said["members"] == ["d1", "other name"]


@pytest.mark.parametrize("version", ["5.0.5", "5.1.0"])
def test_before_5_1_1_there_is_nothing_to_look_at(version: str, manager: t.Any) -> None:
    rows = [{"name": "d2", "host": "10.0.0.2"}]
    manager.version(version)
    manager.listed("/db-nodes", rows)
    manager.listed("/db-nodes", rows)
    assert not manager.run("cluster_member", state="present", **DATABASE)["changed"]


def test_in_check_mode_they_do_not(manager: t.Any) -> None:
    rows = [{"name": "d2", "host": "10.0.0.2"}]
    manager.version("7.0.5")
    manager.listed("/db-nodes", rows)
    manager.listed("/db-nodes", rows)
    assert not manager.run("cluster_member", check=True, state="present", **DATABASE)["changed"]


@pytest.mark.parametrize(
    "rows", [[], [{"name": "d2"}], [{"name": "d2", "host": "10.0.0.20"}], [{"host": None}]]
)
def test_one_that_was_not_added_by_the_installer(rows: list[t.Any], manager: t.Any) -> None:
    manager.version("7.0.5")
    manager.listed("/db-nodes", rows)
    said = manager.run("cluster_member", state="present", **DATABASE)
    assert "the managers do not list a database node 10.0.0.2" in said["msg"]
    assert "cfy_manager dbs add" in said["msg"]


def test_one_that_is_listed_under_its_address_is_still_there(manager: t.Any) -> None:
    manager.version("7.0.5")
    manager.listed("/db-nodes", [{"name": "pg-2", "host": "10.0.0.2"}])
    said = manager.run("cluster_member", state="absent", **DATABASE)
    assert "the managers still list the database node d2" in said["msg"]


@pytest.mark.parametrize("row", [{"name": "d1"}, {"name": "d1", "host": None}])
def test_one_without_an_address_is_another(row: dict[str, t.Any], manager: t.Any) -> None:
    manager.version("7.0.5")
    manager.listed("/db-nodes", [row])
    manager.post("/db-nodes", {"items": []}, sent={"action": "update"})
    manager.listed("/db-nodes", [row])
    said = manager.run("cluster_member", name="d2", tier="database", state="absent")
    assert not said["changed"] and said["members"] == ["d1"]
