# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lab did, group by group: every function starts on a manager of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from ..session import Session

Script = Callable[[Session], None]

# What a community manager's new-format create failed with before the lab patched it.
PREMIUM_ONLY = (
    "404: This feature exists only in the premium edition of Cloudify.\n"
    "Please contact sales for additional info."
)


@dataclasses.dataclass(frozen=True)
class Entry:
    name: str
    script: Script
    options: dict[str, Any]


ENTRIES: list[Entry] = []


def session(**options: Any) -> Callable[[Script], Script]:
    """Register a script; options are those of the stand-in."""

    def register(script: Script) -> Script:
        given = {"edition": "community", "speed": 12.0, **options}
        ENTRIES.append(Entry(script.__name__, script, given))
        return script

    return register


def failing_create(s: Session, snapshot_id: str) -> None:
    """A new-format create as it ended before the lab patched it."""
    s.manager.workflow_fault("create_snapshot", "fail", error=PREMIUM_ONLY)
    s.create(snapshot_id, {}, status="failed")


def load_all() -> list[Entry]:
    from . import cli, maintenance, requests, restores, rich, snapshots  # noqa: F401

    return ENTRIES


__all__ = ["ENTRIES", "PREMIUM_ONLY", "Entry", "failing_create", "load_all", "session"]
