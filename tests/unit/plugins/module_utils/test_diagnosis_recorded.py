# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every recorded situation has the diagnosis that a person with all the facts would give."""

from __future__ import annotations

import json

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._diagnosis import diagnose
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._failure_classes import FAILURES
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.health_recordings import (
    DIAGNOSED,
    RECORDED,
    Cluster,
)

ALL = ("leader", "sync", "async")
ALL_STANDBY = ("leader", "other", "third")
REPLACE, FIX, SEE, RESOLVE = "replace_node", "fix", "recover_active", "resolve_split_brain"

#: Situation -> class, confidence, the roles that its nodes had before, and the runbook that it may end in.
WANTED: dict[str, tuple[str, str, tuple[str, ...], str]] = {
    # -- nothing is wrong, or nothing much
    "4.5.5-healthy": ("healthy", "medium", (), ""),
    "5.0.5-single-healthy": ("healthy", "medium", (), ""),
    "5.2-healthy": ("healthy", "medium", (), ""),
    "7.0.5-healthy": ("healthy", "medium", (), ""),
    "7.0.5-single-healthy": ("healthy", "medium", (), ""),
    "vnfm-healthy": ("healthy", "medium", (), ""),
    "7.0.5-maintenance": ("maintenance_left", "high", ALL, ""),
    "7.0.5-manager-unregistered": ("registers_differ", "high", ("async",), ""),
    "7.0.5-mgmtworker-stopped": ("services_down", "high", ("async",), FIX),
    "7.0.5-etcd-stopped": ("services_down", "high", ("async",), FIX),
    # -- one is down
    "7.0.5-broker-stopped": ("broker_down", "high", ("async",), FIX),
    "7.0.5-manager-stopped": ("manager_down", "high", ("async",), FIX),
    "7.0.5-nginx-stopped": ("manager_down", "high", ("async",), FIX),
    "7.0.5-patroni-of-async-stopped": ("database_down", "high", ("async",), FIX),
    "7.0.5-replay-paused": ("database_down", "high", ("async",), ""),
    "7.0.5-two-tiers-stopped": ("node_down", "high", ("async",), FIX),
    "7.0.5-async-killed-settled": ("node_down", "high", ("async",), REPLACE),
    # nothing tells any more who led
    "7.0.5-leader-killed-settled": ("node_down", "high", ("leader",), REPLACE),
    # half of what its peers say is old
    "7.0.5-async-killed": ("node_down", "low", ("async",), ""),
    "4.5.5-replica-killed": ("manager_down", "medium", ("other",), ""),
    "4.5.5-replica-killed-now": ("manager_down", "low", ("other",), ""),
    "4.5.5-active-killed": ("manager_down", "medium", ("leader",), ""),
    "4.5.5-replica-stopped": ("manager_down", "low", ("other",), ""),
    # -- several
    "7.0.5-several-stopped": ("several_down", "high", ("sync", "async"), ""),
    "7.0.5-two-managers-stopped": ("several_down", "high", ("sync", "async"), ""),
    "4.5.5-two-managers-killed": ("several_down", "medium", ("other", "third"), ""),
    "7.0.5-two-brokers-stopped": ("broker_quorum_lost", "high", ALL, ""),
    "7.0.5-all-brokers-stopped": ("broker_quorum_lost", "high", ALL, ""),
    "7.0.5-two-killed": ("database_quorum_lost", "medium", ("sync", "async"), ""),
    "7.0.5-two-etcd-stopped": ("database_quorum_lost", "high", ALL, ""),
    "7.0.5-all-databases-stopped": ("database_quorum_lost", "high", ALL, ""),
    "7.0.5-all-apart": ("database_quorum_lost", "medium", ALL, ""),
    "7.0.5-all-managers-stopped": ("cluster_down", "high", ALL, ""),
    "7.0.5-all-killed": ("cluster_down", "low", ALL, ""),
    "4.5.5-managers-all-killed": ("cluster_down", "low", ALL_STANDBY, ""),
    # -- the one that is active
    "7.0.5-leader-killed-now": ("active_down_failover_running", "medium", ("leader",), ""),
    "7.0.5-leader-isolated-now": ("active_down_failover_running", "medium", ("leader",), ""),
    "4.5.5-active-killed-now": ("active_down_failover_running", "low", ("leader",), ""),
    "7.0.5-leader-killed": ("active_down_failover_done", "high", ("leader",), SEE),
    "7.0.5-leader-isolated": ("active_down_failover_done", "high", ("leader",), SEE),
    "7.0.5-leader-back": ("active_down_failover_done", "high", ("leader",), SEE),
    "7.0.5-patroni-of-leader-stopped": ("active_down_failover_done", "high", ("leader",), SEE),
    "7.0.5-no-failover": ("active_down_no_failover", "high", ("leader",), SEE),
    "4.5.5-active-stopped": ("active_down_failover_running", "low", ("leader",), ""),
    "4.5.5-active-and-replica-killed": ("active_down_no_failover", "low", ("leader", "other"), ""),
    "7.0.5-no-standby": ("writes_blocked", "high", ("sync", "async"), ""),
    "7.0.5-sync-paused": ("writes_blocked", "high", ("sync",), ""),
    "7.0.5-one-way": ("writes_blocked", "medium", ("sync",), ""),
    # -- of nine hosts: three databases, three brokers, three managers
    "7.0.5-nine-healthy": ("healthy", "medium", (), ""),
    "7.0.5-nine-async-killed": ("database_down", "medium", ("async",), ""),
    "7.0.5-nine-leader-killed": ("active_down_failover_done", "high", ("leader",), SEE),
    "7.0.5-nine-two-killed": ("database_quorum_lost", "medium", ("sync", "async"), ""),
    # of them, all three databases
    "7.0.5-nine-all-killed": ("database_quorum_lost", "medium", ALL, ""),
    "7.0.5-nine-two-etcd-stopped": ("database_quorum_lost", "high", ALL, ""),
    "7.0.5-nine-no-standby": ("writes_blocked", "high", ("sync", "async"), ""),
    "7.0.5-nine-async-unreachable": ("my_path_broken", "low", ("async",), ""),
    # -- clocks, of the hosts and of the controller
    "4.5.5-replica-clock-behind": ("clock_skew", "high", ("other",), ""),
    "7.0.5-clock-ahead": ("clock_skew", "high", ("async",), ""),
    "7.0.5-clocks-behind": ("clock_skew", "medium", (), ""),
    # -- the address that users take; so much else was running that no broker told anything in time
    "7.0.5-front-dead": ("load_balancer_broken", "medium", (), ""),
    "7.0.5-front-empty": ("load_balancer_broken", "medium", (), ""),
    # -- two sides
    "7.0.5-promoted": ("split_brain", "high", ("leader", "async"), RESOLVE),
    "4.5.5-active-isolated": ("split_brain", "high", ("leader", "*"), RESOLVE),
    "4.5.5-both-sides-written": ("split_brain", "high", ("leader", "*"), RESOLVE),
    "7.0.5-double-partition-healed": ("split_brain_healed", "high", ("leader", "sync"), RESOLVE),
    # what is left of it is in the diagnosis before
    "4.5.5-both-sides-healed": ("healthy", "medium", (), ""),
    # -- the network
    "4.5.5-replica-isolated": ("network_broken", "high", ("other",), ""),
    "4.5.5-nodes-apart": ("network_broken", "high", ("other", "third"), ""),
    "7.0.5-async-isolated": ("network_broken", "high", ("async",), ""),
    # its peers have not missed it yet, so that it may as well be this controller's way
    "7.0.5-async-cut": ("my_path_broken", "low", ("async",), ""),
    "7.0.5-async-unreachable": ("my_path_broken", "low", ("async",), ""),
    "7.0.5-leader-unreachable": ("my_path_broken", "low", ("leader",), ""),
    "7.0.5-two-unreachable": ("my_path_broken", "low", ("sync", "async"), ""),
    "4.5.5-replica-unreachable": ("my_path_broken", "low", ("other",), ""),
    "7.0.5-all-unreachable": ("unclear", "low", ALL, ""),
    "4.5.5-managers-all-unreachable": ("unclear", "low", ALL_STANDBY, ""),
    # standbys do not say whom they see, so that a dead one looks the same
    "4.5.5-active-unreachable": ("active_down_failover_running", "low", ("leader",), ""),
}
#: The same again, with what the hosts say of themselves: recorded anew, so that what was a moment ago may be another moment.
WITH_HOSTS: dict[str, tuple[str, str, tuple[str, ...], str]] = {
    "7.0.5-healthy": ("healthy", "high", (), ""),
    "4.5.5-healthy": ("healthy", "high", (), ""),
    "7.0.5-disk-full": ("disk_full", "high", ("async",), ""),
    "7.0.5-certificate-expired": ("certificates_bad", "high", ("async",), ""),
    "7.0.5-flag-left": ("restore_flag_left", "medium", ("leader",), ""),
    "7.0.5-etcd-stopped": ("services_down", "high", ("async",), FIX),
    "7.0.5-broker-stopped": ("broker_down", "high", ("async",), FIX),
    "7.0.5-manager-stopped": ("manager_down", "high", ("async",), FIX),
    "7.0.5-patroni-of-async-stopped": ("database_down", "high", ("async",), FIX),
    "7.0.5-two-managers-stopped": ("several_down", "high", ("sync", "async"), ""),
    "7.0.5-several-stopped": ("several_down", "high", ("sync", "async"), ""),
    "7.0.5-all-managers-stopped": ("cluster_down", "high", ALL, ""),
    # nobody reaches it, and all still have data of it: once that is gone, it may be replaced
    "7.0.5-async-killed": ("node_down", "medium", ("async",), ""),
    "7.0.5-async-killed-settled": ("node_down", "high", ("async",), REPLACE),
    "7.0.5-async-cut": ("node_down", "medium", ("async",), ""),
    "7.0.5-async-isolated": ("network_broken", "high", ("async",), ""),
    "7.0.5-async-unreachable": ("my_path_broken", "high", ("async",), ""),
    "7.0.5-two-unreachable": ("my_path_broken", "low", ("sync", "async"), ""),
    "7.0.5-leader-killed-now": ("active_down_failover_running", "medium", ("leader",), ""),
    "7.0.5-leader-killed": ("active_down_failover_done", "high", ("leader",), SEE),
    "7.0.5-leader-isolated": ("active_down_failover_done", "high", ("leader",), SEE),
    "7.0.5-patroni-of-leader-stopped": ("active_down_failover_done", "high", ("leader",), SEE),
    "7.0.5-no-failover": ("active_down_no_failover", "high", ("leader",), SEE),
    "7.0.5-no-standby": ("writes_blocked", "high", ("sync", "async"), ""),
    "7.0.5-sync-paused": ("writes_blocked", "high", ("sync",), ""),
    "7.0.5-one-way": ("writes_blocked", "medium", ("sync",), ""),
    "7.0.5-two-killed": ("database_quorum_lost", "high", ("sync", "async"), ""),
    "7.0.5-all-apart": ("database_quorum_lost", "medium", ALL, ""),
    "7.0.5-all-killed": ("cluster_down", "low", ALL, ""),
    "4.5.5-replica-killed": ("manager_down", "high", ("other",), REPLACE),
    "4.5.5-replica-stopped": ("manager_down", "high", ("other",), FIX),
    "4.5.5-active-killed": ("manager_down", "high", ("leader",), REPLACE),
    "4.5.5-active-killed-now": ("active_down_failover_running", "medium", ("leader",), ""),
    "4.5.5-active-stopped": ("active_down_failover_running", "medium", ("leader",), ""),
    "4.5.5-active-and-replica-killed": (
        "active_down_no_failover",
        "medium",
        ("leader", "other"),
        "",
    ),
    "4.5.5-two-managers-killed": ("several_down", "high", ("other", "third"), ""),
    "4.5.5-active-unreachable": ("my_path_broken", "high", ("leader",), ""),
    "4.5.5-active-isolated": ("split_brain", "high", ("leader", "*"), RESOLVE),
    # who is left alone has become active meanwhile
    "4.5.5-replica-isolated": ("split_brain", "high", ("leader", "other"), RESOLVE),
    "4.5.5-nodes-apart": ("split_brain", "high", ALL_STANDBY, RESOLVE),
}
WANTED.update({f"{name}-hosts": wanted for name, wanted in WITH_HOSTS.items()})


