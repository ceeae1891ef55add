# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Zip files of any size with flat memory: a writer with fast filler, and a reader that names what is wrong."""

from __future__ import annotations

import contextlib
import json
import random
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

PIECE = 1 << 20
_POOL = 8 << 20
# The attribute lost its underscore in Python 3.13.
_LEVEL = "compress_level" if hasattr(zipfile.ZipInfo, "compress_level") else "_compresslevel"


class BadArchive(Exception):
    """The file is no snapshot archive that can be read; the text says why."""


class ZipWriter:
    """Members one after the other; what cannot be compressed is deflated at level 0, which is fast and still deflate."""

    def __init__(self, path: str | Path) -> None:
        self._zip = zipfile.ZipFile(path, "w", compression=zipfile.ZIP_DEFLATED, allowZip64=True)
        self._folders: set[str] = set()

    def __enter__(self) -> ZipWriter:
        return self

    def __exit__(self, *_args: object) -> None:
        self._zip.close()

    def folder(self, name: str) -> None:
        name = name.rstrip("/") + "/"
        if name in self._folders:
            return
        self._folders.add(name)
        info = zipfile.ZipInfo(name, time.localtime()[:6])
        info.external_attr = (0o40755 << 16) | 0x10
        self._zip.writestr(info, b"")

    def text(self, name: str, data: str | bytes) -> None:
        with self.stream(name) as out:
            out.write(data.encode() if isinstance(data, str) else data)

    def json(self, name: str, data: Any) -> None:
        self.text(name, json.dumps(data))

    @contextlib.contextmanager
    def stream(self, name: str, *, size: int = 0, level: int = 6) -> Iterator[Any]:
        """A member to write to; give the size where it may pass 2 GiB, so that its header has room for it."""
        info = zipfile.ZipInfo(name, time.localtime()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o100644 << 16
        info.file_size = size
        setattr(info, _LEVEL, level)
        with self._zip.open(info, "w") as out:
            yield out

    def filler(self, name: str, *, size: int, seed: int) -> None:
        """One member of pseudo-random bytes: slices of a random pool, since drawing every byte would be slow."""
        draw = random.Random(seed)
        pool = memoryview(draw.randbytes(min(_POOL, max(size, 1)) + PIECE))
        spread = len(pool) - PIECE
        left = size
        with self.stream(name, size=size, level=0) as out:
            while left:
                start = draw.randrange(spread + 1)
                piece = pool[start : start + min(PIECE, left)]
                out.write(piece)
                left -= len(piece)


def filler_sizes(total: int) -> list[int]:
    """Some large members and many smaller ones, as plugins and blueprints in a real archive are."""
    sizes: list[int] = []
    left = total
    shares = (4, 9, 23, 12, 47, 31)
    while left > 0:
        size = min(left, max(total // shares[len(sizes) % len(shares)], 4096))
        sizes.append(size)
        left -= size
    return sizes


class ZipReader:
    """The members of an archive; every fault of the zip itself comes out as BadArchive."""

    def __init__(self, path: str | Path) -> None:
        path = Path(path)
        if not path.stat().st_size:
            raise BadArchive("the file is empty")
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
            with path.open("rb") as file:
                start = file.read(4)
            reason = "the zip is truncated" if start == b"PK\x03\x04" else "not a zip file"
            raise BadArchive(f"{reason} ({error})") from error
        self.sizes = {info.filename: info.file_size for info in self._zip.infolist()}

    def __enter__(self) -> ZipReader:
        return self

    def __exit__(self, *_args: object) -> None:
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        return name in self.sizes

    def names(self, prefix: str = "", suffix: str = "") -> list[str]:
        return sorted(n for n in self.sizes if n.startswith(prefix) and n.endswith(suffix))

    @contextlib.contextmanager
    def stream(self, name: str) -> Iterator[BinaryIO]:
        try:
            with self._zip.open(name) as member:
                yield member  # type: ignore[misc]
        except (zipfile.BadZipFile, zlib.error, EOFError, KeyError) as error:
            raise BadArchive(f"member {name} is damaged ({error})") from error

    def read(self, name: str) -> bytes:
        with self.stream(name) as member:
            return member.read()

    def json(self, name: str) -> Any:
        try:
            return json.loads(self.read(name))
        except ValueError as error:
            raise BadArchive(f"member {name} is not JSON ({error})") from error

    def verify(self) -> None:
        """Read every byte and compare the checksums."""
        for name in self.sizes:
            if name.endswith("/"):
                continue
            with self.stream(name) as member:
                while member.read(PIECE):
                    pass


__all__ = ["PIECE", "BadArchive", "ZipReader", "ZipWriter", "filler_sizes"]
