# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How members talk: HTTP over TLS on a port of their own, both sides with the cluster's secret key.

The key pair is made by `start` and given to whoever is to join; nobody else is listened to.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import shutil
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Json = dict[str, Any]
PIECE = 1 << 18


class Gone(Exception):
    """The other side says that this node was removed from the cluster."""


class Refused(Exception):
    """The other side understood, and says no."""


class Wire:
    """The certificate of the cluster, on this member's disk."""

    def __init__(self, folder: Path) -> None:
        self.cert = folder / "cluster.crt"
        self.key = folder / "cluster.key"

    def context(self, *, server: bool) -> ssl.SSLContext:
        protocol = ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT
        context = ssl.SSLContext(protocol)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = False
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(self.cert, self.key)
        context.load_verify_locations(self.cert)
        return context


class Link:
    """A connection to one peer that is kept while it works."""

    def __init__(
        self, wire: Wire, host: str, port: int, headers: dict[str, str], timeout: float
    ) -> None:
        self._host = host
        self._port = port
        self._headers = headers
        self._timeout = timeout
        self._context = wire.context(server=False)
        self._connection: http.client.HTTPSConnection | None = None

    def close(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

    def ask(self, method: str, target: str, body: Json | None = None) -> Any:
        try:
            response = self._send(method, target, body)
            data = response.read()
            return json.loads(data)
        except (OSError, http.client.HTTPException, ValueError):
            self.close()
            raise

    def fetch(self, target: str, path: Path) -> None:
        """A long answer, on the disk before any of it is looked at."""
        try:
            response = self._send("GET", target, None)
            with path.open("wb") as out:
                shutil.copyfileobj(response, out, PIECE)
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def _send(self, method: str, target: str, body: Json | None) -> http.client.HTTPResponse:
        if self._connection is None:
            self._connection = http.client.HTTPSConnection(
                self._host, self._port, timeout=self._timeout, context=self._context
            )
        data = None if body is None else json.dumps(body).encode()
        self._connection.request(method, target, data, self._headers)
        response = self._connection.getresponse()
        if response.status == 200:
            return response
        words = response.read().decode(errors="replace")
        if response.status == 410:
            raise Gone(words)
        raise Refused(words)


Answer = Json | Path | Iterator[Json]
Handler = Callable[[str, str, dict[str, str], Json, dict[str, str]], Answer]


class Listener:
    """Serves the peers. `handle(method, path, query, body, headers)` answers or raises."""

    def __init__(self, wire: Wire, host: str, port: int, handle: Handler) -> None:
        context = wire.context(server=True)

        class Bound(_Handler):
            pass

        Bound.handle_call = staticmethod(handle)
        self._server = _Server((host, port), Bound, bind_and_activate=False)
        self._server.context = context
        if ":" in host:
            self._server.address_family = socket.AF_INET6
            self._server.socket.close()
            self._server.socket = socket.socket(socket.AF_INET6)
        try:
            self._server.server_bind()
            self._server.server_activate()
        except OSError:
            self._server.server_close()
            raise
        threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="peers", daemon=True
        ).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    context: ssl.SSLContext

    def server_bind(self) -> None:
        # the base class looks the address up in the name service, which may take long
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def finish_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(30)
        with contextlib.suppress(OSError, ssl.SSLError):
            connection = self.context.wrap_socket(request, server_side=True)
            with contextlib.closing(connection):
                super().finish_request(connection, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A peer that goes away is nothing to tell."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    handle_call: Handler

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {k.lower(): v for k, v in self.headers.items()}
        try:
            body = json.loads(data) if data else {}
            answer = self.handle_call(
                self.command,
                parts.path,
                dict(parse_qsl(parts.query, keep_blank_values=True)),
                body,
                headers,
            )
        except Gone as error:
            return self._reply(410, str(error).encode())
        except ConnectionError:
            # cut off: no answer at all
            self.close_connection = True
            return None
        except Exception as error:
            return self._reply(409, str(error).encode())
        if isinstance(answer, Path):
            return self._file(answer)
        if isinstance(answer, dict):
            return self._reply(200, json.dumps(answer).encode())
        return self._stream(answer)

    do_GET = do_POST = _serve

    def _reply(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _file(self, path: Path) -> None:
        try:
            stream = path.open("rb")
        except OSError as error:
            return self._reply(409, str(error).encode())
        with stream:
            size = path.stat().st_size
            self.send_response(200)
            self.send_header("Content-Length", str(size))
            self.end_headers()
            shutil.copyfileobj(stream, self.wfile, PIECE)
        return None

    def _stream(self, lines: Iterator[Json]) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        pending: list[bytes] = []
        size = 0
        for line in lines:
            pending.append(json.dumps(line).encode() + b"\n")
            size += len(pending[-1])
            if size >= PIECE:
                self._chunk(b"".join(pending))
                pending, size = [], 0
        self._chunk(b"".join(pending))
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> None:
        if data:
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


__all__ = ["Gone", "Json", "Link", "Listener", "Refused", "Wire"]
