# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""A streamed download: resumed where it broke, verified while it comes, and then renamed."""

from __future__ import annotations

import errno
import fcntl
import io
import json
import os
import re
import shutil
import threading
import time
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _progress
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._checker import (
    PIECE,
    StreamChecker,
    feed_file,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._disk import (
    SPARE_BYTES,
    no_space,
    sync_folder,
    unlink,
    write_all,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ArchiveError,
    ConnectionFailed,
    NotFound,
    RecoveryError,
    Refused,
    TransferError,
    Unavailable,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._http import (
    API,
    ManagerHttp,
    describe_failure,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._remote import (
    body_length,
    strong_tag,
)

#: Tries in a row that get no further than those before them, until a transfer is given up, and
#: the waits between them.
FRUITLESS_TRIES = 5
FRUITLESS_WAITS = (0.5, 1.0, 2.0, 4.0)

#: How much is written before the disk is told to take it, so that the final fsync is short.
FLUSH_EVERY = 64 << 20


class Downloaded(t.NamedTuple):
    """What a download did.

    :ivar resumed_from: bytes that an earlier run had left
    :ivar breaks: how often the transfer broke and was taken up again
    """

    size: int
    sha256: str
    resumed_from: int
    breaks: int


class Download:
    """One archive, from a manager into one file.

    The bytes go to C(.NAME.part) beside the destination. It is tested while it grows, flushed to
    disk, and only then renamed. A C(.part) of an earlier run is taken up again if the manager
    still has the same archive; C(.NAME.part.json) remembers which one it was.
    """

    def __init__(
        self,
        *,
        http: ManagerHttp,
        path: str,
        dest: str,
        doing: str,
        idle_timeout: float,
        inspect: t.Callable[[t.BinaryIO], t.Any] = lambda part: None,
        sleep: t.Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = http
        self._path = API + path
        self._dest = dest
        self._doing = doing
        self._idle_timeout = idle_timeout
        self._inspect = inspect
        self._sleep = sleep
        folder, name = os.path.split(os.path.abspath(dest))
        self.folder = folder
        self.part = os.path.join(folder, f".{name}.part")
        self.note = f"{self.part}.json"
        self._tag = ""
        self._total = 0
        self._kept = 0
        self._breaks = 0
        self._response: t.Any = None

    def run(self) -> Downloaded:
        """Fetch, verify, rename.

        :raises ArchiveError: when what arrived is damaged, or C(inspect) does not want it; nothing
            is left behind then
        :raises TransferError: when it broke too often; the C(.part) stays for the next run
        :raises Refused: while another run downloads to the same place
        """
        with self._locked_part() as part:
            try:
                done = self._fetch(part)
                os.fsync(part.fileno())
                # while the lock is held: another run must not find a part that is whole already
                unlink(self.note)
                os.rename(self.part, self._dest)
            except ArchiveError:
                self._forget()
                raise
            except OSError as exc:
                if exc.errno not in (errno.ENOSPC, errno.EDQUOT):
                    raise
                received = os.fstat(part.fileno()).st_size
                self._forget()
                raise self._disk_full(received) from None
            except RecoveryError:
                if not os.fstat(part.fileno()).st_size:
                    self._forget()
                raise
        sync_folder(self.folder)
        return done

    def _locked_part(self) -> io.FileIO:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        while True:
            part = io.FileIO(os.open(self.part, flags, 0o600), "r+b")
            try:
                fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.path.samestat(os.fstat(part.fileno()), os.lstat(self.part)):
                    os.fchmod(part.fileno(), 0o600)
                    return part
            except FileNotFoundError:
                pass  # a run that has just ended renamed or removed it
            except BlockingIOError:
                part.close()
                raise Refused(
                    f"Cannot {self._doing}: another run is downloading to {self._dest}",
                    hint="Wait for it to end",
                ) from None
            part.close()

    # -- taking up what an earlier run left -----------------------------------------------------

    def _resumable(self) -> int:
        """Bytes of a C(.part) that can be kept; 0 to begin anew."""
        try:
            with open(self.note, encoding="utf-8") as note:
                known = json.load(note)
            self._tag, self._total = str(known["tag"]), int(known["total"])
            return min(os.path.getsize(self.part), self._total)
        except (OSError, ValueError, KeyError, TypeError):
            self._tag = ""
            return 0

    def _remember(self) -> None:
        temporary = f"{self.note}.new"
        with open(temporary, "w", encoding="utf-8") as note:
            json.dump({"tag": self._tag, "total": self._total}, note)
        os.rename(temporary, self.note)

    def _forget(self) -> None:
        for path in (self.part, self.note, f"{self.note}.new"):
            unlink(path)

    # -- the transfer ----------------------------------------------------------------------------

    def _fetch(self, part: io.FileIO) -> Downloaded:
        self._kept = self._resumable()
        try:
            sha256 = self._fill(part, self._kept)
        except ArchiveError:
            if not self._kept:
                raise
            # a power cut may have damaged what the earlier run left, so try once without it
            self._kept = 0
            sha256 = self._fill(part, 0)
        return Downloaded(self._total, sha256, self._kept, self._breaks)

    def _fill(self, part: io.FileIO, offset: int) -> str:
        """Bring the part to its full length. Returns its sha256, tested."""
        checker = self._checker(part, offset)
        flusher = _Flusher(part.fileno())
        try:
            fruitless, furthest = 0, offset
            while True:
                try:
                    if not self._open(checker.size):
                        checker.close()
                        checker = self._checker(part, 0)
                        if self._kept:  # of another archive, so no measure for this one
                            self._kept = furthest = 0
                    # what a stall cuts off counts for nothing, so less is asked for at a time
                    if self._copy(checker, flusher, most=PIECE >> 4 * fruitless):
                        break
                    why = "the connection was closed early"
                except (ConnectionFailed, Unavailable, _Broken) as exc:
                    why = exc.message
                except NotFound as exc:
                    if exc.from_manager:
                        raise
                    # a manager to which the file has not come yet
                    self._http.turn()
                    why = exc.message
                self._breaks += 1
                # bytes that were there before are no progress: it may begin anew each time
                fruitless = 0 if checker.size > furthest else fruitless + 1
                furthest = max(furthest, checker.size)
                if fruitless >= FRUITLESS_TRIES:
                    raise TransferError(
                        f"Cannot {self._doing}: the transfer broke at byte {checker.size} of "
                        f"{self._total or 'an unknown number'}: {why}",
                        hint=f"Run this again: it goes on from there ({self.part})",
                        bytes_received=checker.size,
                    )
                self._sleep(FRUITLESS_WAITS[min(fruitless, len(FRUITLESS_WAITS) - 1)])
            checker.close()
            sha256 = checker.finish(t.cast(t.BinaryIO, part))
            self._inspect(t.cast(t.BinaryIO, part))
            return sha256
        except ArchiveError as exc:
            raise ArchiveError(
                f"Cannot {self._doing}: what the manager sent is no sound snapshot: {exc.message}",
                hint="Take another snapshot; nothing has been kept of this one",
            ) from None
        finally:
            self._response_close()
            checker.close()
            flusher.stop()

    def _checker(self, part: io.FileIO, offset: int) -> StreamChecker:
        """Knows the first C(offset) bytes, and writes what comes after them."""
        checker = StreamChecker()
        part.truncate(offset)
        part.seek(0)
        feed_file(checker, part, doing=f"verify what there is of {self._dest}", total=offset)
        checker.also(lambda piece: write_all(part, piece))
        return checker

    def _response_close(self) -> None:
        if self._response is not None:
            self._response.close()
            self._response = None

    def _open(self, offset: int) -> bool:
        """Ask for what is missing. False when it comes from the start instead."""
        self._response_close()
        headers = {}
        if offset and self._tag:
            headers = {"Range": f"bytes={offset}-", "If-Range": self._tag}
        self._response = response = self._http.send(
            "GET",
            self._path,
            doing=self._doing,
            headers=headers,
            stream=True,
            expected=(200, 206, 416) if headers else (200,),
            timeout=self._idle_timeout,
        )
        if response.status_code == 200:
            self._start(response.headers)
            return offset == 0
        if self._continues(response, offset):
            self._check_space(self._total - offset)
            return True
        # an answer to another question than the one asked: begin anew, without Range
        self._tag = ""
        return self._open(offset)

    def _start(self, headers: t.Mapping[str, str]) -> None:
        """The whole archive follows."""
        self._total = body_length(headers, self._doing)
        self._tag = strong_tag(headers)
        self._check_space(self._total - os.path.getsize(self.part))
        self._remember()

    def _continues(self, response: t.Any, offset: int) -> bool:
        """Whether the answer is the rest of the same archive, or that nothing is missing."""
        if response.status_code == 416:
            return offset == self._total
        tagged = self._tag.startswith('"')  # else it is a date, which no ETag compares with
        tag = response.headers.get("ETag", self._tag) if tagged else self._tag
        span = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", response.headers.get("Content-Range", ""))
        asked = (str(offset), str(self._total))
        return span is not None and span.groups() == asked and tag in (self._tag, "W/" + self._tag)

    def _check_space(self, needed: int) -> None:
        free = shutil.disk_usage(self.folder).free
        if free < needed + SPARE_BYTES:
            raise no_space(self._doing, self.folder, needed=needed, free=free)

    def _disk_full(self, received: int) -> TransferError:
        return TransferError(
            f"Cannot {self._doing}: the disk of {self.folder} is full after {received} bytes of "
            f"{self._total}",
            hint="Make room and run this again; the partial file has been removed",
            bytes_received=received,
        )

    def _copy(self, checker: StreamChecker, flusher: _Flusher, *, most: int) -> bool:
        """Take in the answer's body. True when nothing is missing any more."""
        body = _plain_body(self._response)
        while checker.size < self._total:
            room = checker.room()[: min(most, self._total - checker.size)]
            try:
                count = body.readinto(room)
            except Exception as exc:  # urllib3 has many; all mean that the transfer broke
                raise _Broken(describe_failure(t.cast(t.Any, exc))) from exc
            if not count:
                return False
            checker.take(count)
            flusher.wrote(count)
            _progress.tell(self._doing, done=checker.size, total=self._total)
        return True


def _plain_body(response: t.Any) -> t.Any:
    """What has C(readinto) for the body as it is.

    That of urllib3 copies each piece twice, so it is passed by where what it wraps can be had.
    """
    plain = getattr(response.raw, "_fp", None)
    return plain if hasattr(plain, "readinto") else response.raw


class _Broken(RecoveryError):
    """The body broke off."""


class _Flusher:
    """Has the disk write along, on another thread, so that the last fsync finds little to do."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._pending = 0
        self._thread: threading.Thread | None = None

    def wrote(self, count: int) -> None:
        self._pending += count
        if self._pending < FLUSH_EVERY or (self._thread and self._thread.is_alive()):
            return
        self._pending = 0
        self._thread = threading.Thread(target=self._flush, daemon=True)
        self._thread.start()

    def _flush(self) -> None:
        try:
            os.fdatasync(self._descriptor)
        except OSError:
            pass  # the final fsync in the owner's thread reports it

    def stop(self) -> None:
        if self._thread:
            self._thread.join()


__all__ = ("Download", "Downloaded")
