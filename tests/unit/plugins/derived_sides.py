# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Derived: what an earlier diagnosis adds, and two sides that take writes."""

from __future__ import annotations

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.derived_clusters import (
    Derived,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.derived_registry import (
    REPLACE,
    SEE,
    derived,
    host,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.health_recordings import Json


@derived(
    "the dead one was active",
    "7.0.5-leader-killed-settled",
    "active_down_failover_done",
    "high",
    "leader",
    runbook=SEE,
)
def the_dead_one_was_active(c: Derived) -> None:
    c.before("healthy", "leader")


@derived(
    "the dead one was not",
    "7.0.5-async-killed-settled",
    "node_down",
    "high",
    "async",
    runbook=REPLACE,
)
def the_dead_one_was_not(c: Derived) -> None:
    c.before("healthy", "leader")


@derived(
    "the dead manager was active",
    "4.5.5-active-killed",
    "active_down_failover_done",
    "high",
    "leader",
    runbook=SEE,
)
def the_dead_manager_was_active(c: Derived) -> None:
    c.before("healthy", "leader")


@derived(
    "nobody has taken over for minutes",
    "7.0.5-leader-killed-now",
    "active_down_no_failover",
    "medium",
    "leader",
    runbook=SEE,
)
def nobody_has_taken_over_for_minutes(c: Derived) -> None:
    c.wait_for_the_database()
    c.before("active_down_failover_running", age=200)


@derived(
    "no manager has taken over for minutes",
    "4.5.5-active-killed-now",
    "active_down_no_failover",
    "medium",
    "leader",
    runbook=SEE,
)
def no_manager_has_taken_over_for_minutes(c: Derived) -> None:
    c.before("active_down_failover_running", age=200)


@derived(
    "a failover of just now",
    "4.5.5-active-killed-now",
    "active_down_failover_running",
    "medium",
    "leader",
)
def a_failover_of_just_now(c: Derived) -> None:
    c.before("active_down_failover_running", age=10)


@derived(
    "two were active",
    "4.5.5-both-sides-healed",
    "split_brain_healed",
    "medium",
    "leader",
    runbook="resolve_split_brain",
)
def two_were_active(c: Derived) -> None:
    (now,) = (name for name, view in c.views.items() if view.get("status_code") == 200)
    before = [host(c, "leader"), *(n for n in (now,) if n != host(c, "leader"))]
    if len(before) == 1:
        before.append(next(n for n in c.views if n != now))
    c.were["leader"] = next(n for n in before if n != now)
    c.earlier = {"class": "split_brain", "active": before, "age": 600}


@derived(
    "both acknowledge writes",
    "7.0.5-healthy",
    "split_brain",
    "high",
    "leader",
    "async",
    runbook="resolve_split_brain",
)
def both_acknowledge_writes(c: Derived) -> None:
    c.lead(host(c, "async"), write="ok", timeline=2)


@derived(
    "one was promoted where no Patroni runs",
    "7.0.5-healthy",
    "split_brain",
    "high",
    "leader",
    "async",
    runbook="resolve_split_brain",
)
def one_was_promoted_where_no_patroni_runs(c: Derived) -> None:
    """Its writes wait for a standby like those of a leader that was cut off, which Patroni takes down."""
    c.lead(host(c, "leader"), write="ok")
    c.lead(host(c, "async"), write="canceling the wait for synchronous replication")
    c.database(host(c, "async"))["primary"] = {"code": 0, "body": None}
    c.database(host(c, "async"))["patroni"] = {"code": 0, "body": None}
    c.host(host(c, "async"))["services"]["patroni"] = "inactive"


@derived(
    "a split brain is frozen",
    "7.0.5-patroni-of-async-stopped",
    "split_brain",
    "high",
    "async",
    runbook="resolve_split_brain",
)
def a_split_brain_is_frozen(c: Derived) -> None:
    """To start what was stopped on purpose would have it wiped."""
    c.host(host(c, "async")).update(frozen=True)
    c.host(host(c, "async"))["services"]["patroni"] = "inactive"


@derived("it was frozen, and runs again", "7.0.5-healthy", "healthy", "high")
def it_was_frozen_and_runs_again(c: Derived) -> None:
    c.host(host(c, "async"))["frozen"] = True


@derived(
    "both acknowledge on one timeline",
    "7.0.5-healthy",
    "split_brain",
    "high",
    "leader",
    "async",
    runbook="resolve_split_brain",
    ssh=False,
)
def both_acknowledge_on_one_timeline(c: Derived) -> None:
    """As after the fork that Patroni 3.0.2 makes: the number of the timeline says nothing."""
    c.lead(host(c, "async"), write="ok", timeline=1)


@derived(
    "two leaders, one of which acknowledges nothing",
    "7.0.5-healthy",
    "active_down_failover_running",
    "medium",
    "leader",
)
def two_leaders_one_of_which_acknowledges_nothing(c: Derived) -> None:
    c.lead(host(c, "leader"), write="canceling the wait for synchronous replication")
    c.lead(host(c, "sync"), write="ok", timeline=2)


@derived(
    "two leaders, and no write was tried",
    "7.0.5-healthy",
    "active_down_failover_running",
    "low",
    "leader",
    "sync",
)
def two_leaders_and_no_write_was_tried(c: Derived) -> None:
    c.lead(host(c, "leader"), write=None)
    c.lead(host(c, "sync"), write=None, timeline=2)


@derived(
    "two leaders for long",
    "7.0.5-healthy",
    "split_brain",
    "high",
    "leader",
    "sync",
    runbook="resolve_split_brain",
)
def two_leaders_for_long(c: Derived) -> None:
    c.lead(host(c, "leader"), write=None)
    c.lead(host(c, "sync"), write=None, timeline=2)
    c.before("active_down_failover_running", "leader", "sync", age=90)


@derived(
    "two active ones that see each other",
    "4.5.5-active-isolated",
    "active_down_failover_running",
    "medium",
    "leader",
    "other",
)
def two_active_ones_that_see_each_other(c: Derived) -> None:
    for name in _both(c):
        _see_all(c, name)


def _both(c: Derived) -> list[str]:
    """Who answers as the active one."""
    active = [n for n, view in c.views.items() if view.get("status_code") == 200]
    c.were["other"] = next(n for n in active if n != host(c, "leader"))
    c.hosts = {}
    return active


def _see_all(c: Derived, name: str) -> None:
    for node in c.views[name]["nodes"]:
        node["online"] = True


@derived(
    "one of two active ones has not lost the other yet",
    *("4.5.5-active-isolated", "split_brain", "low", "leader", "other"),
)
def one_of_two_active_ones_has_not_lost_the_other_yet(c: Derived) -> None:
    _both(c)
    _see_all(c, host(c, "leader"))


@derived(
    "two active ones for long, of which one does not tell its nodes",
    *("4.5.5-active-isolated", "split_brain", "high", "leader", "other"),
    runbook="resolve_split_brain",
)
def two_active_ones_for_long_of_which_one_does_not_tell_its_nodes(c: Derived) -> None:
    for name in _both(c):
        c.views[name]["nodes"] = None
    c.before("active_down_failover_running", "leader", "other", age=90)


@derived(
    "two active ones that do not tell their nodes",
    *("4.5.5-active-isolated", "active_down_failover_running", "medium", "leader", "other"),
)
def two_active_ones_that_do_not_tell_their_nodes(c: Derived) -> None:
    for name in _both(c):
        c.views[name]["nodes"] = None


def _more_rows(c: Derived, *roles: str) -> Json:
    """These have more than the leader, whose database is returned."""
    for role in roles:
        database = c.database(host(c, role))
        database["counts"][sorted(database["counts"])[0]] += 6
        database["patroni"]["body"]["xlog"]["received_location"] += 4096
    return c.database(host(c, "leader"))


@derived(
    "rows are only on one side, and Patroni shows health",
    "7.0.5-healthy",
    "split_brain_healed",
    "high",
    "leader",
    "sync",
    "async",
    runbook="resolve_split_brain",
)
def rows_are_only_on_one_side_and_patroni_shows_health(c: Derived) -> None:
    """The leader came back with less than the others have acknowledged, which cannot follow it, and has been so for a while."""
    leader = _more_rows(c, "sync", "async")
    leader["patroni"]["body"]["replication"] = []
    leader["write"] = "ok"
    c.before("split_brain_healed", age=30)


@derived(
    "rows are only on one side for a moment",
    "7.0.5-healthy",
    "split_brain_healed",
    "low",
    "leader",
    "sync",
)
def rows_are_only_on_one_side_for_a_moment(c: Derived) -> None:
    """As where one comes back, and does not follow yet."""
    leader = _more_rows(c, "sync")
    leader["patroni"]["body"]["replication"] = []


@derived(
    "a busy cluster was asked one after the other",
    "7.0.5-healthy",
    "split_brain_healed",
    "low",
    "leader",
    "sync",
)
def a_busy_cluster_was_asked_one_after_the_other(c: Derived) -> None:
    """The standby a moment later than the leader, both times that it was looked at."""
    _more_rows(c, "sync")
    c.before("split_brain_healed", age=30)


@derived(
    "a busy leader's Patroni has not answered",
    "7.0.5-healthy",
    "split_brain_healed",
    "low",
    "leader",
    "sync",
)
def a_busy_leader_s_patroni_has_not_answered(c: Derived) -> None:
    leader = _more_rows(c, "sync")
    leader["patroni"] = {"code": 0, "body": None}
    c.before("split_brain_healed", age=30)


@derived(
    "rows differ while somebody writes",
    "7.0.5-healthy",
    "split_brain_healed",
    "low",
    "leader",
    "sync",
)
def rows_differ_while_somebody_writes(c: Derived) -> None:
    database = c.database(host(c, "sync"))
    database["counts"][sorted(database["counts"])[0]] -= 1


__all__ = ()
