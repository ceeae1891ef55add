# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a command as a process of its own: seconds, peak of its memory, what it said."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CHILD = Path(__file__).parent / "child.py"


class CommandFailed(Exception):
    """What is measured has to work first."""


@dataclass(frozen=True)
class Figures:
    seconds: float
    # The largest resident set of the process and of those that it started, in MiB.
    peak: float
    cpu: float
    output: str


def measure(command: Sequence[str], *, environment: dict[str, str], fails: bool = False) -> Figures:
    """:param fails: whether the command is meant to fail"""
    os.sync()  # what an earlier command left for the disk is not this one's
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        report, said = Path(folder) / "report", Path(folder) / "said"
        with said.open("wb") as out:
            done = subprocess.run(
                [sys.executable, "-I", "-S", str(CHILD), str(report), *command],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                check=False,
            )
        output = said.read_text(errors="replace")
        if bool(done.returncode) != fails:
            shown = " ".join(command)[:300]
            raise CommandFailed(f"{shown} ended with {done.returncode}:\n{output[-2000:]}")
        seconds, kib, cpu = (float(word) for word in report.read_text().split())
    return Figures(seconds, kib / 1024, cpu, output)


__all__ = ["CommandFailed", "Figures", "measure"]
