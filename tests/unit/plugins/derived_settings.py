# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Derived: what is wrong with this controller's own settings or with the way in by ssh alone, managers that answer by halves, and tiers of one."""

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

ALL = ("leader", "sync", "async")
UNTRUSTED = "GET https://{}/: its certificate is not trusted: {}"
UNAUTHORIZED = "GET https://{}/: HTTP 401 UNAUTHORIZED: user unauthorized"


def _denied(c: Derived, *names: str, error: str = UNAUTHORIZED, **view: object) -> None:
    for name in names:
        c.views[name] = {"answers": True, "hangs": False, "denied": True, "status_code": 401} | {
            "error": error.format(name, "unable to get local issuer certificate"),
            **view,
        }


@derived("the CA is not the right one", "7.0.5-healthy", "my_path_broken", "high", *ALL)
def the_ca_is_not_the_right_one(c: Derived) -> None:
    _denied(c, *c.views, error=UNTRUSTED, answers=False, status_code=None)


@derived(
    "certificates have run out, by REST alone", "7.0.5-healthy", "certificates_bad", "high", *ALL
)
def certificates_have_run_out_by_rest_alone(c: Derived) -> None:
    error = UNTRUSTED.format("{}", "certificate has expired")
    _denied(c, *c.views, error=error, answers=False, status_code=None)


@derived("the password is wrong", "7.0.5-healthy", "my_path_broken", "high", *ALL)
def the_password_is_wrong(c: Derived) -> None:
    _denied(c, *c.views)


@derived("the password is wrong for one", "7.0.5-healthy", "my_path_broken", "medium", "sync")
def the_password_is_wrong_for_one(c: Derived) -> None:
    _denied(c, host(c, "sync"))


@derived(
    "the password is wrong, and one host is dead",
    *("7.0.5-async-killed-settled", "node_down", "high", "async"),
)
def the_password_is_wrong_and_one_host_is_dead(c: Derived) -> None:
    _denied(c, host(c, "leader"), host(c, "sync"))


@derived(
    "the password is wrong on 4.5.5",
    *("4.5.5-healthy", "my_path_broken", "high", "leader", "other", "third"),
)
def the_password_is_wrong_on_4_5_5(c: Derived) -> None:
    _denied(c, *c.views)


@derived("a user may not ask for the status", "7.0.5-healthy", "my_path_broken", "high", *ALL)
def a_user_may_not_ask_for_the_status(c: Derived) -> None:
    for view in c.views.values():
        view.update(status_code=403, status=None, denied=True, errors={"status": "HTTP 403"})


def _all_answer(c: Derived, code: int, **front: object) -> None:
    error = f"Cannot ask for /version: GET http://h/api/v3.1/version -> HTTP {code}"
    for name in c.views:
        c.views[name] = {"answers": True, "hangs": False, "error": error, "status_code": code}
    if front:
        c.fronted(**front)


for _base in ("7.0.5-healthy", "7.0.5-nine-healthy", "4.5.5-healthy", "7.0.5-single-healthy"):
    for _code in (400, 404):
        for _ssh in (True, False):
            derived(
                f"all managers answer {_code}, {'with' if _ssh else 'without'} hosts: {_base}",
                *(_base, "my_path_broken", "medium"),
                ssh=_ssh,
            )(
                lambda c, code=_code: _all_answer(c, code)  # type: ignore[misc]
            )
derived(
    "all managers fail, and users are served", "7.0.5-nine-healthy", "my_path_broken", "medium"
)(lambda c: _all_answer(c, 500, status="OK"))
derived(
    "all managers fail, and users are not served", "7.0.5-healthy", "cluster_down", "medium", *ALL
)(lambda c: _all_answer(c, 502, status_code=502, error="HTTP 502"))


def _fail_by_their_service(c: Derived, code: int, **front: object) -> None:
    _all_answer(c, code, **front)
    for name in c.views:
        c.host(name)["services"]["cloudify-restservice"] = "failed"


for _base in ("7.0.5-healthy", "7.0.5-nine-healthy", "4.5.5-healthy"):
    # as where the load balancer has failed over to another cluster
    derived(f"users are served by others: {_base}", _base, "cluster_down", "high")(
        lambda c: _fail_by_their_service(c, 502, status="OK")
    )
    derived(f"all answer 404, and their service is down: {_base}", _base, "cluster_down", "high")(
        lambda c: _fail_by_their_service(c, 404)
    )


@derived(
    "users are served by others, and a database is dead",
    *("7.0.5-nine-async-killed", "cluster_down", "high"),
)
def users_are_served_by_others_and_a_database_is_dead(c: Derived) -> None:
    _fail_by_their_service(c, 502, status="OK")


def _one_is_slow(c: Derived) -> None:
    """It serves users, and the others are down."""
    _all_answer(c, 502, status="OK")
    c.views[list(c.views)[-1]] = {"answers": False, "hangs": True, "error": "no answer"}


