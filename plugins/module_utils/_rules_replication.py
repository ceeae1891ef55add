# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Rules of the diagnosis for databases that all answer, and would not take over from each other. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_case import (
    Json,
    is_it,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._findings import (
    Evidence,
    Finding,
    Look,
    majority,
    names,
    said,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._rules_databases import (
    AGAIN,
    is_isolated,
)

#: Bytes by which a replica may be behind. One WAL segment (16 MiB) is shown after each switch of them, and Patroni's numbers are those of
#: ten seconds ago, in which a restore writes many of them.
LAG = 512 * 1024**2
#: How Patroni shows a database that has ended; what has "failed" in its name has, too.
ENDED = ("stopped", "crashed")


def _leader(look: Look) -> str:
    """The one that leads beyond doubt."""
    found = sorted(set(look.leaders) | set(look.primaries))
    if len(found) != 1 or len(look.of("database")) < 2 or is_isolated(look, found[0]):
        return ""
    return found[0]


def not_following(look: Look) -> Finding | None:
    """A replica that answers, and that its peers know to be behind, not to follow, or not to run."""
    leader = _leader(look)
    if not leader:
        return None
    found: dict[str, list[Evidence]] = {}
    for name in look.databases_up:
        paused = (look.patroni(name).get("xlog") or {}).get("paused")
        if name == leader or paused or name in look.cut_off:
            continue
        told = _ended(look, name) or _lags(look, name) or _unknown_to(look, leader, name)
        if told:
            found[name] = told
    if not found:
        return None
    # one that has just been started shows the same
    lasts = look.earlier.get("class") == "database_down" and look.lasting > 0
    return Finding(
        "database_down",
        f"The database of {names(found)} answers, and does not keep up with {leader}, which leads: it cannot take over.",
        list(found),
        [line for told in found.values() for line in told],
        "high" if lasts else "low",
        first=[f"Look at the logs of Patroni and PostgreSQL on {names(found)}."],
        ask=[] if lasts else [AGAIN],
    )


def _rows_of(look: Look, name: str) -> dict[str, Json]:
    """How each list of Patroni has it."""
    member = look.case.member(name)
    return {
        who: row for who, rows in look.lists().items() for row in rows if is_it(member, row["host"])
    }


def _by_most(look: Look, found: t.Mapping[str, str]) -> list[Evidence]:
    return [said(*each) for each in found.items()] if len(found) * 2 > len(look.lists()) else []


def _ended(look: Look, name: str) -> list[Evidence]:
    return _by_most(
        look,
        {
            who: f"its Patroni lists {name} as {row['state']}"
            for who, row in _rows_of(look, name).items()
            if row["state"] in ENDED or "failed" in row["state"]
        },
    )


def _lags(look: Look, name: str) -> list[Evidence]:
    return _by_most(
        look,
        {
            who: f"its Patroni lists {name} as {row['lag'] / 1024**2:.0f} MiB behind"
            for who, row in _rows_of(look, name).items()
            if isinstance(row["lag"], (int, float)) and row["lag"] > LAG
        },
    )


def _unknown_to(look: Look, leader: str, name: str) -> list[Evidence]:
    """By the leader's own word, of whom it sends to. Each is known by its name in Patroni, as its address may be that of another network."""
    body = look.patroni(leader)
    member = look.case.member(name)
    if body.get("state") != "running" or look.databases[name]["role"] != "replica":
        return []
    called = {row["name"] for row in _rows_of(look, name).values()}
    rows = body["replication"]
    if len(rows) >= len(look.of("database")) - 1:
        return []
    if any(r["application_name"] in called or is_it(member, r["client_addr"]) for r in rows):
        return []
    return [said(leader, f"does not send to {name}")]


def paused(look: Look) -> Finding | None:
    """Nobody takes over while Patroni is paused. Where a split brain is frozen, it is so on purpose."""
    found = [
        n for n in look.databases_up if (look.databases[n]["cluster"]["body"] or {}).get("pause")
    ]
    frozen = any(look.host(n).get("frozen") for n in look.of("database"))
    if not _leader(look) or frozen or len(found) * 2 <= len(look.lists()):
        return None
    return Finding(
        "database_down",
        "Patroni is paused: no database takes over from the one that leads, and none that stops is started again.",
        found,
        [said(n, "its Patroni is paused") for n in found],
        "high",
        first=[
            "Find out who has paused it, and whether that work is done. Then let it go on: patronictl resume."
        ],
    )


def etcd_down(look: Look) -> Finding | None:
    """Of a minority: else nobody leads. Where the service itself is told to be down, that is enough."""
    members = look.of("database")
    found = [
        n
        for n in look.databases_up
        if look.databases[n].get("etcd") is False
        and n not in look.cut_off
        and "etcd" not in (look.view(n).get("inactive") or [])
        and "etcd" not in dict(look.stopped(n))
    ]
    if not _leader(look) or not found or len(found) >= majority(len(members)):
        return None
    return Finding(
        "database_down",
        f"The etcd of {names(found)} does not answer, or sees no quorum: its database works, and one more etcd that is lost stops all.",
        found,
        [said(n, "its etcd does not answer, or has no quorum") for n in found],
        "medium",
        first=[f"Look at the logs of etcd on {names(found)}, and restart it there."],
        ask=[AGAIN],
    )


RULES = (not_following, paused, etcd_down)

__all__ = ("LAG", "RULES")
