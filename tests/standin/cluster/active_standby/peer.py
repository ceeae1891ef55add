# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of the other members."""

from __future__ import annotations

import http.client
import sqlite3
from dataclasses import dataclass, field

from standin.cluster.active_standby.changelog import Position
from standin.cluster.active_standby.election import Claim
from standin.cluster.active_standby.memory import Json
from standin.cluster.active_standby.wire import Gone, Refused

# what may go wrong with a peer, or while one's own database is taken away
FAILURES = (OSError, http.client.HTTPException, ValueError, KeyError, sqlite3.Error, Refused, Gone)


@dataclass
class Peer:
    """What is known of another member; to begin with, that it says nothing of interest."""

    name: str
    host: str
    seen: float = float("-inf")
    report: Json = field(default_factory=dict)
    trouble: str = ""

    def __post_init__(self) -> None:
        self.report = {
            "name": self.name,
            "leads": False,
            "majority": False,
            "term": 0,
            "checks": {},
            "position": Position().as_json(),
            "synced": False,
            "removed": [],
        }

    @property
    def claim(self) -> Claim:
        return Claim.of(self.report)


__all__ = ["FAILURES", "Peer"]
