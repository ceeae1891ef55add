# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests and responses, and reading them off a socket."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, unquote, urlsplit

from standin import errors

MAX_LINE = 65536
PIECE = 1 << 20
# room for what one read brings: TLS hands out 16 KiB at most, and asking for much more costs more than it brings
ARRIVING = 1 << 16


class BadRequest(Exception):
    """What came is not HTTP."""


class Dropped(Exception):
    """The peer went away in the middle."""


@dataclass
class Request:
    method: str
    target: str
    headers: dict[str, str]
    peer: str = ""
    body: bytes = b""
    spool: Path | None = None
    chunked: bool = False
    body_size: int = 0
    # filled in by the application
    user: dict[str, Any] | None = None
    tenant: str | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.target)
        self.path = unquote(parts.path)
        self.query = parse_qsl(parts.query, keep_blank_values=True)

    def header(self, name: str, default: str = "") -> str:
        return self.headers.get(name.lower(), default)

    def arg(self, name: str, default: str | None = None) -> str | None:
        for key, value in self.query:
            if key == name:
                return value
        return default

    def args(self, name: str) -> list[str]:
        return [v for k, v in self.query if k == name]

    def flag(self, name: str) -> bool:
        return str(self.arg(name, "")).lower() == "true"

    def json(self) -> dict[str, Any]:
        """The body as the product's own parser takes it: exact type, then exact JSON."""
        if self.header("content-type") != "application/json":
            raise errors.unsupported_content_type()
        try:
            data = json.loads(self.body)
        except ValueError:
            raise errors.PageError(400) from None
        if not isinstance(data, dict):
            # the product takes the body for a mapping without looking
            raise errors.internal()
        return data


@dataclass
class Response:
    status: int = 200
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    content_type: str | None = "application/json"
    vary: bool = True
    # a file that the web server in front sends by itself
    file: Path | None = None
    file_name: str = ""
    reason: str | None = None


def reply(data: Any, status: int = 200) -> Response:
    return Response(status, json.dumps(data).encode())


@dataclass
class Head:
    method: str
    target: str
    version: str
    headers: dict[str, str]


def read_head(stream: BinaryIO) -> Head | None:
    """Request line and headers; None when the peer closed between requests."""
    line = stream.readline(MAX_LINE)
    while line in (b"\r\n", b"\n"):
        line = stream.readline(MAX_LINE)
    if not line:
        return None
    words = line.decode("latin-1").rstrip("\r\n").split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/"):
        raise BadRequest(line[:80])
    headers: dict[str, str] = {}
    while True:
        line = stream.readline(MAX_LINE)
        if line in (b"\r\n", b"\n"):
            return Head(words[0], words[1], words[2], headers)
        if not line:
            raise Dropped
        name, sep, value = line.decode("latin-1").partition(":")
        if not sep:
            raise BadRequest(line[:80])
        headers[name.strip().lower()] = value.strip()


def read_body(stream: BinaryIO, headers: dict[str, str], take: Callable[[bytes], None]) -> int:
    """Hand the body to `take` in pieces, however it is framed."""
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return _read_chunked(stream, take)
    return _read_exactly(stream, int(headers.get("content-length") or 0), take)


def _read_exactly(stream: BinaryIO, size: int, take: Callable[[bytes], None]) -> int:
    left = size
    while left:
        piece = stream.read1(min(ARRIVING, left))  # type: ignore[attr-defined]
        if not piece:
            raise Dropped
        left -= len(piece)
        take(piece)
    return size


def _read_chunked(stream: BinaryIO, take: Callable[[bytes], None]) -> int:
    total = 0
    while True:
        line = stream.readline(MAX_LINE)
        if not line:
            raise Dropped
        try:
            size = int(line.split(b";")[0].strip() or b"x", 16)
        except ValueError:
            raise BadRequest(line[:80]) from None
        if size == 0:
            while stream.readline(MAX_LINE) not in (b"\r\n", b"\n", b""):
                pass
            return total
        total += _read_exactly(stream, size, take)
        stream.readline(MAX_LINE)


__all__ = [
    "PIECE",
    "BadRequest",
    "Dropped",
    "Head",
    "Request",
    "Response",
    "read_body",
    "read_head",
    "reply",
]
