# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Derived: members of which this controller has heard nothing, by what it was given to ask with, and what is known all the same."""

from __future__ import annotations

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.derived_clusters import (
    Derived,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.derived_registry import (
    FIX,
    derived,
    host,
)

NO_ROOT = "nobody becomes root there: Missing sudo password"


def _without_root(c: Derived, *names: str) -> None:
    """Ssh lets us in, and nothing can be asked there."""
    for name in names or list(c.hosts):
        c.unreachable(name, why=NO_ROOT)
        c.probes[name] = {"database": None, "broker": None}


for _base, _role in (("7.0.5-async-killed-settled", "async"), ("4.5.5-replica-killed", "other")):
    derived(
        f"who lets us in, and not to root, is alive: {_base}",
        *(_base, "node_down" if "async" in _role else "manager_down", "medium", _role),
    )(
        lambda c, role=_role: _without_root(c, host(c, role))  # type: ignore[misc]
    )
for _base in ("7.0.5-healthy", "7.0.5-nine-healthy", "4.5.5-healthy"):
    derived(f"nobody becomes root on any: {_base}", _base, "healthy", "low")(_without_root)


# -- no manager was asked, as where there is no password


def _unasked(c: Derived) -> None:
    why = "neither a token nor username and password are given"
    for member in c.members:
        if "manager" in member["tiers"]:
            c.views[member["name"]] = {"answers": False, "hangs": False, "error": why}
            c.views[member["name"]]["unasked"] = why


for _base in (
    *("5.0.5-single-healthy", "7.0.5-single-healthy", "7.0.5-nine-healthy", "4.5.5-healthy"),
    *("7.0.5-two-unreachable-hosts", "4.5.5-active-unreachable-hosts"),
):
    derived(
        f"no manager was asked: {_base}", _base, "my_path_broken", "high", ssh="-hosts" not in _base
    )(_unasked)
derived("no manager was asked, and no host answers", "7.0.5-all-killed", "my_path_broken", "low")(
    _unasked
)
for _base, _kind, _role, _runbook in (
    ("7.0.5-broker-stopped-hosts", "broker_down", "async", FIX),
    ("7.0.5-etcd-stopped-hosts", "services_down", "async", FIX),
    ("7.0.5-patroni-of-async-stopped-hosts", "database_down", "async", FIX),
    # nobody is replaced while no manager can be asked
    ("7.0.5-async-killed-settled-hosts", "node_down", "async", ""),
    ("4.5.5-active-killed-hosts", "manager_down", "leader", ""),
):
    derived(
        f"no manager was asked, and hosts tell: {_base}",
        *(_base, _kind, "high", _role),
        runbook=_runbook,
        ssh=False,  # what was recorded of the hosts is what they say
    )(_unasked)
derived(
    "no manager was asked, and all of them are stopped",
    *("7.0.5-all-managers-stopped-hosts", "services_down", "high"),
    ssh=False,
)(_unasked)


# -- all managers that are left hang, and nothing is wrong with the database


def _hang(c: Derived) -> None:
    for name in c.views:
        if c.views[name]["answers"]:
            c.views[name] = {"answers": False, "hangs": True, "error": "no answer within 3 s"}


def _hang_unwritten(c: Derived) -> None:
    """No write was tried, as by default."""
    _hang(c)
    for name in c.probes:
        if c.probes[name]["database"]:
            c.database(name)["write"] = None


HANG = (
    *("7.0.5-healthy", "7.0.5-nine-healthy", "7.0.5-async-killed-settled"),
    *("7.0.5-leader-killed-settled", "4.5.5-healthy", "4.5.5-replica-killed"),
    "7.0.5-broker-stopped",
)
for _base in HANG:
    derived(f"all managers hang: {_base}", _base, "cluster_down", "medium")(_hang)
for _base in ("7.0.5-async-killed-settled", "7.0.5-leader-killed-settled"):
    derived(f"all managers hang, without a write: {_base}", _base, "cluster_down", "medium")(
        _hang_unwritten
    )


@derived("all managers go on hanging", "7.0.5-healthy", "cluster_down", "high")
def all_managers_go_on_hanging(c: Derived) -> None:
    _hang(c)
    c.earlier = {"class": "cluster_down", "active": [], "age": 30.0}


@derived(
    "all managers hang here, and users are served", "7.0.5-healthy", "my_path_broken", "medium"
)
def all_managers_hang_here_and_users_are_served(c: Derived) -> None:
    _hang(c)
    c.fronted(status="OK")


# -- no manager so much as takes a connection, and their hosts say what runs

WAYS = {
    "refused": "GET https://h:8443/api/v3.1/version: connection refused.",
    "shut": "GET https://h/api/v3.1/version: no connection within connect_timeout.",
}


def _no_way(c: Derived, how: str) -> None:
    """By a wrong port, or a firewall."""
    for name in c.views:
        c.views[name] = {"answers": False, "hangs": False, "error": WAYS[how]}


def _of_managers(c: Derived) -> None:
    """Of nine, only the managers' hosts have these."""
    for member in c.members:
        if "manager" not in member["tiers"]:
            for service in ("nginx", "cloudify-restservice", "cloudify-mgmtworker"):
                c.host(member["name"])["services"].pop(service)


for _how in WAYS:
    for _base in ("7.0.5-healthy", "4.5.5-healthy", "5.0.5-single-healthy", "7.0.5-nine-healthy"):
        derived(
            f"REST is {_how}, and all services run: {_base}", _base, "my_path_broken", "medium"
        )(
            lambda c, how=_how: (_of_managers(c), _no_way(c, how))  # type: ignore[misc]
        )
    # and nobody is replaced meanwhile
    derived(
        f"REST is {_how}, all services run, and one is dead",
        *("7.0.5-async-killed-settled", "node_down", "high", "async"),
    )(
        lambda c, how=_how: _no_way(c, how)
    )  # type: ignore[misc]
derived(
    "no manager answers, and the hosts say what is stopped",
    *("7.0.5-all-managers-stopped-hosts", "cluster_down", "high"),
    ssh=False,
)(lambda c: None)


@derived(
    "REST is refused, and one manager is stopped",
    "7.0.5-healthy",
    "manager_down",
    "high",
    "sync",
    runbook=FIX,
)
def rest_is_refused_and_one_manager_is_stopped(c: Derived) -> None:
    _no_way(c, "refused")
    c.host(host(c, "sync"))["services"]["nginx"] = "inactive"


# -- the managers are there and tell nothing, and ssh gets into no host

TELLS_NOTHING = {
    "the login is wrong": {"status_code": 401, "denied": True},
    "the port is wrong": {"status_code": 404, "denied": False},
}


def _tell_nothing(c: Derived, how: str, why: str) -> None:
    for name in c.views:
        error = f"HTTP {TELLS_NOTHING[how]['status_code']}"
        c.views[name] = {"answers": True, "hangs": False, "error": error, **TELLS_NOTHING[how]}
    for name in c.hosts:
        c.unreachable(name, why=why)
        c.probes[name] = {"database": None, "broker": None}


for _how in TELLS_NOTHING:
    for _why in ("no answer by ssh within 3 s", "it refuses ssh", "its name is not known"):
        _sure = "high" if "login" in _how else "medium"
        derived(f"{_how}, and of ssh: {_why}", "7.0.5-nine-healthy", "my_path_broken", _sure)(
            lambda c, how=_how, why=_why: _tell_nothing(c, how, why)  # type: ignore[misc]
        )


@derived(
    "the login is wrong, and databases do not answer by ssh, as others do",
    *("7.0.5-nine-healthy", "database_quorum_lost", "low", "leader", "sync", "async"),
)
def the_login_is_wrong_and_databases_do_not_answer_by_ssh(c: Derived) -> None:
    """Nobody has a word of them: what others reach is not known here."""
    told, probes = dict(c.hosts), dict(c.probes)
    _tell_nothing(c, "the login is wrong", "no answer by ssh within 3 s")
    for name in set(c.hosts) - {host(c, role) for role in ("leader", "sync", "async")}:
        c.hosts[name], c.probes[name] = {**told[name], "reaches": {}}, probes[name]


@derived("ssh lets nobody in, and REST is refused", "7.0.5-healthy", "cluster_down", "medium")
def rest_is_refused_and_ssh_lets_nobody_in(c: Derived) -> None:
    _tell_nothing(c, "the login is wrong", "ssh does not let us in: permission denied")
    _no_way(c, "refused")


# -- managers that do not answer all questions in time


def slow(c: Derived, *names: str, from_status: bool = False) -> None:
    why = "GET https://h/api/v3.1/cluster-status: no answer within 3 s"
    late = "no time was left to ask for it"
    for name in names or [n for n, view in c.views.items() if view["answers"]]:
        view = c.views[name]
        view.update(cluster_status=None, maintenance=None)
        view["registers"] = dict.fromkeys(("manager", "broker", "database"))
        view["errors"] = {"cluster_status": why, **dict.fromkeys(view["registers"], late)}
        if from_status:
            view.update(status_code=0, status=None, error=why, inactive=None)


for _base in ("7.0.5-healthy", "7.0.5-nine-healthy", "5.0.5-single-healthy"):
    derived(f"registers are not told in time by any: {_base}", _base, "unclear", "low")(slow)
    derived(f"registers are not told in time by one: {_base}", _base, "unclear", "low")(
        lambda c: slow(c, next(iter(c.views)))
    )
    derived(f"no manager says in time how it is: {_base}", _base, "unclear", "low")(
        lambda c: slow(c, from_status=True)
    )
derived(
    "no manager says in time how it is, and a host is dead",
    *("7.0.5-async-killed-settled", "node_down", "high", "async"),
)(lambda c: slow(c, from_status=True))
derived(
    "no manager says in time how it is, and a broker is stopped",
    *("7.0.5-broker-stopped", "broker_down", "medium", "async"),
)(lambda c: slow(c, from_status=True))


@derived("one manager hangs, and the others are slow", "7.0.5-healthy", "cluster_down", "medium")
def one_manager_hangs_and_the_others_are_slow(c: Derived) -> None:
    slow(c, from_status=True)
    c.views[host(c, "sync")] = {"answers": False, "hangs": True, "error": "no answer within 3 s"}


__all__ = ("NO_ROOT", "slow")
