# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Rules of the diagnosis for what only shows in the whole: the way in, rows, and registers. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_case import (
    is_it,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._findings import (
    Evidence,
    Finding,
    Look,
    names,
    said,
)


def load_balancer_broken(look: Look) -> Finding | None:
    front = look.case.front
    managers = look.of("manager")
    if front is None or not managers or (front["answers"] and front.get("status_code") == 200):
        return None
    serving = [
        n
        for n in managers
        if look.view(n).get("answers") and look.view(n).get("status_code") == 200
    ]
    if len(serving) < (1 if look.standby else (len(managers) + 1) // 2):
        return None
    evidence = [said("front", front["error"] or "answers with an error")]
    evidence += [said(n, "answers this controller directly, and well") for n in serving]
    return Finding(
        "load_balancer_broken",
        "The address that users take does not answer, and the managers behind it do.",
        [],
        evidence,
        "high" if look.judged["healthy"] or look.standby else "medium",
    )


def rows_differ(look: Look) -> Finding | None:
    """Databases that call themselves one cluster, and have gone different ways.

    What Patroni shows then is health: no lag, and a standby that follows synchronously.
    """
    up = [n for n in look.databases_up if not (look.patroni(n).get("xlog") or {}).get("paused")]
    leading = sorted(set(look.leaders) | set(look.primaries))
    if len(leading) != 1 or leading[0] not in up:
        return None
    leader = leading[0]
    mine = look.databases[leader]["counts"]
    evidence: list[Evidence] = []
    differ = []
    for name in up:
        if name == leader or _age(look, name, leader) < 0:
            # one that has not followed yet has no rows to compare
            continue
        theirs = look.databases[name]["counts"]
        tables = [
            x for x in sorted({*mine, *theirs}) if mine and theirs and mine.get(x) != theirs.get(x)
        ]
        if tables:
            told = ", ".join(
                f"{x} {_rows(theirs, x)} instead of {_rows(mine, x)}" for x in tables[:3]
            )
            evidence.append(said(name, f"has other rows than {leader}: {told}"))
        if tables or _age(look, name, leader) > 0:
            differ.append(name)
    if not differ:
        return None
    signs = _forked(look, leader, differ)
    return Finding(
        "split_brain_healed",
        f"{names(differ)} has gone another way than {leader}, which leads: what only one side has is lost as soon as one is made anew.",
        sorted([*differ, leader]),
        signs + evidence,
        "high" if signs and evidence else "medium" if signs else "low",
        ask=(
            []
            if signs
            else [
                "Diagnose again while nobody writes: rows that are just being written differ for a moment."
            ]
        ),
    )


def _age(look: Look, name: str, leader: str) -> int:
    """-1, 0 or 1: whether its timeline is older than the leader's, the same, or newer, which no database that follows can have."""
    line, other = (look.patroni(n).get("timeline") for n in (leader, name))
    return 0 if line is None or other is None else (other > line) - (other < line)


def _rows(counts: t.Mapping[str, t.Any], table: str) -> str:
    return f"{counts[table]:.0f}" if counts.get(table) is not None else "none"


def _forked(look: Look, leader: str, differ: list[str]) -> list[Evidence]:
    """What no database that follows can have."""
    found = []
    ours = (look.patroni(leader).get("xlog") or {}).get("location")
    line = look.patroni(leader).get("timeline")
    streaming = look.patroni(leader).get("replication") or []
    for name in differ:
        body = look.patroni(name)
        theirs = (body.get("xlog") or {}).get("received_location")
        member = next(m for m in look.case.members if m["name"] == name)
        if _age(look, name, leader) > 0:
            says = f"is on timeline {body['timeline']:g}, newer than {leader}'s {line:g}"
            found.append(said(name, f"{says}, as no database is that follows it"))
        elif ours and theirs and theirs > ours:
            found.append(said(name, f"has got more of the log than {leader} has written"))
        elif not any(is_it(member, each["client_addr"]) for each in streaming):
            found.append(said(leader, f"does not send to {name}, and Patroni shows no lag"))
    return found


def registers_differ(look: Look) -> Finding | None:
    """By the judge's words."""
    told = [p for p in look.judged["problems"] if any(words in p for words in REGISTER_WORDS)]
    if not told:
        return None
    evidence = [said(*problem.partition(": ")[::2]) for problem in told]
    words = [word for line in evidence for word in line["says"].replace(",", "").split()]
    nodes = [name for name in look.names if name in words]
    return Finding(
        "registers_differ",
        "The managers list other members than there are.",
        nodes,
        evidence,
        "high",
    )


REGISTER_WORDS = (
    *("in its register", "lists other managers", "lists other brokers", "lists other databases"),
    *("does not list the managers", "does not list the brokers", "does not list the databases"),
    "of different versions",
)


RULES = (rows_differ, load_balancer_broken, registers_differ)

__all__ = ("RULES",)
