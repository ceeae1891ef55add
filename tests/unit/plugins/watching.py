# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wait for what processes do, and for what is told meanwhile."""

from __future__ import annotations

import os
import pathlib
import time
import typing as t

PATIENCE = 30.0
# whatever a test makes of time.sleep
_sleep = time.sleep


def until(condition: t.Callable[[], t.Any]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        _sleep(0.02)


class Told:
    """What was printed, and when."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._at = [time.monotonic()]

    def display(self, text: str, *_more: t.Any, **_options: t.Any) -> None:
        self.lines.append(text)
        self._at.append(time.monotonic())

    def longest_silence(self) -> float:
        """In seconds, from the beginning to this moment."""
        at = [*self._at, time.monotonic()]
        return max(after - before for before, after in zip(at, at[1:]))


def alive(pid: int) -> bool:
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def group(pid: int) -> int:
    """Once it has one of its own."""
    until(lambda: os.getpgid(pid) == pid)
    return pid