def test_every_recording_has_its_diagnosis() -> None:
    assert sorted(WANTED) == sorted([*RECORDED, *DIAGNOSED])


@pytest.mark.parametrize("name", sorted(WANTED))
def test_a_recorded_situation(name: str) -> None:
    cluster = Cluster(name)
    kind, confidence, roles, runbook = WANTED[name]
    found = diagnose(cluster.case(), inventories=["hosts.yml"], cluster="lab")
    assert (found["class"], found["confidence"]) == (kind, confidence), json.dumps(found, indent=1)
    assert found["state"] == FAILURES[kind].state
    nodes = {cluster.were[role] for role in roles if role != "*"}
    if "*" in roles:
        assert nodes < set(found["nodes"])
    else:
        assert nodes == set(found["nodes"])
    assert found["destructive"] == (runbook == REPLACE)
    assert found["runbook"] == (SEE if runbook == FIX else runbook)
    assert ("cloudify_action=fix" in found["command"]) == (runbook == FIX)
    if runbook:
        assert found["command"].startswith(
            f"ansible-playbook cloudify_ha.recovery.{found['runbook']} -i hosts.yml "
        )
        assert found["command"].endswith("-e cloudify_confirm=lab")
    if runbook in (FIX, REPLACE, SEE):
        assert f"-e node={found['nodes'][0]} " in found["command"]


@pytest.mark.parametrize("name", sorted(WANTED))
def test_it_is_told_why(name: str) -> None:
    found = diagnose(Cluster(name).case())
    assert found["summary"].endswith(".") and "\n" not in found["summary"]
    assert found["evidence"]
    assert all(line["who"] and line["says"] for line in found["evidence"])
    assert all(set(each) == {"class", "summary", "nodes", "evidence"} for each in found["also"])
    if found["confidence"] == "low" or found["class"] == "unclear":
        assert found["ask"]
    if found["class"] not in ("healthy", "unclear"):
        assert found["first"] and found["safe"]


def test_each_says_it_in_a_word_that_fits_the_table() -> None:
    for name in WANTED:
        found = diagnose(Cluster(name).case())
        assert {found["class"], *(each["class"] for each in found["also"])} <= set(FAILURES)
