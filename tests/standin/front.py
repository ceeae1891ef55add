# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The web server in front: TLS, HTTP, request bodies, static files, faults, what nginx refuses."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Sequence
from email.utils import formatdate
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from standin import pages
from standin.journal import Entry, Journal
from standin.ratelimit import RateLimit
from standin.sender import Cut, Sender
from standin.static import Plan, plan_file
from standin.wire import (
    PIECE,
    BadRequest,
    Dropped,
    Head,
    Request,
    Response,
    read_body,
    read_head,
)

if TYPE_CHECKING:
    from standin.app import App
    from standin.manager import Manager

IDLE_SECONDS = 75
GZIP_FROM = 1000
# nginx compresses no other answers
GZIP_STATUSES = (200, 403, 404)
HSTS = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")


def server_context(pair: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(*pair)
    return context


class Front:
    """Listens on one port, a thread per connection; what is done to it is done to its `others` too.

    :param pair: the files that `context` was made of, if they can change
    """

    def __init__(
        self,
        manager: Manager,
        app: App,
        *,
        host: str,
        port: int,
        context: ssl.SSLContext,
        rate_limit: bool,
        pair: tuple[Path, Path] | None = None,
        others: Sequence[Front] = (),
    ) -> None:
        self.manager = manager
        self.app = app
        self.journal = Journal()
        self._context = context
        self._pair = pair
        self._others = tuple(others)
        for other in others:
            other.journal = self.journal
        self._limit = RateLimit() if rate_limit else None
        self._socket = socket.create_server((host, port), backlog=128)
        self.host, self.port = self._socket.getsockname()[:2]
        self._ending = False
        self._listening = threading.Event()
        self._listening.set()

    def serve(self) -> None:
        for other in self._others:
            threading.Thread(target=other.serve, name=f"front-{other.port}", daemon=True).start()
        while not self._ending:
            if not self._listening.wait(timeout=1.0):
                continue
            try:
                connection, peer = self._socket.accept()
            except OSError:
                # closed: for good, or until nginx is there again
                time.sleep(0.01)
                continue
            threading.Thread(target=self._accept, args=(connection, peer[0]), daemon=True).start()

    def listen(self, up: bool) -> None:
        """Whether nginx runs: without it the port is closed."""
        for other in self._others:
            other.listen(up)
        if up == self._listening.is_set():
            return
        if up:
            self._socket = socket.create_server((self.host, self.port), backlog=128)
            self._listening.set()
        else:
            self._listening.clear()
            self._close_socket()

    def reload(self) -> None:
        """nginx reads its certificates again."""
        for other in self._others:
            other.reload()
        if self._pair:
            # one that is in use takes a new certificate only sometimes
            self._context = server_context(self._pair)

    def close(self) -> None:
        for other in self._others:
            other.close()
        self._ending = True
        self._close_socket()

    def _close_socket(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self, raw: socket.socket, peer: str) -> None:
        try:
            raw.settimeout(IDLE_SECONDS)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            first = raw.recv(1, socket.MSG_PEEK)
            if not first:
                return
            if first != b"\x16":
                self._plain_http(raw, peer)
                return
            connection = self._context.wrap_socket(raw, server_side=True)
        except (OSError, ssl.SSLError):
            return
        finally:
            if not isinstance(raw, ssl.SSLSocket) and raw.fileno() != -1:
                # wrap_socket has taken the descriptor over, or the peer is to be let go
                raw.close()
        with connection:
            self._converse(connection, peer)

    def _plain_http(self, raw: socket.socket, peer: str) -> None:
        stream = raw.makefile("rb")
        try:
            head = read_head(stream)
        except (BadRequest, Dropped):
            return
        if head is None:
            return
        entry = self.journal.start(head.method, head.target, head.headers.get("user-agent", ""))
        page = pages.plain_http_page()
        headers = [
            ("Server", "nginx"),
            ("Date", formatdate(usegmt=True)),
            ("Content-Type", "text/html"),
            ("Content-Length", str(len(page))),
            ("Connection", "close"),
            HSTS,
        ]
        lines = "".join(f"{k}: {v}\r\n" for k, v in headers)
        raw.sendall(f"HTTP/1.1 400 Bad Request\r\n{lines}\r\n".encode() + page)
        entry.status, entry.bytes_out = 400, len(page)

    def _converse(self, connection: ssl.SSLSocket, peer: str) -> None:
        stream: Any = connection.makefile("rb", buffering=1 << 18)
        try:
            while not self._ending and self._listening.is_set():
                head = read_head(stream)
                if head is None or not Exchange(self, connection, stream, peer, head).run():
                    break
        except BadRequest:
            with contextlib.suppress(OSError):
                page = pages.nginx_page(400)
                top = "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Type: text/html\r\n"
                end = f"Content-Length: {len(page)}\r\nConnection: close\r\n\r\n"
                connection.sendall((top + end).encode() + page)
        except (Dropped, Cut, OSError, ValueError):
            pass
        finally:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def limited(self, peer: str, path: str) -> bool:
        return self._limit is not None and path.startswith("/api/") and not self._limit.allows(peer)


class Exchange:
    """One request and its response."""

    def __init__(
        self, front: Front, connection: ssl.SSLSocket, stream: BinaryIO, peer: str, head: Head
    ) -> None:
        self.front = front
        self.connection = connection
        self.stream = stream
        self.head = head
        self.request = Request(head.method, head.target, head.headers, peer)
        agent = head.headers.get("user-agent", "")
        self.entry: Entry = front.journal.start(head.method, head.target, agent)
        self.keep = (
            head.version != "HTTP/1.0" and head.headers.get("connection", "").lower() != "close"
        )
        self.fault: dict[str, Any] = {}

    def run(self) -> bool:
        """Answer; True when the connection can serve another request."""
        manager = self.front.manager
        if self.front.limited(self.request.peer, self.request.path):
            self._refuse(503)
            return self.keep
        self.fault = manager.faults.take(self.head.method, self.request.path) or {}
        try:
            if "delay" in self.fault:
                time.sleep(float(self.fault["delay"]))
            self._receive()
            self._answer()
        finally:
            if self.request.spool:
                self.request.spool.unlink(missing_ok=True)
        return self.keep

    # -- the request's body
    def _receive(self) -> None:
        """nginx takes the whole body before the service sees anything of it."""
        headers = self.head.headers
        if headers.get("expect", "").lower() == "100-continue":
            self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.request.chunked = "chunked" in headers.get("transfer-encoding", "").lower()
        size = int(headers.get("content-length") or 0)
        if not size and not self.request.chunked:
            return
        limit = self.fault.get("drop_after_bytes") if self.fault.get("of") == "request" else None
        if re.search(r"/snapshots/[^/]+/archive$", self.request.path):
            self._spool(limit)
            return
        pieces: list[bytes] = []
        self.request.body_size = read_body(
            self.stream, headers, self._counted(pieces.append, limit)
        )
        self.request.body = b"".join(pieces)

    def _spool(self, limit: int | None) -> None:
        path = self.front.manager.spool_file()
        self.request.spool = path
        with path.open("wb", buffering=PIECE) as out:
            self.request.body_size = read_body(
                self.stream, self.head.headers, self._counted(out.write, limit)
            )

    def _counted(self, take: Any, limit: int | None) -> Any:
        def count(piece: bytes) -> None:
            self.entry.bytes_in += len(piece)
            if limit is not None and self.entry.bytes_in >= limit:
                raise Dropped
            take(piece)

        if limit == 0:
            raise Dropped
        return count

    def _discard(self) -> None:
        size = self.head.headers.get("content-length", "0")
        if size != "0" or "transfer-encoding" in self.head.headers:
            if self.head.headers.get("expect"):
                # the client has not been told to go on: it must not be waited for
                self.keep = False
                return
            self.entry.bytes_in = read_body(self.stream, self.head.headers, lambda piece: None)

    # -- the response
    def _refuse(self, status: int) -> None:
        page = pages.nginx_page(status)
        self._send(Plan(status, [("Content-Type", "text/html")], len(page), [page]), vary=False)
        self._discard()

    def _answer(self) -> None:
        if "status" in self.fault:
            self._send_fault()
            return
        if self.front.manager.rest_is_down:
            page = pages.nginx_page(502)
            self._send(Plan(502, [("Content-Type", "text/html")], len(page), [page]), vary=False)
            return
        if not self.request.path.startswith("/api/"):
            self._outside_api()
            return
        self._send_response(self.front.app.handle(self.request))

    def _outside_api(self) -> None:
        """Paths that nginx answers itself."""
        response = self.front.app.resource(self.request)
        if isinstance(response, int):
            page = pages.nginx_page(response)
            plan = Plan(response, [("Content-Type", "text/html")], len(page), [page])
            self._send(plan, vary=False)
        else:
            self._send_response(response)

    def _send_response(self, response: Response) -> None:
        if response.file is not None:
            plan = plan_file(self.request, response)
            # what nginx makes of a range it cannot give carries the header twice
            twice = [HSTS] if plan.status == 416 else []
            self._send(plan, vary=False, after=twice)
            return
        body = response.body
        headers = list(response.headers)
        if response.content_type:
            headers.insert(0, ("Content-Type", response.content_type))
        length: int | None = len(body)
        if response.status in (204, 304):
            length, body = None, b""
        pieces: list[bytes | tuple[int, int]] = [body] if body else []
        encoding: list[tuple[str, str]] = []
        if self._gzips(response):
            packer = zlib.compressobj(1, zlib.DEFLATED, 31)
            packed = packer.compress(body) + packer.flush()
            pieces = [f"{len(packed):x}\r\n".encode() + packed + b"\r\n0\r\n\r\n"]
            headers.append(("Transfer-Encoding", "chunked"))
            encoding = [("Content-Encoding", "gzip")]
            length = None
        self._send(
            Plan(response.status, headers, length, pieces),
            vary=response.vary,
            after=encoding,
            reason=response.reason,
        )

    def _gzips(self, response: Response) -> bool:
        return (
            self.head.version == "HTTP/1.1"
            and self.head.method != "HEAD"
            and response.content_type == "application/json"
            and response.status in GZIP_STATUSES
            and len(response.body) >= GZIP_FROM
            and "gzip" in self.head.headers.get("accept-encoding", "")
        )

    def _send_fault(self) -> None:
        status, body = int(self.fault["status"]), self.fault.get("body", "html")
        kind = "text/html"
        if body == "html":
            data = pages.nginx_page(status)
        elif body == "json":
            code = {401: "unauthorized_error", 404: "not_found_error"}.get(
                status, "internal_server_error"
            )
            text = {"error_code": code, "message": "injected fault", "server_traceback": None}
            data, kind = json.dumps(text).encode(), "application/json"
        else:
            data, kind = str(body).encode(), "text/plain"
        own = {str(k).lower(): str(v) for k, v in (self.fault.get("headers") or {}).items()}
        headers = [("Content-Type", own.pop("content-type", kind))]
        headers += [(k.title(), v) for k, v in own.items()]
        self._send(Plan(status, headers, len(data), [data]), vary=False)

    def _send(
        self,
        plan: Plan,
        *,
        vary: bool,
        after: list[tuple[str, str]] | None = None,
        reason: str | None = None,
    ) -> None:
        self.entry.status = plan.status
        headers = [("Server", "nginx"), ("Date", formatdate(usegmt=True))]
        own = list(plan.headers)
        if plan.length is not None:
            place = 1 if own and own[0][0] == "Content-Type" else 0
            own.insert(place, ("Content-Length", str(plan.length)))
        headers += own
        headers.append(("Connection", "keep-alive" if self.keep else "close"))
        if vary:
            headers.append(("Vary", "Cookie"))
        headers.append(HSTS)
        headers += after or []
        words = reason or pages.REASONS.get(plan.status, "Unknown")
        lines = "".join(f"{k}: {v}\r\n" for k, v in headers)
        head = f"HTTP/1.1 {plan.status} {words}\r\n{lines}\r\n".encode("latin-1")
        body = self.head.method != "HEAD" and plan.status not in (204, 304)
        fault = {} if self.fault.get("of") == "request" else self.fault
        Sender(self.connection, self.entry, fault).send(head, plan, with_body=body)


__all__ = ["Front", "server_context"]
