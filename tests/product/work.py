# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long the product's own work took, as JSON lines, and what a lab adds to it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from product.paths import Paths

# What is quick here and is not with the real product.
DURATIONS = {"install": 1.0}
# What a command is for: the time in which its program is loaded is a part of it.
COMMANDS = ("install", "remove", "configure")


def duration(paths: Paths, name: str) -> float:
    """Seconds that this step pretends to work."""
    if not paths.real and not (paths.lab / "durations.json").exists():
        return 0.0
    durations = dict(DURATIONS)
    with contextlib.suppress(OSError, ValueError):
        durations.update(json.loads((paths.lab / "durations.json").read_text()))
    return float(durations.get(name, 0.0))


def process_started() -> float:
    """When this process began, in seconds since the epoch."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    since_boot = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return time.time() - (time.clock_gettime(time.CLOCK_BOOTTIME) - since_boot)


@contextlib.contextmanager
def step(paths: Paths, name: str, *, version: str) -> Iterator[None]:
    started = process_started() if name in COMMANDS else time.time()
    try:
        time.sleep(duration(paths, name))
        yield
    finally:
        line = {
            "step": name,
            "started": round(started, 3),
            "ended": round(time.time(), 3),
            "host": socket.gethostname(),
            "version": version,
        }
        paths.work.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(paths.work, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        with os.fdopen(descriptor, "w") as out:
            out.write(json.dumps(line) + "\n")


__all__ = ["duration", "step"]
