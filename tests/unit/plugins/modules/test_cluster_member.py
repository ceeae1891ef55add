# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""cluster_member, request by request."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.conversation import SECOND

LEADER = {"name": "m1", "host_ip": "m1.example", "online": True, "master": True}
REPLICA = {"name": "m2", "host_ip": "m2.example", "online": True, "master": False}
OWN = {"host_ip": "m2.example", "node_name": "m2"}
JOIN = {"name": "m2", "host_ip": "m2.example", "state": "joined", "wait_interval": 0.5}
START = {"name": "m1", "host_ip": "m1.example", "state": "started", "wait_interval": 0.5}


def nodes(manager: t.Any, *found: t.Any) -> None:
    manager.get("/cluster/nodes", {"items": list(found)})


def cluster(
    manager: t.Any,
    initialized: bool,
    error: str | None = None,
    *,
    logs: t.Sequence[str] = (),
    **more: t.Any,
) -> None:
    said = [{"message": line, "cursor": line} for line in logs]
    manager.get("/cluster", {"initialized": initialized, "error": error, "logs": said}, **more)


# -- started -----------------------------------------------------------------------------------------


def test_the_first_one_starts_the_cluster(manager: t.Any) -> None:
    manager.version("4.5.5")
    cluster(manager, False)
    sent = {"host_ip": "m1.example", "node_name": "m1", "options": None}
    manager.put("/cluster", {"initialized": False}, sent=sent)
    cluster(manager, False)
    # it is in none yet
    manager.get(
        "/cluster/nodes", status=404, json={"error_code": "not_found_error", "message": "no"}
    )
    cluster(manager, False)
    nodes(manager)
    manager.page("GET", "/cluster", 502)
    cluster(manager, True)
    nodes(manager, LEADER)
    nodes(manager, LEADER)
    said = manager.run("cluster_member", diff=True, **START)
    assert said["changed"] and said["members"] == ["m1"]
    assert said["diff"] == {"before": {"state": "absent"}, "after": {"state": "started"}}


def test_one_that_has_started_is_left_alone(manager: t.Any) -> None:
    manager.version("4.5.5")
    cluster(manager, True)
    nodes(manager, LEADER)
    nodes(manager, LEADER)
    assert not manager.run("cluster_member", **START)["changed"]


def test_one_in_another_cluster_is_not_started(manager: t.Any) -> None:
    manager.version("4.5.5")
    cluster(manager, True)
    nodes(manager, REPLICA)
    assert (
        "is in a cluster already, which has no node m1"
        in manager.run("cluster_member", **START)["msg"]
    )


# -- joined ------------------------------------------------------------------------------------------


def invited(manager: t.Any) -> None:
    manager.version("4.5.5")
    nodes(manager, LEADER)
    joins(manager)


def joins(manager: t.Any) -> None:
    invitation = {"credentials": {"key": "k"}, "required": {"cert": "c"}}
    manager.put("/cluster/nodes/m2", invitation, sent=OWN)
    nodes(manager, LEADER, {**REPLICA, "online": False})
    sent = {**OWN, **invitation, "join_addrs": ["m1.example"], "options": None}
    manager.put("/cluster", {"initialized": False}, sent=sent, host=SECOND)


def test_another_one_joins(manager: t.Any) -> None:
    invited(manager)
    cluster(manager, False, host=SECOND)
    nodes(manager, LEADER, {**REPLICA, "online": False})
    cluster(manager, True, host=SECOND)
    nodes(manager, LEADER, REPLICA)
    nodes(manager, LEADER, REPLICA)
    said = manager.run("cluster_member", **JOIN)
    assert said["changed"] and said["members"] == ["m1", "m2"]


def test_one_that_cannot_join_says_why(manager: t.Any) -> None:
    invited(manager)
    cluster(manager, False, "the manager is not empty", host=SECOND)
    said = manager.run("cluster_member", **JOIN)
    assert "m2 could not become a member: the manager is not empty" in said["msg"]


