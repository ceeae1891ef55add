# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A zip is tested while it passes by, as strictly as when it is read afterwards."""

from __future__ import annotations

import io
import random
import shutil
import struct
import subprocess
import tracemalloc
import typing as t
import zipfile
import zlib

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import ArchiveError
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._zipstream import (
    ZipStreamVerifier,
)

NOISE = random.Random(1).randbytes(20_000)
FLAG_ENCRYPTED = 0x1


class Unseekable(io.BytesIO):
    """What zipfile writes to a pipe: sizes follow the data."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_args: t.Any) -> int:
        raise io.UnsupportedOperation

    def tell(self) -> int:
        raise io.UnsupportedOperation


def make(*, method: int = zipfile.ZIP_DEFLATED, piped: bool = False, zip64: bool = False) -> bytes:
    target = Unseekable() if piped else io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as whole:
        for name, data in {
            "metadata.json": b'{"snapshot_version": "7.0.5"}',
            "empty": b"",
            "folder/": b"",
            "folder/noise": NOISE,
            "zeros": bytes(20_000),
            "r\u00e9sum\u00e9 \u2713": b"a name beyond ASCII",
        }.items():
            info = zipfile.ZipInfo(name, date_time=(2026, 11, 22, 7, 0, 0))
            info.compress_type = method
            with whole.open(info, "w", force_zip64=zip64) as entry:
                entry.write(data)
    return target.getvalue()


SHAPES = {
    "deflated": make(),
    "stored": make(method=zipfile.ZIP_STORED),
    "stored, sizes behind the data": make(method=zipfile.ZIP_STORED, piped=True),
    "deflated, sizes behind the data": make(piped=True),
    "zip64": make(zip64=True),
    "zip64, stored": make(method=zipfile.ZIP_STORED, zip64=True),
    "zip64, sizes behind the data": make(piped=True, zip64=True),
    "bzip2": make(method=zipfile.ZIP_BZIP2),
    "lzma": make(method=zipfile.ZIP_LZMA),
}
#: None that a manager makes: they are tested by reading them once more at the end.
READ_AGAIN = ("stored, sizes behind the data", "bzip2", "lzma")
ALL_SHAPES = pytest.mark.parametrize("data", SHAPES.values(), ids=SHAPES)


def verify(data: bytes, *, piece: int = 4096) -> int:
    verifier = ZipStreamVerifier()
    for start in range(0, len(data), piece):
        verifier.feed(data[start : start + piece])
    return verifier.finish(io.BytesIO(data))


def contents(data: bytes) -> dict[str, bytes] | None:
    """What a reader gets out of it; None when it finds damage."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as whole:
            return {info.orig_filename: whole.read(info) for info in whole.infolist()}
    except Exception:
        return None


@ALL_SHAPES
@pytest.mark.parametrize("piece", [1, 7, 4096, 1 << 20])
def test_a_sound_archive_passes_in_pieces_of_any_size(data: bytes, piece: int) -> None:
    assert verify(data, piece=piece) == 6


@ALL_SHAPES
def test_unzip_agrees_that_it_is_sound(data: bytes, tmp_path: t.Any) -> None:
    if not shutil.which("unzip"):
        pytest.skip("unzip is not installed")
    path = tmp_path / "sound.zip"
    path.write_bytes(data)
    done = subprocess.run(["unzip", "-tq", str(path)], capture_output=True, check=False)
    # 81: a method that this unzip was built without
    assert done.returncode in (0, 81), done.stdout


@ALL_SHAPES
def test_no_flipped_bit_that_changes_contents_gets_through(data: bytes) -> None:
    dice = random.Random(len(data))
    sound = contents(data)
    refused = 0
    for _try in range(150):
        damaged = bytearray(data)
        damaged[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        try:
            verify(bytes(damaged))
        except ArchiveError:
            refused += 1
        else:
            assert contents(bytes(damaged)) == sound
    assert refused > 75


@pytest.mark.parametrize("shape", [name for name in SHAPES if name not in READ_AGAIN])
def test_flipped_bits_in_its_structures_do_not_get_through(shape: str) -> None:
    """Data is most of an archive, so structures are seldom hit by chance."""
    data = SHAPES[shape]
    dice = random.Random(len(data))
    sound = contents(data)
    with zipfile.ZipFile(io.BytesIO(data)) as whole:
        starts = [info.header_offset for info in whole.infolist()] + [whole.start_dir]
    for start in starts:
        for _try in range(40):
            damaged = bytearray(data)
            damaged[start + dice.randrange(60)] ^= 1 << dice.randrange(8)
            try:
                verify(bytes(damaged))
            except ArchiveError:
                continue
            assert contents(bytes(damaged)) == sound


@ALL_SHAPES
def test_a_cut_at_any_interesting_place_is_seen(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as whole:
        places = [whole.start_dir, len(data), *(i.header_offset for i in whole.infolist())]
    cuts = {place + near for place in places for near in range(-40, 40)}
    for cut in sorted(cut for cut in cuts if 0 <= cut < len(data)):
        with pytest.raises(ArchiveError):
            verify(data[:cut])


@pytest.mark.parametrize("shape", ["deflated", "stored", "deflated, sizes behind the data"])
def test_a_cut_inside_an_entry_names_it(shape: str) -> None:
    with zipfile.ZipFile(io.BytesIO(SHAPES[shape])) as whole:
        start = whole.getinfo("folder/noise").header_offset
    with pytest.raises(ArchiveError, match="entry 'folder/noise' is damaged: the archive ends"):
        verify(SHAPES[shape][: start + 5000])


def test_damage_is_told_at_once_and_not_at_the_end() -> None:
    data = bytearray(SHAPES["stored"])
    data[data.index(NOISE) + 10] ^= 1
    verifier = ZipStreamVerifier()
    with pytest.raises(ArchiveError, match="entry 'folder/noise' is damaged"):
        verifier.feed(bytes(data[: data.index(b"zeros")]))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not a zip archive, or cut short"),
        (b"<html>502 Bad Gateway</html>", "not a zip archive, or damaged at its start"),
        (b"#!/bin/sh\n" + SHAPES["stored"], "damaged at its start"),
        (bytes(100), "damaged at its start"),
    ],
)
def test_what_is_no_zip_is_called_so(data: bytes, said: str) -> None:
    with pytest.raises(ArchiveError, match=said):
        verify(data)


