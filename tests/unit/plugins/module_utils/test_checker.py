# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stream is hashed and tested on other threads, in memory that does not grow."""

from __future__ import annotations

import hashlib
import io
import pathlib
import random
import threading
import tracemalloc
import typing as t
import zipfile

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._checker import (
    DEPTH,
    PIECE,
    StreamChecker,
    feed_file,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import ArchiveError


def make(size: int) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as whole:
        whole.writestr("noise", random.Random(1).randbytes(size))
    return target.getvalue()


SOUND = make(5 * PIECE + 12345)


def feed(checker: StreamChecker, data: bytes, *, piece: int = PIECE) -> None:
    for start in range(0, len(data), piece):
        part = data[start : start + piece]
        checker.room()[: len(part)] = part
        checker.take(len(part))


@pytest.mark.parametrize("piece", [PIECE, PIECE - 1, 4096])
def test_the_sha256_is_that_of_the_whole(piece: int) -> None:
    checker = StreamChecker()
    feed(checker, SOUND, piece=piece)
    checker.close()
    assert checker.finish(io.BytesIO(SOUND)) == hashlib.sha256(SOUND).hexdigest()
    assert checker.size == len(SOUND)


def test_a_slow_consumer_gets_each_piece_as_it_was() -> None:
    """The rooms go round: none may be filled again while somebody still reads it."""
    seen: list[int] = []
    gate = threading.Semaphore(0)

    def slow(piece: memoryview) -> None:
        gate.acquire()
        seen.append(piece[0])
        assert len(set(piece[:1000])) == 1

    checker = StreamChecker(test_zip=False)
    checker.also(slow)

    def go_on() -> None:
        for _piece in range(40):
            gate.release()

    threading.Timer(0.1, go_on).start()
    for number in range(40):
        checker.room()[:1000] = bytes([number]) * 1000
        checker.take(1000)
    checker.close()
    checker.finish(io.BytesIO())
    assert seen == list(range(40))


def test_damage_is_raised_while_it_is_fed() -> None:
    checker = StreamChecker()
    with pytest.raises(ArchiveError, match="damaged at its start"):
        feed(checker, bytes(20 * PIECE))
    checker.close()
    assert checker.size < 20 * PIECE


def test_damage_in_the_last_piece_is_raised_in_the_end() -> None:
    checker = StreamChecker()
    feed(checker, b"no zip")
    checker.close()
    with pytest.raises(ArchiveError, match="damaged at its start"):
        checker.finish(io.BytesIO(b"no zip"))


def test_what_another_consumer_raises_reaches_the_owner() -> None:
    def full(_piece: memoryview) -> None:
        raise OSError("full")

    checker = StreamChecker()
    checker.also(full)
    feed(checker, SOUND[:1000])
    checker.close()
    with pytest.raises(OSError, match="full"):
        checker.finish(io.BytesIO(SOUND))


def test_another_consumer_sees_only_what_comes_after_it() -> None:
    seen = bytearray()
    checker = StreamChecker()
    feed(checker, SOUND[: PIECE + 5])
    checker.also(seen.extend)
    feed(checker, SOUND[PIECE + 5 :])
    checker.close()
    assert bytes(seen) == SOUND[PIECE + 5 :]


def test_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    checker = StreamChecker()
    feed(checker, SOUND)
    assert threading.active_count() > before
    for _call in range(2 * DEPTH):
        checker.close()
    assert threading.active_count() == before


@pytest.mark.parametrize("limit", [None, 0, 1, PIECE, PIECE + 1, len(SOUND) * 2])
def test_a_file_is_fed_up_to_a_limit(limit: int | None, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "sound.zip"
    path.write_bytes(SOUND)
    checker = StreamChecker(test_zip=False)
    with path.open("rb", buffering=0) as archive:
        feed_file(checker, archive, limit=limit)
    checker.close()
    assert checker.finish(io.BytesIO()) == hashlib.sha256(SOUND[:limit]).hexdigest()


def test_memory_stays_flat() -> None:
    class Endless(io.RawIOBase):
        left = 200 * PIECE

        def readinto(self, buffer: t.Any) -> int:
            count = min(len(buffer), self.left)
            self.left -= count
            return count

    tracemalloc.start()
    try:
        checker = StreamChecker(test_zip=False)
        feed_file(checker, Endless())
        checker.close()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert checker.size == 200 * PIECE
    assert peak < (DEPTH + 4) * PIECE
