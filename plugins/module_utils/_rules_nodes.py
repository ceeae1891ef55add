# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Rules of the diagnosis for who is down, who is cut off, and who is only out of sight. Pure."""

from __future__ import annotations

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._findings import (
    Finding,
    Look,
    names,
    said,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._rules_databases import AGAIN
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._witnesses import (
    reached,
    votes,
)

CORRECT = "Correct cloudify_connection (username, password, token, ca_path), and diagnose again."


def not_let_in(look: Look) -> Finding | None:
    """What is wrong with the settings of this controller's own connection says nothing of the cluster."""
    denied = [n for n in look.of("manager") if look.view(n).get("denied")]
    if not denied:
        return None
    told = {n: look.view(n)["error"] or look.view(n)["errors"].get("status") for n in denied}
    evidence = [said(n, told[n] or "does not let this controller in") for n in denied]
    if all("expired" in line["says"] or "not yet valid" in line["says"] for line in evidence):
        return Finding(
            "certificates_bad",
            f"The certificate of {names(denied)} is not valid at this time, so that nobody can talk to it.",
            denied,
            evidence,
            "high",
        )
    return Finding(
        "my_path_broken",
        f"{names(denied)} does not let this controller in: by the user, the password, the token or the CA that it was given.",
        denied,
        evidence,
        "high" if len(denied) == len(look.of("manager")) else "medium",
        first=[CORRECT],
    )


def astray(look: Look) -> Finding | None:
    if not look.astray:
        return None
    served = [said("front", "answers well")] if look.served else []
    return Finding(
        "my_path_broken",
        f"{names(look.astray)} answers this controller with nothing but an error: by the protocol, the port or the address that it was given.",
        look.astray,
        [said(n, look.view(n).get("error") or "answers with an error") for n in look.astray]
        + served,
        "medium",
        first=[
            "Correct cloudify_connection (manager_protocol, manager_port) and the managers' addresses, and diagnose again."
        ],
    )


def hidden(look: Look) -> Finding | None:
    if not look.hidden:
        return None
    evidence, sure = [], True
    for name in look.hidden:
        found = votes(look.case, name)
        evidence += look.about(name)
        sure = sure and len(found.alive) * 2 > found.could and not found.mixed and not found.dead
    tried = all(look.host(n).get("asked") for n in look.hidden)
    reaches = any(look.host(n).get("reaches") for n in look.names)
    return Finding(
        "my_path_broken",
        f"This controller does not see {names(look.hidden)}, and most of the peers do.",
        look.hidden,
        evidence,
        "high" if sure and tried and reaches else "medium" if sure and tried else "low",
        ask=[] if sure and tried and reaches else [AGAIN],
    )


def no_ssh(look: Look) -> Finding | None:
    """Where somebody is there, so that it is not the whole cluster of which nothing is known."""
    found = look.unwitnessed
    if not found or not any(reached(look.case, n) for n in look.names):
        return None
    return Finding(
        "my_path_broken",
        f"Ssh gets this controller into no host, so that of {names(found)} nothing is known.",
        found,
        [line for name in found for line in look.about(name)],
        "medium",
        ask=["Mend it: ssh does not work from here to any host, or diagnose from another place."],
    )


def network(look: Look) -> Finding | None:
    found = [n for n in look.cut_off if works(look, n)]
    if found:
        evidence = [line for name in found for line in look.about(name)]
        sure = all(votes(look.case, n).surely_dead(False) for n in found)
        return Finding(
            "network_broken",
            f"{names(found)} works, and most of its peers do not see it: the network between them is broken.",
            found,
            evidence,
            "high" if sure else "medium",
        )
    pairs = [
        (who, other)
        for who in look.names
        for other, told in (look.host(who).get("reaches") or {}).items()
        if told is False and other in look.names and reached(look.case, other)
    ]
    if not pairs:
        return None
    return Finding(
        "network_broken",
        "Hosts that are alive do not reach each other: "
        + ", ".join(f"{a} to {b}" for a, b in pairs)
        + ".",
        sorted({name for pair in pairs for name in pair}),
        [said(a, f"does not reach {b}") for a, b in pairs],
        "medium" if len(pairs) == 1 else "high",
    )


def works(look: Look, name: str) -> bool:
    """Whether something of it is at work, so that it is not just all of its services that are down."""
    view, database = look.view(name), look.probe(name, "database") or {}
    return bool(view.get("answers") or view.get("hangs") or database.get("role"))


def strangers_down(look: Look) -> Finding | None:
    """Who is registered and dead: no runbook knows of it, as the inventory does not."""
    found = look.case.strangers_down
    if not found:
        return None
    who = names(found)
    witnesses = {name for told in found.values() for name, _says in told}
    return Finding(
        "registers_differ",
        f"The cluster has {who}, which is down, and which the inventory does not have.",
        list(found),
        [said(name, says) for told in found.values() for name, says in told],
        "high" if len(witnesses) > 1 or look.standby else "medium",
        first=[
            f"Put {who} into the inventory, or remove it from the cluster: what is not in the inventory is neither asked nor replaced."
        ],
    )


RULES = (not_let_in, astray, hidden, no_ssh, network, strangers_down)

__all__ = ("CORRECT", "RULES", "works")
