# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Derived: what hosts say of themselves, which a lab cannot have in all its forms."""

from __future__ import annotations

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.derived_clusters import (
    DAY,
    NOW,
    Derived,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.derived_registry import (
    FIX,
    REPLACE,
    derived,
    host,
)


def same(_cluster: Derived) -> None:
    """Only what the hosts say is added."""


for _base in ("7.0.5-healthy", "5.2-healthy", "4.5.5-healthy", "vnfm-healthy"):
    derived(f"{_base}, hosts too", _base, "healthy", "high")(same)
derived(
    "a standby is dead", "4.5.5-replica-killed", "manager_down", "high", "other", runbook=REPLACE
)(same)
derived(
    "hosts say who reaches whom, sooner than metrics do",
    *("7.0.5-async-killed", "node_down", "medium", "async"),
)(same)


@derived("a full disk", "7.0.5-healthy", "disk_full", "high", "async")
def a_full_disk(c: Derived) -> None:
    c.disk(host(c, "async"), free=0)


@derived("nearly full", "7.0.5-healthy", "disk_full", "high", "sync")
def nearly_full(c: Derived) -> None:
    c.disk(host(c, "sync"), free=1024**3)


@derived("a small disk has room", "7.0.5-healthy", "healthy", "high")
def a_small_disk_has_room(c: Derived) -> None:
    c.disk(host(c, "sync"), size=2 * 1024**3, free=1024**3)


@derived("no inodes", "4.5.5-healthy", "disk_full", "high", "leader")
def no_inodes(c: Derived) -> None:
    c.disk(host(c, "leader"), inodes_free=0)


@derived("an old certificate", "7.0.5-healthy", "certificates_bad", "high", "leader")
def an_old_certificate(c: Derived) -> None:
    c.certificate(host(c, "leader"), not_after=NOW - DAY)


@derived("a certificate of tomorrow", "7.0.5-healthy", "certificates_bad", "high", "sync")
def a_certificate_of_tomorrow(c: Derived) -> None:
    c.certificate(host(c, "sync"), not_before=NOW + DAY)


@derived("a certificate with another's key", "4.5.5-healthy", "certificates_bad", "high", "other")
def a_certificate_with_another_s_key(c: Derived) -> None:
    c.certificate(host(c, "other"), key_matches=False)


@derived("a certificate of another CA", "7.0.5-healthy", "certificates_bad", "high", "sync")
def a_certificate_of_another_ca(c: Derived) -> None:
    c.certificate(host(c, "sync"), issuer_is_ca=False)


@derived(
    "a certificate is old by a wrong clock only", "7.0.5-healthy", "clock_skew", "high", "sync"
)
def a_certificate_is_old_by_a_wrong_clock_only(c: Derived) -> None:
    c.host(host(c, "sync")).update(clock=NOW + 1000 * DAY, skew=1000 * DAY)


@derived("a clock is behind", "4.5.5-healthy", "clock_skew", "high", "third")
def a_clock_is_behind(c: Derived) -> None:
    c.host(host(c, "third")).update(clock=NOW - 40, skew=-40.0)


@derived("it is the controller's clock", "7.0.5-healthy", "clock_skew", "medium")
def it_is_the_controller_s_clock(c: Derived) -> None:
    for each in c.hosts.values():
        each.update(clock=NOW + 90, skew=90.0)


@derived("a failed service", "7.0.5-healthy", "services_down", "high", "sync", runbook=FIX)
def a_failed_service(c: Derived) -> None:
    c.host(host(c, "sync"))["services"]["cloudify-mgmtworker"] = "failed"


@derived("a standby of 4.x has idle services", "4.5.5-healthy", "healthy", "high")
def a_standby_of_4_x_has_idle_services(c: Derived) -> None:
    c.host(host(c, "other"))["services"]["cloudify-mgmtworker"] = "inactive"


@derived(
    "a standby of 4.x has a failed service",
    "4.5.5-healthy",
    "services_down",
    "high",
    "other",
    runbook=FIX,
)
def a_standby_of_4_x_has_a_failed_service(c: Derived) -> None:
    c.host(host(c, "other"))["services"]["cloudify-syncthing"] = "failed"


@derived(
    "services are down on two", "7.0.5-mgmtworker-stopped", "services_down", "high", "sync", "async"
)
def services_are_down_on_two(c: Derived) -> None:
    c.host(host(c, "sync"))["services"]["nginx"] = "inactive"


@derived("a flag is left", "7.0.5-healthy", "restore_flag_left", "medium", "leader")
def a_flag_is_left(c: Derived) -> None:
    c.host(host(c, "leader"))["restore_flag"] = True


@derived(
    "a flag is left in maintenance", "7.0.5-maintenance", "restore_flag_left", "medium", "sync"
)
def a_flag_is_left_in_maintenance(c: Derived) -> None:
    c.host(host(c, "sync"))["restore_flag"] = True


@derived(
    "the full disk is the cause",
    "7.0.5-broker-stopped",
    "broker_down",
    "high",
    "async",
    runbook=FIX,
)
def the_full_disk_is_the_cause(c: Derived) -> None:
    c.disk(host(c, "async"), free=4096)


__all__ = ()