for _ssh in (True, False):
    _words = f"one manager is slow, the others are down, {'with' if _ssh else 'without'} hosts"
    derived(_words, "7.0.5-nine-healthy", "several_down", "medium", ssh=_ssh)(_one_is_slow)


@derived(
    "no manager serves, and one says over REST that it restores",
    "7.0.5-healthy",
    "cluster_down",
    "low",
    *ALL,
)
def no_manager_serves_and_one_says_over_rest_that_it_restores(c: Derived) -> None:
    for view in c.views.values():
        view.update(status_code=500, status=None, restoring=False)
    c.views[host(c, "sync")]["restoring"] = True
    c.before("cluster_down", age=60)


derived("one manager answers 404", "7.0.5-healthy", "manager_down", "high", "sync", runbook=FIX)(
    lambda c: c.views[host(c, "sync")].update(status_code=404, status=None, error="HTTP 404")
)


def _no_ssh(c: Derived, role: str, why: str) -> None:
    """Of this host, to anybody: all else of it works."""
    name = host(c, role)
    c.unreachable(name, why=why)
    c.probes[name] = {"database": None, "broker": None}
    for other, told in c.hosts.items():
        if other != name:
            told["reaches"][name] = False


@derived(
    "a host is just going down, and refuses all",
    *("7.0.5-leader-killed-now", "active_down_failover_running", "medium", "leader"),
)
def a_host_is_just_going_down_and_refuses_all(c: Derived) -> None:
    name = host(c, "leader")
    c.unreachable(name, why="it refuses ssh")
    c.views[name]["error"] = "GET https://h/: connection refused"


def _shut_for_long(c: Derived) -> None:
    _no_ssh(c, "leader", "no answer by ssh within 3 s")
    c.before("active_down_failover_running", age=90)


derived("ssh is shut for long: leader", "7.0.5-nine-healthy", "database_down", "medium", "leader")(
    _shut_for_long
)
derived(
    "ssh is shut: leader",
    *("7.0.5-nine-healthy", "active_down_failover_running", "medium", "leader"),
)(lambda c: _no_ssh(c, "leader", "no answer by ssh within 3 s"))
for _role in ("async", "sync"):
    derived(f"ssh is shut: {_role}", *("7.0.5-nine-healthy", "database_down", "medium", _role))(
        lambda c, role=_role: _no_ssh(c, role, "no answer by ssh within 3 s")  # type: ignore[misc]
    )


@derived(
    "sudo asks for a password on one that its peers do not reach",
    *("7.0.5-async-killed-settled", "node_down", "medium", "async"),
)
def sudo_asks_for_a_password_on_one_that_its_peers_do_not_reach(c: Derived) -> None:
    """Who has let ssh in is alive, and nothing is replaced."""
    _no_ssh(c, "async", "the script did not run there: sudo: a password is required")


@derived("a manager is slow to say how it is", "7.0.5-healthy", "manager_down", "medium", "sync")
def a_manager_is_slow_to_say_how_it_is(c: Derived) -> None:
    c.views[host(c, "sync")].update(status_code=0, status=None, error="no answer within 3 s")


@derived("a manager was removed from its cluster", "4.5.5-healthy", "manager_down", "high", "other")
def a_manager_was_removed_from_its_cluster(c: Derived) -> None:
    c.views[host(c, "other")].update(
        status_code=400, status=None, error="HTTP 400", error_code="removed_from_cluster"
    )


@derived("the inventory names managers alone", "7.0.5-healthy", "healthy", "low")
def the_inventory_names_managers_alone(c: Derived) -> None:
    for member in c.members:
        member["tiers"] = ["manager"]


def _one_database(c: Derived) -> str:
    """Three managers and a database of its own, of which nothing is heard."""
    c.members = [m for m in c.members if "manager" in m["tiers"] or m["name"] == host(c, "leader")]
    kept = {m["name"] for m in c.members}
    c.hosts = {name: told for name, told in c.hosts.items() if name in kept}
    c.probes = {name: told for name, told in c.probes.items() if name in kept}
    for name in c.views:
        c.views[name] = {"answers": False, "hangs": True, "error": "no answer within 3 s"}
    return host(c, "leader")


@derived(
    "the only database is dead", "7.0.5-nine-healthy", "database_quorum_lost", "medium", "leader"
)
def the_only_database_is_dead(c: Derived) -> None:
    name = _one_database(c)
    _no_ssh(c, "leader", "no answer by ssh within 3 s")
    assert name not in c.views


@derived("an external database is dead", "7.0.5-nine-healthy", "database_quorum_lost", "low")
def an_external_database_is_dead(c: Derived) -> None:
    name = _one_database(c)
    c.members = [m for m in c.members if m["name"] != name]
    c.hosts.pop(name)


def _no_way_in(c: Derived, why: str, *names: str) -> None:
    """By ssh, for this controller."""
    for name in names or [m["name"] for m in c.members]:
        c.unreachable(name, why=why)
        c.probes[name] = {"database": None, "broker": None}