def test_one_that_is_a_member_is_left_alone(manager: t.Any) -> None:
    manager.version("4.5.5")
    nodes(manager, LEADER, REPLICA)
    nodes(manager, LEADER, REPLICA)
    assert not manager.run("cluster_member", **JOIN)["changed"]


def test_one_whose_joining_was_broken_off_is_waited_for(manager: t.Any) -> None:
    """It goes on by itself, whoever has begun it."""
    manager.version("4.5.5")
    nodes(manager, LEADER, {**REPLICA, "online": False})
    for _look in range(2):
        cluster(manager, False, logs=["Creating the cluster node"], host=SECOND)
    nodes(manager, LEADER, {**REPLICA, "online": False})
    cluster(manager, True, host=SECOND)
    nodes(manager, LEADER, REPLICA)
    nodes(manager, LEADER, REPLICA)
    assert not manager.run("cluster_member", **JOIN)["changed"]


def test_one_that_was_invited_and_has_never_heard_of_it_joins(manager: t.Any) -> None:
    """Whoever invited it was killed before it was told, and it would be waited for in vain."""
    manager.version("4.5.5")
    nodes(manager, LEADER, {**REPLICA, "online": False})
    cluster(manager, False, host=SECOND)
    manager.request("DELETE", "/cluster/nodes/m2", status=200, json={})
    joins(manager)
    cluster(manager, True, host=SECOND)
    nodes(manager, LEADER, REPLICA)
    nodes(manager, LEADER, REPLICA)
    said = manager.run("cluster_member", **JOIN)
    assert said["changed"] and said["members"] == ["m1", "m2"]
    assert said["reason"] == "the node was invited, and has not begun to join"


def test_the_row_of_another_host_is_not_touched(manager: t.Any) -> None:
    manager.version("4.5.5")
    elsewhere = {**REPLICA, "host_ip": "10.0.0.9", "online": False}
    nodes(manager, LEADER, elsewhere)
    for _look in range(2):
        cluster(manager, False, host=SECOND)
        nodes(manager, LEADER, elsewhere)
    said = manager.run("cluster_member", **{**JOIN, "wait_interval": 1.0}, wait_timeout=1.0)
    assert "m2 is offline" in said["msg"]


def test_one_that_could_not_join_says_why_to_the_next_attempt(manager: t.Any) -> None:
    manager.version("4.5.5")
    nodes(manager, LEADER, {**REPLICA, "online": False})
    for _look in range(2):
        cluster(manager, False, "the manager is not empty", host=SECOND)
    said = manager.run("cluster_member", **JOIN)
    assert "m2 could not become a member: the manager is not empty" in said["msg"]


def test_a_plan_waits_for_nobody(manager: t.Any) -> None:
    manager.version("4.5.5")
    nodes(manager, LEADER, {**REPLICA, "online": False})
    nodes(manager, LEADER, {**REPLICA, "online": False})
    assert not manager.run("cluster_member", check=True, **JOIN)["changed"]


def test_the_name_of_a_dead_one_is_taken(manager: t.Any) -> None:
    manager.version("4.5.5")
    nodes(manager, LEADER, {**REPLICA, "online": False})
    cluster(manager, True, host=SECOND)
    for _look in range(2):
        cluster(manager, True, host=SECOND)
        nodes(manager, LEADER, {**REPLICA, "online": False})
    said = manager.run("cluster_member", **{**JOIN, "wait_interval": 1.0}, wait_timeout=1.0)
    assert "m2 is offline" in said["msg"]
    assert "`cfy cluster nodes remove m2` on the leader" in said["msg"]


@pytest.mark.parametrize("state", [JOIN, START])
def test_from_5_on_installing_is_joining(state: dict[str, t.Any], manager: t.Any) -> None:
    manager.version("7.0.5")
    said = manager.run("cluster_member", **state)
    assert "installing a manager with the cluster's configuration is joining" in said["msg"]


# -- absent ------------------------------------------------------------------------------------------


