# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How managers of a cluster talk to each other: what runs there, and which files there are.

One port serves both; whoever asks proves with a secret of the database that it is one of them.
"""

from __future__ import annotations

import contextlib
import hmac
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from standin.cluster.config import Settings
from standin.cluster.files import Entry, FileIndex
from standin.wire import PIECE

SECRET_HEADER = "X-Cluster-Secret"
TIMEOUT = 5.0


class PeerError(Exception):
    """A peer did not answer, or not as it should."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self,
        address: tuple[str, int],
        *,
        index: FileIndex,
        status: Callable[[], dict[str, Any]],
        secret: Callable[[], str],
        sharing: Callable[[], bool],
        settings: Settings,
    ) -> None:
        super().__init__(address, _Handler)
        self.index = index
        self.status = status
        self.secret = secret
        self.sharing = sharing
        self.context: ssl.SSLContext | None = None
        if settings.get("cert"):
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(settings["cert"], settings["key"])

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        connection.settimeout(60)
        if self.context:
            # the handshake happens in the connection's own thread, at its first read
            connection = self.context.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A peer that goes away or does not trust us is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        secret = self.server.secret()
        if not secret or not hmac.compare_digest(self.headers.get(SECRET_HEADER, ""), secret):
            return self._json({"error": "not a member"}, 403)
        if parts.path == "/status":
            return self._json(self.server.status())
        if not self.server.sharing():
            return self._json({"error": "files are not shared"}, 503)
        if parts.path == "/files":
            return self._listing(parse_qs(parts.query).get("version", [""])[-1])
        if parts.path.startswith("/files/"):
            return self._file(unquote(parts.path[len("/files/") :]))
        return self._json({"error": "no such thing"}, 404)

    def _listing(self, known: str) -> None:
        index = self.server.index
        version = str(index.version)
        if known == version:
            return self._json({"version": version})
        return self._json({"version": version, "files": [e.shown() for e in index.entries()]})

    def _file(self, path: str) -> None:
        place = self.server.index.locate(path)
        entry = self.server.index.get(path)
        if place is None or entry is None or entry.deleted:
            return self._json({"error": "no such file"}, 404)
        wanted = self.headers.get("X-Stamp")
        if wanted and wanted != str(entry.stamp):
            return self._json({"error": "another version"}, 409)
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        try:
            with place.open("rb") as stream:
                stream.seek(start)
                left = max(0, entry.size - start)
                self._head(206 if start else 200, left, "application/octet-stream")
                while left:
                    piece = stream.read(min(PIECE, left))
                    if not piece:
                        break
                    self.wfile.write(piece)
                    left -= len(piece)
                self.close_connection = self.close_connection or bool(left)
        except FileNotFoundError:
            self._json({"error": "no such file"}, 404)

    def _json(self, data: Any, status: int = 200) -> None:
        out = json.dumps(data).encode()
        self._head(status, len(out), "application/json")
        self.wfile.write(out)

    def _head(self, status: int, size: int, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(size))
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: peers ask every second."""


class Link:
    """A conversation with one peer, kept open."""

    def __init__(self, host: str, settings: Settings, secret: Callable[[], str]) -> None:
        self.host = host
        self._settings = settings
        self._secret = secret
        self._connection: http.client.HTTPConnection | None = None
        self._lock = threading.Lock()

    def json(self, path: str) -> Any:
        with self._lock:
            try:
                answer = self._get(path, {})
                data = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self._drop()
                raise PeerError(f"{self.host}: {error}") from error
        if answer.status != 200:
            raise PeerError(f"{self.host}: {answer.status} for {path}")
        try:
            return json.loads(data)
        except ValueError as error:
            raise PeerError(f"{self.host}: no JSON for {path}") from error

    def fetch(self, entry: Entry, target: Path) -> None:
        """Get the rest of a file; what has arrived before stays and is not sent again."""
        with self._lock:
            try:
                self._fetch(entry, target)
            except (OSError, http.client.HTTPException) as error:
                self._drop()
                raise PeerError(f"{self.host}: {error}") from error

    def _fetch(self, entry: Entry, target: Path) -> None:
        have = target.stat().st_size if target.exists() else 0
        if have < entry.size:
            headers = {"X-Stamp": str(entry.stamp)}
            if have:
                headers["Range"] = f"bytes={have}-"
            answer = self._get(f"/files/{quote(entry.path)}", headers)
            if answer.status not in (200, 206):
                answer.read()
                raise PeerError(f"{self.host}: {answer.status} for {entry.path}")
            with target.open("ab") as out:
                while piece := answer.read(PIECE):
                    out.write(piece)
        elif not target.exists():
            target.touch()
        if target.stat().st_size != entry.size:
            if target.stat().st_size > entry.size:
                target.unlink()
            raise PeerError(f"{self.host}: {entry.path} ended early")

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _get(self, path: str, headers: dict[str, str]) -> http.client.HTTPResponse:
        if self._connection is None:
            self._connection = self._open()
        self._connection.request("GET", path, headers={SECRET_HEADER: self._secret(), **headers})
        return self._connection.getresponse()

    def _open(self) -> http.client.HTTPConnection:
        port = int(self._settings["port"])
        if not self._settings.get("cert"):
            return http.client.HTTPConnection(self.host, port, timeout=TIMEOUT)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # certificates name hosts as their owner likes; whose CA it is, is what counts
        context.check_hostname = False
        context.load_verify_locations(self._settings["ca"])
        return http.client.HTTPSConnection(self.host, port, timeout=TIMEOUT, context=context)

    def _drop(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.close()
            self._connection = None


__all__ = ["Link", "PeerError", "Server"]
