# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Rules of the diagnosis for what only shows in the whole: the way in, rows, and registers. Pure."""

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
    names,
    said,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._rules_databases import AGAIN

#: What a manager says of itself, if anything: up to 4.x, and from 5.0 on.
WELL = ("", "running", "OK")


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
    sure = "high" if look.judged["healthy"] or look.standby else "medium"
    return Finding(
        "load_balancer_broken",
        "The address that users take does not answer, and the managers behind it do.",
        [],
        evidence,
        "low" if front["guessed"] else sure,
        ask=which_it_is(look),
    )


def which_it_is(look: Look) -> list[str]:
    """Of an address that nobody has said to be the load balancer's."""
    guessed = (look.case.front or {}).get("guessed")
    return (
        [
            f"Whether {guessed} is the load balancer, or a manager that no register has: put the managers into the group cloudify_managers of the inventory."
        ]
        if guessed
        else []
    )


def wrong_with(front: Json) -> list[str]:
    """By its own word."""
    bad = []
    if front["status_code"] != 200:
        bad.append(front["error"] or f"answers with HTTP {front['status_code']}")
    if front["status"] not in WELL:
        bad.append(f"says of itself: {front['status']}")
    bad += [f"says that {service} is down" for service in front["inactive"] or []]
    bad += [f"does not tell its {what}: {why}" for what, why in front["errors"].items()]
    if front["maintenance"] not in ("", "deactivated"):
        bad.append(f"says that maintenance mode is {front['maintenance']}")
    if front["restoring"]:
        bad.append("says that a restore is running")
    bad += [f"sees {n['name']} offline" for n in front["nodes"] or [] if n["online"] is False]
    status = front["cluster_status"] or {"status": "OK", "tiers": {}}
    for tier, told in status["tiers"].items():
        nodes = told["nodes"].items()
        bad += [f"sees {tier} {n} as {how['status']}" for n, how in nodes if how["status"] != "OK"]
    if status["status"] != "OK":
        bad.append(f"sees the cluster as {status['status']}")
    return bad


