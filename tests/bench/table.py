# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one table, with the targets that its figures are held against."""

from __future__ import annotations

from bench.lateness import Lateness
from bench.transfers import (
    CFY,
    CURL_DOWN,
    CURL_UP,
    MODULE,
    PLAYBOOK,
    START,
    Comparison,
)

MIB = 1 << 20

#: At most this multiple of what the other takes.
TARGETS = {("download", CURL_DOWN): 1.0, ("download", CFY): 0.4, ("upload", CURL_UP): 1.1}
#: What the module does in that time.
TASKS = {
    "download": "TLS, the disk, sha256 and the test of each entry",
    "upload": "TLS, sha256 and the test of each entry",
}
MEMORY_TARGET = 64.0
FLAT_WITHIN = 8.0
LATENESS_TARGET = 1.0

LINE = "{:9} {:>6}  {:20} {:>8} {:>6} {:>9} {:>6}  {:20} {:>5} {:>6}"


def size_name(size: int) -> str:
    return f"{size >> 30} GiB" if size >= 1 << 30 else f"{size // MIB} MiB"


def held(value: float, target: float, *, unit: str = "") -> str:
    """The target, and by how much it is missed."""
    text = f"<= {target:g}{unit}"
    if value <= target:
        return f"{text} met"
    return f"{text} MISSED by {(value / target - 1) * 100:.0f} %"


def table(comparisons: list[Comparison], late: list[Lateness], *, runs: int) -> str:
    lines = [
        f"Medians of {runs} runs; `cpu`: seconds of processor time, the server's not counted.",
        "`module/it`: what the module takes in terms of the line's own way, each within its own run;",
        "`net`: the same without the module's start. `peak`: the largest resident memory in MiB;",
        "`start+`: how much of it is above a start alone.",
        "",
        LINE.format(
            "", "size", "", "seconds", "cpu", "module/it", "net", "target", "peak", "start+"
        ),
    ]
    for comparison in comparisons:
        lines.append("")
        lines += _transfer(comparison)
    causes = [cause for comparison in comparisons for cause in _causes(comparison)]
    for part in (causes, _memory(comparisons), _late(late)):
        lines += ["", *part] if part else []
    return "\n".join(lines)


def _transfer(comparison: Comparison) -> list[str]:
    lines = []
    shown, size = comparison.direction, size_name(comparison.size)
    measured = comparison.figures
    whole = MODULE in measured and START in measured
    for name in (MODULE, CURL_DOWN, CURL_UP, CFY, PLAYBOOK, START):
        if name in comparison.without:
            lines.append(f"{shown:9} {size:>6}  {name:20} {comparison.without[name]}")
            shown = size = ""
        if name not in measured:
            continue
        ratio = net = verdict = above = ""
        if whole and name not in (MODULE, START):
            ratio, net = f"{comparison.ratio(name):.2f}", f"{comparison.net_ratio(name):.2f}"
            target = TARGETS.get((comparison.direction, name))
            verdict = held(comparison.ratio(name), target) if target else ""
        if whole and name == MODULE:
            above = f"{comparison.above_start(name):+.0f}"
        lines.append(
            LINE.format(
                shown,
                size,
                name,
                f"{comparison.seconds(name):.2f}",
                f"{comparison.cpu(name):.2f}",
                ratio,
                net,
                verdict,
                f"{comparison.peak(name):.0f}",
                above,
            ).rstrip()
        )
        shown = size = ""
    return lines


def _causes(comparison: Comparison) -> list[str]:
    """One line for each target that is missed: what the measurement says of the reason."""
    lines = []
    for (direction, name), target in TARGETS.items():
        measured = comparison.figures
        if direction != comparison.direction or not {MODULE, START, name} <= set(measured):
            continue
        ratio, net = comparison.ratio(name), comparison.net_ratio(name)
        if ratio <= target:
            continue
        ours, start = comparison.seconds(MODULE), comparison.seconds(START)
        share = f"{min(start / ours, 1) * 100:.0f} % of the module's time are its start"
        if net <= target:
            why = f"{share}, without which it is {max(net, 0):.2f}"
        else:
            busy = max(comparison.cpu(MODULE) - comparison.cpu(START), 0)
            why = (
                f"{share}; without it {net:.2f}, with {busy:.2f} s of processor time for "
                f"{TASKS[direction]}, against {comparison.cpu(name):.2f} s for {name}"
            )
        lines.append(f"missed: {direction} of {size_name(comparison.size)}, {name}: {why}")
    return lines


def _memory(comparisons: list[Comparison]) -> list[str]:
    lines = []
    comparisons = [c for c in comparisons if {MODULE, START} <= set(c.figures)]
    for direction in dict.fromkeys(c.direction for c in comparisons):
        peaks = {c.size: c.above_start(MODULE) for c in comparisons if c.direction == direction}
        most, spread = max(peaks.values()), max(peaks.values()) - min(peaks.values())
        lines.append(
            f"{direction}: at most {most:.0f} MiB above the module's start "
            f"({held(most, MEMORY_TARGET, unit=' MiB')})"
        )
        if len(peaks) > 1:
            sizes = " to ".join(size_name(size) for size in (min(peaks), max(peaks)))
            lines[-1] += f", {spread:.0f} MiB apart from {sizes} "
            lines[-1] += "(flat)" if spread <= FLAT_WITHIN else "(NOT flat)"
    return lines


def _late(late: list[Lateness]) -> list[str]:
    return [
        f"end of a {found.job}: noticed {found.typical:.2f} s late, at worst {found.worst:.2f} s "
        f"({held(found.worst, LATENESS_TARGET, unit=' s')})"
        for found in late
    ]


__all__ = ["table"]
