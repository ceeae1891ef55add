# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every request that the front saw, for tests that count them."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any


@dataclass
class Entry:
    n: int
    at: float
    method: str
    path: str
    user_agent: str
    status: int | None = None
    bytes_in: int = 0
    bytes_out: int = 0

    def describe(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "at": self.at,
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "bytes_in": self.bytes_in,
            "bytes_out": self.bytes_out,
            "user_agent": self.user_agent,
        }


class Journal:
    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._lock = threading.Lock()

    def start(self, method: str, path: str, user_agent: str) -> Entry:
        with self._lock:
            entry = Entry(len(self._entries) + 1, time.time(), method, path, user_agent)
            self._entries.append(entry)
            return entry

    def since(self, number: int) -> list[dict[str, Any]]:
        with self._lock:
            return [e.describe() for e in self._entries[number:]]


__all__ = ["Entry", "Journal"]
