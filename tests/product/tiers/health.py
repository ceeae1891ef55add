# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what the nodes of a database cluster say to the product's verdict. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from product.tiers.settings import patroni_name

HEALTHY, DEGRADED, DOWN = 0, 1, 2
MEBIBYTE = 1024 * 1024
COLUMNS = ("node_ip", "state", "alive", "etcd_state", "errors")


@dataclass
class Node:
    address: str
    # leader | sync_replica | async_replica | dead
    state: str
    alive: bool
    etcd_state: str
    errors: list[str] = field(default_factory=list)
    timeline: int | None = None
    location: int | None = None
    # what Patroni says its role is
    role: str = ""

    def row(self) -> dict[str, str]:
        return {
            "node_ip": self.address,
            "state": self.state,
            "alive": str(self.alive),
            "etcd_state": self.etcd_state,
            "errors": ", ".join(self.errors),
        }


@dataclass
class Verdict:
    # also the exit code
    status: int
    nodes: list[Node]
    # (level, text) in the order in which they are said
    messages: list[tuple[str, str]]


def synchronous(leader: Mapping[str, Any]) -> set[str]:
    """Names of the nodes that the leader waits for."""
    return {
        str(replica.get("application_name"))
        for replica in leader.get("replication") or ()
        if replica.get("sync_state") == "sync"
    }


def node(
    address: str, status: Mapping[str, Any], etcd_state: str, *, leader: bool, in_sync: bool
) -> Node:
    found = Node(
        address=address,
        state="leader" if leader else "sync_replica" if in_sync else "async_replica",
        alive=False,
        etcd_state=etcd_state or "dead",
    )
    if status:
        xlog = status.get("xlog") or {}
        found.location = xlog.get("location" if leader else "replayed_location")
        found.timeline = status.get("timeline")
        found.role = str(status.get("role", ""))
        # a later Patroni says of a replica that it streams
        found.alive = status.get("state") in ("running", "streaming")
        if not found.alive:
            found.errors.append("Node not running")
        if status.get("pause"):
            found.errors.append("Failover disabled")
    else:
        found.state = "dead"
        found.errors.append("Could not retrieve DB status")
    if not etcd_state:
        found.errors.append("Could not retrieve etcd status")
    return found


def judge(
    leader: str | None,
    replicas: Sequence[str],
    statuses: Mapping[str, Mapping[str, Any]],
    etcd_states: Mapping[str, str],
) -> Verdict:
    """`leader` is who has the leader's lock, or None; the statuses are Patroni's, empty for one that is silent."""
    said: list[tuple[str, str]] = []
    status = HEALTHY
    leading = statuses.get(leader, {}) if leader else {}
    synced = synchronous(leading)

    def known(address: str) -> Node:
        return node(
            address,
            statuses.get(address, {}),
            etcd_states.get(address, ""),
            leader=address == leader,
            in_sync=patroni_name(address) in synced,
        )

    head = known(leader) if leader else None
    followers = [known(address) for address in replicas]
    nodes = ([head] if head else []) + followers
    if head is None:
        said.append(("error", "No master found."))
        status = DOWN
    elif not head.alive:
        status = DOWN
    if not synced:
        # no writes are possible
        said.append(("error", "No synchronous replicas found."))
        status = DOWN
    status = max(status, _etcd(nodes, len(followers), said))
    for follower in followers:
        status = max(status, _follower(follower, head, said))
    return Verdict(status, nodes, said)


def _etcd(nodes: Sequence[Node], replicas: int, said: list[tuple[str, str]]) -> int:
    states = [n.etcd_state for n in nodes]
    leaders, followers = states.count("StateLeader"), states.count("StateFollower")
    status = HEALTHY
    if leaders != 1:
        said.append(
            (
                "error",
                f"Expected to find 1 etcd leader, but found {leaders}, cluster consensus lost.",
            )
        )
        status = DOWN
    if followers < (1 + replicas) // 2:
        said.append(("error", "Insufficient etcd followers found, cluster consensus lost."))
        status = DOWN
    elif followers < replicas:
        said.append(("warning", "Missing one or more etcd followers."))
        status = max(status, DEGRADED)
    return status


def _follower(follower: Node, head: Node | None, said: list[tuple[str, str]]) -> int:
    status = HEALTHY
    location = head.location if head else None
    timeline = head.timeline if head else None
    if follower.state == "sync_replica":
        if location and (follower.location or 0) < location:
            said.append(
                (
                    "error",
                    "Synchronous replica not in sync with master. Writes will be blocked until "
                    "replica is in sync.",
                )
            )
            follower.errors.append("Out of sync")
            status = DOWN
    else:
        if timeline and follower.timeline != timeline:
            said.append(("warning", "Asynchronous replica not on same timeline as master."))
            follower.errors.append("Out of sync")
            status = DEGRADED
        if location is None or follower.location is None:
            said.append(("warning", "Could not get lag details for replica."))
            follower.errors.append("Could not get lag details.")
        elif (location - follower.location) / MEBIBYTE > 2:
            lag = (location - follower.location) / MEBIBYTE
            said.append(("warning", "Asynchronous replica appears to be lagging excessively."))
            # TRAP  this alone does not change the exit code either
            follower.errors.append(f"Lag: {lag:.2f}MiB")
    if follower.role in ("master", "primary"):
        # TRAP  this alone does not change the exit code
        said.append(
            (
                "error",
                "MULTIPLE MASTERS DETECTED! PLEASE RUN THIS STATUS COMMAND AGAIN. IF THIS ERROR "
                "OCCURS AGAIN THEN STOP ALL USERS OF CLOUDIFY MANAGERS IN THIS CLUSTER AND CONTACT "
                "SUPPORT!",
            )
        )
        follower.errors.append("EXTRA MASTER")
    return status


__all__ = ["COLUMNS", "DEGRADED", "DOWN", "HEALTHY", "Node", "Verdict", "judge", "synchronous"]
