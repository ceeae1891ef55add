# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nginx's limit_req: so many requests a second per address, with a burst."""

from __future__ import annotations

import threading
import time


class RateLimit:
    def __init__(self, *, rate: float = 10.0, burst: int = 30) -> None:
        self._rate = rate
        self._burst = burst
        self._state: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def allows(self, address: str) -> bool:
        now = time.monotonic()
        with self._lock:
            if address not in self._state:
                self._state[address] = (0.0, now)
                return True
            excess, last = self._state[address]
            excess = max(0.0, excess - self._rate * (now - last)) + 1
            if excess > self._burst:
                return False
            self._state[address] = (excess, now)
            return True


__all__ = ["RateLimit"]
