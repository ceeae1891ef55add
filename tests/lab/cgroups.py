# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Control groups, which outlive what ran in them."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from .commands import LabError

# Processes that were killed take a moment to leave.
PATIENCE = 20


def remove_cgroup(top: Path) -> None:
    end = time.monotonic() + PATIENCE
    while top.exists():
        for path in sorted([top, *top.rglob("*/")], key=lambda path: -len(path.parts)):
            with contextlib.suppress(OSError):
                path.rmdir()
        if time.monotonic() > end:
            raise LabError(f"{top.name} is still in use")
        time.sleep(0.01)


__all__ = ("remove_cgroup",)
