# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Test every entry of a zip while its bytes pass by, so that a download is verified as it comes."""

from __future__ import annotations

import struct
import typing as t
import zipfile
import zlib
from dataclasses import dataclass

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import ArchiveError

LOCAL_HEADER = b"PK\x03\x04"
DESCRIPTOR = b"PK\x07\x08"
#: What may follow the last entry: central directory, its zip64 record, or the end record.
AFTER_ENTRIES = (b"PK\x01\x02", b"PK\x06\x06", b"PK\x05\x06")

STORED, DEFLATED = 0, 8
FLAG_ENCRYPTED, FLAG_DESCRIPTOR, FLAG_UTF8 = 0x1, 0x8, 0x800
ZIP64 = 0xFFFFFFFF

#: Inflated at most at once: a highly compressed entry must not fill the memory.
INFLATE_PIECE = 1 << 20


@dataclass
class _Entry:
    offset: int
    name: str
    method: int
    flags: int
    crc: int
    compressed: int
    size: int
    zip64: bool
    seen_crc: int = 0
    seen_compressed: int = 0
    seen_size: int = 0


class ZipStreamVerifier:
    """Feed it a zip from the first byte on, then call C(finish) with the whole file.

    It inflates each entry and compares its CRC and sizes. C(finish) compares what passed by with
    the central directory, and reads again only what could not be tested in passing.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._position = 0  # of the buffer's first byte within the zip
        self._entry: _Entry | None = None
        self._inflate: t.Any = None
        self._step: t.Callable[[], bool] = self._read_header
        self._tested: dict[int, tuple[str, int, int, int]] = {}
        self._stopped = False
        self._untestable = False

    def feed(self, piece: bytes) -> None:
        """:raises ArchiveError: at the first damaged entry"""
        if self._stopped:
            return
        self._buffer += piece
        while self._step():
            pass

    # -- the steps; each returns False when it needs more bytes -------------------------------

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        self._position += count
        return taken

    def _stop(self, *, untestable: bool = False) -> bool:
        self._stopped = True
        self._untestable = untestable
        self._buffer.clear()
        return False

    def _read_header(self) -> bool:
        if len(self._buffer) < 4:
            return False
        signature = bytes(self._buffer[:4])
        if signature in AFTER_ENTRIES:
            return self._stop()
        if signature != LOCAL_HEADER:
            where = "at its start" if not self._position else f"at byte {self._position}"
            raise ArchiveError(f"not a zip archive, or damaged {where}")
        if len(self._buffer) < 30:
            return False
        flags, method, _time, _date, crc, compressed, size, name_length, extra_length = (
            struct.unpack("<HHHHIIIHH", self._buffer[6:30])
        )
        whole = 30 + name_length + extra_length
        if len(self._buffer) < whole:
            return False
        offset = self._position
        header = self._take(whole)
        encoding = "utf-8" if flags & FLAG_UTF8 else "cp437"
        name = header[30 : 30 + name_length].decode(encoding, "replace")
        zip64 = _zip64_sizes(header[30 + name_length :])
        if zip64:
            size = zip64[0] if size == ZIP64 else size
            compressed = zip64[-1] if compressed == ZIP64 else compressed
        entry = _Entry(offset, name, method, flags, crc, compressed, size, bool(zip64))
        unknown_length = flags & FLAG_DESCRIPTOR and method == STORED
        if flags & FLAG_ENCRYPTED or method not in (STORED, DEFLATED) or unknown_length:
            return self._stop(untestable=True)
        self._entry = entry
        self._inflate = zlib.decompressobj(-15) if method == DEFLATED else None
        self._step = self._read_deflated if method == DEFLATED else self._read_stored
        return True

    def _read_stored(self) -> bool:
        entry = t.cast(_Entry, self._entry)
        wanted = min(len(self._buffer), entry.compressed - entry.seen_compressed)
        if wanted:
            data = self._take(wanted)
            entry.seen_crc = zlib.crc32(data, entry.seen_crc)
            entry.seen_compressed += wanted
            entry.seen_size += wanted
        if entry.seen_compressed < entry.compressed:
            return False
        return self._end_of_data()

    def _read_deflated(self) -> bool:
        entry = t.cast(_Entry, self._entry)
        if not self._buffer:
            return False
        data: bytes = bytes(self._buffer)
        length = len(data)
        try:
            while data and not self._inflate.eof:
                out = self._inflate.decompress(data, INFLATE_PIECE)
                entry.seen_crc = zlib.crc32(out, entry.seen_crc)
                entry.seen_size += len(out)
                data = self._inflate.unconsumed_tail
        except zlib.error:
            raise self._damaged("its compressed data is broken") from None
        used = length - len(self._inflate.unused_data)
        del self._buffer[:used]
        self._position += used
        entry.seen_compressed += used
        return self._end_of_data() if self._inflate.eof else False

    def _end_of_data(self) -> bool:
        entry = t.cast(_Entry, self._entry)
        if entry.flags & FLAG_DESCRIPTOR:
            self._step = self._read_descriptor
            return True
        seen = (entry.seen_crc, entry.seen_compressed, entry.seen_size)
        if seen != (entry.crc, entry.compressed, entry.size):
            raise self._damaged("its checksum or size is not what its header says")
        return self._entry_done()

    def _read_descriptor(self) -> bool:
        """Four layouts are in use: with and without a signature, with 4 and 8 byte sizes."""
        entry = t.cast(_Entry, self._entry)
        if len(self._buffer) < 28:  # the longest layout, and the next signature
            return False
        start = bytes(self._buffer[:28])
        for signature in (DESCRIPTOR, b""):
            for layout in ("<IQQ", "<III"):
                raw = signature + struct.pack(
                    layout, entry.seen_crc, *_fit(layout, entry.seen_compressed, entry.seen_size)
                )
                following = start[len(raw) : len(raw) + 4]
                if start.startswith(raw) and following in (LOCAL_HEADER, *AFTER_ENTRIES):
                    self._take(len(raw))
                    return self._entry_done()
        raise self._damaged("its checksum or size is not what follows it")

    def _entry_done(self) -> bool:
        entry = t.cast(_Entry, self._entry)
        self._tested[entry.offset] = (
            entry.name,
            entry.method,
            entry.seen_crc,
            entry.seen_size,
        )
        self._entry = None
        self._step = self._read_header
        return True

    def _damaged(self, why: str) -> ArchiveError:
        return ArchiveError(f"entry {t.cast(_Entry, self._entry).name!r} is damaged: {why}")

    # -- the end ------------------------------------------------------------------------------

    def finish(self, archive: t.BinaryIO) -> int:
        """Hold the central directory against what passed by. Returns the number of entries.

        :raises ArchiveError: when the directory is missing, or does not fit
        """
        if self._entry is not None:
            raise self._damaged("the archive ends inside it")
        with open_zip(archive) as whole:
            for info in whole.infolist():
                tested = self._tested.get(info.header_offset)
                if tested is None and self._untestable:
                    _test_entry(whole, info)
                elif tested != (
                    info.orig_filename,
                    info.compress_type,
                    info.CRC,
                    info.file_size,
                ):
                    raise ArchiveError(
                        f"entry {info.filename!r} is damaged: the directory tells it differently"
                    )
            return len(whole.infolist())


def open_zip(archive: t.BinaryIO) -> zipfile.ZipFile:
    """:raises ArchiveError: when there is no readable central directory"""
    try:
        return zipfile.ZipFile(archive)
    except (zipfile.BadZipFile, EOFError, ValueError, struct.error, NotImplementedError):
        raise ArchiveError("not a zip archive, or cut short: it has no directory") from None


def _test_entry(whole: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    try:
        with whole.open(info) as entry:
            while entry.read(INFLATE_PIECE):
                pass
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as exc:
        raise ArchiveError(f"entry {info.filename!r} is damaged: {exc}") from None


def _fit(layout: str, *sizes: int) -> tuple[int, ...]:
    return sizes if layout == "<IQQ" else tuple(size & ZIP64 for size in sizes)


def _zip64_sizes(extra: bytes) -> tuple[int, ...]:
    """The 8-byte sizes of an entry's zip64 field, in file order; empty where it has none."""
    while len(extra) >= 4:
        kind, length = struct.unpack("<HH", extra[:4])
        if kind == 1:
            count = min(length // 8, 2)
            return struct.unpack(f"<{count}Q", extra[4 : 4 + 8 * count])
        extra = extra[4 + length :]
    return ()


__all__ = ("ZipStreamVerifier", "open_zip")
