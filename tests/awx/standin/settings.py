# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a test sets: how long things take, and how they end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# What runs a job: it is given what `launching.for_runner` tells, and returns the status that the job ends with, or that
# and its artifacts.
Runner = Callable[[dict[str, Any]], "str | tuple[str, dict[str, Any]]"]


@dataclass
class Settings:
    username: str = "admin"
    password: str = "password"
    # Seconds from the answer to an inventory's DELETE until it is gone.
    deletion_delay: float = 0.5
    # How jobs end that no runner runs; `pending` leaves them as they are until somebody says more.
    job_status: str = "successful"
    runner: Runner | None = None
    # Where projects come from: SCM URL -> a directory, or the playbooks that it would have.
    projects: dict[str, Path | list[str]] = field(default_factory=dict)
    # Holds the directories of manual projects.
    projects_root: Path | None = None
    # Inventory sources by name -> what `ansible-inventory --list` would say.
    inventories: dict[str, dict[str, Any]] = field(default_factory=dict)

    def local_paths(self) -> list[str]:
        if self.projects_root is None or not self.projects_root.is_dir():
            return []
        found = (p.name for p in self.projects_root.iterdir() if p.is_dir())
        return sorted(name for name in found if not name.startswith((".", "_")))
