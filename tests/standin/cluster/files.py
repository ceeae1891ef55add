# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files a manager has, and since when: what its peers compare theirs with.

As syncthing does, the newest change of a file wins on every manager, a deletion too.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from standin.state import Item, Store

KIND = "files"


@dataclass(frozen=True)
class Entry:
    """One file as one manager knows it; `stamp` orders the changes of all of them."""

    path: str
    size: int
    stamp: int
    deleted: bool

    @classmethod
    def read(cls, item: Item) -> Entry:
        return cls(
            str(item["id"]), int(item["size"]), int(item["stamp"]), bool(item.get("deleted"))
        )

    def shown(self) -> Item:
        return {"id": self.path, "size": self.size, "stamp": self.stamp, "deleted": self.deleted}


class FileIndex:
    """The files below some folders of one root, looked at again and again."""

    def __init__(self, root: Path, folders: tuple[str, ...], store: Store) -> None:
        self.root = root
        self._folders = folders
        self._store = store
        self._lock = threading.RLock()
        self._entries: dict[str, Entry] = {}
        # modification times are of this host alone
        self._seen: dict[str, int] = {}
        self.version = 0
        for item in store.all(KIND):
            entry = Entry.read(item)
            self._entries[entry.path] = entry
            self._seen[entry.path] = int(item.get("_mtime") or 0)

    def entries(self) -> list[Entry]:
        with self._lock:
            return list(self._entries.values())

    def get(self, path: str) -> Entry | None:
        with self._lock:
            return self._entries.get(path)

    def locate(self, path: str) -> Path | None:
        """Where a path of the index is; None when it would lead elsewhere."""
        parts = Path(path).parts
        if not parts or parts[0] not in self._folders or ".." in parts or path.startswith("/"):
            return None
        return self.root.joinpath(*parts)

    def scan(self) -> None:
        """Take note of what has changed on the disk."""
        found = self._on_disk()
        with self._lock:
            for path, (size, mtime) in found.items():
                known = self._entries.get(path)
                same = known and not known.deleted and known.size == size
                if not same or self._seen.get(path) != mtime:
                    self._note(Entry(path, size, self._stamp(path), False), mtime)
            for path, known in list(self._entries.items()):
                if not known.deleted and path not in found:
                    # later than what was deleted, and than nothing else: who made it anew meanwhile wins
                    self._note(Entry(path, 0, known.stamp + 1, True), 0)

    def adopt(self, entry: Entry, arrived: Path | None) -> bool:
        """Take over a peer's newer state; False when ours has become the newer one meanwhile."""
        target = self.locate(entry.path)
        if target is None:
            return False
        with self._lock:
            self.scan()
            known = self._entries.get(entry.path)
            if known and known.stamp >= entry.stamp:
                return False
            mtime = 0
            if entry.deleted:
                target.unlink(missing_ok=True)
                with contextlib.suppress(OSError):
                    target.parent.rmdir()
            elif arrived is not None:
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(arrived, target)
                mtime = target.stat().st_mtime_ns
            self._note(entry, mtime)
            return True

    def _on_disk(self) -> dict[str, tuple[int, int]]:
        out = {}
        for folder in self._folders:
            for where, _folders, names in os.walk(self.root / folder):
                for name in names:
                    path = Path(where, name)
                    with contextlib.suppress(OSError):
                        status = path.stat()
                        out[str(path.relative_to(self.root))] = (status.st_size, status.st_mtime_ns)
        return out

    def _stamp(self, path: str) -> int:
        known = self._entries.get(path)
        return max(time.time_ns(), known.stamp + 1 if known else 0)

    def _note(self, entry: Entry, mtime: int) -> None:
        self.version += 1
        self._entries[entry.path] = entry
        self._seen[entry.path] = mtime
        with self._store.transaction():
            self._store.delete(KIND, entry.path)
            self._store.add(KIND, "", {**entry.shown(), "_mtime": mtime})


__all__ = ["Entry", "FileIndex"]
