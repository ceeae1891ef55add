# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Hash and test a stream of pieces on other cores than the one that reads it."""

from __future__ import annotations

import hashlib
import queue
import threading
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._zipstream import (
    ZipStreamVerifier,
)

PIECE = 1 << 20
#: Pieces on their way to a worker at most; with PIECE this bounds the memory.
DEPTH = 4


class _Worker(threading.Thread):
    """Hands pieces to one function in order; keeps the first error for the owner."""

    def __init__(self, consume: t.Callable[[bytes], t.Any]) -> None:
        super().__init__(daemon=True)
        self._consume = consume
        self._queue: queue.Queue[bytes | None] = queue.Queue(DEPTH)
        self.error: Exception | None = None
        self.start()

    def put(self, piece: bytes | None) -> None:
        self._queue.put(piece)

    def run(self) -> None:
        while True:
            piece = self._queue.get()
            if piece is None:
                return
            if self.error is None:
                try:
                    self._consume(piece)
                except Exception as exc:  # re-raised by feed() or close() in the owner's thread
                    self.error = exc


class StreamChecker:
    """sha256 and zip test of a stream, in parallel with whatever else happens to it."""

    def __init__(self, *, test_zip: bool = True) -> None:
        self._sha256 = hashlib.sha256()
        self._zip = ZipStreamVerifier() if test_zip else None
        self._workers = [_Worker(self._sha256.update)]
        if self._zip:
            self._workers.append(_Worker(self._zip.feed))
        self.size = 0

    def feed(self, piece: bytes) -> None:
        """:raises ArchiveError: when an earlier piece has shown the archive to be damaged"""
        self.size += len(piece)
        for worker in self._workers:
            self._raise_error(worker)
            worker.put(piece)

    def close(self) -> None:
        """Wait until all pieces are done. To be called exactly once, also after an error."""
        for worker in self._workers:
            worker.put(None)
        for worker in self._workers:
            worker.join()

    def finish(self, archive: t.BinaryIO) -> str:
        """After C(close): the sha256, once the whole file has passed its test.

        :raises ArchiveError: when the archive is damaged
        """
        for worker in self._workers:
            self._raise_error(worker)
        if self._zip:
            self._zip.finish(archive)
        return self._sha256.hexdigest()

    @staticmethod
    def _raise_error(worker: _Worker) -> None:
        if worker.error is not None:
            raise worker.error


def feed_file(checker: StreamChecker, archive: t.BinaryIO, *, limit: int | None = None) -> None:
    """Feed a checker from a file, up to C(limit) bytes."""
    left = limit
    while left is None or left > 0:
        piece = archive.read(PIECE if left is None else min(PIECE, left))
        if not piece:
            return
        checker.feed(piece)
        if left is not None:
            left -= len(piece)


__all__ = ("PIECE", "StreamChecker", "feed_file")
