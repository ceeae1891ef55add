# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host is, and what state it is in."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

from . import network
from .cable import Cable
from .commands import LabError
from .disk import Disk
from .place import Place


class Machine:
    def __init__(self, name: str, place: Place) -> None:
        self.name = name
        self.number = network.number(name)
        self.address = network.address(name)
        self.directory = place.directory / "hosts" / name
        self.root = self.directory / "root"
        self.place = place
        self.cgroup = place.cgroup / name
        self.disk = Disk(mount=self.directory / "disk", file=place.files / f"{name}.img")
        self.cable = Cable(name, self.directory)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    @property
    def created(self) -> bool:
        return (self.directory / "uuid").exists()

    def number_in(self, name: str) -> int:
        try:
            return int((self.directory / name).read_text())
        except (FileNotFoundError, ValueError):
            return 0

    def first_process(self) -> int:
        """Of the container, in whatever state; 0 when there is none."""
        pid = self.number_in("container.pid")
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            return int(children[0]) if pid and children else 0
        return 0

    def leader(self) -> int:
        """The host's systemd, as it is numbered here; 0 when the host is off, or on its way up or down."""
        pid = self.first_process()
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            # Before that it is the container's program, still in the namespaces of this side.
            if pid and Path(f"/proc/{pid}/comm").read_text() == "systemd\n":
                return pid
        return 0

    @property
    def running(self) -> bool:
        keeper = self.number_in("keeper.pid")
        return bool(keeper) and Path(f"/proc/{keeper}").exists()

    @property
    def state(self) -> str:
        if not self.created:
            return "absent"
        if not self.running:
            return "off"
        freeze = self.cgroup / "payload" / "cgroup.freeze"
        with contextlib.suppress(FileNotFoundError):
            if freeze.read_text().strip() == "1":
                return "paused"
        return "up"

    def must_exist(self) -> None:
        if not self.created:
            raise LabError(f"{self.name} does not exist; `up {self.name}` creates it")

    def must_run(self) -> int:
        self.must_exist()
        leader = self.leader()
        if not leader:
            state = "on its way up or down" if self.running else "off"
            raise LabError(f"{self.name} is {state}")
        return leader

    def wait(self, condition: Callable[[], bool], timeout: float, otherwise: str) -> None:
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > end:
                raise LabError(f"{self.name}: {otherwise} within {timeout:g} s")
            time.sleep(0.02)


__all__ = ("Machine",)
