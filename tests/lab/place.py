# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a lab is, seen from inside. Its directory is in memory and goes away with it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tooling.paths import CACHE

from .commands import LabError

DIRECTORY = Path("/run/lab")
# Of open ssh connections.
SOCKETS = DIRECTORY / "cp"
# On the machine: one entry for each lab that runs, for whoever wants to enter it.
RUNS = CACHE / "lab" / "runs"
CGROUPS = Path("/sys/fs/cgroup")


def cgroup(identity: str, top: Path = CGROUPS) -> Path:
    return top / f"cloudify-ha-{identity}"


@dataclass(frozen=True)
class Place:
    identity: str
    image: Path

    @classmethod
    def here(cls) -> Place:
        if os.environ.get("LAB_NS") != "1":
            raise LabError("not inside a lab: start one with `make lab`, or `python -m lab run`")
        return cls(os.environ["LAB_ID"], Path(os.environ["LAB_IMAGE"]))

    @property
    def directory(self) -> Path:
        return DIRECTORY

    @property
    def key(self) -> Path:
        return DIRECTORY / "id_lab"

    @property
    def cgroup(self) -> Path:
        return cgroup(self.identity)

    @property
    def files(self) -> Path:
        """On the machine's disk, for hosts whose disks are not in memory."""
        return RUNS / self.identity


__all__ = ("CGROUPS", "DIRECTORY", "RUNS", "SOCKETS", "Place", "cgroup")
