# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What transfers and recovery sets need of the local disk."""

from __future__ import annotations

import io
import os

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import TransferError

#: Left free on a file system beyond what is written to it.
SPARE_BYTES = 16 << 20


#: Linux caches larger writes in larger blocks, for which it often has to take memory that nobody
#: has used before; then a write has been seen to take six times as long.
WRITTEN_AT_ONCE = 1 << 18


def write_all(target: io.RawIOBase, data: memoryview) -> None:
    """An unbuffered file may take less than it was given."""
    while data:
        data = data[target.write(data[:WRITTEN_AT_ONCE]) or 0 :]


def sync_folder(path: str) -> None:
    """Make a rename in this folder survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(path: str, text: str, *, mode: int) -> None:
    """Whoever reads it sees the whole of it, as it was or as it is now, also after a power cut."""
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise


def no_space(doing: str, folder: str, *, needed: int, free: int) -> TransferError:
    return TransferError(
        f"Cannot {doing}: {folder} has {free >> 20} MiB free, {(needed + SPARE_BYTES) >> 20} MiB "
        "are needed",
        hint="Make room there, or choose another place",
        needed_bytes=needed,
        free_bytes=free,
    )


def unlink(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


__all__ = ("SPARE_BYTES", "no_space", "replace_file", "sync_folder", "unlink", "write_all")
