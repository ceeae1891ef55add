# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run is at: the steps of its journal in the store, and its last word on the terminal."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path

BEFORE = "see which hosts answer, and verify the set"
AFTER = "end the run"


class Progress:
    """Tells the end of each step and its seconds. look() is called often."""

    def __init__(
        self,
        runs: Path,
        *,
        ended: Callable[[str, float], None],
        meanwhile: Callable[[str], None],
    ) -> None:
        self._runs, self._ended, self._meanwhile = runs, ended, meanwhile
        self._old = set(runs.glob("*/journal.jsonl"))
        self._seen = 0
        self._now, self._since = BEFORE, time.monotonic()

    def look(self, said: str = "") -> None:
        entries = self._entries()
        for entry in entries[self._seen :]:
            if entry.get("state") == "step":
                self._begin(str(entry["step"]))
            elif entry.get("state") == "ended":
                self._begin(AFTER)
        self._seen = len(entries)
        seconds = time.monotonic() - self._since
        self._meanwhile(f"{self._now}, {seconds:.0f} s   {self._last_word(said)}")

    def finish(self) -> None:
        self.look()
        self._begin("")

    def _begin(self, step: str) -> None:
        now = time.monotonic()
        self._ended(self._now, now - self._since)
        self._now, self._since = step, now

    def _entries(self) -> list[dict[str, object]]:
        found = []
        for path in sorted(set(self._runs.glob("*/journal.jsonl")) - self._old)[:1]:
            for line in path.read_text().splitlines():
                with contextlib.suppress(ValueError):
                    found.append(json.loads(line))
        return found

    def _last_word(self, said: str) -> str:
        """What a long command says of itself, else the task."""
        for line in reversed(said.splitlines()):
            if line.startswith("TASK ["):
                return line[6:].partition("]")[0].rpartition(" : ")[2]
            if line.startswith("["):
                return line
        return ""


__all__ = ("Progress",)
