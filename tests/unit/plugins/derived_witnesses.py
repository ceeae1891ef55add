# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Derived: the way in, and witnesses that are taken away or contradict each other."""

from __future__ import annotations

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.derived_clusters import (
    Derived,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.derived_registry import (
    derived,
    host,
)


@derived("the load balancer is down", "7.0.5-healthy", "load_balancer_broken", "high")
def the_load_balancer_is_down(c: Derived) -> None:
    c.fronted(answers=False, error="connection refused", status_code=None)


@derived(
    "the load balancer has no manager behind it", "7.0.5-healthy", "load_balancer_broken", "high"
)
def the_load_balancer_has_no_manager_behind_it(c: Derived) -> None:
    c.fronted(error="HTTP 502 Bad Gateway", status_code=502)


@derived("the load balancer works", "7.0.5-healthy", "healthy", "high")
def the_load_balancer_works(c: Derived) -> None:
    c.fronted(status="OK")


@derived(
    "the load balancer, and a manager", "7.0.5-nginx-stopped", "load_balancer_broken", "medium"
)
def the_load_balancer_and_a_manager(c: Derived) -> None:
    c.fronted(answers=False, error="no connection", status_code=None)


@derived(
    "nothing answers, and the load balancer neither",
    "7.0.5-all-unreachable",
    "unclear",
    "low",
    "leader",
    "sync",
    "async",
)
def nothing_answers_and_the_load_balancer_neither(c: Derived) -> None:
    c.fronted(answers=False, error="no connection", status_code=None)
    c.unreachable(*c.hosts)


@derived(
    "nothing answers but the load balancer",
    "7.0.5-all-unreachable",
    "my_path_broken",
    "medium",
    "leader",
    "sync",
    "async",
)
def nothing_answers_but_the_load_balancer(c: Derived) -> None:
    c.fronted(status="OK")
    c.unreachable(*c.hosts)


@derived(
    "peers reach it, and we do not", "7.0.5-async-unreachable", "my_path_broken", "high", "async"
)
def peers_reach_it_and_we_do_not(c: Derived) -> None:
    c.unreachable(host(c, "async"))


@derived(
    "peers reach the leader, and we do not",
    "7.0.5-leader-unreachable",
    "my_path_broken",
    "high",
    "leader",
)
def peers_reach_the_leader_and_we_do_not(c: Derived) -> None:
    c.unreachable(host(c, "leader"))


@derived(
    "standbys reach the active one", "4.5.5-active-unreachable", "my_path_broken", "high", "leader"
)
def standbys_reach_the_active_one(c: Derived) -> None:
    c.unreachable(host(c, "leader"))


@derived("ssh does not let us in", "7.0.5-healthy", "healthy", "low")
def ssh_does_not_let_us_in(c: Derived) -> None:
    c.without_ssh()
    for name in c.views:
        c.hosts[name] = {"asked": True, "reachable": False}
        c.hosts[name]["error"] = "ssh does not let us in: permission denied"


@derived("nobody asked by ssh", "7.0.5-healthy", "healthy", "low", ssh=False)
def nobody_asked_by_ssh(c: Derived) -> None:
    c.without_ssh()


@derived(
    "no database leads, by what managers say",
    "7.0.5-all-databases-stopped",
    "database_quorum_lost",
    "low",
    ssh=False,
)
def no_database_leads_by_what_managers_say(c: Derived) -> None:
    c.without_ssh()


@derived(
    "one manager alone fails, by what it says",
    "7.0.5-healthy",
    "manager_down",
    "high",
    "async",
    ssh=False,
)
def one_manager_alone_fails_by_what_it_says(c: Derived) -> None:
    c.without_ssh()
    error = "Cannot ask for /version: GET https://x/ -> HTTP 500 INTERNAL SERVER ERROR"
    c.views[host(c, "async")] = {"answers": True, "error": error, "hangs": False} | {
        "status_code": 500,
        "error_code": None,
    }


@derived(
    "a cable is pulled, and peers have just tried",
    "7.0.5-async-cut",
    "node_down",
    "medium",
    "async",
)
def a_cable_is_pulled_and_peers_have_just_tried(c: Derived) -> None:
    name = host(c, "async")
    c.unreachable(name)
    for role in ("leader", "sync"):
        c.reaches(host(c, role), **{name: False})


@derived("one peer still reaches it", "7.0.5-async-killed-settled", "node_down", "low", "async")
def one_peer_still_reaches_it(c: Derived) -> None:
    c.reaches(host(c, "sync"), **{host(c, "async"): True})


@derived(
    "a peer's metrics are old", "7.0.5-async-killed-settled", "node_down", "low", "async", ssh=False
)
def a_peer_s_metrics_are_old(c: Derived) -> None:
    name = host(c, "async")
    tiers = c.views[host(c, "sync")]["cluster_status"]["tiers"]
    for tier in tiers.values():
        tier["nodes"][name] = {"status": "OK", "failures": []}


@derived(
    "one peer is not asked",
    "7.0.5-async-killed-settled",
    *("node_down", "high", "async"),
)
def one_peer_is_not_asked(c: Derived) -> None:
    """The other sees it alive: nothing is replaced while this controller does not see who could deny it."""
    c.forget(host(c, "sync"))


@derived(
    "only managers are asked",
    "7.0.5-async-killed-settled",
    "node_down",
    "medium",
    "async",
    ssh=False,
)
def only_managers_are_asked(c: Derived) -> None:
    c.without_ssh()


@derived(
    "a host is cut off, by its peers", "7.0.5-async-isolated", "network_broken", "high", "async"
)
def a_host_is_cut_off_by_its_peers(c: Derived) -> None:
    name = host(c, "async")
    for role in ("leader", "sync"):
        c.reaches(host(c, role), **{name: False})
        c.reaches(name, **{host(c, role): False})


@derived(
    "one way between two is lost", "7.0.5-healthy", "network_broken", "medium", "leader", "sync"
)
def one_way_between_two_is_lost(c: Derived) -> None:
    c.reaches(host(c, "leader"), **{host(c, "sync"): False})


@derived(
    "all are apart, by what they reach",
    "7.0.5-all-apart",
    "database_quorum_lost",
    "medium",
    "leader",
    "sync",
    "async",
)
def all_are_apart_by_what_they_reach(c: Derived) -> None:
    for each in c.hosts.values():
        each["reaches"] = dict.fromkeys(each["reaches"], False)


@derived(
    "the hosts are empty",
    "7.0.5-all-managers-stopped",
    "cluster_down",
    "high",
    "leader",
    "sync",
    "async",
    runbook="rebuild_cluster",
)
def the_hosts_are_empty(c: Derived) -> None:
    c.without_ssh_of_tiers()
    for each in c.hosts.values():
        each.update(package="", services={}, traces=False)


def _stopped(c: Derived, **told: object) -> None:
    """All is stopped, and ssh tells no package of any host, as of one that was installed in another way, or whose rpm has failed."""
    c.without_ssh_of_tiers()
    for each in c.hosts.values():
        each.update(services=dict.fromkeys(each["services"], "inactive"), **told)


ROLES = ("leader", "sync", "async")


@derived(
    "all is stopped, and rpm knows of nothing",
    "7.0.5-all-managers-stopped",
    "cluster_down",
    "high",
    *ROLES,
)
def all_is_stopped_and_rpm_knows_of_nothing(c: Derived) -> None:
    _stopped(c, package="", traces=True)


@derived(
    "all is stopped, and rpm fails", "7.0.5-all-managers-stopped", "cluster_down", "high", *ROLES
)
def all_is_stopped_and_rpm_fails(c: Derived) -> None:
    _stopped(c, package=None, traces=False)


@derived(
    "all is stopped, and hosts say half of it",
    "7.0.5-all-managers-stopped",
    "cluster_down",
    "high",
    *ROLES,
)
def all_is_stopped_and_hosts_say_half_of_it(c: Derived) -> None:
    _stopped(c, package="", traces=None)


__all__ = ()
