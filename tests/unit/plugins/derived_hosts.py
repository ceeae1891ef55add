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
    *("7.0.5-async-killed", "node_down", "high", "async"),
    runbook=REPLACE,
)(same)


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


__all__ = ()
