# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What rebuilding a cluster takes, against its floor and against the guide's commands in a shell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from bench.table import held

#: Seconds, and a share of the floor, that the runbook may take beyond the floor.
ALLOWED, SHARE = 15.0, 0.10
#: Nine nodes, in terms of three.
WIDER = 1.5
RUNBOOK, GUIDE = "rebuild_cluster", "shell script"

LINE = "{:8} {:16} {:>8} {:>8} {:>9}  {}"


@dataclass(frozen=True)
class Timed:
    """One rebuild: from the command to its end, and the product's own work in that time."""

    seconds: float
    floor: float
    parts: Mapping[str, float]

    @property
    def overhead(self) -> float:
        return self.seconds - self.floor

    @property
    def allowed(self) -> float:
        return ALLOWED + SHARE * self.floor


@dataclass(frozen=True)
class Rebuilds:
    """Of one layout: each way of rebuilding, in the order of its runs."""

    layout: str
    nodes: int
    ways: Mapping[str, tuple[Timed, ...]]

    def typical(self, way: str) -> Timed:
        """The run whose time is the median."""
        runs = sorted(self.ways[way], key=lambda run: run.seconds)
        return runs[(len(runs) - 1) // 2]

    @property
    def against_guide(self) -> float:
        """What the runbook takes in terms of the script, each pair within its own run."""
        pairs = zip(self.ways[RUNBOOK], self.ways[GUIDE])
        return median(ours.seconds / theirs.seconds for ours, theirs in pairs)


def rebuild_table(found: list[Rebuilds], *, runs: int) -> str:
    lines = [
        f"Rebuilding a lost cluster on empty hosts; medians of {runs} run{'s' * (runs > 1)}, in seconds. "
        "`floor`: the time in which the",
        "product itself was at work (install, restore, join), as it wrote it down; `overhead`: all else.",
        "The script has the guide's commands in the same order, by ssh and curl, and neither looks nor proves.",
        "",
        LINE.format("nodes", "", "seconds", "floor", "overhead", "target").rstrip(),
    ]
    for each in found:
        shown = f"{each.nodes}"
        for way in each.ways:
            timed = each.typical(way)
            verdict = ""
            if way == RUNBOOK:
                verdict = held(round(timed.overhead, 1), round(timed.allowed, 1), unit=" s")
            lines.append(
                LINE.format(
                    shown,
                    way,
                    f"{timed.seconds:.1f}",
                    f"{timed.floor:.1f}",
                    f"{timed.overhead:.1f}",
                    verdict,
                ).rstrip()
            )
            shown = ""
        if {RUNBOOK, GUIDE} <= set(each.ways):
            lines.append(
                f"{'':8} the runbook takes {each.against_guide:.2f} times what the script takes"
            )
        floor = each.typical(RUNBOOK).parts
        words = ", ".join(f"{step} {seconds:.1f}" for step, seconds in floor.items())
        lines += [f"{'':8} the floor is {words}", ""]
    return "\n".join(lines + _wider(found)).rstrip()


def _wider(found: list[Rebuilds]) -> list[str]:
    by_nodes = {each.nodes: each.typical(RUNBOOK) for each in found}
    if not {3, 9} <= set(by_nodes):
        return []
    three, nine = by_nodes[3], by_nodes[9]
    ratio, overhead = nine.seconds / three.seconds, nine.overhead / three.overhead
    return [
        f"nine nodes take {ratio:.2f} times what three take ({held(round(ratio, 2), WIDER)})",
        f"of the overhead alone, {overhead:.2f} times ({held(round(overhead, 2), WIDER)})",
    ]


__all__ = ["GUIDE", "RUNBOOK", "Rebuilds", "Timed", "rebuild_table"]
