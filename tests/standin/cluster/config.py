# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cluster's configuration: a JSON file that the installer writes and changes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

LOOK_EVERY = 1.0

Settings = dict[str, Any]


class ClusterConfig:
    """The file's content; listeners are told when it has become another.

    A file that is not there yet, or half-written, leaves the settings as they are.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._listeners: list[Callable[[Settings], None]] = []
        self._wake = threading.Event()
        self._ending = False
        self._stamp: tuple[int, int, int] | None = None
        self._settings: Settings = {}
        self._look()
        threading.Thread(target=self._watch, name="cluster-config", daemon=True).start()

    @property
    def settings(self) -> Settings:
        return self._settings

    def on_change(self, listener: Callable[[Settings], None]) -> None:
        self._listeners.append(listener)

    def wake(self) -> None:
        """Look at the file now."""
        self._wake.set()

    def close(self) -> None:
        self._ending = True
        self._wake.set()

    def _watch(self) -> None:
        while not self._ending:
            self._wake.wait(timeout=LOOK_EVERY)
            self._wake.clear()
            if self._look() and not self._ending:
                for listener in list(self._listeners):
                    listener(self._settings)

    def _look(self) -> bool:
        try:
            status = self.path.stat()
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            if stamp == self._stamp:
                return False
            read = json.loads(self.path.read_text())
        except (OSError, ValueError):
            return False
        self._stamp = stamp
        changed = bool(read != self._settings)
        self._settings = read
        return changed


__all__ = ["ClusterConfig", "Settings"]
