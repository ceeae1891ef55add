# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""An archive that stays on the manager: its length and hash, a look into it, a comparison."""

from __future__ import annotations

import hashlib
import io
import os
import re
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import (
    _archive,
    _progress,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._checker import (
    PIECE,
    StreamChecker,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ApiError,
    Refused,
    TransferError,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._http import (
    API,
    ManagerHttp,
    describe_failure,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._wait import Ticker
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._zipstream import open_zip

T = t.TypeVar("T")

#: Tries for one of the small parts in which a directory is read.
PART_TRIES = 3

#: How often, and after how many seconds, a file that is not there yet is looked for again: as the
#: product's own tests do.
REPLICATION_LOOKS = 15
REPLICATION_INTERVAL = 1.5

#: What a manager up to 5.0.5 says in its 500 where an archive's file is missing.
NO_SUCH_FILE = re.compile(r"No such file or directory: .*/snapshots/")

AGAIN_HINT = "Run this again; if it goes on, look at the network and the manager's load"


def archive_headers(http: ManagerHttp, *, path: str, doing: str) -> tuple[int, str]:
    """(size, tag) of an archive on the manager, without its bytes."""
    response = http.send("HEAD", API + path, doing=doing, stream=True)
    response.close()
    return body_length(response.headers, doing), strong_tag(response.headers)


def once_there(
    http: ManagerHttp, look: t.Callable[[], T], *, path: str, doing: str, hint: str
) -> T:
    """What C(look) finds out about an archive that the manager lists. In a cluster its file comes
    to the other managers a little later, so these are asked too, unless one is pinned, and it is
    waited for.

    :param hint: what to do about one that does not come
    :raises Refused: when it does not come
    :raises ApiError: when the manager does not say what it stumbles over
    """
    ticker = Ticker(timeout=REPLICATION_LOOKS * REPLICATION_INTERVAL, interval=REPLICATION_INTERVAL)
    while True:
        try:
            return look()
        except ApiError as exc:
            # up to 5.0.5 a file that is missing makes the manager stumble
            if exc.status not in (404, 500):
                raise
            error = exc
        http.turn()
        ticker.tell("the archive to come to this manager", error.message)
        if not ticker.pause():
            break
    if error.status == 500 and not _file_is_missing(http, path=path, doing=doing):
        raise error
    raise Refused(
        f"Cannot {doing}: the manager lists it, but its archive is gone: it did not come "
        f"from another manager in {ticker.elapsed:.0f} s either",
        hint=hint,
        status=error.status,
    )


def _file_is_missing(http: ManagerHttp, *, path: str, doing: str) -> bool:
    """Whether that is what a 500 is about; the answer to a HEAD does not tell."""
    one = {"Range": "bytes=0-0"}
    try:
        http.send(
            "GET", API + path, doing=doing, headers=one, stream=True, expected=(200, 206)
        ).close()
    except ApiError as exc:
        return exc.status == 500 and bool(NO_SUCH_FILE.search(exc.server_message))
    return False


def same_archive(
    http: ManagerHttp, *, path: str, local: str, doing: str, idle_timeout: float
) -> bool:
    """Whether the manager has the same archive as a local, tested file.

    Sizes and zip directories are compared: a directory holds the checksum, size and place of each
    entry, so the bytes in between need not travel. Where the manager sends no parts, they do.

    :raises Refused: when the manager lists one, and does not have it
    """
    size = os.path.getsize(local)
    remote_size, _tag = once_there(
        http,
        lambda: archive_headers(http, path=path, doing=doing),
        path=path,
        doing=doing,
        hint="Delete it there and upload it again",
    )
    if size != remote_size:
        return False
    with open(local, "rb") as archive:
        with open_zip(archive) as whole:
            start = whole.start_dir
        archive.seek(start)
        try:
            remote = RemoteFile(http, path=path, doing=doing)
            remote.seek(start)
            while True:
                ours = archive.read(PIECE)
                if remote.read(len(ours)) != ours:
                    return False
                if not ours:
                    return True
        except TransferError:
            archive.seek(0)
            digest = hashlib.sha256()
            for piece in iter(lambda: archive.read(PIECE), b""):
                digest.update(piece)
    theirs = hash_remote(http, path=path, doing=doing, idle_timeout=idle_timeout)
    return digest.hexdigest() == theirs


def hash_remote(http: ManagerHttp, *, path: str, doing: str, idle_timeout: float) -> str:
    """sha256 of an archive on the manager; its bytes are read, but not kept."""
    digest = hashlib.sha256()
    response = http.send("GET", API + path, doing=doing, stream=True, timeout=idle_timeout)
    with response:
        total = left = body_length(response.headers, doing)
        while left > 0:
            piece = _read(response, min(PIECE, left), doing=doing)
            digest.update(piece)
            left -= len(piece)
            _progress.tell(doing, done=total - left, total=total)
    return digest.hexdigest()


def _read(response: t.Any, count: int, *, doing: str) -> bytes:
    """Up to C(count) bytes of a body, and at least one."""
    try:
        piece = response.raw.read(count, decode_content=False)
    except Exception as exc:  # urllib3 has many; all mean that the transfer broke
        why = describe_failure(t.cast(t.Any, exc))
        raise TransferError(f"Cannot {doing}: {why}", hint=AGAIN_HINT) from exc
    if not piece:
        raise TransferError(f"Cannot {doing}: the connection was closed early", hint=AGAIN_HINT)
    return t.cast(bytes, piece)


def check_remote(
    http: ManagerHttp, *, path: str, doing: str, idle_timeout: float
) -> tuple[_archive.Description, str, int]:
    """Test every byte of an archive on the manager; nothing of it is kept.

    :returns: its description, sha256 and size in bytes
    :raises ArchiveError: when anything is wrong with it
    :raises TransferError: when it could not be read to its end
    """
    remote = RemoteFile(http, path=path, doing=doing)
    checker = StreamChecker()
    tries = PART_TRIES
    try:
        while checker.size < remote.size:
            before = checker.size
            try:
                remote.feed(checker, idle_timeout=idle_timeout)
            except TransferError:
                tries = PART_TRIES if checker.size > before else tries - 1
                if not tries:
                    raise
    finally:
        checker.close()
    whole = t.cast(t.BinaryIO, io.BufferedReader(remote, 1 << 16))
    sha256 = checker.finish(whole)
    return _archive.describe(whole), sha256, checker.size


class RemoteFile(io.RawIOBase):
    """An archive on the manager as a seekable file, read by ranges; unbuffered.

    :raises TransferError: when the manager does not honour ranges
    """

    def __init__(self, http: ManagerHttp, *, path: str, doing: str) -> None:
        super().__init__()
        self._http = http
        self._path = path
        self._doing = doing
        self.size, self._tag = archive_headers(http, path=path, doing=doing)
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError("negative position")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: t.Any) -> int:
        first = self._position
        last = min(first + len(buffer), self.size) - 1
        if last < first:
            return 0
        tries = PART_TRIES
        while True:
            try:
                data = self._part(first, last)
                break
            except TransferError:
                tries -= 1
                if not tries:
                    raise
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def feed(self, checker: StreamChecker, *, idle_timeout: float) -> None:
        """Everything that a checker has not had yet, in one go.

        :raises TransferError: when it breaks; what came before counts
        """
        last = self.size - 1
        with self._open(checker.size, last, timeout=idle_timeout) as response:
            while checker.size <= last:
                room = checker.room()[: last + 1 - checker.size]
                piece = _read(response, len(room), doing=self._doing)
                room[: len(piece)] = piece
                checker.take(len(piece))
                _progress.tell(self._doing, done=checker.size, total=self.size)

    def _part(self, first: int, last: int) -> bytes:
        data = b""
        with self._open(first, last) as response:
            while len(data) <= last - first:
                data += _read(response, last - first + 1 - len(data), doing=self._doing)
        return data

    def _open(self, first: int, last: int, *, timeout: float | None = None) -> t.Any:
        headers = {"Range": f"bytes={first}-{last}"}
        if self._tag:
            headers["If-Range"] = self._tag
        response = self._http.send(
            "GET",
            API + self._path,
            doing=self._doing,
            headers=headers,
            stream=True,
            expected=(200, 206),
            timeout=timeout,
        )
        if response.headers.get("Content-Range") != f"bytes {first}-{last}/{self.size}":
            response.close()
            raise TransferError(
                f"Cannot {self._doing}: the manager does not send parts of it",
                hint="Run this again; a proxy on the way has to let the header Range pass",
            )
        return response


def body_length(headers: t.Mapping[str, str], doing: str) -> int:
    if "Content-Length" not in headers:
        raise TransferError(
            f"Cannot {doing}: the manager does not say how long the archive is",
            hint="Without Content-Length a torn transfer cannot be told from a whole one",
        )
    return int(headers["Content-Length"])


def strong_tag(headers: t.Mapping[str, str]) -> str:
    """What If-Range may be asked with; empty where the answer has nothing fit for it."""
    tag = headers.get("ETag", "")
    if tag and not tag.startswith("W/"):
        return tag
    return headers.get("Last-Modified", "")


__all__ = (
    "RemoteFile",
    "archive_headers",
    "body_length",
    "check_remote",
    "hash_remote",
    "once_there",
    "same_archive",
    "strong_tag",
)
