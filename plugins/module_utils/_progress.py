# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What a module is at, for whoever waits for it.

A module can print only when it ends. So it keeps its present state in a small file, and its action
plugin, which named that file, reads it meanwhile and prints it. Without such a plugin nothing is
written. Nothing here ever fails: to tell how far a restore is must not end it.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
import typing as t

#: The environment variable in which an action plugin names the file.
VARIABLE = "CLOUDIFY_HA_PROGRESS"
#: The state is written this often, in seconds; something else to do is written at once.
EVERY = 0.2


class Reporter:
    """Keeps the file.

    :param path: None tells nobody
    :param mask: takes secrets out of a text
    """

    def __init__(
        self,
        path: str | None = None,
        *,
        mask: t.Callable[[str], str] = lambda text: text,
        clock: t.Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._mask = mask
        self._clock = clock
        self._doing: str | None = None
        self._written = self._began = 0.0
        self._begun_with: int | None = None
        self._waits = 0
        #: Several managers can be asked at once.
        self._lock = threading.Lock()

    def tell(
        self,
        doing: str,
        *,
        seen: str = "",
        elapsed: float | None = None,
        timeout: float | None = None,
        done: int | None = None,
        total: int = 0,
    ) -> None:
        """Say what is being done, and how far it is: in words, in seconds or in bytes."""
        if self._path is None:
            return
        with self._lock:
            now = self._clock()
            if doing != self._doing or (self._begun_with is None and done is not None):
                self._doing, self._began, self._begun_with = doing, now, done
            elif now - self._written < EVERY:
                return
            self._written = now
            self._write(
                {
                    "doing": doing,
                    "seen": seen,
                    "elapsed": elapsed,
                    "timeout": timeout,
                    "done": done,
                    "total": total,
                    "at": now,
                    "since": [self._began, self._begun_with],
                }
            )

    def request(self, doing: str) -> None:
        """Like C(tell), of a request; it is nothing new while they only ask how far a wait is."""
        if not self._waits:
            self.tell(doing)

    @contextlib.contextmanager
    def waiting(self) -> t.Iterator[None]:
        """Meanwhile requests are not told."""
        self._waits += 1
        try:
            yield
        finally:
            self._waits -= 1

    def close(self) -> None:
        """Leave no file behind."""
        with self._lock:
            if self._path is not None:
                _remove(self._path)
                self._path = None

    def _write(self, state: dict[str, t.Any]) -> None:
        path = self._path
        if path is None:  # a thread that hung has outlived the module
            return
        new = f"{path}.new"
        try:
            for name in ("doing", "seen"):
                state[name] = self._mask(state[name])
            # in a directory that others can write to, it is this file or none
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
            with open(os.open(new, flags, 0o600), "w", encoding="utf-8") as file:
                json.dump(state, file)
            os.rename(new, path)
        except Exception:  # a full disk, or whatever it is: the next one may get through
            _remove(new)


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)


_reporter = Reporter()


def begin(mask: t.Callable[[str], str]) -> Reporter:
    """From now on tell it to whoever wants to know; to be closed when the module ends."""
    global _reporter
    _reporter = Reporter(os.environ.get(VARIABLE) or None, mask=mask)
    return _reporter


def tell(doing: str, **how_far: t.Any) -> None:
    _reporter.tell(doing, **how_far)


def request(doing: str) -> None:
    _reporter.request(doing)


def waiting() -> t.ContextManager[None]:
    return _reporter.waiting()


__all__ = ("EVERY", "VARIABLE", "Reporter", "begin", "request", "tell", "waiting")
