# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Rules of the diagnosis for managers of which none serves anybody. Pure."""

from __future__ import annotations

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._findings import (
    ME,
    Evidence,
    Finding,
    Look,
    names,
    said,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._rules_databases import (
    AGAIN,
    quorum_lost,
    writes_blocked,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._rules_failover import failover
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._rules_nodes import (
    CORRECT,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._rules_tiers import (
    broken_tiers,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._witnesses import reached


def nobody_answers(look: Look) -> Finding | None:
    """No manager serves anybody, whatever the rest does."""
    managers = look.of("manager")
    there = ("answers", "hangs", "denied")
    if not managers or any(look.view(n).get(how) for n in managers for how in there):
        return None
    if all(look.view(n).get("unasked") for n in managers):
        return _nobody_asked(look, managers)
    if look.served:
        return who_is_served(
            look,
            "No manager answers this controller",
            [line for name in managers for line in look.about(name)[:1]],
        )
    if set(managers) <= set(look.hidden):
        return None
    evidence = [line for n in managers for line in _of_rest(look, n) + look.services(n)]
    evidence += [line for name in look.names for line in look.about(name)[:2]]
    if any(reached(look.case, name) for name in look.names):
        return _no_manager(look, managers, evidence)
    refused = [n for n in managers if "refused" in (look.view(n).get("error") or "")]
    if len(refused) == len(managers):
        return Finding(
            "cluster_down",
            "No member answers: every manager's address refuses connections.",
            look.names,
            evidence,
            "low",
            ask=["Look at the hosts' consoles, or ask from another place."],
        )
    return Finding(
        "unclear",
        "No member answers at all: the whole cluster is down, or only the way from this controller to it is broken.",
        look.names,
        evidence,
        "low",
        first=["Ask from another place before anything is done to the cluster."],
        ask=["Run diagnose from another place.", "Look at the hosts' consoles."],
    )


def who_is_served(look: Look, but: str, evidence: list[Evidence]) -> Finding:
    """Of managers that do not serve this controller, where users are served."""
    well = "answers, and says that all is well" if (look.case.front or {})["status"] else "answers"
    return Finding(
        "my_path_broken",
        f"{but}, and the address that users take does.",
        look.of("manager"),
        [said("front", well), *evidence],
        "medium",
    )


def _nobody_asked(look: Look, managers: list[str]) -> Finding:
    """That says as little of the managers as a wrong login does."""
    evidence = [said(ME, f"{n}: not asked over REST: {look.view(n)['unasked']}") for n in managers]
    # whether the hosts are there is not what was not asked
    silent = look.case.hosts and not any(reached(look.case, n) for n in look.names)
    if silent:
        evidence += [line for n in look.names for line in look.about(n)[:1]]
    return Finding(
        "my_path_broken",
        "No manager was asked over REST, by what this controller was given to ask with.",
        [],
        evidence,
        "low" if silent else "high",
        first=[CORRECT],
        ask=["Look at the hosts' consoles: none answers by ssh."] if silent else [],
    )


def _no_manager(look: Look, managers: list[str], evidence: list[Evidence]) -> Finding:
    alive = [n for n in managers if reached(look.case, n)]
    gone = [n for n in look.names if look.is_empty(n)]
    empty = len(gone) == len(look.names)
    if empty:
        evidence = [said(n, "the product is not installed there") for n in gone] + evidence
        return Finding(
            "cluster_down",
            "The hosts answer, and the product is installed on none.",
            look.names,
            evidence,
            "high",
            "rebuild",
        )
    if look.wrong_way:
        return _not_from_here(look, look.wrong_way, evidence)
    stopped = {n: [service for service, _state in look.stopped(n)] for n in alive}
    fine = bool(look.leaders or look.primaries)
    first = []
    if any(stopped.values()):
        first.append(_start(stopped))
    elif alive:
        first.append(f"Start the managers' services on {names(alive)}, and look at their logs.")
    return Finding(
        "cluster_down",
        "No manager answers" + (", and the databases work." if fine else "."),
        managers,
        evidence,
        # who is there and lets nobody in has not said that nothing serves there
        "high" if all(look.by_ssh(n) for n in managers) else "medium",
        first=first,
        safe=["the databases: " + names(look.leaders or look.primaries) + " leads"] if fine else [],
        ask=(
            []
            if stopped and all(stopped.values())
            else ["Which services are down, and why: look at the hosts by ssh."]
        ),
    )


def _of_rest(look: Look, name: str) -> list[Evidence]:
    error = look.view(name).get("error")
    return [said(ME, f"{name}: {error}")] if error else []


def _not_from_here(look: Look, running: list[str], evidence: list[Evidence]) -> Finding:
    """Whose REST service runs is asked at the wrong port, or the way there is shut."""
    each = [said(n, f"its services {names(look.serving(n))} are active") for n in running]
    alone = [n for n in look.of("manager") if n not in running and reached(look.case, n)]
    return Finding(
        "my_path_broken",
        f"No manager answers this controller, and what serves users runs on {names(running)}: by the port, the address or the way to it.",
        running,
        each + evidence,
        "low" if alone else "medium",
        first=[
            "Correct cloudify_connection (manager_port) and the managers' addresses, or open the way to them, and diagnose again."
        ],
        ask=["Whether users are served: if they are not either, look at the logs of nginx there."],
    )


def _start(stopped: dict[str, list[str]]) -> str:
    first = "Start " + "; ".join(f"{names(s)} on {n}" for n, s in stopped.items() if s)
    return first + " (recover_active -e node=NODE -e cloudify_action=fix, one after another)."


def no_manager_serves(look: Look) -> Finding | None:
    """Every manager is down, and some answer, if only with an error: that helps nobody."""
    managers = look.of("manager")
    broken = broken_tiers(look)
    told = {n: broken.get(n, {}).get("manager") for n in managers}
    failing = [n for n in managers if look.view(n).get("answers")]
    # 503 is also what nginx says to who asks too often
    away = [
        n
        for n in managers
        if look.is_slow(n) or look.view(n).get("hangs") or look.view(n).get("status_code") == 503
    ]
    if not failing or away or not all(told.values()) or _fails_by_its_database(look, failing):
        return None
    stopped = {n: [service for service, _state in look.stopped(n)] for n in failing}
    every = [s for s in stopped[failing[0]] if all(s in each for each in stopped.values())]
    # services that start again answer so, too, as they do in a restore
    lasts = look.earlier.get("class") == "cluster_down" and look.lasting > 0
    sure = (lasts or any(stopped.values())) and len(failing) == len(managers)
    restoring = [
        n for n in managers if look.host(n).get("restore_flag") or look.view(n).get("restoring")
    ]
    summary = f"No manager serves anybody: {names(failing)} answers with an error"
    first = f"See whether nginx and cloudify-restservice run on {names(failing)}."
    if any(stopped.values()):
        first = _start(stopped)
    return Finding(
        "cluster_down",
        summary + (f", and {names(every)} is down there." if every else "."),
        managers,
        [line for n in managers for line in (told[n] or []) + look.services(n)],
        "low" if restoring else "high" if sure else "medium",
        "fix" if len(managers) == 1 and any(stopped.values()) else "",
        first=[first],
        ask=([f"Whether a restore is running, which {names(restoring)} says."] if restoring else [])
        + ([] if sure else [AGAIN]),
    )


def _fails_by_its_database(look: Look, failing: list[str]) -> bool:
    """Whether what managers fail with may be the database's. A bad gateway is not: nginx has not even reached the REST service."""
    if look.standby or look.leaders or look.primaries:
        return False
    if any((look.probe(n, "database") or {}).get("error") for n in look.of("database")):
        return True
    if set(look.of("database")) & set(look.dead):
        return True
    return any(look.view(n)["status_code"] != 502 and not look.view(n)["version"] for n in failing)


def managers_hang(look: Look) -> Finding | None:
    """Some take connections and say nothing, and none says in time how it is: as without a database, where nothing is wrong with that."""
    managers = look.of("manager")
    there = ("answers", "denied", "unasked")
    others = [n for n in managers if not (look.view(n).get("hangs") or look.is_slow(n))]
    heard = any(look.view(n).get(how) for n in others for how in there)
    if not look.hanging or heard or set(managers) & set(look.hidden):
        return None
    if not look.standby and any(rule(look) for rule in (quorum_lost, failover, writes_blocked)):
        return None
    evidence = [said(n, "its manager takes connections, and does not answer") for n in look.hanging]
    evidence += [line for n in managers if n not in look.hanging for line in _of_rest(look, n)]
    if look.served:
        return who_is_served(look, "No manager answers this controller in time", evidence)
    leading = look.leaders or look.primaries
    evidence += [said(n, "its database leads") for n in leading]
    lasts = look.earlier.get("class") == "cluster_down" and look.lasting > 0
    return Finding(
        "cluster_down",
        f"No manager serves anybody: {names(look.hanging)} takes connections, and does not answer"
        + (f", while the database of {names(leading)} leads." if leading else "."),
        managers,
        evidence
        + [line for n in look.dead for line in look.about(n)]
        + [line for n in managers for line in look.services(n)],
        "high" if lasts else "medium",
        first=[
            f"Look at the logs of nginx and cloudify-restservice on {names(look.hanging)}, and whether they get through to the database."
        ],
        safe=[f"the databases: {names(leading)} leads"] if leading else [],
        ask=[] if lasts else ["Diagnose again in half a minute: managers may just be slow."],
    )


RULES = (nobody_answers, no_manager_serves, managers_hang)

__all__ = ("RULES",)
