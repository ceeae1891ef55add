# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts a response on the wire in large pieces, with the faults that were asked for."""

from __future__ import annotations

import socket
import time
from typing import Any

from standin.journal import Entry
from standin.static import Plan
from standin.wire import PIECE


class Cut(Exception):
    """The response was cut short on purpose."""


class Sender:
    def __init__(self, connection: socket.socket, entry: Entry, fault: dict[str, Any]) -> None:
        self._connection = connection
        self._entry = entry
        self._drop = fault.get("drop_after_bytes")
        self._stall = fault.get("stall_seconds")
        self._stall_at = int(fault.get("at_byte") or 0)
        self._fragile = self._drop is not None or self._stall is not None

    def send(self, head: bytes, plan: Plan, *, with_body: bool) -> None:
        pieces = plan.pieces if with_body else []
        if len(pieces) == 1 and isinstance(pieces[0], bytes) and not self._fragile:
            # one write for what is small: one packet, one wake-up of the client
            self._connection.sendall(head + pieces[0])
            self._entry.bytes_out += len(pieces[0])
            return
        self._connection.sendall(head)
        if self._fragile:
            self._point(0)
        for piece in pieces:
            if isinstance(piece, bytes):
                self._write(memoryview(piece))
            else:
                self._file(plan, *piece)

    def _file(self, plan: Plan, start: int, length: int) -> None:
        assert plan.path is not None
        buffer = bytearray(PIECE)
        view = memoryview(buffer)
        with plan.path.open("rb", buffering=0) as stream:
            stream.seek(start)
            while length:
                got = stream.readinto(view[: min(PIECE, length)])
                if not got:
                    # the file became shorter under our hands
                    raise Cut
                self._write(view[:got])
                length -= got

    def _write(self, data: memoryview) -> None:
        if not self._fragile:
            self._connection.sendall(data)
            self._entry.bytes_out += len(data)
            return
        done = 0
        while done < len(data):
            stop = len(data)
            for point in (self._drop, self._stall_at if self._stall is not None else None):
                if point is not None and point > self._entry.bytes_out:
                    stop = min(stop, done + point - self._entry.bytes_out)
            self._connection.sendall(data[done:stop])
            self._entry.bytes_out += stop - done
            done = stop
            self._point(self._entry.bytes_out)

    def _point(self, sent: int) -> None:
        if self._stall is not None and sent >= self._stall_at:
            seconds, self._stall = float(self._stall), None
            time.sleep(seconds)
        if self._drop is not None and sent >= self._drop:
            # what was written still arrives; then the connection ends without TLS's farewell
            raise Cut


__all__ = ["Cut", "Sender"]
