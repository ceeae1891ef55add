# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host's own disk: in memory, or a file on the machine's disk. Full is full, as on a real one."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from .commands import run

MIB = 1 << 20
SIZE = 8192 * MIB
# With less memory than this at hand, disks are files.
ENOUGH = 6144 * MIB


def kind() -> str:
    wanted = os.environ.get("LAB_DISK", "")
    if wanted in ("memory", "file"):
        return wanted
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return "memory" if int(line.split()[1]) * 1024 >= ENOUGH else "file"
    return "file"


class Disk:
    def __init__(self, *, mount: Path, file: Path) -> None:
        self.mount = mount
        # In the way of a host's name for its disk, if it has one.
        self.file = file

    def create(self, kind: str) -> None:
        self.mount.mkdir(parents=True)
        if kind == "memory":
            size = f"size={SIZE},mode=755"
            run("mount", "-t", "tmpfs", "-o", size, "tmpfs", str(self.mount))
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("wb") as out:
            out.truncate(SIZE)
        # What is not written yet takes no room, and no time to make.
        lazy = "lazy_itable_init=1,lazy_journal_init=1,root_owner=0:0"
        run("mkfs.ext4", "-q", "-m", "0", "-E", lazy, str(self.file))
        run("mount", "-o", "loop,noatime", str(self.file), str(self.mount))

    def remove(self) -> None:
        run("umount", "--lazy", str(self.mount), check=False)
        self.file.unlink(missing_ok=True)

    def _free(self) -> int:
        room = os.statvfs(self.mount)
        return room.f_bavail * room.f_frsize

    def _used(self) -> int:
        room = os.statvfs(self.mount)
        return (room.f_blocks - room.f_bfree) * room.f_frsize

    def fill(self, *, leave: int = 0) -> None:
        """Takes no room itself: a smaller disk, or blocks that are only set aside."""
        if not self.file.exists():
            size = f"remount,size={self._used() + leave}"
            run("mount", "-o", size, str(self.mount))
            return
        # What keeps the books of the blocks needs some itself: as much as will go.
        piece = SIZE
        with (self.mount / "ballast").open("ab") as out:
            while piece >= 1 << 12:
                piece = min(piece, max(0, self._free() - leave))
                try:
                    os.posix_fallocate(out.fileno(), out.seek(0, os.SEEK_END), max(1, piece))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    piece //= 2

    def empty(self) -> None:
        """Undo fill."""
        if not self.file.exists():
            run("mount", "-o", f"remount,size={SIZE}", str(self.mount))
        (self.mount / "ballast").unlink(missing_ok=True)


__all__ = ("Disk", "kind")
