# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Rules of the diagnosis for clusters with one active manager, before 5.0. Pure."""

from __future__ import annotations

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_case import is_it
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import STANDBY
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._findings import (
    ME,
    Evidence,
    Finding,
    Look,
    majority,
    names,
    said,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._rules_databases import (
    AGAIN,
    FAILOVER,
    STEPS_DOWN,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._rules_tiers import (
    broken_tiers,
)


def _active(look: Look) -> list[str]:
    found = [n for n in look.of("manager") if look.view(n).get("status_code") == 200]
    return [n for i, n in enumerate(found) if not _is_another_way(look, n, found, found[:i])]


def _is_another_way(look: Look, name: str, found: list[str], before: list[str]) -> bool:
    """Whether it is only another address of an active one, as a load balancer's: its own list has another one as the master, and not itself."""
    master = _master(look, name)
    if not master or _sees(look, name, name) is not None:
        return False
    others = [n for n in found if n != name and is_it(look.case.member(n), *master)]
    return bool(others) or any(_master(look, n) == master for n in before)


def _master(look: Look, name: str) -> tuple[str, ...]:
    rows = [row for row in look.view(name).get("nodes") or [] if row["master"]]
    return (rows[0]["name"], rows[0]["host_ip"]) if len(rows) == 1 else ()


def _sees(look: Look, who: str, other: str) -> bool | None:
    member = look.case.member(other)
    for node in look.view(who).get("nodes") or []:
        if is_it(member, node["name"], node["host_ip"]):
            return bool(node["online"])
    return None


def split_brain(look: Look) -> Finding | None:
    """Two active ones that do not see each other: each takes writes, since a minority does, too. One that is about to step down has done so soon."""
    found = _active(look)
    if len(found) < 2:
        return None
    evidence: list[Evidence] = []
    lost: list[bool] = []
    for who in found:
        evidence.append(said(who, "answers as the active one"))
        for other in found:
            if other != who:
                seen = _sees(look, who, other)
                lost.append(seen is False)
                how = {True: "online", False: "offline"}.get(seen, "not among its nodes")  # type: ignore[arg-type]
                evidence.append(said(who, f"sees {other} {how}"))
        if (look.host(who).get("postgres") or {}).get("role") == "leader":
            evidence.append(said(who, "its database takes writes"))
    before = look.earlier.get("active") or []
    stays = set(found) <= set(before) and look.lasting >= STEPS_DOWN
    if not any(lost) and not stays:
        return Finding(
            "active_down_failover_running",
            f"{names(found)} both answer as the active one, and have not lost each other: one is about to step down.",
            found,
            evidence,
            "medium",
            ask=[AGAIN + " If two are active then, it is a split brain."],
        )
    return Finding(
        "split_brain",
        f"{names(found)} are all active, each without the others, and take writes that the others do not get.",
        found,
        evidence,
        "high" if all(lost) or stays else "low",
        ask=[] if all(lost) or stays else [AGAIN],
    )


def split_brain_healed(look: Look) -> Finding | None:
    """Nothing of it is left to be seen: the product keeps the newest database, and discards the rest."""
    earlier, now = look.earlier, _active(look)
    if earlier.get("class") not in ("split_brain", "split_brain_healed") or len(now) != 1:
        return None
    still = earlier["class"] == "split_brain_healed"
    were = earlier["nodes"] if still or not earlier["active"] else earlier["active"]
    lost = [name for name in were if name in look.names and name not in now]
    return Finding(
        "split_brain_healed",
        f"There was a split brain, and {now[0]} is the only active one now: "
        f"what was written on {names(lost) or 'another one'} only is gone from it.",
        lost or now,
        [
            said(ME, f"the last diagnosis was a split brain: {names(were)}"),
            said(now[0], "answers as the only active one"),
        ],
        "medium",
        ask=[
            f"Compare the content of {now[0]} with the sets of each side. "
            "Once that is done, delete the file of the last diagnosis."
        ],
    )


def failover(look: Look) -> Finding | None:
    managers = look.of("manager")
    now = _active(look)
    if len(managers) < 2:
        return None
    if now:
        return _taken_over(look, now)
    standing = [n for n in managers if look.view(n).get("error_code") == STANDBY]
    lost = [n for n in managers if n not in standing]
    if any(look.view(n).get("denied") for n in lost):  # each of these may be the active one
        return None
    if not standing or set(lost) & set(look.hidden):
        return None
    evidence = [said(n, "answers as a standby, and knows of no active one") for n in standing]
    evidence += [line for name in managers for line in _consul(look, name)]
    evidence += [line for name in lost for line in look.about(name) + look.services(name)]
    # whose host is at work need not be lost
    start = [
        f"On {name}, start {names(service for service, _state in look.stopped(name))}: it may have been the active one."
        for name in lost
        if look.by_ssh(name) and look.stopped(name)
    ]
    late = look.is_late(FAILOVER)
    few = len(standing) < majority(len(managers))
    if few or late:
        why = (
            "too few are left to elect another" if few else "none has been elected for two minutes"
        )
        return Finding(
            "active_down_no_failover",
            f"No manager is active, and {why}.",
            lost or managers,
            evidence,
            "medium" if late or look.case.hosts else "low",
            first=start,
            ask=[] if late else [AGAIN],
        )
    return Finding(
        "active_down_failover_running",
        f"No manager is active: {names(lost) or 'none'} does not answer, and the standbys have to elect another.",
        lost or managers,
        evidence,
        "medium" if look.case.hosts and lost else "low",
        first=start,
        ask=[
            AGAIN,
            *(
                f"Make sure that {n} is down: the standbys do not say, and the way to it may be broken."
                for n in lost
            ),
        ],
    )


def _consul(look: Look, name: str) -> list[Evidence]:
    """Who leads the consensus, by a host's own agent: without one, nobody can be elected."""
    leader = (look.host(name).get("consul") or {}).get("leader")
    if leader is None:
        return []
    return [said(name, f"its Consul is led by {leader}" if leader else "its Consul has no leader")]


def checks_fail(look: Look) -> Finding | None:
    """By the active one's word of those that it sees online. After a failover, and while one joins, they fail for a moment."""
    now = _active(look)
    if len(now) != 1:
        return None
    found: dict[str, list[str]] = {}
    for member in look.case.members:
        name = member["name"]
        for node in look.view(now[0]).get("nodes") or []:
            bad = sorted(check for check, well in (node["checks"] or {}).items() if not well)
            if is_it(member, node["name"], node["host_ip"]) and node["online"] and bad:
                found[name] = bad
    # what is told of by another rule; and with others dead, the active one has no quorum to be well with
    told = {
        *broken_tiers(look),
        *(n for n in found if look.stopped(n)),
        *(now if look.dead else ()),
    }
    found = {name: bad for name, bad in found.items() if name not in told}
    if not found:
        return None
    lasts = look.earlier.get("class") == "services_down" and look.lasting > 0
    return Finding(
        "services_down",
        f"{names(found)} is online, and fails checks of the cluster.",
        list(found),
        [said(now[0], f"{n} fails the checks {names(bad)}") for n, bad in found.items()],
        "high" if lasts else "medium",
        first=[f"Look at the logs of what fails on {names(found)}."],
        ask=[] if lasts else [AGAIN],
    )


def _taken_over(look: Look, now: list[str]) -> Finding | None:
    before = [
        n for n in look.earlier.get("active") or [] if n in look.of("manager") and n not in now
    ]
    old = [n for n in before if n in look.dead]
    if len(now) != 1 or not old or look.earlier.get("class") == "split_brain":
        return None
    evidence = [said(now[0], "answers as the active one")]
    evidence += [said(ME, f"{name} was the active one in the last diagnosis") for name in old]
    evidence += [line for name in old for line in look.about(name)]
    return Finding(
        "active_down_failover_done",
        f"{names(old)} was the active one and is lost; {now[0]} is active now.",
        old,
        evidence,
        "high" if look.surely_dead(old) else "medium",
    )


RULES = (split_brain, split_brain_healed, failover, checks_fail)

__all__ = ("RULES",)
