# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The floor of a runbook: the time in which the product itself was at work. Pure.

The installer and the stand-in write down each of their steps. Steps lie inside each other and beside
each other on several hosts, so what counts is the time that at least one of them covers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

#: What the product does from its start to its end; all else in the log is a part of one of these.
WHOLE = (
    *("install", "remove", "configure"),
    *("create_snapshot", "restore_snapshot", "cluster_start", "cluster_join"),
)


def covered(intervals: Iterable[tuple[float, float]]) -> float:
    """The length of the union."""
    total, reached = 0.0, float("-inf")
    for start, end in sorted(intervals):
        if end > reached:
            total += end - max(start, reached)
            reached = end
    return total


@dataclass(frozen=True)
class Floor:
    """Seconds of each kind of work, and of all together."""

    parts: Mapping[str, float]
    seconds: float


def floor(work: Iterable[Mapping[str, Any]], *, since: float, until: float) -> Floor:
    """Of the work that was done between two moments."""
    found: dict[str, list[tuple[float, float]]] = {}
    for line in work:
        start, end = max(float(line["started"]), since), min(float(line["ended"]), until)
        if line["step"] in WHOLE and end > start:
            found.setdefault(str(line["step"]), []).append((start, end))
    parts = {step: covered(intervals) for step, intervals in sorted(found.items())}
    return Floor(parts, covered(i for intervals in found.values() for i in intervals))


__all__ = ["WHOLE", "Floor", "covered", "floor"]
