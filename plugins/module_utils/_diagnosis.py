# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What is wrong with a cluster, by all that is known of it, and what to do about it. Pure.

Each rule looks for one thing. What it finds is the class; where more is wrong, the worst of it.
"""

from __future__ import annotations

import json
import shlex
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_case import (
    STRANGER,
    Case,
    Json,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._failure_classes import (
    FAILURES,
    ORDER,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._findings import (
    ME,
    Evidence,
    Finding,
    Look,
    names,
    said,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._health import UNNAMED
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._rules_databases import (
    RULES as DATABASES,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._rules_failover import (
    RULES as FAILOVER,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._rules_hosts import (
    RULES as HOSTS,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._rules_managers import (
    RULES as MANAGERS,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._rules_nodes import (
    RULES as NODES,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._rules_replication import (
    RULES as REPLICATION,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._rules_standby import (
    RULES as STANDBY,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._rules_tiers import (
    RULES as TIERS,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._rules_whole import (
    RULES as WHOLE,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._rules_whole import (
    through_the_front,
    ungrouped,
    unknown_tiers,
    unread,
    untold,
    which_it_is,
    wrong_with,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._tidy_case import tidy
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._witnesses import reached

#: What a cause and its consequence have in common: what is down on a host whose disk is full is not mended by starting it.
CAUSES = ("disk_full", "certificates_bad", "clock_skew")
#: What is said of a part is said of the whole as well.
COVERED = {
    "cluster_down": (
        "broker_quorum_lost",
        "several_down",
        "database_quorum_lost",
        "active_down_failover_running",
    ),
    "database_quorum_lost": ("active_down_failover_running", "active_down_no_failover"),
    # which of them is told only where no write was tried
    "active_down_failover_done": ("writes_blocked",),
    "split_brain": (
        *("split_brain_healed", "active_down_failover_done", "active_down_failover_running"),
        *("writes_blocked", "network_broken"),
    ),
    "unclear": (
        *("active_down_failover_running", "database_quorum_lost", "several_down"),
        # of the only one: that the others go on is not said of it
        *("node_down", "database_down", "broker_down", "manager_down"),
    ),
}
#: What is told of the same hosts as well, since nothing is said of it.
BESIDE = {
    "cluster_down": ("node_down", "broker_down", "database_down"),
    "broker_quorum_lost": ("manager_down", "database_down"),
}
#: What puts in doubt who sees whom, or what would be installed.
DOUBT = ("my_path_broken", "network_broken", "unclear", "versions_differ")
#: What the judge of the health says of a tier that nobody asked.
UNASKED = "nothing is known of its"
#: What is told of a database that goes its own way.
SIDES = ("split_brain", "split_brain_healed")
#: What it says where the one that is primary was not asked.
NO_PRIMARY = "one should be primary, and none says so"
NO_MANAGERS = "Put the managers into the group cloudify_managers of the inventory: none was asked."
RULES: dict[str, tuple[t.Callable[[Look], Finding | None], ...]] = {
    "active_standby": (*STANDBY, *MANAGERS, *NODES, *TIERS, *WHOLE, *HOSTS),
    "all_active": (
        *(*DATABASES, *FAILOVER, *MANAGERS, *NODES),
        *(*TIERS, *REPLICATION, *WHOLE, *HOSTS),
    ),
}


def diagnose(
    case: Case,
    *,
    inventories: t.Sequence[str] = ("<inventory>",),
    cluster: str = "<cluster name>",
) -> Json:
    """The class of failure, the evidence for it, and the runbook with its command line.

    C(lasting) is for how many seconds it has been so, as far as the diagnoses before tell.

    :param inventories: their paths, for the command line
    :param cluster: its name, for the command line
    """
    look = Look(tidy(case))
    found = _found(look)
    main = found[0]
    failure = FAILURES[main.kind]
    runbook = _runbook(look, main, found[1:])
    given = _given(look, main, runbook)
    shut = _also_shut(look, main)
    ask = main.ask + _mend_ssh(shut) + ungrouped(look)
    if unknown := _unknown_beside(look, main):
        ask.append(f"Before {failure.runbook}: see whether {names(unknown)} is well.")
    if failure.runbook and not runbook:
        ask.append(_why_not(main, failure.runbook, found[1:]))
    if main.kind not in ("healthy", "unclear"):
        ask += unread(look)
    if main.kind != "healthy" and not look.case.hosts:
        ask.append(
            "Have the hosts asked by ssh: services, disks, certificates and clocks are not known."
        )
    return {
        "class": main.kind,
        "state": failure.state,
        "confidence": main.confidence,
        "summary": main.summary,
        "nodes": main.nodes,
        "evidence": _once(main.evidence + _by_ssh_not(look, shut)),
        "safe": [*failure.safe, *main.safe],
        "first": [*_causes(main, found[1:]), *failure.first, *main.first],
        "runbook": runbook,
        "given": given,
        "command": _command(runbook, given, inventories, cluster),
        "destructive": bool(runbook) and _destroys(runbook),
        "also": [
            {"class": f.kind, "summary": f.summary, "nodes": f.nodes, "evidence": _once(f.evidence)}
            for f in found[1:]
        ],
        "generation": look.case.generation,
        "lasting": look.lasting if look.earlier.get("class") == main.kind else 0.0,
        "active": look.judged["active"],
        "ask": ask,
    }


def _found(look: Look) -> list[Finding]:
    """The worst first."""
    front = look.case.front
    if front and front["answers"] and not look.case.views and not look.case.hosts:
        return [through_the_front(front, which_it_is(look))]
    found = [finding for rule in RULES[look.case.generation] if (finding := rule(look))]
    kinds = {finding.kind for finding in found}
    hushed = {kind for by in kinds for kind in COVERED.get(by, ())}
    found = sorted((f for f in found if f.kind not in hushed), key=lambda f: ORDER.index(f.kind))
    if found:
        worst = found[0]
        # who is down is said by what it has led to, and that a side does not follow, by there being two
        apart = worst.kind in SIDES
        beside = BESIDE.get(worst.kind, ())
        twice = [
            f
            for f in found[1:]
            if set(f.nodes) <= set(worst.nodes)
            and (f.who_is_down or (apart and f.kind == "database_down"))
            and not (f.kind in beside or (f.dead and worst.kind == "cluster_down"))
        ]
        beside_all = [f for f in (untold(look),) if f]
        return [f for f in found if f not in twice] + beside_all + _names_differ(look, worst)
    if told := untold(look):
        return [told]
    problems = [said(*problem.partition(": ")[::2]) for problem in look.judged["problems"]]
    if front and which_it_is(look):
        problems += [said("front", line) for line in wrong_with(front)]
    if problems and look.names and _is_unasked(look, problems):
        return [_by_rest_alone(look)]
    shut = [name for name in look.names if look.is_shut(name)]
    if problems and all(_is_of_shut(look, line, shut) for line in problems):
        return [_shut_out(look, problems, shut)]
    if problems and unknown_tiers(look):
        return [_of_other_names(look, problems)]
    if problems or not look.names:
        why = "No rule fits what the members say." if problems else "No member is known."
        ask = [
            "Diagnose again in half a minute.",
            "Read the evidence: it is all that is not as it should be.",
            *which_it_is(look),
        ]
        return [Finding("unclear", why, [], problems, "low", ask=ask)]
    if shut and not any(look.by_ssh(name) for name in look.names):
        return [_by_rest_alone(look)]
    asked = len(look.case.hosts) == len(look.names) and not shut and bool(look.of("manager"))
    no_managers = [] if look.of("manager") else [NO_MANAGERS]
    everybody = [said(name, "is well, and sees its peers well") for name in look.names]
    return [
        Finding(
            "healthy",
            "All members say that all is well.",
            [],
            everybody + _by_ssh_not(look, shut) + _strangers(look),
            "high" if asked else "medium" if look.of("manager") else "low",
            ask=_mend_ssh(shut) + which_it_is(look) + no_managers,
        )
    ]


def _strangers(look: Look) -> list[Evidence]:
    return [said(ME, note) for note in look.judged["notes"] if note.endswith(STRANGER)]


def _by_ssh_not(look: Look, shut: list[str]) -> list[Evidence]:
    why = {name: look.host(name)["error"] or "no answer" for name in shut}
    return [said(ME, f"{name} does not answer by ssh: {why[name]}") for name in shut]


def _mend_ssh(shut: list[str]) -> list[str]:
    if not shut:
        return []
    unknown = "services, disks, certificates and clocks there are not known"
    return [f"Mend it: ssh does not work from here to {names(shut)}, so that {unknown}."]


def _also_shut(look: Look, main: Finding) -> list[str]:
    """Who is there, and does not let us in by ssh, where the finding itself does not say so."""
    shut = [n for n in look.names if look.is_shut(n) and reached(look.case, n)]
    own = main.kind == "healthy" or main.first == _mend_ssh(main.nodes)
    return [] if own else shut


def _unknown_beside(look: Look, main: Finding) -> list[str]:
    """Whoever has a tier of one that is to be replaced, and does not let us in: of what is left of the tier, nothing is known."""
    if main.action != "replace":
        return []
    tiers = {tier for name in main.nodes for tier in look.case.member(name)["tiers"]}
    return [
        n
        for n in look.names
        if n not in (*main.nodes, *look.dead) and look.is_shut(n) and not look.is_known(n, tiers)
    ]


def _is_unasked(look: Look, problems: list[Evidence]) -> bool:
    """Whether all that is not known is what only the hosts could tell, and none was asked or let us in, or what hosts the inventory does not have."""
    asked = any(look.by_ssh(name) for name in look.names)
    return all(
        UNNAMED in line["says"] or (line["says"].startswith(UNASKED) and not asked)
        for line in problems
    )


def _of_other_names(look: Look, problems: list[Evidence]) -> Finding:
    tiers = names(f"{tier}s" for tier in unknown_tiers(look))
    return Finding(
        "unclear",
        f"The inventory's names of the {tiers} are not the cluster's: it has others, and none of these.",
        [],
        problems + _strangers(look),
        "low",
        first=[
            "Name the hosts in the inventory as the cluster does (cloudify_hostname, cloudify_private_ip), if it is the inventory of this "
            "cluster, and diagnose again."
        ],
    )


def _names_differ(look: Look, worst: Finding) -> list[Finding]:
    """Beside what else is found."""
    if not unknown_tiers(look):
        return []
    told = _of_other_names(look, [])
    worst.ask += told.first
    return [told]


def _is_of_shut(look: Look, line: Evidence, shut: list[str]) -> bool:
    """Whether it is only what a host would tell that does not let us in."""
    if line["says"] == NO_PRIMARY:
        return bool(set(shut) & set(look.of("database")))
    return line["who"] in shut and line["says"].startswith(UNASKED)


def _shut_out(look: Look, problems: list[Evidence], shut: list[str]) -> Finding:
    return Finding(
        "my_path_broken",
        f"Nothing is known of {names(shut)} but what others say, and by that all is well.",
        shut,
        problems + _by_ssh_not(look, shut),
        "medium",
        first=_mend_ssh(shut),
    )


def _by_rest_alone(look: Look) -> Finding:
    shut = [name for name in look.names if look.is_shut(name)]
    unasked = "" if look.standby else "; not all databases and brokers were asked themselves"
    ask = _mend_ssh(shut) or [
        "Put the hosts of all tiers into the inventory, and have them asked by ssh: a split brain of the databases does not show over REST."
    ]
    return Finding(
        "healthy",
        f"By what the managers say over REST alone all is well{unasked}.",
        [],
        [said(name, "is well, and sees its peers well") for name in look.of("manager")]
        + _by_ssh_not(look, shut)
        + _strangers(look),
        "low",
        ask=ask + which_it_is(look),
    )


def _given(look: Look, main: Finding, runbook: str) -> Json:
    """The variables that the runbook is to be given, beside the confirmation."""
    given: Json = {}
    if runbook in ("replace_node", "recover_active"):
        given["node"] = main.nodes[0]
        others = [name for name in look.dead if name != main.nodes[0]]
        if others:
            given["cloudify_dead"] = others
    if runbook == "recover_active" and main.action == "fix":
        given["cloudify_action"] = "fix"
    return given


def _command(runbook: str, given: Json, inventories: t.Sequence[str], cluster: str) -> str:
    if not runbook:
        return ""
    words = ["ansible-playbook", f"cloudify_ha.recovery.{runbook}"]
    for inventory in inventories:
        words += ["-i", inventory]
    for name, value in {**given, "cloudify_confirm": cluster}.items():
        plain = isinstance(value, str)
        words += ["-e", f"{name}={value}" if plain else json.dumps({name: value})]
    return " ".join(word if "<" in word else shlex.quote(word) for word in words)


def _runbook(look: Look, main: Finding, also: list[Finding]) -> str:
    """None where the evidence does not bear it."""
    wanted = FAILURES[main.kind].runbook
    if not wanted or main.confidence == "low":
        return ""
    # nothing is replaced or rebuilt while another finding puts that in doubt
    doubt = any(each.kind in DOUBT for each in also)
    if main.action == "fix" and len(main.nodes) == 1:
        return "recover_active"
    if main.action == "replace":
        return (
            wanted
            if main.confidence == "high"
            and not (doubt or _unknown_beside(look, main))
            and look.surely_dead(main.nodes)
            else ""
        )
    if main.action == "rebuild":
        return wanted if main.confidence == "high" and not doubt else ""
    if _destroys(wanted) or (wanted == "recover_active" and not _is_of_the_active(main)):
        return ""
    return wanted


def _is_of_the_active(main: Finding) -> bool:
    return main.kind.startswith("active_down") and len(main.nodes) == 1


def _destroys(runbook: str) -> bool:
    return runbook in ("replace_node", "rebuild_cluster", "restore")


def _why_not(main: Finding, runbook: str, also: list[Finding]) -> str:
    doubt = [each for each in also if each.kind in DOUBT]
    if doubt:
        return f"Before {runbook}: {doubt[0].summary} Put that right, and diagnose again."
    if main.confidence != "high":
        return f"Before {runbook}: the evidence is not enough for it. Diagnose again."
    who = names(main.nodes)
    if runbook == "recover_active":
        several = len(main.nodes) > 1
        each = f", one after another, for each of {who}" if several else ""
        node = "NODE" if several else who
        return f"Where services are down: {runbook} -e node={node} -e cloudify_action=fix{each}."
    # its managers are there, and wait for their databases
    word = " (with -e cloudify_cluster_is_lost=true)" if main.kind == "database_quorum_lost" else ""
    return f"Before {runbook}{word}: bring back what can be brought back of {who}; it is for what is lost for good."


def _causes(main: Finding, also: list[Finding]) -> list[str]:
    return [
        f"{each.summary} {FAILURES[each.kind].first[0]}"
        for each in also
        if each.kind in CAUSES and main.kind not in CAUSES and set(each.nodes) & set(main.nodes)
    ]


def _once(evidence: list[dict[str, str]]) -> list[dict[str, str]]:
    return list({(line["who"], line["says"]): line for line in evidence}.values())


__all__ = ("diagnose",)
