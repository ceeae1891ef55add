# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what the nodes say to the verdict of `dbs list`."""

from __future__ import annotations

from typing import Any

import pytest

from product.tests.tiers.configs import ADDRESSES
from product.tiers.health import COLUMNS, MEBIBYTE, judge
from product.tiers.settings import patroni_name
from product.tiers.tables import table

LEADER, STANDBY, REPLICA = ADDRESSES.values()
AT = 90 * MEBIBYTE


def statuses(**changes: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """A healthy cluster; changes by leader, standby and replica, None for what is not answered."""
    replication = [
        {"application_name": patroni_name(STANDBY), "sync_state": "sync"},
        {"application_name": patroni_name(REPLICA), "sync_state": "async"},
    ]
    follows = {"role": "replica", "state": "running", "timeline": 2}
    xlog = {"received_location": AT, "replayed_location": AT}
    found: dict[str, dict[str, Any]] = {
        LEADER: {
            "role": "master",
            "state": "running",
            "timeline": 2,
            "xlog": {"location": AT},
            "replication": replication,
        },
        STANDBY: {**follows, "xlog": dict(xlog)},
        REPLICA: {**follows, "xlog": dict(xlog)},
    }
    names = {"leader": LEADER, "standby": STANDBY, "replica": REPLICA}
    for name, change in changes.items():
        found[names[name]] = {**found[names[name]], **change} if change else {}
    return found


ETCD = {LEADER: "StateFollower", STANDBY: "StateLeader", REPLICA: "StateFollower"}


def test_healthy() -> None:
    verdict = judge(LEADER, [STANDBY, REPLICA], statuses(), ETCD)
    assert verdict.status == 0
    assert [n.state for n in verdict.nodes] == ["leader", "sync_replica", "async_replica"]
    assert verdict.messages == []
    assert all(n.errors == [] for n in verdict.nodes)


@pytest.mark.parametrize(
    ("changes", "etcd", "status", "texts"),
    [
        pytest.param(
            {"replica": {}},
            {REPLICA: ""},
            1,
            ["Missing one or more etcd followers", "not on same timeline", "lag details"],
            id="a dead replica",
        ),
        pytest.param(
            {"replica": {"timeline": 1}}, {}, 1, ["not on same timeline"], id="another timeline"
        ),
        pytest.param(
            {"leader": {"replication": []}},
            {},
            2,
            ["No synchronous replicas found"],
            id="no synchronous standby",
        ),
        pytest.param(
            {"standby": {"xlog": {"replayed_location": AT - 1}}},
            {},
            2,
            ["Writes will be blocked"],
            id="the synchronous standby is behind",
        ),
        pytest.param(
            {},
            {LEADER: "StateFollower", STANDBY: "StateFollower"},
            2,
            ["found 0, cluster consensus lost"],
            id="no leader of etcd",
        ),
        pytest.param(
            {},
            {LEADER: "", REPLICA: ""},
            2,
            ["Insufficient etcd followers"],
            id="etcd without a majority",
        ),
        pytest.param({"leader": {"state": "stopped"}}, {}, 2, [], id="the leader does not run"),
        # these two are traps: the exit code is that of a healthy cluster
        pytest.param(
            {"replica": {"xlog": {"replayed_location": AT - 3 * MEBIBYTE}}},
            {},
            0,
            ["lagging excessively"],
            id="lag",
        ),
        pytest.param(
            {"replica": {"role": "master"}}, {}, 0, ["MULTIPLE MASTERS DETECTED"], id="two leaders"
        ),
    ],
)
def test_sick(changes: dict[str, Any], etcd: dict[str, str], status: int, texts: list[str]) -> None:
    verdict = judge(LEADER, [STANDBY, REPLICA], statuses(**changes), {**ETCD, **etcd})
    assert verdict.status == status
    said = " ".join(text for _level, text in verdict.messages)
    for text in texts:
        assert text in said


def test_what_is_shown_of_a_sick_node() -> None:
    changes: dict[str, Any] = {
        "replica": {"role": "master", "xlog": {"replayed_location": AT - 3 * MEBIBYTE}}
    }
    verdict = judge(LEADER, [STANDBY, REPLICA], statuses(**changes), {**ETCD, STANDBY: ""})
    shown = {n.address: n.row() for n in verdict.nodes}
    assert shown[REPLICA]["errors"] == "Lag: 3.00MiB, EXTRA MASTER"
    assert shown[STANDBY]["errors"] == "Could not retrieve etcd status"
    assert shown[STANDBY]["etcd_state"] == "dead"
    dead = judge(LEADER, [STANDBY, REPLICA], statuses(replica={}), ETCD).nodes[2]
    assert (dead.state, dead.alive) == ("dead", False)
    assert "Could not retrieve DB status" in dead.errors


def test_no_leader() -> None:
    verdict = judge(None, [LEADER, STANDBY, REPLICA], statuses(), ETCD)
    assert verdict.status == 2
    assert ("error", "No master found.") in verdict.messages
    assert len(verdict.nodes) == 3


def test_a_paused_cluster_says_so() -> None:
    verdict = judge(LEADER, [STANDBY, REPLICA], statuses(leader={"pause": True}), ETCD)
    assert verdict.nodes[0].errors == ["Failover disabled"]


def test_the_table() -> None:
    verdict = judge(LEADER, [STANDBY, REPLICA], statuses(), ETCD)
    lines = table((n.row() for n in verdict.nodes), COLUMNS).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[3].split() == [
        "|",
        LEADER,
        "|",
        "leader",
        "|",
        "True",
        "|",
        "StateFollower",
        "|",
        "|",
    ]
