# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives of snapshots on every member, as a file synchroniser spreads them: soon, not at once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from standin.cluster.active_standby.wire import Link, Refused

if TYPE_CHECKING:
    from standin.manager import Manager

HAVE_FILES = ("created", "uploaded")


class Archives:
    def __init__(self, manager: Manager, incoming: Path) -> None:
        self._manager = manager
        self._incoming = incoming

    def listing(self) -> dict[str, Any]:
        """What another member needs to see whether it has the same."""
        found = {}
        for path in self._manager.snapshots_dir.glob("*/*.zip"):
            try:
                status = path.stat()
            except OSError:
                continue
            found[path.stem] = [status.st_size, status.st_mtime_ns]
        return {"archives": found}

    def file(self, snapshot_id: str) -> Path:
        path = self._manager.archive_path(snapshot_id)
        if path.parent.parent != self._manager.snapshots_dir:
            raise ValueError("no snapshot has such a name")
        return path

    def follow(self, link: Link) -> None:
        """Have what the leader has; drop what the database knows nothing of."""
        theirs = link.ask("GET", "/archives")["archives"]
        for name in self._wanted():
            if name in theirs and self._stamp(name) != theirs[name]:
                self._fetch(link, name, theirs[name])
        known = {row["id"] for row in self._manager.store.all("snapshots")}
        for folder in list(self._manager.snapshots_dir.iterdir()):
            if folder.name not in known:
                shutil.rmtree(folder, ignore_errors=True)

    def fill(self, links: Iterable[Callable[[], Link]]) -> None:
        """A leader that lacks archives takes them from whoever has them."""
        missing = [name for name in self._wanted() if self._stamp(name) is None]
        for connect in links if missing else ():
            try:
                link = connect()
                theirs = link.ask("GET", "/archives")["archives"]
                for name in missing:
                    if name in theirs and self._stamp(name) is None:
                        self._fetch(link, name, theirs[name])
                link.close()
            except (OSError, Refused, ValueError):
                continue

    def _wanted(self) -> list[str]:
        rows = self._manager.store.where("snapshots", status=list(HAVE_FILES))
        return [str(row["id"]) for row in rows]

    def _stamp(self, name: str) -> list[int] | None:
        try:
            status = self._manager.archive_path(name).stat()
        except OSError:
            return None
        return [status.st_size, status.st_mtime_ns]

    def _fetch(self, link: Link, name: str, stamp: list[int]) -> None:
        self._incoming.mkdir(parents=True, exist_ok=True)
        temporary = self._incoming / "archive"
        link.fetch(f"/archive?{urlencode({'id': name})}", temporary)
        if temporary.stat().st_size != stamp[0]:
            # it was replaced or cut off meanwhile: the next round takes it
            return
        os.utime(temporary, ns=(stamp[1], stamp[1]))
        target = self._manager.archive_path(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(temporary, target)


__all__ = ["Archives"]
