# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""The ways in which a cluster fails: one table, the worst first.

Where a cluster has more than one of them, the first of the table is its class.
"""

from __future__ import annotations

from dataclasses import dataclass

READS = "reads over REST"
ACKNOWLEDGED = "all writes that were acknowledged"
STORE = "the sets in the store"


@dataclass(frozen=True)
class Failure:
    """What is known of a class beforehand.

    :param state: C(healthy), C(degraded), C(down) or C(unknown)
    :param runbook: the one that mends it, where the evidence allows it
    :param destructive: whether that runbook removes or overwrites something
    :param safe: what is still safe, or still works
    :param first: what to do first
    """

    title: str
    state: str
    runbook: str = ""
    destructive: bool = False
    safe: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    page: str = ""


FAILURES = {
    "split_brain": Failure(
        "Two sides take writes",
        "down",
        "resolve_split_brain",
        safe=(STORE, "what each side has, until they see each other again"),
        first=(
            "Keep the network between the sides as it is: once they see each other, one side's writes are wiped.",
            "Have users and agents stop using both sides.",
        ),
    ),
    "cluster_down": Failure(
        "The whole cluster is down",
        "down",
        "rebuild_cluster",
        True,
        safe=(STORE,),
        first=(
            "See that the hosts run and that their network does: a cluster often comes back by itself.",
        ),
    ),
    "database_quorum_lost": Failure(
        "The databases have lost their majority",
        "down",
        "rebuild_cluster",
        True,
        safe=(ACKNOWLEDGED, STORE),
        first=(
            "Bring back enough database nodes (patroni and etcd): the rest then goes on by itself.",
        ),
    ),
    "active_down_no_failover": Failure(
        "The active one is down, and no other takes over",
        "down",
        "recover_active",
        safe=(ACKNOWLEDGED + ", on the disk of the lost one", STORE),
        first=("Start the lost one again if it can be: it has the newest data.",),
    ),
    "split_brain_healed": Failure(
        "Two sides have been written to, and data is at risk",
        "degraded",
        "resolve_split_brain",
        safe=(STORE, "what each database has on its disk, until it is made anew"),
        first=(
            "Make no database anew (no reinit, no restart of Patroni): that wipes what only it has.",
            "Have users and agents stop writing.",
        ),
    ),
    "active_down_failover_running": Failure(
        "The active one is down, and another is about to take over",
        "down",
        "",
        safe=(ACKNOWLEDGED,),
        first=("Wait: a failover takes up to a minute. Then diagnose again.",),
    ),
    "writes_blocked": Failure(
        "The database is up, and writes wait",
        "down",
        "recover_active",
        safe=(READS, ACKNOWLEDGED),
        first=("Bring back one standby: writes go on as soon as one follows synchronously.",),
    ),
    "broker_quorum_lost": Failure(
        "The brokers have lost their majority",
        "down",
        "recover_active",
        safe=(READS, "the database"),
        first=("Start cloudify-rabbitmq where it is down: what has paused goes on by itself.",),
    ),
    "load_balancer_broken": Failure(
        "Only the load balancer is broken",
        "down",
        safe=("the whole cluster: the managers answer when they are asked directly",),
        first=(
            "Mend the load balancer, or its way to the managers. There is nothing to do on the cluster.",
        ),
    ),
    "active_down_failover_done": Failure(
        "The active one is down, and another has taken over",
        "degraded",
        "recover_active",
        safe=("all of the cluster's work", ACKNOWLEDGED),
        first=(
            "Nothing is urgent. Do not start the lost one by hand before its journals are kept.",
        ),
    ),
    "several_down": Failure(
        "Several nodes are down, and the rest has its majority",
        "degraded",
        "replace_node",
        True,
        safe=(READS, ACKNOWLEDGED),
        first=("Bring back one of them at once: the next one that is lost may stop the cluster.",),
    ),
    "node_down": Failure(
        "One node is down",
        "degraded",
        "replace_node",
        True,
        safe=("all of the cluster's work", ACKNOWLEDGED),
        first=("Start the host again if it can be. Replace it only if it is lost for good.",),
    ),
    "database_down": Failure(
        "One database is down or behind",
        "degraded",
        "replace_node",
        True,
        safe=("all of the cluster's work", ACKNOWLEDGED),
        first=("Start patroni and etcd there if the host answers.",),
    ),
    "broker_down": Failure(
        "One broker is down",
        "degraded",
        "replace_node",
        True,
        safe=("all of the cluster's work",),
        first=("Start cloudify-rabbitmq there if the host answers.",),
    ),
    "manager_down": Failure(
        "One manager is down",
        "degraded",
        "replace_node",
        True,
        safe=("all of the cluster's work: the other managers share it",),
        first=("Start its services if the host answers.",),
    ),
    "network_broken": Failure(
        "Hosts are alive, and do not reach each other",
        "degraded",
        safe=(STORE,),
        first=("Mend the network between the hosts. Replace nothing: nobody is dead.",),
    ),
    "disk_full": Failure(
        "A disk is full",
        "degraded",
        safe=(READS,),
        first=("Make room there: what is down because of it can then be started.",),
    ),
    "certificates_bad": Failure(
        "Certificates have run out, or do not fit",
        "degraded",
        safe=("the data",),
        first=(
            "Put in certificates of the same CA: with a new CA, agents and peers refuse each other.",
        ),
    ),
    "clock_skew": Failure(
        "A clock is wrong",
        "degraded",
        safe=("the data",),
        first=(
            "Set the clock by its time service, slowly: a jump can take a database's leadership away.",
        ),
    ),
    "services_down": Failure(
        "Services are down on a node that answers",
        "degraded",
        "recover_active",
        safe=("most of the cluster's work",),
        first=("Start them. Look at their logs if they do not stay up.",),
    ),
    "restore_flag_left": Failure(
        "A manager says that a restore is running",
        "degraded",
        safe=("the data",),
        first=("Make sure that no restore is running before anything is done about it.",),
    ),
    "maintenance_left": Failure(
        "Maintenance mode is on",
        "degraded",
        safe=(READS, "the data"),
        first=("Ask who has put it on, and whether that work is done. Then switch it off.",),
    ),
    "versions_differ": Failure(
        "The members are of different versions",
        "degraded",
        safe=("the data",),
        first=(
            "Make out whether an upgrade is running, or has ended half-way: it is to be ended, or undone, before anything else.",
        ),
    ),
    "registers_differ": Failure(
        "The managers list other members than there are",
        "degraded",
        safe=("all of the cluster's work",),
        first=(
            "Put the registers right before any node is replaced: a member that is not listed is not replaced, either.",
        ),
    ),
    "my_path_broken": Failure(
        "Its peers see it, and this controller does not",
        "unknown",
        safe=("the cluster, as its members see it",),
        first=(
            "Do nothing on the cluster. Mend the way from this controller to it, or ask from another place.",
        ),
    ),
    "unclear": Failure("The evidence is not enough", "unknown"),
    "healthy": Failure("Healthy", "healthy"),
}
FAILURES = {
    name: Failure(**{**vars(each), "page": f"docs/docsite/rst/diagnosis_{name}.rst"})
    for name, each in FAILURES.items()
}
#: Worst first.
ORDER = tuple(FAILURES)

__all__ = ("FAILURES", "ORDER", "Failure")
