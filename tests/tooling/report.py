# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of a run: logs of what failed, what was skipped and why, which cores were tested, the totals."""

from __future__ import annotations

import resource

from .cores import CORES
from .runner import TAIL, Result


def _cores(results: list[Result]) -> str:
    tested, rest = [], []
    for core in CORES:
        ran = [r for r in results if r.task.core == core and r.outcome != "skipped"]
        if ran:
            names = ", ".join(sorted({r.task.step.name for r in ran}))
            tested.append(f"  {core.release:8} {names}")
        else:
            reasons = {r.reason for r in results if r.task.core == core}
            rest.append(
                f"  {core.release:8} {'; '.join(sorted(reasons)) or 'no step asked for it'}"
            )
    lines = ["ansible-core tested:", *(tested or ["  none"])]
    if rest:
        lines += ["ansible-core not tested:", *rest]
    return "\n".join(lines)


def show(results: list[Result], *, seconds: float = 0.0) -> int:
    """Print it and return the exit code."""
    by = {
        outcome: [r for r in results if r.outcome == outcome]
        for outcome in ("passed", "failed", "skipped")
    }
    for result in by["failed"]:
        print(f"\n===== {result.task.name} failed; log: {result.log}")
        if result.log and result.log.exists():
            lines = result.log.read_text(errors="replace").splitlines()
            print("\n".join(lines[-TAIL:]))
    if by["skipped"]:
        print("\nskipped:")
        for result in by["skipped"]:
            print(f"  {result.task.name:24} {result.reason}")
    print(f"\n{_cores(results)}")
    if by["failed"]:
        print(f"failed: {', '.join(r.task.name for r in by['failed'])}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{seconds:.0f} s, {used.ru_utime + used.ru_stime:.0f} s of processor time")
    print(f"{', '.join(f'{len(some)} {outcome}' for outcome, some in by.items())}", flush=True)
    return 1 if by["failed"] else 0


__all__ = ("show",)
