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
    derived,
    host,
)

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


@derived("the status of every manager fails", "7.0.5-healthy", "cluster_down", "high", *ROLES)
def the_status_of_every_manager_fails(c: Derived) -> None:
    for view in c.views.values():
        view.update(status_code=500, status=None, errors={"status": "HTTP 500"})


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


__all__ = ("BAD_GATEWAY", "ROLES", "bad_gateway")
