# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Situations that are derived from a recorded one: by roles, with one thing changed.

What the lab cannot have, witnesses that are taken away or contradict each other, and what an earlier diagnosis adds.
"""

from __future__ import annotations

import json
import typing as t
from collections.abc import Callable

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._diagnosis import diagnose
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.derived_clusters import (
    DAY,
    NOW,
    Derived,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.health_recordings import (
    DIAGNOSED,
    RECORDED,
)

Change = Callable[[Derived], t.Any]
#: Name -> the recording, what is changed, and the wanted class, confidence, roles and runbook.
WANTED: dict[str, tuple[str, Change | None, str, str, tuple[str, ...], str]] = {}
WITHOUT_HOSTS: set[str] = set()


def derived(
    name: str,
    base: str,
    kind: str,
    confidence: str,
    *roles: str,
    runbook: str = "",
    ssh: bool = True,
) -> Callable[[Change], Change]:
    def keep(change: Change) -> Change:
        WANTED[name] = (base, change, kind, confidence, roles, runbook)
        if not ssh:
            WITHOUT_HOSTS.add(name)
        return change

    return keep


def host(cluster: Derived, role: str) -> str:
    return cluster.were[role]


def same(_cluster: Derived) -> None:
    """Only what the hosts say is added."""


REPLACE, FIX, SEE = "replace_node", "fix", "recover_active"
for _base in ("7.0.5-healthy", "5.2-healthy", "4.5.5-healthy", "vnfm-healthy"):
    derived(f"{_base}, hosts too", _base, "healthy", "high")(same)
derived(
    "a standby is dead", "4.5.5-replica-killed", "manager_down", "high", "other", runbook=REPLACE
)(same)
derived(
    "hosts say who reaches whom, sooner than metrics do",
    *("7.0.5-async-killed", "node_down", "high", "async"),
    runbook=REPLACE,
)(same)


# -- what hosts say of themselves


@derived("a full disk", "7.0.5-healthy", "disk_full", "high", "async")
def _(c: Derived) -> None:
    c.disk(host(c, "async"), free=0)


@derived("nearly full", "7.0.5-healthy", "disk_full", "high", "sync")
def _(c: Derived) -> None:
    c.disk(host(c, "sync"), free=1024**3)


@derived("a small disk has room", "7.0.5-healthy", "healthy", "high")
def _(c: Derived) -> None:
    c.disk(host(c, "sync"), size=2 * 1024**3, free=1024**3)


@derived("no inodes", "4.5.5-healthy", "disk_full", "high", "leader")
def _(c: Derived) -> None:
    c.disk(host(c, "leader"), inodes_free=0)


@derived("an old certificate", "7.0.5-healthy", "certificates_bad", "high", "leader")
def _(c: Derived) -> None:
    c.certificate(host(c, "leader"), not_after=NOW - DAY)


@derived("a certificate of tomorrow", "7.0.5-healthy", "certificates_bad", "high", "sync")
def _(c: Derived) -> None:
    c.certificate(host(c, "sync"), not_before=NOW + DAY)


@derived("a certificate with another's key", "4.5.5-healthy", "certificates_bad", "high", "other")
def _(c: Derived) -> None:
    c.certificate(host(c, "other"), key_matches=False)


@derived("a certificate of another CA", "7.0.5-healthy", "certificates_bad", "high", "sync")
def _(c: Derived) -> None:
    c.certificate(host(c, "sync"), issuer_is_ca=False)


@derived(
    "a certificate is old by a wrong clock only", "7.0.5-healthy", "clock_skew", "high", "sync"
)
def _(c: Derived) -> None:
    c.host(host(c, "sync")).update(clock=NOW + 1000 * DAY, skew=1000 * DAY)


@derived("a clock is behind", "4.5.5-healthy", "clock_skew", "high", "third")
def _(c: Derived) -> None:
    c.host(host(c, "third")).update(clock=NOW - 40, skew=-40.0)


@derived("it is the controller's clock", "7.0.5-healthy", "clock_skew", "medium")
def _(c: Derived) -> None:
    for each in c.hosts.values():
        each.update(clock=NOW + 90, skew=90.0)


@derived("a failed service", "7.0.5-healthy", "services_down", "high", "sync", runbook=FIX)
def _(c: Derived) -> None:
    c.host(host(c, "sync"))["services"]["cloudify-mgmtworker"] = "failed"


@derived("a standby of 4.x has idle services", "4.5.5-healthy", "healthy", "high")
def _(c: Derived) -> None:
    c.host(host(c, "other"))["services"]["cloudify-mgmtworker"] = "inactive"


@derived(
    "a standby of 4.x has a failed service",
    "4.5.5-healthy",
    "services_down",
    "high",
    "other",
    runbook=FIX,
)
def _(c: Derived) -> None:
    c.host(host(c, "other"))["services"]["cloudify-syncthing"] = "failed"


@derived(
    "services are down on two", "7.0.5-mgmtworker-stopped", "services_down", "high", "sync", "async"
)
def _(c: Derived) -> None:
    c.host(host(c, "sync"))["services"]["nginx"] = "inactive"


@derived("a flag is left", "7.0.5-healthy", "restore_flag_left", "medium", "leader")
def _(c: Derived) -> None:
    c.host(host(c, "leader"))["restore_flag"] = True


@derived(
    "a flag is left in maintenance", "7.0.5-maintenance", "restore_flag_left", "medium", "sync"
)
def _(c: Derived) -> None:
    c.host(host(c, "sync"))["restore_flag"] = True


@derived(
    "the full disk is the cause",
    "7.0.5-broker-stopped",
    "broker_down",
    "high",
    "async",
    runbook=FIX,
)
def _(c: Derived) -> None:
    c.disk(host(c, "async"), free=4096)


# -- the way in


@derived("the load balancer is down", "7.0.5-healthy", "load_balancer_broken", "high")
def _(c: Derived) -> None:
    c.fronted(answers=False, error="connection refused", status_code=None)


@derived(
    "the load balancer has no manager behind it", "7.0.5-healthy", "load_balancer_broken", "high"
)
def _(c: Derived) -> None:
    c.fronted(error="HTTP 502 Bad Gateway", status_code=502)


@derived("the load balancer works", "7.0.5-healthy", "healthy", "high")
def _(c: Derived) -> None:
    c.fronted(status="OK")


@derived(
    "the load balancer, and a manager", "7.0.5-nginx-stopped", "load_balancer_broken", "medium"
)
def _(c: Derived) -> None:
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
def _(c: Derived) -> None:
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
def _(c: Derived) -> None:
    c.fronted(status="OK")
    c.unreachable(*c.hosts)


@derived(
    "peers reach it, and we do not", "7.0.5-async-unreachable", "my_path_broken", "high", "async"
)
def _(c: Derived) -> None:
    c.unreachable(host(c, "async"))


@derived(
    "peers reach the leader, and we do not",
    "7.0.5-leader-unreachable",
    "my_path_broken",
    "high",
    "leader",
)
def _(c: Derived) -> None:
    c.unreachable(host(c, "leader"))


@derived(
    "standbys reach the active one", "4.5.5-active-unreachable", "my_path_broken", "high", "leader"
)
def _(c: Derived) -> None:
    c.unreachable(host(c, "leader"))


@derived("ssh does not let us in", "7.0.5-healthy", "unclear", "low")
def _(c: Derived) -> None:
    c.without_ssh()
    for name in c.views:
        c.hosts[name] = {"asked": True, "reachable": False}
        c.hosts[name]["error"] = "ssh does not let us in: permission denied"


@derived("nobody asked by ssh", "7.0.5-healthy", "unclear", "low", ssh=False)
def _(c: Derived) -> None:
    c.without_ssh()


# -- witnesses


@derived(
    "a cable is pulled, and peers have just tried",
    "7.0.5-async-cut",
    "node_down",
    "high",
    "async",
    runbook=REPLACE,
)
def _(c: Derived) -> None:
    name = host(c, "async")
    c.unreachable(name)
    for role in ("leader", "sync"):
        c.reaches(host(c, role), **{name: False})


@derived("one peer still reaches it", "7.0.5-async-killed-settled", "node_down", "low", "async")
def _(c: Derived) -> None:
    c.reaches(host(c, "sync"), **{host(c, "async"): True})


@derived(
    "a peer's metrics are old", "7.0.5-async-killed-settled", "node_down", "low", "async", ssh=False
)
def _(c: Derived) -> None:
    name = host(c, "async")
    tiers = c.views[host(c, "sync")]["cluster_status"]["tiers"]
    for tier in tiers.values():
        tier["nodes"][name] = {"status": "OK", "failures": []}


@derived(
    "one peer is not asked",
    "7.0.5-async-killed-settled",
    *("node_down", "high", "async"),
)
def _(c: Derived) -> None:
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
def _(c: Derived) -> None:
    c.without_ssh()


@derived(
    "a host is cut off, by its peers", "7.0.5-async-isolated", "network_broken", "high", "async"
)
def _(c: Derived) -> None:
    name = host(c, "async")
    for role in ("leader", "sync"):
        c.reaches(host(c, role), **{name: False})
        c.reaches(name, **{host(c, role): False})


@derived(
    "one way between two is lost", "7.0.5-healthy", "network_broken", "medium", "leader", "sync"
)
def _(c: Derived) -> None:
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
def _(c: Derived) -> None:
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
def _(c: Derived) -> None:
    c.without_ssh_of_tiers()
    for each in c.hosts.values():
        each.update(package="", services={})


# -- what was before


@derived(
    "the dead one was active",
    "7.0.5-leader-killed-settled",
    "active_down_failover_done",
    "high",
    "leader",
    runbook=SEE,
)
def _(c: Derived) -> None:
    c.before("healthy", "leader")


@derived(
    "the dead one was not",
    "7.0.5-async-killed-settled",
    "node_down",
    "high",
    "async",
    runbook=REPLACE,
)
def _(c: Derived) -> None:
    c.before("healthy", "leader")


@derived(
    "the dead manager was active",
    "4.5.5-active-killed",
    "active_down_failover_done",
    "high",
    "leader",
    runbook=SEE,
)
def _(c: Derived) -> None:
    c.before("healthy", "leader")


@derived(
    "nobody has taken over for minutes",
    "7.0.5-leader-killed-now",
    "active_down_no_failover",
    "medium",
    "leader",
    runbook=SEE,
)
def _(c: Derived) -> None:
    c.before("active_down_failover_running", age=200)


@derived(
    "no manager has taken over for minutes",
    "4.5.5-active-killed-now",
    "active_down_no_failover",
    "medium",
    "leader",
    runbook=SEE,
)
def _(c: Derived) -> None:
    c.before("active_down_failover_running", age=200)


@derived(
    "a failover of just now",
    "4.5.5-active-killed-now",
    "active_down_failover_running",
    "medium",
    "leader",
)
def _(c: Derived) -> None:
    c.before("active_down_failover_running", age=10)


@derived(
    "two were active",
    "4.5.5-both-sides-healed",
    "split_brain_healed",
    "medium",
    "leader",
    runbook="resolve_split_brain",
)
def _(c: Derived) -> None:
    (now,) = (name for name, view in c.views.items() if view.get("status_code") == 200)
    before = [host(c, "leader"), *(n for n in (now,) if n != host(c, "leader"))]
    if len(before) == 1:
        before.append(next(n for n in c.views if n != now))
    c.were["leader"] = next(n for n in before if n != now)
    c.earlier = {"class": "split_brain", "active": before, "age": 600}


# -- two sides


@derived(
    "both acknowledge writes",
    "7.0.5-healthy",
    "split_brain",
    "high",
    "leader",
    "async",
    runbook="resolve_split_brain",
)
def _(c: Derived) -> None:
    c.lead(host(c, "async"), write="ok", timeline=2)


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
def _(c: Derived) -> None:
    """As after the fork that Patroni 3.0.2 makes: the number of the timeline says nothing."""
    c.lead(host(c, "async"), write="ok", timeline=1)


@derived(
    "two leaders, one of which acknowledges nothing",
    "7.0.5-healthy",
    "active_down_failover_running",
    "medium",
    "leader",
)
def _(c: Derived) -> None:
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
def _(c: Derived) -> None:
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
def _(c: Derived) -> None:
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
def _(c: Derived) -> None:
    new = next(
        n for n, v in c.views.items() if v.get("status_code") == 200 and n != host(c, "leader")
    )
    c.were["other"] = new
    for node in c.views[host(c, "leader")]["nodes"]:
        node["online"] = True
    c.hosts = {}


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
def _(c: Derived) -> None:
    """The leader came back with less than the others have acknowledged."""
    for role in ("sync", "async"):
        database = c.database(host(c, role))
        database["counts"][sorted(database["counts"])[0]] += 6
        database["patroni"]["body"]["xlog"]["received_location"] += 4096
    c.database(host(c, "leader"))["write"] = "ok"


@derived(
    "rows differ while somebody writes",
    "7.0.5-healthy",
    "split_brain_healed",
    "low",
    "leader",
    "sync",
)
def _(c: Derived) -> None:
    database = c.database(host(c, "sync"))
    database["counts"][sorted(database["counts"])[0]] -= 1


def built(name: str) -> Derived:
    base, change, *_wanted = WANTED[name]
    cluster = Derived(base, hosts=name not in WITHOUT_HOSTS)
    assert change is not None
    change(cluster)
    return cluster


@pytest.mark.parametrize("name", sorted(WANTED))
def test_a_derived_situation(name: str) -> None:
    _base, _change, kind, confidence, roles, runbook = WANTED[name]
    cluster = built(name)
    found = diagnose(cluster.case(), inventory="hosts.yml", cluster="lab")
    assert (found["class"], found["confidence"]) == (kind, confidence), json.dumps(found, indent=1)
    if roles:
        assert set(found["nodes"]) == {cluster.were[role] for role in roles}
    assert found["destructive"] == (runbook in ("replace_node", "rebuild_cluster"))
    assert found["runbook"] == (SEE if runbook == FIX else runbook)
    assert ("cloudify_action=fix" in found["command"]) == (runbook == FIX)


def test_a_cause_is_told_before_its_consequence() -> None:
    found = diagnose(built("the full disk is the cause").case())
    assert [each["class"] for each in found["also"]] == ["disk_full"]
    assert "disk" in found["first"][0]


def test_others_that_are_dead_are_named_in_the_command() -> None:
    cluster = Derived("7.0.5-leader-killed-settled")
    cluster.before("healthy", "leader")
    found = diagnose(cluster.case(), inventory="my hosts.yml", cluster="a'b")
    assert "-i 'my hosts.yml' " in found["command"]
    assert found["command"].endswith("""-e 'cloudify_confirm=a'"'"'b'""")


def test_a_failover_that_is_looked_at_again_and_again_has_lasted() -> None:
    """However often somebody asks: each diagnosis is the earlier one of the next."""
    cluster = Derived("7.0.5-leader-killed-now")
    seen = []
    for _look in range(8):
        found = diagnose(cluster.case())
        seen.append(found["class"])
        cluster.earlier = {**found, "age": 20.0}
    assert seen == ["active_down_failover_running"] * 6 + ["active_down_no_failover"] * 2


def test_a_diagnosis_of_yesterday_says_nothing_of_how_long() -> None:
    cluster = Derived("7.0.5-leader-killed-now")
    cluster.before("active_down_failover_running", age=DAY)
    assert diagnose(cluster.case())["class"] == "active_down_failover_running"


def test_a_healed_split_brain_stays_one_until_somebody_has_seen_to_it() -> None:
    cluster = built("two were active")
    first = diagnose(cluster.case())
    cluster.earlier = {**first, "age": 3600.0}
    second = diagnose(cluster.case())
    assert second["class"] == "split_brain_healed" and second["nodes"] == first["nodes"]
    cluster.earlier = None
    assert diagnose(cluster.case())["class"] == "healthy"


@pytest.mark.parametrize("change", ["unreachable", "a service runs", "a package"])
def test_hosts_are_not_empty_because_they_say_nothing(change: str) -> None:
    cluster = built("the hosts are empty")
    if change == "unreachable":
        cluster.hosts["h1"] = {"asked": True, "reachable": False, "error": "x", "package": ""}
        for name in ("h2", "h3"):
            cluster.reaches(name, h1=False)
    elif change == "a service runs":
        cluster.host("h1")["services"] = {"patroni": "active"}
    else:
        cluster.host("h1")["package"] = "7.0.5"
    found = diagnose(cluster.case())
    assert found["class"] == "cluster_down"
    assert not found["command"]


#: What is told otherwise where no write is tried, as it is by default.
WITHOUT_WRITES = {
    "7.0.5-no-standby": ("writes_blocked", "medium"),
    "7.0.5-nine-no-standby": ("writes_blocked", "medium"),
    # nothing shows yet that the standby does not confirm, only that it hangs
    "7.0.5-one-way": ("manager_down", "medium"),
    "7.0.5-sync-paused": ("node_down", "medium"),
}


@pytest.mark.parametrize("name", [*RECORDED, *DIAGNOSED])
def test_it_needs_no_write(name: str) -> None:
    cluster = Derived(name, hosts=False)
    with_writes = diagnose(cluster.case())
    for probe in cluster.probes.values():
        if probe["database"]:
            probe["database"]["write"] = None
    found = diagnose(cluster.case())
    if name in WITHOUT_WRITES:
        assert (found["class"], found["confidence"]) == WITHOUT_WRITES[name]
        assert not found["destructive"]
    else:
        same = ("class", "confidence", "nodes", "command")
        assert [found[key] for key in same] == [with_writes[key] for key in same]


def test_a_fork_is_no_failover() -> None:
    found = diagnose(Derived("7.0.5-double-partition-healed", hosts=False).case())
    assert [each["class"] for each in found["also"]] == ["database_down"]
    assert "newer than" in found["evidence"][0]["says"]


def test_hosts_that_nobody_asked_are_as_none() -> None:
    for name in ("7.0.5-healthy", "7.0.5-leader-killed-settled", "4.5.5-replica-killed"):
        cluster = Derived(name, hosts=False)
        without = diagnose(cluster.case())
        cluster.hosts = {member["name"]: {"asked": False} for member in cluster.members}
        assert diagnose(cluster.case()) == without
