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
#: Encrypted in one way or another, or a patch to another file: none that a manager could unpack.
FLAGS_UNREADABLE = 0x1 | 0x20 | 0x40 | 0x2000
ZIP64 = 0xFFFFFFFF

#: Bytes of a local header before the name.
FIXED_HEADER = 30
#: Bytes of the longest layout of what follows data of unknown length, and the next signature.
LONGEST_DESCRIPTOR = 28

#: Inflated at most at once, since a highly compressed entry must not fill the memory, and from how
#: much; larger ones have memory go back and forth between here and the kernel.
INFLATE_PIECE, INFLATE_FROM = 1 << 19, 1 << 18


@dataclass
class _Entry:
    offset: int
    name: str
    method: int
    flags: int
    crc: int
    compressed: int
    size: int
    seen_crc: int = 0
    seen_compressed: int = 0
    seen_size: int = 0


class ZipStreamVerifier:
    """Feed it a zip from the first byte on, then call C(finish) with the whole file.

    It inflates each entry and compares its CRC and sizes. C(finish) compares what passed by with
    the central directory, and reads again only what could not be tested in passing.
    """

    def __init__(self) -> None:
        self._head = bytearray()  # of a structure that has not arrived in whole
        self._position = 0  # of the next byte within the zip
        self._entry: _Entry | None = None
        self._inflate: t.Any = None
        self._step: t.Callable[[memoryview], memoryview] = self._read_header
        self._tested: dict[int, tuple[str, int, int, int, int]] = {}
        self._stopped = False
        self._untestable = False

    def feed(self, piece: bytes | memoryview) -> None:
        """:raises ArchiveError: at the first damaged entry"""
        rest = memoryview(piece)
        while rest and not self._stopped:
            rest = self._step(rest)

    # -- the steps; each takes what it can use and returns the rest ---------------------------

    def _gather(self, data: memoryview, count: int) -> memoryview:
        """Fill up the head to C(count) bytes, as far as there are any."""
        wanted = max(0, count - len(self._head))
        self._head += data[:wanted]
        self._position += len(data[:wanted])
        return data[wanted:]

    def _read_header(self, data: memoryview) -> memoryview:
        data = self._gather(data, 4)
        if len(self._head) < 4:
            return data
        signature = bytes(self._head[:4])
        if signature in AFTER_ENTRIES:
            self._stopped = True
            return data
        offset = self._position - len(self._head)
        if signature != LOCAL_HEADER:
            where = f"at byte {offset}" if offset else "at its start"
            raise ArchiveError(f"not a zip archive, or damaged {where}")
        data = self._gather(data, FIXED_HEADER)
        if len(self._head) < FIXED_HEADER:
            return data
        name_length, extra_length = struct.unpack("<HH", self._head[26:FIXED_HEADER])
        data = self._gather(data, FIXED_HEADER + name_length + extra_length)
        if len(self._head) < FIXED_HEADER + name_length + extra_length:
            return data
        header = bytes(self._head)
        self._head.clear()
        self._begin(header, offset, name_length)
        return data

    def _begin(self, header: bytes, offset: int, name_length: int) -> None:
        flags, method, _time, _date, crc, compressed, size = struct.unpack("<HHHHIII", header[6:26])
        encoding = "utf-8" if flags & FLAG_UTF8 else "cp437"
        name_end = FIXED_HEADER + name_length
        name = header[FIXED_HEADER:name_end].decode(encoding, "replace")
        zip64 = _zip64_sizes(header[name_end:])
        if zip64:
            size = zip64[0] if size == ZIP64 else size
            compressed = zip64[-1] if compressed == ZIP64 else compressed
        unknown_length = flags & FLAG_DESCRIPTOR and method == STORED
        if flags & FLAG_ENCRYPTED or method not in (STORED, DEFLATED) or unknown_length:
            self._stopped = self._untestable = True
            return
        self._entry = _Entry(offset, name, method, flags, crc, compressed, size)
        self._inflate = zlib.decompressobj(-15) if method == DEFLATED else None
        self._step = self._read_deflated if method == DEFLATED else self._read_stored

    def _read_stored(self, data: memoryview) -> memoryview:
        entry = t.cast(_Entry, self._entry)
        part = data[: entry.compressed - entry.seen_compressed]
        entry.seen_crc = zlib.crc32(part, entry.seen_crc)
        entry.seen_compressed += len(part)
        entry.seen_size += len(part)
        self._position += len(part)
        if entry.seen_compressed == entry.compressed:
            self._end_of_data()
        return data[len(part) :]

    def _read_deflated(self, data: memoryview) -> memoryview:
        entry = t.cast(_Entry, self._entry)
        part = data[:INFLATE_FROM]
        left: bytes | memoryview = part
        try:
            while left and not self._inflate.eof:
                out = self._inflate.decompress(left, INFLATE_PIECE)
                entry.seen_crc = zlib.crc32(out, entry.seen_crc)
                entry.seen_size += len(out)
                left = self._inflate.unconsumed_tail
        except zlib.error:
            raise self._damaged("its compressed data is broken") from None
        used = len(part) - len(self._inflate.unused_data)
        self._position += used
        entry.seen_compressed += used
        if self._inflate.eof:
            self._end_of_data()
        return data[used:]

    def _end_of_data(self) -> None:
        entry = t.cast(_Entry, self._entry)
        if entry.flags & FLAG_DESCRIPTOR:
            self._step = self._read_descriptor
            return
        seen = (entry.seen_crc, entry.seen_compressed, entry.seen_size)
        if seen != (entry.crc, entry.compressed, entry.size):
            raise self._damaged("its checksum or size is not what its header says")
        self._entry_done()

    def _read_descriptor(self, data: memoryview) -> memoryview:
        """Four layouts are in use: with and without a signature, with 4 and 8 byte sizes."""
        entry = t.cast(_Entry, self._entry)
        data = self._gather(data, LONGEST_DESCRIPTOR)
        if len(self._head) < LONGEST_DESCRIPTOR:
            return data
        for signature in (DESCRIPTOR, b""):
            for layout in ("<IQQ", "<III"):
                raw = signature + struct.pack(
                    layout, entry.seen_crc, *_fit(layout, entry.seen_compressed, entry.seen_size)
                )
                following = bytes(self._head[len(raw) : len(raw) + 4])
                if self._head.startswith(raw) and following in (LOCAL_HEADER, *AFTER_ENTRIES):
                    del self._head[: len(raw)]
                    self._entry_done()
                    return data
        raise self._damaged("its checksum or size is not what follows it")

    def _entry_done(self) -> None:
        entry = t.cast(_Entry, self._entry)
        self._tested[entry.offset] = (
            entry.name,
            entry.method,
            entry.seen_crc,
            entry.seen_compressed,
            entry.seen_size,
        )
        self._entry = self._inflate = None
        self._step = self._read_header

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
            entries = whole.infolist()
            for info in entries:
                self._compare(whole, info)
        unlisted = set(self._tested) - {info.header_offset for info in entries}
        if unlisted:
            name = self._tested[min(unlisted)][0]
            raise ArchiveError(f"the directory is damaged: it lacks entry {name!r}")
        return len(entries)

    def _compare(self, whole: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        tested = self._tested.get(info.header_offset)
        if tested is None and self._untestable:
            _test_entry(whole, info)
            return
        listed = (
            info.orig_filename,
            info.compress_type,
            info.CRC,
            info.compress_size,
            info.file_size,
        )
        if tested != listed or info.flag_bits & FLAGS_UNREADABLE:
            raise ArchiveError(
                f"entry {info.filename!r} is damaged: the directory tells it differently"
            )


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
    except Exception as exc:  # each method of compression has its own
        if isinstance(exc, OSError) and exc.errno:
            raise
        raise ArchiveError(f"entry {info.filename!r} is damaged: {exc}") from None


def _fit(layout: str, *sizes: int) -> tuple[int, ...]:
    return sizes if layout == "<IQQ" else tuple(size & ZIP64 for size in sizes)


def _zip64_sizes(extra: bytes) -> tuple[int, ...]:
    """The 8-byte sizes of an entry's zip64 field, in file order; empty where it has none."""
    while len(extra) >= 4:
        kind, length = struct.unpack("<HH", extra[:4])
        if kind == 1:
            count = min(length, len(extra) - 4, 16) // 8
            return struct.unpack(f"<{count}Q", extra[4 : 4 + 8 * count])
        extra = extra[4 + length :]
    return ()


__all__ = ("ZipStreamVerifier", "open_zip")