def _wait_and_let_nobody_in(c: Derived, why: str) -> None:
    """Nobody says that anybody leads."""
    _no_way_in(c, why, host(c, "leader"), host(c, "sync"))
    for name in c.views:
        c.views[name] = {"answers": False, "hangs": True, "error": "no answer within 3 s"}


for _why in ("no answer by ssh within 3 s", "ssh does not let us in: permission denied"):
    for _base in ("4.5.5-healthy", "7.0.5-healthy", "5.0.5-single-healthy", "vnfm-healthy"):
        derived(f"no ssh from here to {_base}: {_why}", _base, "healthy", "low")(
            lambda c, why=_why: _no_way_in(c, why)  # type: ignore[misc]
        )


@derived("no ssh from here to one", "4.5.5-healthy", "healthy", "medium")
def no_ssh_from_here_to_one(c: Derived) -> None:
    _no_way_in(c, "no answer by ssh within 3 s", host(c, "other"))


for _why in ("no answer by ssh within 3 s", "ssh does not let us in: permission denied"):
    for _base in ("7.0.5-healthy", "5.2-healthy", "7.0.5-nine-healthy"):
        for _role in ALL:
            _sure = "high" if "nine" in _base and "no answer" in _why else "medium"
            derived(f"{_why}, of one: {_base}, {_role}", _base, "my_path_broken", _sure, _role)(
                lambda c, why=_why, role=_role: _no_way_in(c, why, host(c, role))  # type: ignore[misc]
            )


#: What ssh says of one that is there.
SUDO = "the script did not run there: sudo: a password is required"
DENIED = "ssh does not let us in: permission denied"

for _why in (SUDO, DENIED):
    # what its database and its broker are is not known
    derived(
        f"another host lets nobody in: {_why}",
        *("7.0.5-async-killed-settled", "node_down", "high", "async"),
    )(
        lambda c, why=_why: _no_way_in(c, why, host(c, "sync"))  # type: ignore[misc]
    )
    # by REST it is well
    derived(
        f"the active one lets nobody in: {_why}",
        *("4.5.5-replica-killed", "manager_down", "high", "other"),
        runbook=REPLACE,
    )(
        lambda c, why=_why: _no_way_in(c, why, host(c, "leader"))  # type: ignore[misc]
    )


for _base in ("7.0.5-healthy", "5.2-healthy", "7.0.5-nine-healthy"):
    for _why in (SUDO, DENIED):
        derived(
            f"two databases let nobody in: {_base}, {_why[:20]}",
            *(_base, "my_path_broken", "medium", "leader", "sync"),
        )(
            lambda c, why=_why: _no_way_in(c, why, host(c, "leader"), host(c, "sync"))  # type: ignore[misc]
        )
        derived(
            f"two databases let nobody in, and managers wait: {_base}, {_why[:20]}",
            *(_base, "database_quorum_lost", "low"),
        )(
            lambda c, why=_why: _wait_and_let_nobody_in(c, why)  # type: ignore[misc]
        )


def _asked_wrongly_beside_one_that_is_down(c: Derived) -> None:
    """By a wrong port, say, of which the load balancer knows nothing."""
    for name in (host(c, "leader"), host(c, "sync")):
        c.views[name] = {"answers": True, "hangs": False, "denied": False, "status_code": 400}
        c.views[name] |= {"error": "HTTP 400", "error_code": None}
    down = host(c, "async")
    c.views[down] = {"answers": False, "hangs": False, "error": "connection refused"}
    c.host(down)["services"]["nginx"] = "inactive"
    c.fronted(status="OK", denied=False, error_code=None, errors={}, version="7.0.5")


derived(
    "managers are asked wrongly, and the nginx of another is down",
    *("7.0.5-healthy", "manager_down", "high", "async"),
    runbook=FIX,
)(_asked_wrongly_beside_one_that_is_down)


def no_registers_and_no_way_in(c: Derived) -> None:
    """The login is wrong, and ssh to the one that leads is not allowed."""
    for name in [n for n, view in c.views.items() if view["answers"]]:
        c.views[name] = {"answers": True, "hangs": False, "denied": True, "status_code": 401}
        c.views[name] |= {"error": "HTTP 401", "errors": {}}
    _no_way_in(c, DENIED, host(c, "leader"))


derived(
    "the login is wrong, and the one that leads lets nobody in",
    *("7.0.5-healthy", "my_path_broken", "high", *ALL),
)(no_registers_and_no_way_in)


@derived("ssh is shut to one, and another has no rows", "7.0.5-healthy", "unclear", "low")
def ssh_is_shut_to_one_and_another_has_no_rows(c: Derived) -> None:
    _no_way_in(c, "ssh does not let us in: permission denied", host(c, "async"))
    c.database(host(c, "sync"))["counts"] = {}


for _base in ("5.0.5-single-healthy", "7.0.5-single-healthy"):
    derived(f"nothing is heard of the only one: {_base}", _base, "unclear", "low")(
        lambda c: c.out_of_sight(*c.views)
    )


__all__ = ("no_registers_and_no_way_in",)
