# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Rules of the diagnosis for managers of which none serves anybody. Pure."""

from __future__ import annotations

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._findings import (
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
    who_is_served,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._rules_tiers import (
    broken_tiers,
    waits,
)


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
        first = "Start " + "; ".join(f"{names(s)} on {n}" for n, s in stopped.items() if s)
        first += " (recover_active -e node=NODE -e cloudify_action=fix, one after another)."
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
    """Most take connections and say nothing, and none answers: as without a database, where nothing is wrong with that."""
    managers = look.of("manager")
    there = ("answers", "denied", "unasked")
    heard = any(look.view(n).get(how) for n in managers for how in there)
    if not waits(look) or heard or set(managers) & set(look.hidden):
        return None
    if not look.standby and any(rule(look) for rule in (quorum_lost, failover, writes_blocked)):
        return None
    evidence = [said(n, "its manager takes connections, and does not answer") for n in look.hanging]
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


RULES = (no_manager_serves, managers_hang)

__all__ = ("RULES",)
