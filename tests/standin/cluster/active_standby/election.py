# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is to lead. Pure: what is known of the members in, what to do out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from standin.cluster.active_standby.changelog import Position


@dataclass(frozen=True)
class Claim:
    """What one member says about itself."""

    name: str
    leads: bool
    majority: bool
    term: int
    position: Position

    @property
    def rank(self) -> tuple[float, bool, int, str]:
        """Of two leaders, the one with the newest database stays; a majority counts for less."""
        return (self.position.updated, self.majority, self.term, self.name)

    @classmethod
    def of(cls, report: dict[str, Any]) -> Claim:
        return cls(
            name=str(report["name"]),
            leads=bool(report["leads"]),
            majority=bool(report["majority"]),
            term=int(report["term"]),
            position=Position.of(report["position"]),
        )


def is_majority(reachable: int, members: int) -> bool:
    """`reachable` counts oneself."""
    return 2 * reachable > members


def votes_needed(reachable: int, members: int) -> int:
    """A majority; and where none can be had, everybody that is there (active minority mode)."""
    return members // 2 + 1 if is_majority(reachable, members) else reachable


def leader_among(claims: Iterable[Claim]) -> Claim | None:
    leaders = [c for c in claims if c.leads]
    return max(leaders, key=lambda c: c.rank, default=None)


def may_vote_for(*, candidate: Claim, own: Claim, voted: int, sees_leader: bool) -> bool:
    """A member votes once a term, not while it has a leader, and for no older database."""
    if own.leads or sees_leader or candidate.term <= max(voted, own.term):
        return False
    theirs, ours = candidate.position, own.position
    if theirs.timeline == ours.timeline:
        return theirs.n >= ours.n
    return theirs.updated >= ours.updated


__all__ = ["Claim", "is_majority", "leader_among", "may_vote_for", "votes_needed"]
