# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Rules of the diagnosis for managers, brokers and databases that are down. Pure."""

from __future__ import annotations

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_case import (
    Json,
    is_it,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_signs import (
    IN_STATUS,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    REMOVED,
    STANDBY,
)
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
    somebody_leads,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._rules_nodes import (
    works,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._witnesses import (
    contact,
    reached,
)

ONE = {"manager": "manager_down", "broker": "broker_down", "database": "database_down"}


def brokers(look: Look) -> Finding | None:
    members = look.of("broker")
    down = [n for n in members if (look.probe(n, "broker") or {}).get("error") or n in look.dead]
    known = [n for n in members if look.probe(n, "broker")]
    if look.standby or not known or len(members) - len(down) >= majority(len(members)):
        return _by_metrics(look, members) if not known else None
    evidence = [
        said(n, "its broker does not answer: " + (look.probe(n, "broker") or {}).get("error", ""))
        for n in known
        if n in down
    ]
    evidence += [line for n in down if n not in known for line in look.about(n)[:2]]
    slow = any("no answer" in (look.probe(n, "broker") or {}).get("error", "") for n in known)
    return Finding(
        "broker_quorum_lost",
        f"{len(members) - len(down)} of {len(members)} brokers are left, which is no majority: no workflow runs.",
        down,
        evidence,
        "medium" if slow or len(known) * 2 <= len(members) else "high",
    )


def brokers_apart(look: Look) -> Finding | None:
    """Brokers that answer, and are not one cluster with the others: by a partition, or since they were forgotten."""
    members = look.of("broker")
    away = [*look.dead, *look.hidden, *(n for n in look.cut_off if works(look, n))]
    probes = {n: look.probe(n, "broker") for n in members if n not in away}
    told = {n: probe for n, probe in probes.items() if probe and not probe["error"]}
    if look.standby or len(members) < 2 or not told or brokers(look) is not None:
        return None
    # by their own names, which may be others than the inventory's
    sees = {n: sorted(set(probe["running"])) for n, probe in told.items()}
    alone = [n for n in told if len(sees[n]) < majority(len(members))]
    parted = [n for n in told if told[n]["partitions"]]
    if not alone and not parted:
        return None
    evidence = [
        said(n, f"its broker sees only {names(sees[n]) or 'nobody'} running") for n in alone
    ]
    evidence += [said(n, f"its broker is in a partition: {told[n]['partitions']}") for n in parted]
    lost = len(alone) == len(told) >= majority(len(members))
    kind = "broker_quorum_lost" if lost else "broker_down"
    # one that is just starting has not met the others yet
    lasts = look.earlier.get("class") == kind and look.lasting > 0
    nodes = [n for n in members if n in alone or n in parted]
    return Finding(
        kind,
        f"The brokers of {names(nodes)} run, and are not one cluster with the others"
        + (": none has a majority." if lost else "."),
        nodes,
        evidence,
        "high" if lasts else "medium",
        first=[
            "See that the brokers reach each other by name (ports 4369 and 25672), then restart"
            f" cloudify-rabbitmq, one after another, on {names(nodes)}."
        ],
        ask=[] if lasts else [AGAIN],
    )


def fails_by_metrics(look: Look) -> Finding | None:
    """A tier that every manager sees as failed, where nothing else says why."""
    broken = broken_tiers(look)
    views = {n: look.view(n).get("cluster_status") for n in look.of("manager")}
    by_name = {member["name"]: member for member in look.case.members}
    for tier, kind in ONE.items():
        told = [_tier_of(look, n, tier) for n, status in views.items() if status]
        if len(told) < max(1, len(views)) or not all(t and t["status"] == "Fail" for t in told):
            continue
        bad = {node: how for each in told for node, how in (each or {})["nodes"].items()}
        bad = {node: how for node, how in bad.items() if how["status"] != "OK"}
        found = [n for n in look.of(tier) if any(is_it(by_name[n], node) for node in bad)]
        services = any(
            why.startswith("service ") for how in bad.values() for why in how["failures"]
        )
        by_others = any(tier in broken.get(n, {}) for n in found) and len(broken) < len(look.names)
        if services or by_others or set(found) & set(look.dead) or _is_told(look, tier):
            continue
        return Finding(
            kind,
            f"Every manager sees the {tier}s as failed, and nothing else does.",
            found or look.of(tier),
            [said(n, f"sees the {tier}s as Fail") for n, status in views.items() if status],
            "low",
            ask=[AGAIN],
            who_is_down=True,
        )
    return None


def _is_told(look: Look, tier: str) -> bool:
    """Whether a rule of its own tells of this tier."""
    if tier == "broker":
        return brokers(look) is not None
    return tier == "database" and bool(look.databases) and not somebody_leads(look)


def _by_metrics(look: Look, members: list[str]) -> Finding | None:
    told = {n: _tier_of(look, n, "broker") for n in look.of("manager")}
    bad = [n for n, tier in told.items() if tier and tier["status"] == "Fail" and tier["nodes"]]
    asked = [n for n, tier in told.items() if tier]
    if not bad or len(bad) * 2 <= len(asked):
        return None
    evidence = [said(n, "sees the brokers as Fail") for n in bad]
    confidence = "medium" if len(bad) > 1 else "low"
    return Finding(
        "broker_quorum_lost",
        "Most managers see no majority of brokers.",
        members,
        evidence,
        confidence,
    )


def _tier_of(look: Look, name: str, tier: str) -> Json | None:
    status = look.view(name).get("cluster_status") or {}
    return (status.get("tiers") or {}).get(IN_STATUS[tier])


def broken_tiers(look: Look) -> dict[str, dict[str, list[Evidence]]]:
    """Member -> tier that is down -> who says so. Nobody who is out of sight or cut off."""
    found: dict[str, dict[str, list[Evidence]]] = {}
    away = [*look.hidden, *look.unwitnessed, *(n for n in look.cut_off if works(look, n))]
    for member in look.case.members:
        name = member["name"]
        if name in away:
            continue
        for tier in member["tiers"]:
            told = [said(ME, f"{name} is dead")] if name in look.dead else _broken(look, name, tier)
            if told:
                found.setdefault(name, {})[tier] = told
    return found


def _broken(look: Look, name: str, tier: str) -> list[Evidence]:
    if name in look.hung:
        return [said(ME, f"{name} takes connections, and answers nothing: the host hangs")]
    if tier == "manager":
        return _broken_manager(look, name)
    if look.standby:
        return []
    probe = look.probe(name, tier)
    if probe is not None:
        why = probe["error"]
        return [said(name, f"its {tier} does not answer: {why}")] if why else []
    member = look.case.member(name)
    bad: list[str] = []
    good: list[str] = []
    for manager in look.of("manager"):
        for node, how in ((_tier_of(look, manager, tier) or {}).get("nodes") or {}).items():
            if is_it(member, node):
                (good if how["status"] == "OK" else bad).append(manager)
    return (
        [said(n, f"sees the {tier} of {name} as down") for n in bad] if len(bad) > len(good) else []
    )


def _waits(look: Look) -> bool:
    """Whether most managers hang, as they do while they wait for the database: that is another matter than one that is down."""
    return len(look.hanging) * 2 > len(look.of("manager"))


def _broken_manager(look: Look, name: str) -> list[Evidence]:
    view = look.view(name)
    if not view or view["denied"] or view.get("unasked"):
        return []
    if name in look.astray or name in look.wrong_way:
        return []
    if view["hangs"]:
        told = [said(ME, f"{name} takes connections, and does not answer over REST")]
        return [] if _waits(look) else told
    if not view["answers"]:
        return [said(ME, f"{name}: {view['error'] or 'no answer over REST'}")]
    code = view["status_code"]
    if code == 200 or (look.standby and view["error_code"] == STANDBY):
        return []
    if (look.databases or look.no_databases) and not somebody_leads(look):
        # none can do anything without a database
        return []
    if look.all_slow:
        return []
    why = view["error"] or (view["errors"] or {}).get("status") or "no reason is given"
    how = "does not say in time how it is" if code == 0 else "answers with an error"
    return [said(name, f"{how}: {why}")]


def _action(look: Look, dead: list[str], alive: list[str]) -> str:
    if dead:
        return "" if any(look.last_of(name) for name in dead) else "replace"
    if look.is_empty(alive[0]) or _is_removed(look, alive[0]):
        return ""
    return "fix" if look.by_ssh(alive[0]) or look.standby else ""


def _is_removed(look: Look, name: str) -> bool:
    return look.view(name).get("error_code") == REMOVED


def _first(look: Look, name: str, dead: bool) -> list[str]:
    """What is peculiar to this one."""
    if look.is_empty(name):
        return [
            f"{name} has nothing of the product: if it is its new host, replace_node -e node={name} is for it."
        ]
    if _is_removed(look, name):
        return [
            f"{name} was removed from its cluster, and cannot join again: shut it down, and run replace_node -e node={name}."
        ]
    if dead and look.other_name(name):
        return look.other_name(name)
    tiers = look.last_of(name) if dead else []
    return (
        [
            f"Nobody is left beside {name} as {names(tiers)}: rebuild_cluster is for that, once it is lost for good."
        ]
        if tiers
        else []
    )


def _one_by_one(look: Look) -> dict[str, dict[str, list[Evidence]]]:
    """The same, without a tier of which nobody is left where something is wrong everywhere: that is for the rules that know of all of it."""
    found = broken_tiers(look)
    if not len(found) == len(look.names) > 1:
        return found
    whole = [t for t in ONE if look.of(t) and all(t in found[n] for n in look.of(t))]
    left = {n: {t: e for t, e in tiers.items() if t not in whole} for n, tiers in found.items()}
    return {name: tiers for name, tiers in left.items() if tiers}


def down(look: Look) -> Finding | None:
    found = _one_by_one(look)
    if not found:
        return None
    dead = [name for name in found if name in look.dead]
    alive = [name for name in found if name not in dead]
    if len(found) > 1:
        kind = "several_down"
    else:
        tiers = next(iter(found.values()))
        kind = ONE.get(next(iter(tiers)), "node_down") if len(tiers) == 1 else "node_down"
    evidence = [line for name in dead for line in look.about(name)]
    for name in alive:
        evidence += [line for tier in found[name].values() for line in tier] + look.services(name)
    doubts = [line for name in alive for line in _doubts(look, name)]
    confidence = look.how_sure_dead(dead) if dead else "high"
    slow = [n for n in alive if n in look.hanging or look.is_slow(n) or look.is_shut(n)]
    if slow and confidence == "high":
        confidence = "medium"
    if confidence == "high" and len(found) < len(broken_tiers(look)):
        # nobody is left of another tier, and why is not known here
        confidence = "medium"
    if not all(reached(look.case, name) for name in alive):
        confidence = "medium" if confidence == "high" and not doubts else "low"
    each = "; ".join(f"{n} ({'dead' if n in dead else ', '.join(found[n])})" for n in found)
    finding = Finding(kind, f"Down: {each}.", list(found), evidence + doubts, confidence, dead=dead)
    finding.who_is_down = True
    if confidence != "high" and (dead or slow):
        finding.ask.append(AGAIN)
    # of several, the others have to be well enough for a runbook that puts right one of them
    if confidence == "high" and (len(found) == 1 or not alive):
        finding.action = _action(look, dead, alive)
    for name in found:
        finding.first += _first(look, name, name in dead)
    if look.standby and len(look.names) - len(found) < majority(len(look.names)):
        finding.action = ""
        finding.first.append(
            "The active one goes on without a majority: what it takes may be lost if others come back as active."
        )
    return finding


def _doubts(look: Look, name: str) -> list[Evidence]:
    """Who refuses this controller, and is seen alive."""
    told = contact(look.case, name)
    if told is None or told.alive:
        return []
    return [line for line in look.about(name) if line["who"] != ME]


def behind(look: Look) -> Finding | None:
    """A database that follows, and does not replay what it has got."""
    found = []
    for name in look.databases_up:
        log = look.patroni(name).get("xlog") or {}
        if look.databases[name]["role"] == "replica" and log.get("paused"):
            found.append(name)
    if not found:
        return None
    return Finding(
        "database_down",
        f"The database of {names(found)} does not replay what it gets: it is behind, and cannot take over.",
        found,
        [said(n, "its replay is paused (pg_wal_replay_pause)") for n in found],
        "high",
        first=[
            f"On {names(found)}: select pg_wal_replay_resume(), or pg_xlog_replay_resume() up to 6.4."
        ],
    )


RULES = (brokers, brokers_apart, down, behind, fails_by_metrics)

__all__ = ("RULES", "broken_tiers")
