# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's own settings: what may be quicker here than with the product. The defaults are the product's.

`/etc/cloudify-standin/tiers.json` has any of these fields.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, fields
from pathlib import Path


@dataclass(frozen=True)
class Tuning:
    # Patroni
    ttl: int = 30
    loop_wait: int = 10
    retry_timeout: int = 10
    # RabbitMQ: a peer that says nothing for so long is down
    net_ticktime: int = 60
    # how long the first database node waits for others before it goes on without them
    quorum_wait: float = 8.0
    # how long a database node waits for its own part of a cluster that has a quorum
    database_wait: float = 60.0
    # how long a joining broker waits for the one that it joins; the product does not wait at all
    join_wait: float = 0.0


def read(folder: Path) -> Tuning:
    found: dict[str, object] = {}
    with contextlib.suppress(OSError, ValueError):
        found = json.loads((folder / "tiers.json").read_text())
    known = {f.name for f in fields(Tuning)}
    return Tuning(**{k: v for k, v in found.items() if k in known})  # type: ignore[arg-type]


__all__ = ["Tuning", "read"]
