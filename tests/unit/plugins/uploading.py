# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The requests of an upload."""

from __future__ import annotations

import hashlib
import pathlib
import typing as t

ARCHIVE = "/snapshots/s1/archive"
TAG = {"ETag": '"one"'}
UPLOADED = {"id": "s1", "status": "uploaded"}
BINARY = {"Content-Type": "application/octet-stream"}


def sha256(path: pathlib.Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def absent(manager: t.Any, **more: t.Any) -> None:
    manager.error("GET", "/snapshots/s1", 404, "not_found_error", **more)


def is_file(path: pathlib.Path) -> t.Callable[[t.Any], bool]:
    """The body, streamed, is this file."""

    def check(body: t.Any) -> bool:
        assert not isinstance(body, (bytes, str))
        return b"".join(bytes(piece) for piece in body) == path.read_bytes()

    return check


def put(manager: t.Any, src: pathlib.Path, **more: t.Any) -> None:
    """The upload itself; the answer is as it should be unless told otherwise."""
    length = {"Content-Length": str(src.stat().st_size), "Transfer-Encoding": None, **BINARY}
    if not {"json", "body", "status"} & set(more):
        more.update(json=UPLOADED, status=201)
    manager.put(ARCHIVE, sent=is_file(src), headers=length, **more)


def head(manager: t.Any, size: int, **more: t.Any) -> None:
    manager.request("HEAD", ARCHIVE, answered={"Content-Length": str(size), **TAG}, **more)


def shown(manager: t.Any, size: int) -> None:
    """The look afterwards."""
    manager.get("/snapshots/s1", UPLOADED)
    head(manager, size)


def lead(manager: t.Any) -> None:
    manager.version()
    absent(manager)


def same(manager: t.Any, data: bytes, *, theirs: bytes | None = None) -> None:
    theirs = theirs or data
    head(manager, len(theirs))
    if len(theirs) == len(data):
        head(manager, len(theirs))
        start = data.index(b"PK\x01\x02")
        span = f"{start}-{len(data) - 1}"
        manager.request(
            "GET",
            ARCHIVE,
            status=206,
            body=theirs[start:],
            headers={"Range": f"bytes={span}", "If-Range": TAG["ETag"]},
            answered={"Content-Range": f"bytes {span}/{len(data)}"},
        )
