# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Of many diagnoses the few that are worth telling. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

Json = dict[str, t.Any]

#: The class of a look that has failed itself.
NO_DIAGNOSIS = "no_diagnosis"
#: How bad a state is. Of a cluster of which nothing is known it cannot be said that it is better than it was.
RANK = {"healthy": 0, "degraded": 1, "unknown": 1, "down": 2}
#: So many times the confirmations may looks differ from what was told, and from each other.
PATIENCE = 3


@dataclass(frozen=True)
class Diagnosis:
    """What one look says. Two are equal if they mean the same to whoever has to act.

    :ivar kind: the class
    :ivar at: when, in UTC
    :ivar said: the rest of what C(diagnose) says
    """

    kind: str
    state: str
    nodes: tuple[str, ...] = ()
    runbook: str = ""
    at: str = field(default="", compare=False)
    said: Json = field(default_factory=dict, compare=False, hash=False)


@dataclass(frozen=True)
class Notice:
    """What is to be told.

    :ivar reason: C(first), C(changed) or C(reminder)
    :ivar previous: the class before, empty for the first
    :ivar since: when it was seen first, in UTC
    :ivar looks: how many looks in a row say so
    """

    diagnosis: Diagnosis
    reason: str
    previous: str
    since: str
    looks: int


class Hysteresis:
    """Of many looks the few that are worth telling. Pure.

    A change has to be confirmed. Looks that neither confirm what was told nor each other are no reason to be silent for long:
    after C(PATIENCE) times as many of them, what is wrong by the last one is told as it is.

    :param worse: looks in a row that confirm a change
    :param better: the same, for one to a better state
    :param remind_after: seconds, 0 for never
    """

    def __init__(
        self, *, worse: int, better: int, remind_after: float = 0.0, emit_first: bool = True
    ) -> None:
        self._worse, self._better = worse, better
        self._remind_after = remind_after
        self._emit_first = emit_first
        self._told: Diagnosis | None = None
        self._told_at = 0.0
        self._previous = self._since = ""
        # of the present look and those before it that say the same
        self._last: Diagnosis | None = None
        self._last_since = ""
        self._looks = 0
        # looks in a row that say something else than was told
        self._unlike = 0

    def take(self, look: Diagnosis, *, now: float) -> Notice | None:
        """
        :param now: seconds, of a clock that never jumps
        """
        if look != self._last:
            self._looks, self._last_since = 0, look.at
        self._looks, self._last = self._looks + 1, look
        if look == self._told:
            self._unlike = 0
            due = self._remind_after and now - self._told_at >= self._remind_after
            return self._tell("reminder", look, now) if due and look.state != "healthy" else None
        self._unlike += 1
        needed = self._needed(look)
        unsettled = look.state != "healthy" and self._unlike >= needed * PATIENCE
        if self._looks < needed and not unsettled:
            return None
        before, self._told, self._unlike = self._told, look, 0
        if before is None or before.kind != look.kind:
            self._since = self._last_since
        self._previous = before.kind if before else ""
        if before or self._emit_first:
            return self._tell("changed" if before else "first", look, now)
        self._told_at = now
        return None

    def _needed(self, look: Diagnosis) -> int:
        if self._told is None:
            return self._worse if look.kind == NO_DIAGNOSIS else 1
        before = self._told.state
        better = look.state != "unknown" and RANK.get(look.state, 1) < RANK.get(before, 1)
        return self._better if better else self._worse

    def _tell(self, reason: str, look: Diagnosis, now: float) -> Notice:
        self._told_at = now
        return Notice(look, reason, self._previous, self._since, self._looks)


__all__ = ("NO_DIAGNOSIS", "PATIENCE", "RANK", "Diagnosis", "Hysteresis", "Notice")