def through_the_front(front: Json, which: list[str]) -> Finding:
    """Nobody was asked but an address that none of the managers has: whose word it is, nobody knows."""
    bad = wrong_with(front)
    ask = [
        "Name the managers themselves, in manager_hosts or in the group cloudify_managers of the inventory: only the address that users take was asked.",
        *which,
    ]
    if bad:
        why = "Only the address that users take was asked, and by what it says not all is well."
        return Finding("unclear", why, [], [said("front", line) for line in bad], "low", ask=ask)
    return Finding(
        "healthy",
        "By what the address says that users take all is well; nobody else was asked.",
        [],
        [said("front", "answers, and says that all is well")],
        "low",
        ask=ask,
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
    newer = [line for name in differ for line in _newer(look, name, leader)]
    apart = [line for name in differ for line in _not_followed(look, name, leader)]
    # one that comes back is not followed for a moment, either
    still = look.earlier.get("class") == "split_brain_healed" and look.lasting > 0
    sure = bool(newer or (apart and still))
    return Finding(
        "split_brain_healed",
        _gone(names(differ), leader, sure),
        sorted([*differ, leader]),
        newer + apart + evidence,
        "high" if sure and evidence else "medium" if sure else "low",
        ask=[] if sure else [_WRITES if not apart else AGAIN],
    )


def _gone(who: str, leader: str, sure: bool) -> str:
    if sure:
        return f"{who} has gone another way than {leader}, which leads: what only one side has is lost as soon as one is made anew."
    return f"{who} has other rows than {leader}, which leads: it has gone another way, or does not have yet what is just being written."


_WRITES = (
    "Diagnose again while nobody writes: rows that are just being written differ for a moment."
)


def _age(look: Look, name: str, leader: str) -> int:
    """-1, 0 or 1: whether its timeline is older than the leader's, the same, or newer, which no database that follows can have."""
    line, other = (look.patroni(n).get("timeline") for n in (leader, name))
    return 0 if line is None or other is None else (other > line) - (other < line)


def _rows(counts: t.Mapping[str, t.Any], table: str) -> str:
    return f"{counts[table]:.0f}" if counts.get(table) is not None else "none"


def _newer(look: Look, name: str, leader: str) -> list[Evidence]:
    """What no database that follows can have. How much of the log each has says nothing: they were not asked at the same moment."""
    if _age(look, name, leader) <= 0:
        return []
    ours, theirs = (look.patroni(n)["timeline"] for n in (leader, name))
    says = f"is on timeline {theirs:g}, newer than {leader}'s {ours:g}"
    return [said(name, f"{says}, as no database is that follows it")]


def _not_followed(look: Look, name: str, leader: str) -> list[Evidence]:
    """By the leader's own word: one whose Patroni has not answered has not said that it sends to nobody."""
    body = look.patroni(leader)
    member = look.case.member(name)
    if not body or any(is_it(member, each["client_addr"]) for each in body["replication"]):
        return []
    return [said(leader, f"does not send to {name}, and Patroni shows no lag")]


def registers_differ(look: Look) -> Finding | None:
    """By the judge's words."""
    told = [p for p in look.judged["problems"] if any(words in p for words in REGISTER_WORDS)]
    if not told:
        return None
    evidence = [said(*problem.partition(": ")[::2]) for problem in told]
    words = [word for line in evidence for word in line["says"].replace(",", "").split()]
    nodes = [name for name in look.names if name in words]
    if nodes and set(nodes) <= {n for tier in unknown_tiers(look) for n in look.of(tier)}:
        return None
    return Finding(
        "registers_differ",
        "The managers list other members than there are.",
        nodes,
        evidence,
        "high",
        first=[line for name in nodes for line in look.other_name(name)],
    )


def unknown_tiers(look: Look) -> list[str]:
    """Of which the cluster has others, and none of the inventory's."""
    members = look.case.members
    tiers = sorted({tier for member in members for tier in member["tiers"]})
    return [tier for tier in tiers if all(look.case.member(n)["stranger"] for n in look.of(tier))]


REGISTER_WORDS = (
    *("in its register", "lists other managers", "lists other brokers", "lists other databases"),
)


def untold(look: Look) -> Finding | None:
    """Beside what else is found: managers that are there, and of which none has said in time how it is."""
    if not look.all_slow:
        return None
    slow = [n for n in look.of("manager") if look.is_slow(n)]
    return Finding(
        "unclear",
        f"{names(slow)} answers, and does not say in time how it is.",
        slow,
        [said(n, look.view(n)["error"] or "no answer in time") for n in slow],
        "low",
        ask=["Diagnose again in half a minute, or with a later deadline (diagnose_deadline)."],
    )


def ungrouped(look: Look) -> list[str]:
    """What to do about managers whose hosts were not asked, where others were."""
    found = [n for n in look.of("manager") if n not in look.case.hosts]
    if not found or not look.case.hosts:
        return []
    group = "the group cloudify_managers of the inventory, if not there"
    return [f"Put {names(found)} into {group}: their hosts were not asked by ssh."]


def unread(look: Look) -> list[str]:
    """What to ask about registers that could not be read, which says nothing of what is in them."""
    problems = [p for p in look.judged["problems"] if "does not list the " in p]
    return [f"Diagnose again: {line}." for line in problems if ": " in line][:1]


def versions_differ(look: Look) -> Finding | None:
    """By what managers say over REST, or by the packages that hosts have."""
    told = [{n: look.view(n).get("version") for n in look.names}]
    told.append({n: look.host(n).get("package") for n in look.names})
    for found in told:
        versions = {name: version for name, version in found.items() if version}
        if len(set(versions.values())) > 1:
            each = ", ".join(f"{name} {version}" for name, version in versions.items())
            return Finding(
                "versions_differ",
                f"The members are of different versions: {each}.",
                list(versions),
                [said(name, f"is of version {version}") for name, version in versions.items()],
                "high",
            )
    return None


RULES = (rows_differ, load_balancer_broken, registers_differ, versions_differ)

__all__ = (
    *("RULES", "through_the_front", "ungrouped", "unknown_tiers", "unread", "untold"),
    *("which_it_is", "wrong_with"),
)
