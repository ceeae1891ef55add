# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Derived: managers that answer with an error, and what is wrong inside a tier whose hosts all answer."""

from __future__ import annotations

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.derived_clusters import (
    Derived,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.derived_registry import (
    FIX,
    REPLACE,
    derived,
    host,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.health_recordings import Json

ROLES = ("leader", "sync", "async")
#: What nginx says where the REST service behind it is stopped (recorded: I03_restservice_down).
BAD_GATEWAY = "Cannot ask for /version: GET https://x/api/v3.1/version -> HTTP 502 Bad Gateway"


def bad_gateway(c: Derived) -> None:
    for name in c.views:
        c.views[name] = {"answers": True, "error": BAD_GATEWAY, "hangs": False, "denied": False}
        c.views[name].update(status_code=502, error_code=None)


def _stopped_rest(c: Derived) -> None:
    bad_gateway(c)
    for name in c.views:
        if name in c.hosts:
            c.host(name)["services"]["cloudify-restservice"] = "inactive"


for _base in ("7.0.5-healthy", "5.2-healthy", "4.5.5-healthy", "7.0.5-nine-healthy"):
    derived(f"{_base}, the REST service is stopped on all", _base, "cluster_down", "high")(
        _stopped_rest
    )
    derived(
        f"{_base}, every manager is a bad gateway, without ssh",
        *(_base, "cluster_down", "medium"),
        ssh=False,
    )(lambda c: (c.without_ssh(), bad_gateway(c)))
derived(
    "the REST service of the only manager is stopped",
    *("7.0.5-single-healthy", "cluster_down", "high"),
    runbook=FIX,
)(_stopped_rest)


@derived("the status of every manager fails", "7.0.5-healthy", "cluster_down", "medium", *ROLES)
def the_status_of_every_manager_fails(c: Derived) -> None:
    for view in c.views.values():
        view.update(status_code=500, status=None, errors={"status": "HTTP 500"})


@derived("the status of every manager goes on failing", "7.0.5-healthy", "cluster_down", "high")
def the_status_of_every_manager_goes_on_failing(c: Derived) -> None:
    the_status_of_every_manager_fails(c)
    again(c, "cluster_down")


@derived(
    "a restore has the REST service start again", "7.0.5-single-healthy", "cluster_down", "low"
)
def a_restore_has_the_rest_service_start_again(c: Derived) -> None:
    _stopped_rest(c)
    c.host("h1")["restore_flag"] = True


@derived("nginx lets nobody in who asks so often", "7.0.5-healthy", "unclear", "low")
def nginx_lets_nobody_in_who_asks_so_often(c: Derived) -> None:
    bad_gateway(c)
    for view in c.views.values():
        view.update(status_code=503, error=view["error"].replace("502 Bad Gateway", "503"))


@derived(
    "the status of one fails, and two are dead",
    "7.0.5-two-managers-stopped",
    "cluster_down",
    "medium",
    *ROLES,
)
def the_status_of_one_fails_and_two_are_stopped(c: Derived) -> None:
    c.views[host(c, "leader")].update(status_code=500, status=None)


@derived(
    "a database that does not answer is why its manager fails",
    *("7.0.5-single-healthy", "database_quorum_lost", "medium"),
)
def a_database_that_does_not_answer_is_why_its_manager_fails(c: Derived) -> None:
    bad_gateway(c)
    c.database("h1")["error"] = "connection refused"


@derived("a service is not there", "7.0.5-healthy", "services_down", "high", "sync", runbook=FIX)
def a_service_is_not_there(c: Derived) -> None:
    """As a unit of systemd that is disabled, and so not loaded."""
    c.host(host(c, "sync"))["services"]["cloudify-mgmtworker"] = "missing"


@derived("a standby of 4.x does not have them", "4.5.5-healthy", "healthy", "high")
def a_standby_of_4_x_does_not_have_them(c: Derived) -> None:
    c.host(host(c, "other"))["services"]["cloudify-mgmtworker"] = "missing"


@derived(
    "two databases lead, and one has no Patroni at all",
    *("7.0.5-healthy", "split_brain", "high", "leader", "async"),
    runbook="resolve_split_brain",
)
def two_databases_lead_and_one_has_no_patroni_at_all(c: Derived) -> None:
    name = host(c, "async")
    c.lead(name, write=None)
    c.database(host(c, "leader"))["write"] = None
    c.database(name)["primary"].update(code=0, body=None)
    c.database(name)["patroni"].update(code=0, body=None)
    c.host(name)["services"]["patroni"] = "missing"


# -- databases that all answer


def _row(c: Derived, who: str, whom: str) -> Json:
    address = c.member(whom)["address"]
    return next(row for row in c.listed(who) if row["host"] == address)


def lag(c: Derived, mebibytes: int) -> None:
    """Of the asynchronous one, in every list of Patroni."""
    for who in c.views:
        _row(c, who, host(c, "async"))["lag"] = mebibytes * 1024**2


def again(c: Derived, kind: str) -> None:
    """It was so half a minute ago."""
    c.earlier = {"class": kind, "active": [host(c, "leader")], "age": 30.0}


@derived("a replica is far behind", "7.0.5-healthy", "database_down", "low", "async")
def a_replica_is_far_behind(c: Derived) -> None:
    lag(c, 50 * 1024)


@derived("a replica stays far behind", "7.0.5-healthy", "database_down", "high", "async")
def a_replica_stays_far_behind(c: Derived) -> None:
    lag(c, 50 * 1024)
    again(c, "database_down")


for _mebibytes in (16, 160):
    derived(f"a busy replica is {_mebibytes} MiB behind", "7.0.5-healthy", "healthy", "high")(
        lambda c, behind=_mebibytes: lag(c, behind)
    )


@derived("one list alone has it behind", "7.0.5-healthy", "healthy", "high")
def one_list_alone_has_it_behind(c: Derived) -> None:
    _row(c, host(c, "sync"), host(c, "async"))["lag"] = 50 * 1024**3


def not_sent_to(c: Derived, *roles: str) -> None:
    body = c.database(host(c, "leader"))["patroni"]["body"]
    lost = [c.member(host(c, role))["address"] for role in roles]
    body["replication"] = [r for r in body["replication"] if r["client_addr"] not in lost]


@derived("the leader sends to nobody", "7.0.5-healthy", "database_down", "low", "sync", "async")
def the_leader_sends_to_nobody(c: Derived) -> None:
    """Without a try to write: as far as Patroni shows, one follows synchronously."""
    c.database(host(c, "leader"))["write"] = None
    not_sent_to(c, "sync", "async")


@derived("the leader does not send to one", "7.0.5-healthy", "database_down", "high", "async")
def the_leader_does_not_send_to_one(c: Derived) -> None:
    not_sent_to(c, "async")
    again(c, "database_down")


@derived("a replica comes from another network", "7.0.5-healthy", "healthy", "high")
def a_replica_comes_from_another_network(c: Derived) -> None:
    for row in c.database(host(c, "leader"))["patroni"]["body"]["replication"]:
        row["client_addr"] = "198.51.100.7"


@derived("the leader's database says nothing", "7.0.5-healthy", "healthy", "high")
def the_leader_s_database_says_nothing(c: Derived) -> None:
    """Patroni tells whom it sends to by a query of its own, which can fail."""
    body = c.database(host(c, "leader"))["patroni"]["body"]
    body["state"] = "unknown"
    del body["replication"]


def pause(c: Derived) -> None:
    for name in c.views:
        c.database(name)["cluster"]["body"]["pause"] = True


@derived("Patroni is paused", "7.0.5-healthy", "database_down", "high", *ROLES)
def patroni_is_paused(c: Derived) -> None:
    pause(c)


@derived("no etcd on one", "7.0.5-healthy", "database_down", "medium", "async")
def no_etcd_on_one(c: Derived) -> None:
    for name in c.views:
        c.database(name)["etcd"] = name != host(c, "async")


@derived(
    "no etcd on one, and its service is stopped",
    *("7.0.5-etcd-stopped", "services_down", "high", "async"),
    runbook=FIX,
)
def no_etcd_on_one_and_its_service_is_stopped(c: Derived) -> None:
    c.database(host(c, "async"))["etcd"] = False
    c.host(host(c, "async"))["services"]["etcd"] = "inactive"


for _state in ("crashed", "start failed", "stopped"):

    def _listed_as(c: Derived, state: str = _state) -> None:
        for who in c.views:
            _row(c, who, host(c, "async"))["state"] = state

    derived(
        f"a database that answers is listed as {_state}",
        *("7.0.5-healthy", "database_down", "low", "async"),
    )(_listed_as)


# -- brokers that all answer


def see(c: Derived, who: str, *roles: str) -> None:
    """Whose brokers that of a role sees running."""
    c.broker(host(c, who))["running"] = [f"rabbit@{host(c, role)}" for role in roles]


@derived("a broker is in a partition", "7.0.5-healthy", "broker_down", "medium", "async")
def a_broker_is_in_a_partition(c: Derived) -> None:
    c.broker(host(c, "async"))["partitions"] = "[{rabbit@h1,[rabbit@h2]}]"


@derived("one broker is apart from two", "7.0.5-healthy", "broker_down", "medium", "async")
def one_broker_is_apart_from_two(c: Derived) -> None:
    see(c, "async", "async")
    see(c, "leader", "leader", "sync")
    see(c, "sync", "leader", "sync")


@derived("a broker was forgotten, and is alone", "7.0.5-healthy", "broker_down", "high", "async")
def a_broker_was_forgotten_and_is_alone(c: Derived) -> None:
    one_broker_is_apart_from_two(c)
    for role in ROLES:
        broker = c.broker(host(c, role))
        broker["known"] = list(broker["running"])
    again(c, "broker_down")


@derived("brokers have other names than the inventory", "7.0.5-healthy", "unclear", "low")
def brokers_have_other_names_than_the_inventory(c: Derived) -> None:
    """Whom they see running is not known by name, and yet all are."""
    for role in ROLES:
        for key in ("known", "running"):
            c.broker(host(c, role))[key] = ["rabbit@x1", "rabbit@x2", "rabbit@x3"]


@derived("every broker is alone", "7.0.5-healthy", "broker_quorum_lost", "medium", *ROLES)
def every_broker_is_alone(c: Derived) -> None:
    for role in ROLES:
        see(c, role, role)


@derived(
    "one broker is down, and two are apart",
    *("7.0.5-broker-stopped", "broker_quorum_lost", "medium", "leader", "sync"),
)
def one_broker_is_down_and_two_are_apart(c: Derived) -> None:
    see(c, "leader", "leader")
    see(c, "sync", "sync")


def failed_tier(c: Derived, tier: str) -> None:
    for view in c.views.values():
        status = view["cluster_status"]
        status["status"] = status["tiers"][tier]["status"] = "Fail"
        for node in status["tiers"][tier]["nodes"].values():
            node.update(status="Fail", failures=["node metrics are not OK"])


for _tier, _kind in (
    ("db", "database_down"),
    ("broker", "broker_down"),
    ("manager", "manager_down"),
):
    derived(f"every manager sees {_tier} as failed", "7.0.5-healthy", _kind, "low", *ROLES)(
        lambda c, tier=_tier: failed_tier(c, tier)
    )
derived(
    "every manager sees db as failed, without ssh",
    *("7.0.5-healthy", "database_down", "low", *ROLES),
    ssh=False,
)(lambda c: (c.without_ssh(), failed_tier(c, "db")))


# -- before 5.0


def checks(c: Derived, role: str, **checks: bool) -> None:
    """What the active one says of another that it sees online."""
    address = c.member(host(c, role))["address"]
    for node in c.views[host(c, "leader")]["nodes"]:
        if node["host_ip"] == address:
            node["checks"] = {**node["checks"], **checks}


for _ssh in (True, False):
    derived(
        f"a standby fails its checks, {'with' if _ssh else 'without'} ssh",
        *("4.5.5-healthy", "services_down", "medium", "other"),
        ssh=_ssh,
    )(lambda c: checks(c, "other", database=False, services=False))


@derived("a standby goes on failing its checks", "4.5.5-healthy", "services_down", "high", "other")
def a_standby_goes_on_failing_its_checks(c: Derived) -> None:
    checks(c, "other", database=False)
    again(c, "services_down")


@derived(
    "a dead standby has failing checks",
    "4.5.5-replica-killed",
    *("manager_down", "high", "other"),
    runbook=REPLACE,
)
def a_dead_standby_has_failing_checks(c: Derived) -> None:
    checks(c, "other", database=False, heartbeat=False)


# -- versions and disks


@derived("a manager is of another version", "7.0.5-healthy", "versions_differ", "high", *ROLES)
def a_manager_is_of_another_version(c: Derived) -> None:
    c.views[host(c, "async")]["version"] = "7.0.4"


@derived("a host has another package", "7.0.5-nine-healthy", "versions_differ", "high")
def a_host_has_another_package(c: Derived) -> None:
    c.host(host(c, "async"))["package"] = "7.0.4"


@derived("a host of 4.x has another package", "4.5.5-healthy", "versions_differ", "high")
def a_host_of_4_x_has_another_package(c: Derived) -> None:
    c.host(host(c, "other"))["package"] = "4.5.0"


@derived("a host's package is not known", "7.0.5-healthy", "healthy", "high")
def a_host_s_package_is_not_known(c: Derived) -> None:
    c.host(host(c, "async"))["package"] = None
    c.host(host(c, "sync"))["package"] = ""


def disk(c: Derived, size: int, free: int) -> None:
    c.disk(host(c, "sync"), size=size * 1024**2, free=free * 1024**2)


for _size, _free, _full in (
    (256, 190, False),
    (256, 100, True),
    (20000, 190, True),
    (5000, 240, False),
):
    derived(
        f"{_free} of {_size} MiB are free",
        *("7.0.5-healthy", "disk_full" if _full else "healthy", "high"),
    )(lambda c, size=_size, free=_free: disk(c, size, free))


# -- restores


@derived(
    "a flag is left, by REST alone",
    "7.0.5-healthy",
    "restore_flag_left",
    "medium",
    "sync",
    ssh=False,
)
def a_flag_is_left_by_rest_alone(c: Derived) -> None:
    c.without_ssh()
    c.views[host(c, "sync")]["restoring"] = True


@derived("no restore runs, by REST alone", "7.0.5-healthy", "healthy", "low", ssh=False)
def no_restore_runs_by_rest_alone(c: Derived) -> None:
    c.without_ssh()
    for view in c.views.values():
        view["restoring"] = False


@derived(
    "a flag is left, by the cluster's status",
    "5.2-healthy",
    "restore_flag_left",
    "medium",
    "leader",
)
def a_flag_is_left_by_the_cluster_s_status(c: Derived) -> None:
    c.views[host(c, "leader")].update(cluster_status=None, restoring=True)


__all__ = ("BAD_GATEWAY", "ROLES", "bad_gateway")
