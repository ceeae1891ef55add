# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Derived: something is wrong with every host, and not with every tier."""

from __future__ import annotations

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.derived_clusters import (
    Derived,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.derived_registry import (
    derived,
    host,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.derived_services import (
    bad_gateway,
)

ROLES = ("leader", "sync", "async")
REFUSED = "Cannot ask for /version: GET https://x: connection refused."


def _stop(c: Derived, role: str, tier: str) -> None:
    name = host(c, role)
    if tier == "manager":
        c.views[name] = {"answers": False, "hangs": False, "error": REFUSED}
    elif tier == "broker":
        c.broker(name)["error"] = "connection refused"
    else:
        c.database(name).update(error="connection refused", role=None)
        for part in ("primary", "patroni", "cluster"):
            c.database(name)[part].update(code=0, body=None)


def _stop_each(c: Derived, *tiers: str) -> None:
    for role, tier in zip(ROLES, tiers):
        _stop(c, role, tier)


for _tiers in (
    ("manager", "broker", "database"),
    ("manager", "broker", "manager"),
    ("broker", "manager", "database"),
):
    derived(
        f"something is wrong with each: {', '.join(_tiers)}",
        *("7.0.5-healthy", "several_down", "high", *ROLES),
    )(
        lambda c, tiers=_tiers: _stop_each(c, *tiers)  # type: ignore[misc]
    )


@derived(
    "a manager, the broker of another, and a host are down",
    *("7.0.5-async-killed-settled", "broker_quorum_lost", "high", "sync", "async"),
)
def a_manager_the_broker_of_another_and_a_host_are_down(c: Derived) -> None:
    _stop_each(c, "manager", "broker")


@derived(
    "a manager and all brokers are down", "7.0.5-healthy", "broker_quorum_lost", "high", *ROLES
)
def a_manager_and_all_brokers_are_down(c: Derived) -> None:
    _stop_each(c, "broker", "broker", "broker")
    _stop(c, "sync", "manager")


@derived(
    "a host is dead, and nginx lets nobody in on the others",
    *("7.0.5-async-killed-settled", "node_down", "medium", "async"),
)
def a_host_is_dead_and_nginx_lets_nobody_in_on_the_others(c: Derived) -> None:
    """Nobody is replaced while no manager says anything."""
    dead = c.views[host(c, "async")]
    bad_gateway(c)
    for view in c.views.values():
        view.update(status_code=503, error=view["error"].replace("502 Bad Gateway", "503"))
    c.views[host(c, "async")] = dead


__all__ = ("REFUSED",)
