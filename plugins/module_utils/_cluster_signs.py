# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Who of a cluster is active, who may be down, and what speaks for a node's being alive. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_case import (
    Case,
    Json,
    and_may_be,
    is_it,
    patroni_rows,
)

#: How Patroni shows a database that is at work.
UP = ("running", "streaming")
#: Tier -> its name in /cluster-status.
IN_STATUS = {"manager": "manager", "broker": "broker", "database": "db"}


def suspects(case: Case) -> list[str]:
    """Who may be down, of the surest kind that there is: who is silent altogether; else who has a tier that does
    not answer; else whom another member sees down."""
    all_silent = silent(case)
    broken, seen = set(), set()
    for member in case.members:
        name = member["name"]
        if not all(_own_words(case, member)):
            broken.add(name)
        view = case.views.get(name) or {}
        for node in view.get("nodes") or []:
            if not node.get("online"):
                seen.update(_who(case, node.get("name"), node.get("host_ip")))
        tiers = (view.get("cluster_status") or {}).get("tiers") or {}
        for tier in tiers.values():
            for node, how in tier["nodes"].items():
                if how["status"] != "OK":
                    seen.update(_who(case, node))
    return all_silent or sorted(broken or seen)


def silent(case: Case) -> list[str]:
    """Of whom no tier answers, nor the host."""
    return sorted(
        m["name"]
        for m in case.members
        if not any(_own_words(case, m)) and not (case.probes.get(m["name"]) or {}).get("refused")
    )


def _own_words(case: Case, member: Json) -> list[bool]:
    """Of each tier of a node: whether it answers. A manager that hangs does, as it waits for its database. Of several
    databases, one without Patroni does not: its host is as empty as a new one. Of a host that lets nobody ask, nothing
    is known."""
    view = case.views.get(member["name"]) or {}
    probe = case.probes.get(member["name"]) or {}
    found = []
    if "manager" in member["tiers"]:
        found.append(bool(view.get("answers") or view.get("hangs")))
    if case.generation == "all_active" and not probe.get("refused"):
        for tier in ("database", "broker"):
            if tier in member["tiers"]:
                told = probe.get(tier) or {"error": "it says nothing"}
                outside = told.get("single") and case.has_several(tier)
                found.append(not (told["error"] or outside))
    return found


def _who(case: Case, *names: t.Any) -> list[str]:
    return [m["name"] for m in case.members if is_it(m, *names)]


def status_code(case: Case, member: Json) -> t.Any:
    """Of what a manager says of itself: 200 is the active one's before 5.0."""
    return (case.views.get(member["name"]) or {}).get("status_code")


def active(case: Case) -> list[str]:
    """Who calls itself the active one: managers before 5.0, databases from then on. More than one is a split brain."""
    if case.generation == "active_standby":
        return [m["name"] for m in case.members if status_code(case, m) == 200]
    found = []
    for member in case.members:
        database = (case.probes.get(member["name"]) or {}).get("database") or {}
        if (database.get("primary") or {}).get("code") == 200:
            found.append(member["name"])
    return found


def seen_alive(case: Case, name: str) -> list[str]:
    """What the peers of a node say that speaks for its being alive: never its own word."""
    victim = case.member(name)
    # whatever its peers say may be said of it under that name
    way_out = "name it so in the inventory, or put that one into it as well"
    found = [f"{and_may_be(victim)} ({way_out})"] if victim["stranger"] else []
    for peer in case.members:
        if peer["name"] == name:
            continue
        view = case.views.get(peer["name"]) or {}
        for node in view.get("nodes") or []:
            if is_it(victim, node.get("name"), node.get("host_ip")) and node.get("online"):
                found.append(f"{peer['name']} sees it online")
        for tier, label in IN_STATUS.items():
            tiers = ((view.get("cluster_status") or {}).get("tiers") or {}).get(label) or {}
            for node, told in (tiers.get("nodes") or {}).items():
                if is_it(victim, node) and told["status"] == "OK":
                    found.append(f"{peer['name']} sees its {tier} as OK")
        probe = case.probes.get(peer["name"]) or {}
        for member in patroni_rows(case.probes, peer["name"]):
            if is_it(victim, member.get("host")) and member.get("state") in UP:
                found.append(f"Patroni of {peer['name']} sees it {member['state']}")
        if any(
            is_it(victim, n.partition("@")[2])
            for n in (probe.get("broker") or {}).get("running") or []
        ):
            found.append(f"the broker of {peer['name']} sees it running")
    return found


__all__ = ("UP", "active", "seen_alive", "silent", "status_code", "suspects")
