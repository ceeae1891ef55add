# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The four checks of a node."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from standin.cluster.active_standby.member import Peer, StandbyMember

CHECKS = ("consul", "services", "database", "heartbeat")
# these run on the active node only
ACTIVE_ONLY = ("cloudify-mgmtworker", "cloudify-rabbitmq")
OWN = "cloudify-restservice"


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
    out = []
    if member.leads:
        if not member.manager.worker.up:
            out.append("cloudify-mgmtworker")
        if not member.manager.broker_up:
            out.append("cloudify-rabbitmq")
    locks = (member.config.settings.get("services") or {}).get("locks")
    for path in sorted(Path(locks).glob("*.lock")) if locks else []:
        if path.stem == OWN or (path.stem in ACTIVE_ONLY and not member.leads):
            continue
        if not _is_held(path):
            out.append(path.stem)
    return sorted(set(out))


def _is_held(path: Path) -> bool:
    """Whether a process holds this lock: it does for as long as it lives."""
    try:
        with path.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


__all__ = ["CHECKS", "own_checks", "peer_checks", "stopped_services"]
