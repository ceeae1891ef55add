# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives of one manager come to the others a little later, and go when they go there."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from standin.cluster.files import Entry, FileIndex
from standin.cluster.peers import Link, PeerError

LOOK_EVERY = 1.0
AWAY_FOR = 3.0


class FileSync:
    """Looks at the own files, and at those of each peer in a thread of its own."""

    def __init__(
        self, index: FileIndex, incoming: Path, *, on: Callable[[], bool], every: float = LOOK_EVERY
    ) -> None:
        self._index = index
        self._incoming = incoming
        self._on = on
        self._every = every
        self._followers: dict[str, _Follower] = {}
        self._ending = threading.Event()
        incoming.mkdir(parents=True, exist_ok=True)
        threading.Thread(target=self._scan, name="files", daemon=True).start()

    def follow(self, links: Iterable[Link]) -> None:
        """These are the peers from now on."""
        wanted = {link.host: link for link in links}
        for host in set(self._followers) - set(wanted):
            self._followers.pop(host).stop()
        for host, link in wanted.items():
            known = self._followers.get(host)
            if known is None or known.link is not link:
                if known:
                    known.stop()
                self._followers[host] = _Follower(
                    link, self._index, self._incoming, self._on, self._every
                )

    def close(self) -> None:
        self._ending.set()
        self.follow(())

    def _scan(self) -> None:
        while not self._ending.wait(self._every):
            if self._on():
                self._index.scan()


class _Follower:
    def __init__(
        self, link: Link, index: FileIndex, incoming: Path, on: Callable[[], bool], every: float
    ) -> None:
        self.link = link
        self._index = index
        self._incoming = incoming
        self._on = on
        self._every = every
        self._version = ""
        self._ending = threading.Event()
        threading.Thread(target=self._run, name=f"files-{link.host}", daemon=True).start()

    def stop(self) -> None:
        self._ending.set()

    def _run(self) -> None:
        pause = self._every
        while not self._ending.wait(pause):
            pause = self._every
            if not self._on():
                continue
            try:
                self._look()
            except PeerError:
                self._version = ""
                pause = max(AWAY_FOR, self._every)

    def _look(self) -> None:
        said = self.link.json(f"/files?version={self._version}")
        complete = True
        for item in said.get("files") or []:
            if self._ending.is_set() or not self._on():
                return
            complete = self._take(Entry.read(item)) and complete
        # a file that could not be had is asked for again
        self._version = said["version"] if complete else ""

    def _take(self, theirs: Entry) -> bool:
        ours = self._index.get(theirs.path)
        if ours and ours.stamp >= theirs.stamp:
            return True
        if theirs.deleted:
            self._index.adopt(theirs, None)
            return True
        name = hashlib.sha256(f"{theirs.path}\0{theirs.stamp}".encode()).hexdigest()[:32]
        arriving = self._incoming / f"{name}.{self.link.host.replace(':', '_')}"
        try:
            self.link.fetch(theirs, arriving)
        except PeerError:
            return False
        if not self._index.adopt(theirs, arriving):
            with contextlib.suppress(OSError):
                arriving.unlink()
        return True


__all__ = ["FileSync"]