def test_an_archive_without_entries_is_sound() -> None:
    target = io.BytesIO()
    zipfile.ZipFile(target, "w").close()
    assert verify(target.getvalue()) == 0


def test_a_directory_that_lacks_an_entry_is_refused() -> None:
    data = make()
    with zipfile.ZipFile(io.BytesIO(data)) as whole:
        start, first = whole.start_dir, whole.infolist()[0]
    rest = 46 * 5 + sum(len(name.encode()) for name in list(contents(data) or {})[1:])
    # the first entry's comment takes in all the others
    data = patched(data, at=start + 32, layout="<H", value=rest)
    assert list(contents(data) or {}) == [first.filename]
    with pytest.raises(ArchiveError, match="the directory is damaged: it lacks entry 'empty'"):
        verify(data)


def patched(data: bytes, *, at: int, layout: str, value: int) -> bytes:
    changed = bytearray(data)
    struct.pack_into(layout, changed, at, value)
    return bytes(changed)


@pytest.mark.parametrize(
    ("field", "layout", "value"),
    [(16, "<I", 1), (24, "<I", 1), (10, "<H", zipfile.ZIP_STORED), (46, "<B", ord("M"))],
    ids=["checksum", "size", "method", "name"],
)
def test_a_directory_that_tells_another_story_is_refused(
    field: int, layout: str, value: int
) -> None:
    data = make()
    first = zipfile.ZipFile(io.BytesIO(data)).start_dir
    with pytest.raises(ArchiveError, match="the directory tells it differently"):
        verify(patched(data, at=first + field, layout=layout, value=value))


def test_an_encrypted_entry_is_refused() -> None:
    data = make(method=zipfile.ZIP_STORED)
    first = zipfile.ZipFile(io.BytesIO(data)).start_dir
    for flags in (6, first + 8):
        data = patched(data, at=flags, layout="<H", value=FLAG_ENCRYPTED)
    with pytest.raises(ArchiveError, match="'metadata.json' is damaged: .*encrypted"):
        verify(data)


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("sizes", ["<IQQ", "<III"])
def test_sizes_behind_the_data_in_all_four_layouts(signed: bool, sizes: str) -> None:
    data = make(piped=True)
    raw = zlib.compressobj(wbits=-15)
    packed = raw.compress(NOISE) + raw.flush()
    tail = struct.pack(sizes, zlib.crc32(NOISE), len(packed), len(NOISE))
    header = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, 8, 8, 0, 0, 0, 0, 0, 1, 0) + b"x"
    verifier = ZipStreamVerifier()
    one = header + packed + (b"PK\x07\x08" if signed else b"") + tail
    for byte in one + data:
        verifier.feed(bytes([byte]))
    with pytest.raises(ArchiveError, match="entry 'x' is damaged: its checksum or size"):
        broken = one[:-1] + bytes([one[-1] ^ 1])
        ZipStreamVerifier().feed(broken + data)


def test_names_are_shown_whatever_they_are_written_in() -> None:
    data = bytearray(make(method=zipfile.ZIP_STORED))
    at = data.index(b"empty")
    data[at : at + 5] = b"\x81\xff\x00\x1b\n"
    data[data.index(NOISE)] ^= 1
    with pytest.raises(ArchiveError, match="folder/noise"):
        verify(bytes(data))
    name = "r\u00e9sum\u00e9 \u2713".encode()
    data = bytearray(make(method=zipfile.ZIP_STORED))
    data[data.index(b"a name beyond")] ^= 1
    data[data.index(name) + 1] = 0xFF  # no UTF-8 any more
    with pytest.raises(ArchiveError, match="is damaged"):
        verify(bytes(data))


def test_a_bomb_is_tested_in_flat_memory() -> None:
    target = io.BytesIO()
    whole = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED)
    with whole, whole.open("bomb", "w") as entry:
        for _mib in range(200):
            entry.write(bytes(1 << 20))
    data = target.getvalue()
    assert len(data) < 1 << 20
    tracemalloc.start()
    try:
        assert verify(data, piece=1 << 20) == 1
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20
