# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A web server that misbehaves on demand, over real sockets of this host.

    with Server(whole(data)) as server:
        server.next(torn(data, at=1000))

Each answer is a function that is given the exchange and writes to its socket. The default answers
whenever none was put in line with C(next).
"""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
import typing as t
from dataclasses import dataclass, field

HTML = b"<html><head><title>%s</title></head></html>"
TAG = '"one"'


@dataclass
class Exchange:
    """One request, and the socket to answer it on.

    :ivar body: what came of the request's body
    :ivar cut: whether less of it came than was announced
    """

    socket: socket.socket
    method: str
    path: str
    headers: dict[str, str]
    stream: t.BinaryIO
    body: bytes = b""
    cut: bool = False
    close: bool = False

    def receive(self) -> None:
        left = int(self.headers.get("content-length", 0))
        with contextlib.suppress(OSError):
            while left:
                piece = self.stream.read(min(left, 1 << 16))
                if not piece:
                    break
                self.body += piece
                left -= len(piece)
        self.cut = bool(left)

    def head(self, status: int, headers: t.Mapping[str, t.Any]) -> None:
        lines = [f"HTTP/1.1 {status} Whatever", *(f"{k}: {v}" for k, v in headers.items())]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())

    def write(self, data: bytes) -> None:
        with contextlib.suppress(OSError):  # who asked may have had enough
            self.socket.sendall(data)


Answer = t.Callable[[Exchange], None]


@dataclass
class Server:
    default: Answer
    #: Answered before the body of the request has been read.
    rude: bool = False
    requests: list[Exchange] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._line: list[Answer] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.over = threading.Event()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def next(self, *answers: Answer) -> None:
        self._line += answers

    def asked(self, method: str = "GET") -> list[dict[str, str]]:
        """The headers of the requests that came."""
        return [each.headers for each in self.requests if each.method == method]

    def __enter__(self) -> Server:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.over.set()
        for each in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        assert not self._line, f"{len(self._line)} answers were never asked for"

    def _listen(self) -> None:
        while True:
            try:
                connection = self._listener.accept()[0]
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        stream = connection.makefile("rb")
        with contextlib.suppress(OSError, ValueError):
            while self._one(connection, stream):
                pass
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        stream.close()
        connection.close()

    def _one(self, connection: socket.socket, stream: t.BinaryIO) -> bool:
        words = stream.readline().decode().split()
        if not words:
            return False
        headers = {}
        for line in iter(lambda: stream.readline().decode().strip(), ""):
            name, _colon, value = line.partition(":")
            headers[name.lower()] = value.strip()
        exchange = Exchange(connection, words[0], words[1], headers, stream)
        if not self.rude:
            exchange.receive()
        self.requests.append(exchange)
        answer = self._line.pop(0) if self._line else self.default
        answer(exchange)
        return not exchange.close


# -- answers ---------------------------------------------------------------------------------


def whole(data: bytes, *, tag: str | None = TAG, **more: str) -> Answer:
    """A file as nginx serves it, with Range and If-Range."""

    def answer(exchange: Exchange) -> None:
        wanted = re.match(r"bytes=(\d+)-(\d*)$", exchange.headers.get("range", ""))
        condition = exchange.headers.get("if-range")
        headers = {"ETag": tag, **more} if tag else dict(more)
        if wanted is None or condition not in (None, tag, more.get("Last-Modified")):
            exchange.head(200, {"Content-Length": len(data), **headers})
            part = data
        elif int(wanted[1]) >= len(data):
            exchange.head(416, {"Content-Length": 0, "Content-Range": f"bytes */{len(data)}"})
            return
        else:
            first = int(wanted[1])
            part = data[first : int(wanted[2]) + 1 if wanted[2] else None]
            span = f"bytes {first}-{first + len(part) - 1}/{len(data)}"
            exchange.head(206, {"Content-Length": len(part), "Content-Range": span, **headers})
        if exchange.method != "HEAD":
            exchange.write(part)

    return answer


def says(status: int, body: bytes = b"", **headers: t.Any) -> Answer:
    def answer(exchange: Exchange) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        exchange.head(status, {"Content-Length": len(body), **named})
        if exchange.method != "HEAD":
            exchange.write(body)

    return answer


def page(status: int) -> Answer:
    """nginx, when it answers by itself."""
    return says(status, HTML % str(status).encode(), Content_Type="text/html")


def cut(answer: Answer, *, at: int, how: t.Callable[[Exchange], None]) -> Answer:
    """The body of an answer up to a byte, and then something else."""

    def cut_answer(exchange: Exchange) -> None:
        real, left = exchange.write, at

        def write(data: bytes) -> None:
            real(data[:left])
            how(exchange)

        exchange.write = write  # type: ignore[method-assign]
        exchange.close = True
        answer(exchange)

    return cut_answer


def hang_up(_exchange: Exchange) -> None:
    """The connection ends as if the body were over."""


def reset(exchange: Exchange) -> None:
    """The connection is torn down: what is still under way is lost."""
    exchange.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    exchange.stream.close()
    exchange.socket.close()


def stall(server: Server) -> t.Callable[[Exchange], None]:
    """Nothing more comes, and the connection stays."""
    return lambda exchange: (server.over.wait(30), None)[1]
