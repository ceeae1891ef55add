# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a member knows of itself and of its cluster, in one file that survives a kill."""

from __future__ import annotations

import copy
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

Json = dict[str, Any]

# no cluster yet | making one | becoming part of one | part of one | thrown out, for ever
ALONE, STARTING, JOINING, MEMBER, REMOVED = "alone", "starting", "joining", "member", "removed"

_EMPTY: Json = {
    "state": ALONE,
    "name": "",
    "node_id": "",
    "cluster_id": "",
    # name -> name, node_id, host_ip, public_ip, options
    "nodes": {},
    # node ids that may never come back
    "removed": [],
    # names that were given credentials and have not joined yet -> node_id, host_ip
    "invited": {},
    "term": 0,
    "voted": 0,
    # the database is a whole copy of the leader's
    "synced": False,
    "job": None,
    "error": None,
    "logs": [],
}


class Memory:
    """A dict in a file: every change is on the disk before `change` returns."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / "member.json"
        self._lock = threading.RLock()
        self._data = copy.deepcopy(_EMPTY)
        if self._path.exists():
            self._data.update(json.loads(self._path.read_text()))

    def __getitem__(self, name: str) -> Any:
        with self._lock:
            return copy.deepcopy(self._data[name])

    def change(self, **values: Any) -> None:
        with self._lock:
            self._data.update(copy.deepcopy(values))
            self._write()

    def forget(self) -> None:
        """As on a manager that was installed anew."""
        with self._lock:
            self._data = copy.deepcopy(_EMPTY)
            self._write()

    def log(self, message: str) -> None:
        with self._lock:
            logs = self._data["logs"]
            cursor = int(logs[-1]["cursor"]) + 1 if logs else 1
            stamp = int(time.time() * 1_000_000)
            logs.append({"timestamp": stamp, "message": message, "cursor": str(cursor)})
            del logs[:-200]
            self._write()

    def _write(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(".tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            json.dump(self._data, stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, self._path)

    # -- shorthands
    @property
    def clustered(self) -> bool:
        return bool(self._data["state"] == MEMBER)

    @property
    def name(self) -> str:
        return str(self._data["name"])

    @property
    def nodes(self) -> dict[str, Json]:
        found: dict[str, Json] = self["nodes"]
        return found

    @property
    def peers(self) -> dict[str, Json]:
        return {k: v for k, v in self.nodes.items() if k != self.name}


__all__ = ["ALONE", "JOINING", "MEMBER", "REMOVED", "STARTING", "Json", "Memory"]
