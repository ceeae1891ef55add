# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Rules of the diagnosis for a leading database that is lost, from 5.0 on. Pure."""

from __future__ import annotations

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._findings import (
    LEADING,
    ME,
    Evidence,
    Finding,
    Look,
    names,
    said,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._rules_databases import (
    AGAIN,
    FAILOVER,
    is_between_leaders,
    is_isolated,
    leads,
    leads_out_of_sight,
    let_nobody_in,
    listed_leaders,
    somebody_leads,
)


def failover(look: Look) -> Finding | None:
    """The one that led is lost, and the others have a majority."""
    total = len(look.of("database"))
    if total < 2 or not look.databases or len(look.writers) > 1:
        return None
    if not somebody_leads(look):
        return _leaderless(look, total)
    if len(look.leaders) > 1 or (len(look.leaders) == 1 and is_isolated(look, look.leaders[0])):
        return _overlap(look)
    return _taken_over(look)


def _leaderless(look: Look, total: int) -> Finding | None:
    lost = [name for name in look.of("database") if name not in look.databases_up]
    if any(leads_out_of_sight(look, name) for name in lost):
        return None
    if not lost and not is_between_leaders(look):
        return None
    unseen = set(let_nobody_in(look))
    if lost and not set(lost) - unseen and not look.hanging:
        return None
    lists = look.lists()
    named = listed_leaders(look)
    old = [name for name in lost if name in named] or lost
    standby = [who for who, rows in lists.items() if any(r["role"] == "sync_standby" for r in rows)]
    evidence = [
        said(n, "its Patroni has no leader")
        for n in lists
        if not any(n in w for w in named.values())
    ]
    evidence += [
        said(who, f"its Patroni still lists {name} as the leader")
        for name, by in named.items()
        for who in by
    ]
    evidence += [line for name in old for line in look.about(name)]
    shut = [name for name in old if name in unseen]
    if shut:
        return Finding(
            "active_down_failover_running",
            f"No database is known to lead: {names(shut)} lets nobody in, so that whether it leads is not known.",
            old,
            evidence,
            "low",
            ask=[AGAIN],
        )
    known = len(look.databases_up)
    since = look.is_late(FAILOVER)
    if since or (lists and not named and not standby):
        why = "for two minutes" if since else "and no database follows synchronously"
        return Finding(
            "active_down_no_failover",
            f"No database leads {why}: nobody may take over from {names(old) or 'the old leader'}.",
            old,
            evidence,
            "high" if known * 2 > total and (lists and not named and not standby) else "medium",
        )
    return Finding(
        "active_down_failover_running",
        f"No database leads since {names(old) or 'the old leader'} is lost, and another is about to take over.",
        old,
        evidence,
        "medium",
        ask=[AGAIN],
    )


def _overlap(look: Look) -> Finding:
    both = sorted(set(look.leaders) | set(look.primaries))
    sure = [name for name in both if look.databases[name]["write"] == "ok"]
    old = [name for name in both if name not in sure] or both
    evidence = [
        said(n, leads(look, n, "calls itself the leader" + _not_written(look, n))) for n in both
    ]
    evidence += [said(n, "its manager waits for the database") for n in look.hanging]
    return Finding(
        "active_down_failover_running",
        f"{names(old)} still calls itself the leader, as a leader that was cut off does for half a minute.",
        old,
        evidence,
        "medium" if sure or len(both) == 1 else "low",
        ask=[
            AGAIN
            + " With -e diagnose_write=true it tries a write on each: two that acknowledge one"
            " are a split brain, and one that does not has been cut off."
        ],
    )


def _not_written(look: Look, name: str) -> str:
    write = look.databases[name]["write"]
    if write is None:
        return ""
    return ", and acknowledges a write" if write == "ok" else ", and does not acknowledge a write"


def _taken_over(look: Look) -> Finding | None:
    """Another one leads: is there a sign that somebody else did a moment ago?"""
    leader = (look.leaders or look.primaries or [""])[0]
    if not leader or look.databases[leader]["write"] not in ("ok", None):
        return None
    lost = [
        n
        for n in look.of("database")
        if n != leader and n not in look.databases_up and n not in look.hidden
    ]
    named = listed_leaders(look)
    evidence: list[Evidence] = []
    old = []
    for name in lost:
        if name in (look.earlier.get("active") or []):
            old.append(name)
            evidence.append(said(ME, f"{name} was the active one in the last diagnosis"))
        elif name in look.databases and look.patroni(name).get("role") in LEADING:
            old.append(name)
            evidence.append(said(name, "its Patroni still calls itself the leader, and stops"))
        elif any(who != name for who in named.get(name, ())):
            old.append(name)
            evidence.append(said(named[name][0], f"its Patroni still lists {name} as the leader"))
    lines = {n: look.patroni(n).get("timeline") for n in look.databases_up}
    unlocked = [
        n for n in look.databases_up if n != leader and look.patroni(n).get("cluster_unlocked")
    ]
    own = lines.get(leader)
    fresh = unlocked or any(line < own for line in lines.values() if line is not None and own)
    if not old and len(lost) == 1 and fresh:
        old = lost
        evidence += [said(n, "its Patroni had no leader a moment ago") for n in unlocked]
        evidence += [
            said(n, f"its database is on timeline {line:g}") for n, line in lines.items() if line
        ]
    if not old:
        return None
    evidence.insert(0, said(leader, leads(look, leader, "leads" + _not_written(look, leader))))
    evidence += [line for name in old for line in look.about(name)]
    agree = [who for who in named.get(leader, ()) if who not in old]
    return Finding(
        "active_down_failover_done",
        f"{names(old)} had the leading database and is lost; {leader} leads now.",
        old,
        evidence,
        "high" if len(agree) * 2 > len(look.databases_up) and len(agree) > 1 else "medium",
    )


RULES = (failover,)

__all__ = ("RULES", "failover")
