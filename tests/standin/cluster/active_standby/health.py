# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The four checks of a node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standin.cluster.services import NAMES

if TYPE_CHECKING:
    from standin.cluster.active_standby.member import StandbyMember
    from standin.cluster.active_standby.peer import Peer

CHECKS = ("consul", "services", "database", "heartbeat")
# these run on the active node only
ACTIVE_ONLY = ("cloudify-mgmtworker", "cloudify-rabbitmq")


def own_checks(member: StandbyMember) -> dict[str, bool]:
    return {
        "consul": member.has_majority(),
        "services": not stopped_services(member),
        "database": member.leads or (member.synced and member.following),
        "heartbeat": True,
    }


def peer_checks(member: StandbyMember, peer: Peer | None) -> dict[str, bool]:
    """As the peer said last, while it is heard; nothing of one that is not is known to be good."""
    if peer is None or peer not in member.alive():
        return dict.fromkeys(CHECKS, False)
    return {name: bool(peer.report["checks"].get(name)) for name in CHECKS}


def stopped_services(member: StandbyMember) -> list[str]:
    """Services of this host that ought to run and do not."""
    out = set()
    if member.leads:
        if not member.manager.worker.up:
            out.add("cloudify-mgmtworker")
        if not member.manager.broker_up:
            out.add("cloudify-rabbitmq")
    for name in (*NAMES, "cloudify-rabbitmq"):
        if (name not in ACTIVE_ONLY or member.leads) and not member.services.runs(name):
            out.add(name)
    return sorted(out)


__all__ = ["CHECKS", "own_checks", "peer_checks", "stopped_services"]
