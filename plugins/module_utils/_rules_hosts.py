# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Rules of the diagnosis for a cluster that is up, and wrong: disks, certificates, clocks, services, what was left behind. Pure."""

from __future__ import annotations

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_case import Json, is_it
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_signs import IN_STATUS
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._findings import (
    Evidence,
    Finding,
    Look,
    names,
    said,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._rules_tiers import broken_tiers

#: Of a file system, the share and the bytes below which the product fails; the bytes only where more than half is in use, as some are small.
FREE = 0.03
LITTLE = 200 * 1024**2
#: Seconds by which a clock may differ: tokens and certificates bear more, etcd does not.
SKEW = 5.0


def disk_full(look: Look) -> Finding | None:
    found: dict[str, list[Evidence]] = {}
    for name in look.names:
        for disk in look.host(name).get("disks") or []:
            why = _full(disk)
            if why:
                found.setdefault(name, []).append(
                    said(name, f"{disk['path'] or 'a file system'}: {why}")
                )
    return _of_hosts("disk_full", "The disk of {0} is full, or nearly.", found)


def _full(disk: Json) -> str:
    size, free = disk["size"], disk["free"]
    if size and free is not None and free < max(size * FREE, min(LITTLE, size / 2)):
        return f"{free / 1024**2:.0f} MiB of {size / 1024**2:.0f} are free"
    total, left = disk["inodes"], disk["inodes_free"]
    if total and left is not None and left < total * FREE:
        return f"{left:.0f} of {total:.0f} inodes are free"
    return ""


def certificates_bad(look: Look) -> Finding | None:
    found: dict[str, list[Evidence]] = {}
    for name in look.names:
        host = look.host(name)
        clock, skew = host.get("clock"), host.get("skew")
        # whether it has run out is a matter of the true time, which a host's own clock may not have
        now = None if clock is None else clock - (skew or 0)
        for each in host.get("certificates") or []:
            why = _bad(each, now)
            if why:
                found.setdefault(name, []).append(
                    said(name, f"{each['path'] or 'a certificate'} {why}")
                )
    return _of_hosts(
        "certificates_bad", "Certificates of {0} have run out, or do not fit their keys.", found
    )


def _bad(each: Json, now: float | None) -> str:
    if each["key_matches"] is False:
        return "does not fit its key"
    if each["issuer_is_ca"] is False:
        return "is not of the CA that is beside it"
    if now is not None and each["not_after"] is not None and each["not_after"] <= now:
        return f"ran out {(now - each['not_after']) / 86400:.1f} days ago"
    if now is not None and each["not_before"] is not None and each["not_before"] > now:
        return "is not valid yet"
    return ""


def clock_skew(look: Look) -> Finding | None:
    skews = {n: h["skew"] for n, h in look.case.hosts.items() if h.get("skew") is not None}
    off = [name for name, skew in skews.items() if abs(skew) >= SKEW]
    if not off:
        return None
    if len(off) == len(skews) > 1 and max(skews.values()) - min(skews.values()) < SKEW:
        return Finding(
            "clock_skew",
            f"All hosts agree on the time, and this controller's clock differs by {abs(skews[off[0]]):.0f} s.",
            [],
            [said(n, f"its clock is {skews[n]:+.1f} s from the controller's") for n in off],
            "medium",
            first=["Set the controller's clock. There is nothing to do on the cluster."],
        )
    return _of_hosts(
        "clock_skew",
        "The clock of {0} is wrong.",
        {n: [said(n, f"its clock is {skews[n]:+.1f} s from the controller's")] for n in off},
    )


def services_down(look: Look) -> Finding | None:
    """Where the tier itself answers: else it is the tier that is down."""
    broken = broken_tiers(look)
    found: dict[str, list[Evidence]] = {}
    for name in look.names:
        if name in look.hidden or name in look.dead or name in broken:
            continue
        found[name] = [
            said(name, f"its status names {service} as down")
            for service in look.view(name).get("inactive") or []
        ]
        found[name] += look.services(name)
        found[name] += _by_peers(look, name)
    return _of_hosts(
        "services_down",
        "Services are down on {0}, which answers.",
        {n: e for n, e in found.items() if e},
    )


def _by_peers(look: Look, name: str) -> list[Evidence]:
    """What most managers say: that of one may be old."""
    member = look.case.member(name)
    told: dict[str, list[str]] = {}
    asked = 0
    for manager in look.of("manager"):
        status = look.view(manager).get("cluster_status") or {}
        asked += bool(status)
        for tier in member["tiers"]:
            nodes = ((status.get("tiers") or {}).get(IN_STATUS.get(tier, "")) or {}).get(
                "nodes"
            ) or {}
            for node, how in nodes.items():
                if is_it(member, node, by=manager):
                    for failure in how["failures"]:
                        if failure.startswith("service ") and failure.endswith(" is down"):
                            told.setdefault(failure, []).append(manager)
    return [
        said(who, f"says of {name}: {failure}")
        for failure, by in sorted(told.items())
        if len(by) * 2 > asked
        for who in by
    ]


def restore_flag_left(look: Look) -> Finding | None:
    found: dict[str, list[Evidence]] = {}
    for name in look.names:
        if look.host(name).get("restore_flag") is True:
            says = "has the flag snapshot_restoring, which says that a restore is running"
        elif look.view(name).get("restoring"):
            says = "says over REST that a restore is running"
        else:
            continue
        found[name] = [said(name, says)]
    finding = _of_hosts("restore_flag_left", "{0} says that a restore is running.", found)
    if finding is not None:
        finding.confidence = "medium"
        finding.ask = [
            "Whether a restore is running: look for a restore_snapshot execution that has not ended."
        ]
    return finding


def maintenance_left(look: Look) -> Finding | None:
    found = {
        name: [said(name, f"maintenance mode is {look.view(name)['maintenance']}")]
        for name in look.of("manager")
        if look.view(name).get("maintenance") not in (None, "", "deactivated")
    }
    finding = _of_hosts(
        "maintenance_left", "Maintenance mode is on: users can change nothing ({0}).", found
    )
    if finding is not None:
        finding.confidence = "high" if len(found) * 2 > len(look.of("manager")) else "medium"
        finding.ask = ["Who has switched it on, and whether they are done."]
    return finding


def _of_hosts(kind: str, summary: str, found: dict[str, list[Evidence]]) -> Finding | None:
    """A host is the best witness of its own disk."""
    if not found:
        return None
    nodes = list(found)
    fix = "fix" if kind == "services_down" and len(nodes) == 1 else ""
    evidence = [line for told in found.values() for line in told]
    return Finding(kind, summary.format(names(nodes)), nodes, evidence, "high", fix)


RULES = (
    disk_full,
    certificates_bad,
    clock_skew,
    services_down,
    restore_flag_left,
    maintenance_left,
)

__all__ = ("FREE", "LITTLE", "RULES", "SKEW")
