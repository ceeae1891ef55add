# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What /cluster-status says: the last look at each node, and what follows for the tiers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from standin.cluster.probes import Report
from standin.state import Item

NOTHING = ("No services.", "No metrics")
GOOD, SOME, BAD = "OK", "Degraded", "Fail"


def node(item: Mapping[str, Any], report: Report, *, failures: bool, node_id: bool) -> Item:
    """One node; `failures` and `node_id` are of some versions only."""
    out: Item = {
        "private_ip": item["private_ip"],
        "public_ip": item["public_ip"],
        "version": item["version"],
        "services": {
            name: {"status": "Active" if up else "Inactive", "extra_info": {}}
            for name, up in report.services.items()
        },
        "status": GOOD if report.good else BAD,
    }
    if node_id:
        out["node_id"] = item.get("node_id")
    else:
        out["metrics"] = []
    if failures:
        down = [f"service {name} is down" for name, up in report.services.items() if not up]
        out["failures"] = [*down, *report.failures] if report.services else list(NOTHING)
    return out


def tier(nodes: dict[str, Item], *, quorum: int) -> Item:
    good = sum(n["status"] == GOOD for n in nodes.values())
    status = GOOD if good == len(nodes) else SOME if good >= quorum else BAD
    return {"is_external": False, "status": status, "nodes": nodes}


def worst(*statuses: str) -> str:
    return max(statuses, key=(GOOD, SOME, BAD).index)


def database_detail(reports: Mapping[str, Report]) -> str:
    """5.0.5 looks at how the replicas follow."""
    leader = next((r for r in reports.values() if r.role in ("master", "primary")), None)
    if leader is None:
        return BAD
    replicas = [m for m in leader.members if m.get("role") not in ("leader", "standby_leader")]
    if len(reports) > 1 and not any(m.get("role") == "sync_standby" for m in replicas):
        return BAD
    follow = [m for m in replicas if m.get("state") in ("running", "streaming")]
    return GOOD if len(follow) >= len(reports) - 1 else SOME


def brokers_detail(reports: Mapping[str, Report]) -> str:
    """5.0.5 compares what the brokers say of each other."""
    views = {r.seen for r in reports.values() if r.services and r.seen}
    return GOOD if len(views) < 2 else BAD


def cluster_view(
    *,
    registers: Mapping[str, list[Item]],
    reports: Callable[[str, str], Report],
    by_reporters: bool,
    failures: bool,
) -> Item:
    """The whole answer; `registers` are lists of nodes with `name` and addresses by tier."""
    services: dict[str, Item] = {}
    for name in ("broker", "db", "manager"):
        listed = registers[name]
        found = {i["name"]: reports(name, i["private_ip"]) for i in listed}
        nodes = {
            i["name"]: node(i, found[i["name"]], failures=failures, node_id=by_reporters)
            for i in listed
        }
        quorum = 1 if name == "manager" or by_reporters else len(nodes) // 2 + 1
        services[name] = tier(nodes, quorum=quorum)
        if by_reporters and name == "db" and len(nodes) > 1:
            services[name]["status"] = worst(services[name]["status"], database_detail(found))
        if by_reporters and name == "broker":
            services[name]["status"] = worst(services[name]["status"], brokers_detail(found))
    return {"status": worst(*(s["status"] for s in services.values())), "services": services}


__all__ = ["cluster_view"]
