# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""A streamed upload, verified while it goes."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _progress
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._checker import StreamChecker
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ArchiveError,
    ConnectionFailed,
    RecoveryError,
    TransferError,
    Unavailable,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._http import ManagerHttp


class FileBody:
    """A file as a request body: known length, large pieces, tested while it is sent.

    Each piece holds only until the next one is asked for.
    The last piece is held back until the whole file has passed, so that a manager never has all of
    a damaged one.

    :param approve: is given the sha256 before that; what it raises ends the transfer too
    :param doing: what is done by it, for whoever waits
    :ivar whole: all of it has been handed over
    """

    def __init__(
        self,
        path: str,
        *,
        approve: t.Callable[[str], None] = lambda sha256: None,
        doing: str = "send a file",
    ) -> None:
        self._doing = doing
        self._path = path
        self._size = os.path.getsize(path)
        self._approve = approve
        self.sha256 = ""
        self.whole = False

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> t.Iterator[memoryview]:
        checker = StreamChecker()
        held = None
        self.whole = False
        try:
            with open(self._path, "rb", buffering=0) as archive:
                while True:
                    count = archive.readinto(checker.room())
                    if not count:
                        break
                    piece = checker.take(count)
                    if held is not None:
                        yield held
                    held = piece
                    _progress.tell(self._doing, done=checker.size, total=self._size)
                checker.close()
                if checker.size != self._size:
                    raise ArchiveError("it has changed while it was read")
                self.sha256 = checker.finish(archive)
                self._approve(self.sha256)
            if held is not None:
                yield held
            self.whole = True
        except OSError as exc:
            # else it would be taken for the connection's
            raise RecoveryError(
                f"Cannot read {self._path}: {exc.strerror}",
                hint="Look at the disk of the host that the module runs on, and its kernel's log",
            ) from None
        finally:
            checker.close()


def upload_file(
    http: ManagerHttp, *, path: str, body: FileBody, doing: str, idle_timeout: float
) -> t.Any:
    """PUT a file. Returns the answer.

    :raises ArchiveError: for a damaged file; the manager has not got the whole of it then
    :raises TransferError: when it broke; whether the manager has it must then be looked up
    """
    try:
        return http.json(
            "PUT",
            path,
            doing=doing,
            data=body,
            headers={"Content-Type": "application/octet-stream"},
            timeout=idle_timeout,
        )
    except (ConnectionFailed, Unavailable) as exc:
        raise TransferError(exc.message, hint=exc.hint) from exc


__all__ = ("FileBody", "upload_file")
