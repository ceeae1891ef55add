# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Hash and test a stream of pieces on other cores than the one that reads it."""

from __future__ import annotations

import hashlib
import io
import queue
import threading
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _progress
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._zipstream import (
    ZipStreamVerifier,
)

PIECE = 1 << 20
#: Pieces that may wait for a worker.
DEPTH = 4
#: glibc keeps what is freed for the next use only up to the size of the largest block that it has
#: seen freed; beyond it, each inflated piece would be new memory, which takes as long as the test.
KEPT_WHEN_FREED = 4 << 20


class _Worker(threading.Thread):
    """Hands pieces to one function in order; keeps the first error for the owner."""

    def __init__(self, consume: t.Callable[[memoryview], t.Any]) -> None:
        super().__init__(daemon=True)
        self._consume = consume
        self._queue: queue.Queue[memoryview | None] = queue.Queue(DEPTH)
        self.error: Exception | None = None
        self.start()

    def put(self, piece: memoryview | None) -> None:
        self._queue.put(piece)

    def run(self) -> None:
        while True:
            piece = self._queue.get()
            if piece is None:
                return
            if self.error is None:
                try:
                    self._consume(piece)
                except Exception as exc:  # re-raised by take() or finish() in the owner's thread
                    self.error = exc


class StreamChecker:
    """sha256 and zip test of a stream, in parallel with whatever else happens to it.

    Its owner fills C(room) and then says C(take). The room goes round in a ring, since new memory
    for each piece would take longer than the tests. When a piece has been accepted, a worker has
    at most C(DEPTH) more waiting and one in hand, so two more rooms than C(DEPTH) are enough.
    """

    def __init__(self, *, test_zip: bool = True) -> None:
        bytes(KEPT_WHEN_FREED)
        self._ring = [memoryview(bytearray(PIECE)) for _place in range(DEPTH + 2)]
        self._turn = 0
        self._sha256 = hashlib.sha256()
        self._zip = ZipStreamVerifier() if test_zip else None
        self._workers = [_Worker(self._sha256.update)]
        if self._zip:
            self._workers.append(_Worker(self._zip.feed))
        self.size = 0

    def also(self, consume: t.Callable[[memoryview], t.Any]) -> None:
        """Hand each piece from now on to this as well, on a thread of its own."""
        self._workers.append(_Worker(consume))

    def room(self) -> memoryview:
        """Where to put the next piece, which may be shorter than this."""
        return self._ring[self._turn]

    def take(self, count: int) -> memoryview:
        """The first C(count) bytes of the room are the next piece of the stream.

        :returns: the piece, which stays as it is while the next two are taken
        :raises ArchiveError: when an earlier piece has shown the archive to be damaged
        """
        piece = self._ring[self._turn][:count]
        self._turn = (self._turn + 1) % len(self._ring)
        self.size += count
        for worker in self._workers:
            self._raise_error(worker)
            worker.put(piece)
        return piece

    def close(self) -> None:
        """Wait until all pieces are done. More calls do nothing."""
        for worker in self._workers:
            if worker.is_alive():
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


def feed_file(
    checker: StreamChecker,
    archive: io.RawIOBase,
    *,
    limit: int | None = None,
    doing: str = "verify a file",
    total: int = 0,
) -> None:
    """Feed a checker from an unbuffered file, up to C(limit) bytes."""
    while limit is None or checker.size < limit:
        room = checker.room()
        count = archive.readinto(room if limit is None else room[: limit - checker.size])
        if not count:
            return
        checker.take(count)
        _progress.tell(doing, done=checker.size, total=total)


def sha256_of(path: str) -> str:
    """The checksum of a file, which may be larger than the memory."""
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:
        for piece in iter(lambda: file.read(PIECE), b""):
            digest.update(piece)
    return digest.hexdigest()


__all__ = ("PIECE", "StreamChecker", "feed_file", "sha256_of")