def test_a_node_is_removed(manager: t.Any) -> None:
    manager.version("4.5.5")
    nodes(manager, LEADER, REPLICA)
    manager.request("DELETE", "/cluster/nodes/m2", status=200, json={})
    nodes(manager, LEADER)
    said = manager.run("cluster_member", name="m2", state="absent")
    assert said["changed"] and said["members"] == ["m1"]


def test_one_that_is_gone_stays_gone(manager: t.Any) -> None:
    manager.version("4.5.5")
    nodes(manager, LEADER)
    nodes(manager, LEADER)
    assert not manager.run("cluster_member", name="m2", state="absent")["changed"]


REGISTERS = [("manager", "/managers", "hostname"), ("broker", "/brokers", "name")]


@pytest.mark.parametrize(("tier", "path", "key"), REGISTERS)
@pytest.mark.parametrize("check", [True, False])
def test_a_member_is_struck_from_its_register(
    check: bool, tier: str, path: str, key: str, manager: t.Any
) -> None:
    manager.version("7.0.5")
    manager.listed(path, [{key: "m1"}, {key: "m2"}])
    if not check:
        manager.request("DELETE", f"{path}/m2", status=200, json={})
    manager.listed(path, [{key: "m1"}])
    said = manager.run("cluster_member", check=check, name="m2", tier=tier, state="absent")
    assert said["changed"]


@pytest.mark.parametrize(("tier", "path", "key"), REGISTERS)
def test_one_that_is_not_in_it_is_no_change(tier: str, path: str, key: str, manager: t.Any) -> None:
    manager.version("7.0.5")
    manager.listed(path, [{key: "m1"}])
    manager.listed(path, [{key: "m1"}])
    assert not manager.run("cluster_member", name="m2", tier=tier, state="absent")["changed"]


def test_database_nodes_are_read_again(manager: t.Any) -> None:
    manager.version("7.0.5")
    manager.listed("/db-nodes", [{"name": "m1"}])
    manager.post("/db-nodes", {"items": []}, sent={"action": "update"})
    manager.listed("/db-nodes", [{"name": "m1"}])
    said = manager.run("cluster_member", name="m2", tier="database", state="absent")
    assert not said["changed"] and said["members"] == ["m1"]


def test_a_database_node_is_removed_by_the_installer(manager: t.Any) -> None:
    manager.version("7.0.5")
    manager.listed("/db-nodes", [{"name": "m2"}])
    said = manager.run("cluster_member", name="m2", tier="database", state="absent")
    assert "cfy_manager dbs remove" in said["msg"]


# -- check mode and failures -------------------------------------------------------------------------


def test_check_mode_only_looks(manager: t.Any) -> None:
    manager.version("4.5.5")
    cluster(manager, False)
    nodes(manager)
    assert manager.run("cluster_member", check=True, **START)["changed"]
    manager.version("4.5.5")
    nodes(manager, LEADER)
    nodes(manager, LEADER)
    assert manager.run("cluster_member", check=True, **JOIN)["changed"]


@pytest.mark.parametrize("status", [401, 404, 409, 500])
def test_a_refusal_is_told(status: int, manager: t.Any) -> None:
    manager.version("4.5.5")
    nodes(manager, LEADER)
    manager.error("PUT", "/cluster/nodes/m2", status, "some_error", "no", sent=OWN)
    said = manager.run("cluster_member", **JOIN)
    assert "Cannot invite m2 to the cluster: PUT" in said["msg"]
    assert f"HTTP {status}" in said["msg"]


def test_it_is_not_waited_for_ever(manager: t.Any) -> None:
    invited(manager)
    for _each in range(3):
        cluster(manager, False, host=SECOND)
        nodes(manager, LEADER)
    said = manager.run("cluster_member", wait_timeout=1, **JOIN)
    assert said["msg"].startswith("Gave up waiting for m2 to be online after 1 s")
    assert "m2 is absent" in said["msg"]
