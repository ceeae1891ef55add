# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Rules of the diagnosis for the cluster of databases, from 5.0 on. Pure."""

from __future__ import annotations

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_case import (
    Json,
    is_it,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._findings import (
    LEADING,
    Evidence,
    Finding,
    Look,
    majority,
    names,
    said,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._witnesses import (
    reached,
    signs,
)

#: Seconds in which a failover of the databases is over, and an old leader has stepped down.
FAILOVER = 120
STEPS_DOWN = 60
ORPHAN = "takes writes, and no Patroni runs there that would take it down"
AGAIN = "Diagnose again in half a minute: what Patroni and the managers show of a dead member lags."


def frozen(look: Look) -> Finding | None:
    """What a runbook has stopped on purpose is no failure, and must not be started by another one."""
    found = [
        name
        for name in look.of("database")
        if look.host(name).get("frozen")
        and (look.host(name).get("services") or {}).get("patroni") != "active"
    ]
    if not found:
        return None
    return Finding(
        "split_brain",
        f"A split brain is frozen: the database of {names(found)} was stopped on purpose, and waits for the survivor to be named.",
        found,
        [said(name, "its database was stopped by runbook resolve_split_brain") for name in found],
        "high",
        first=[
            "Look at the comparison that the runbook has written, then name the survivor: -e survivor=NODE. "
            "Or undo the freezing: -e cloudify_action=unfreeze."
        ],
    )


def split_brain(look: Look) -> Finding | None:
    """Two that acknowledge writes, or two that nobody will take down.

    An isolated leader calls itself one for half a minute, but acknowledges nothing: without its synchronous standby its writes wait.
    """
    if len(look.writers) > 1:
        found, confidence = look.writers, "high"
        why = "acknowledges a write"
        orphans: list[str] = []
    else:
        found = look.leaders
        lines = {look.patroni(name).get("timeline") for name in found}
        paused = [n for n in look.databases if _cluster(look, n).get("pause")]
        long = len(look.earlier.get("active") or []) > 1 and look.lasting >= STEPS_DOWN
        orphans = [n for n in found if _is_orphan(look, n)]
        if len(found) < 2 or not (paused or long or orphans):
            return None
        confidence = "high" if orphans or len(lines) > 1 else "medium"
        why = "takes writes" + (
            ", and Patroni is paused" if paused else ", and did before" if long else ""
        )
    return Finding(
        "split_brain",
        f"The databases of {names(found)} all take writes, each for itself.",
        found,
        [said(name, leads(look, name, ORPHAN if name in orphans else why)) for name in found],
        confidence,
    )


def _is_orphan(look: Look, name: str) -> bool:
    """Whether a database that takes writes has no Patroni, which is who would take down one that was cut off."""
    service = (look.host(name).get("services") or {}).get("patroni")
    return (
        service in ("inactive", "failed", "missing") and not look.databases[name]["primary"]["code"]
    )


def leads(look: Look, name: str, why: str) -> str:
    line = look.patroni(name).get("timeline")
    return f"its database {why}" + (f" (timeline {line:g})" if line else "")


def _cluster(look: Look, name: str) -> Json:
    return look.databases[name]["cluster"]["body"] or {}


def somebody_leads(look: Look) -> bool:
    """Whether somebody leads, or may well do so out of this controller's sight."""
    known = look.leaders or look.primaries or set(listed_leaders(look)) & set(look.hidden)
    return bool(known) or any(leads_out_of_sight(look, name) for name in let_nobody_in(look))


def let_nobody_in(look: Look) -> list[str]:
    """Hosts that are there, and of whose databases nothing is known."""
    members = [n for n in look.of("database") if not look.probe(n, "database")]
    return [n for n in members if look.is_shut(n) and reached(look.case, n)]


def listed_leaders(look: Look) -> dict[str, list[str]]:
    """Member -> in whose list it is the leader."""
    found: dict[str, list[str]] = {}
    for who, rows in look.lists().items():
        for row in rows:
            if row["role"] in LEADING:
                for member in look.case.members:
                    if is_it(member, row["host"]):
                        found.setdefault(member["name"], []).append(who)
    return found


def leads_out_of_sight(look: Look, name: str) -> bool:
    """Whether somebody leads whom only ssh does not get to: most lists of Patroni have it as the leader, and most managers tell rows of the database.
    For as long as Patroni lists a dead one, that may be of a moment ago."""
    managers = look.of("manager")
    telling = [n for n in managers if (look.view(n).get("registers") or {}).get("manager")]
    if len(telling) * 2 <= len(managers):
        return False
    listing = listed_leaders(look).get(name, [])
    view = look.view(name)
    there = reached(look.case, name) and (not view or view.get("answers"))
    lasts = there or look.lasting >= STEPS_DOWN
    return lasts and len(listing) * 2 > len(look.lists())


def quorum_lost(look: Look) -> Finding | None:
    total = len(look.of("database"))
    if total < 2:
        return _only_one(look)
    if somebody_leads(look):
        return None
    up = look.databases_up
    shut = let_nobody_in(look)
    down = [n for n in look.of("database") if n not in (*up, *shut, *look.hidden)]
    if not look.databases and not look.no_databases:
        return _perhaps_lost(look)
    evidence = [said(n, _own(look, n)) for n in look.databases]
    without = [n for n in look.databases if look.databases[n].get("etcd") is False]
    evidence += [said(n, "its etcd has no quorum, or does not answer") for n in without]
    if total - len(down) < majority(total):
        dead = [name for name in down if name in look.dead]
        evidence += [line for name in dead for line in look.about(name)]
        confidence = look.how_sure_dead(dead) if dead else "high"
        if any(name not in look.dead and name not in look.databases for name in down):
            confidence = "low"
        evidence += _waiting(look)
        failing, _all = _without_database(look)
        word = bool(look.databases or look.hanging or failing)
        return Finding(
            "database_quorum_lost",
            f"{len(up)} of {total} databases are left, which is no majority: nobody leads.",
            down,
            evidence,
            # a peer's list of members is as old as its majority, so the rest's own word is what there is, if any
            "medium" if confidence == "low" and len(down) == len(dead) and word else confidence,
            dead=dead,
        )
    apart = _apart(look, up)
    if (down and not apart) or is_between_leaders(look):
        return None
    if not look.hanging and set(listed_leaders(look)) & set(shut):
        return None
    sure = look.hanging or len(without) >= majority(total)
    confidence = "high" if len(up) == total and sure else "medium"
    why = "The databases answer, and none leads: they have no majority with each other (etcd, or the network between them)."
    if shut:
        why = f"{names(up)} answers and does not lead, and {names(shut)} lets nobody in: whether anybody leads is not known."
    return Finding(
        "database_quorum_lost",
        why,
        list(look.of("database")),
        evidence + _waiting(look),
        "low" if shut or len(up) < majority(total) else confidence,
        first=[
            "See that etcd runs on most database nodes, and that they reach each other. Nothing is lost."
        ],
    )


def _apart(look: Look, up: list[str]) -> bool:
    """Whether nobody is dead, and yet no two of those that are up see each other at this moment."""
    if look.dead or look.hidden or len(up) < 2:
        return False
    live = [s for name in up for s in signs(look.case, name) if s.kind in ("reaches", "broker")]
    asked = [n for n in up if look.probe(n, "broker") or look.host(n).get("reaches")]
    return len(asked) == len(up) and not any(sign.alive and sign.who in up for sign in live)


def is_between_leaders(look: Look) -> bool:
    """A moment without a leader is normal where the old one is alive and has just given up."""
    standby = any(row["role"] == "sync_standby" for rows in look.lists().values() for row in rows)
    fresh = any(look.patroni(name).get("cluster_unlocked") for name in look.databases)
    return fresh and standby and not look.hanging


def _without_database(look: Look) -> tuple[list[str], bool]:
    """Managers that fail with an error of their own; and whether all that take connections do, or hang."""
    managers = look.of("manager")
    failing = [n for n in managers if _fails(look.view(n))]
    others = [n for n in managers if look.view(n).get("answers") and n not in failing]
    return failing, not others and bool(look.hanging or failing)


def _only_one(look: Look) -> Finding | None:
    """Of a database that has no others beside it, or is not in the inventory."""
    failing, all_of_them = _without_database(look)
    if look.standby or not all_of_them:
        return None
    evidence = _waiting(look) + _failing(look, failing)
    (name,) = look.of("database") or ("",)
    error = (look.probe(name, "database") or {}).get("error")
    if name:
        evidence += (
            [said(name, f"its database does not answer: {error}")] if error else look.about(name)
        )
    return Finding(
        "database_quorum_lost",
        f"No manager gets through to the database, which is {f'only on {name}' if name else 'not in the inventory'}.",
        [name] if name else look.of("manager"),
        evidence,
        "medium" if error or name in look.dead else "low",
        first=["Start the database, or mend the way to it: the managers then go on by themselves."],
    )


def _failing(look: Look, found: list[str]) -> list[Evidence]:
    return [said(n, f"its manager answers: {_first_words(look, n)}") for n in found]


def _perhaps_lost(look: Look) -> Finding | None:
    """Nothing is known of the databases themselves."""
    failing, all_of_them = _without_database(look)
    if not all_of_them:
        return None
    how = "hangs" if not failing else "fails with an error of its own" if not look.hanging else ""
    return Finding(
        "database_quorum_lost",
        f"Every manager that takes connections {how or 'hangs or fails'}, as one does without a database.",
        list(look.of("database")),
        _waiting(look) + _failing(look, failing),
        "low",
        ask=["Ask the database hosts by ssh: nothing is known of them."],
    )


def _fails(view: Json) -> bool:
    """Whether a manager cannot even tell its version, by an error of the server."""
    return not view.get("version") and (view.get("status_code") or 0) >= 500


def _first_words(look: Look, name: str, most: int = 60) -> str:
    words = str(look.view(name).get("error") or "").rpartition("-> ")[2]
    return words if len(words) <= most else words[:most].rpartition(" ")[0] + " ..."


def _waiting(look: Look) -> list[Evidence]:
    return [said(n, "its manager takes connections, and does not answer") for n in look.hanging]


def _own(look: Look, name: str) -> str:
    database = look.databases[name]
    if database["error"]:
        return f"its database does not answer: {database['error']}"
    return (
        f"its database is a {database['role']}" if database["role"] else "its database says nothing"
    )


def is_isolated(look: Look, name: str) -> bool:
    """Whether a leader's peers have lost it: it does not know that yet."""
    if look.databases[name]["write"] == "ok":
        return False
    others = [n for n in look.of("manager") if n != name]
    waiting = [n for n in others if n in look.hanging]
    cut = name in look.cut_off
    return cut or (bool(others) and len(waiting) * 2 > len(others))


def writes_blocked(look: Look) -> Finding | None:
    """One leads, and its writes wait for a standby that does not come."""
    if len(look.leaders) != 1 or is_isolated(look, look.leaders[0]):
        return None
    leader = look.leaders[0]
    write = look.databases[leader]["write"]
    lists = {who: rows for who, rows in look.lists().items() if len(look.of("database")) > 1}
    without = [w for w, rows in lists.items() if not any(r["role"] == "sync_standby" for r in rows)]
    nobody = bool(without) and len(without) * 2 > len(lists)
    if write == "ok" or (write is None and not nobody):
        return None
    evidence = [] if write is None else [said(leader, f"a write is not acknowledged: {write}")]
    evidence += [said(w, "its Patroni lists no synchronous standby") for w in without]
    missing = [n for n in look.of("database") if n not in look.databases_up]
    following = [
        m["name"]
        for rows in lists.values()
        for row in rows
        if row["role"] == "sync_standby"
        for m in look.case.members
        if is_it(m, row["host"])
    ]
    nodes = missing or sorted(set(following)) or [leader]
    for name in missing:
        evidence += look.about(name)[:2]
    return Finding(
        "writes_blocked",
        f"The database of {leader} leads, and its writes wait for a synchronous standby: {names(nodes)} does not confirm them.",
        nodes,
        evidence,
        "high" if write is not None and (nobody or missing) else "medium",
        # with more than one down, it would wait for the others
        "fix" if len(missing) == 1 and look.by_ssh(missing[0]) else "",
    )


RULES = (frozen, split_brain, quorum_lost, writes_blocked)

__all__ = (
    *(
        "AGAIN",
        "FAILOVER",
        "RULES",
        "STEPS_DOWN",
        "is_between_leaders",
        "is_isolated",
        "leads",
        "leads_out_of_sight",
    ),
    *("let_nobody_in", "listed_leaders", "quorum_lost", "somebody_leads", "writes_blocked"),
)
