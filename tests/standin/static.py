# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How nginx serves a file: validators, ranges, conditions."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path

from standin import pages
from standin.wire import Request, Response


@dataclass
class Plan:
    """What to send: a head, then bytes, or pieces of a file between bits of text."""

    status: int
    headers: list[tuple[str, str]]
    length: int | None
    pieces: list[bytes | tuple[int, int]] = field(default_factory=list)
    path: Path | None = None


def _ranges(text: str, size: int) -> list[tuple[int, int]] | None:
    """First and last byte of each range; [] when none fits, None when the header is not one."""
    unit, sep, spec = text.partition("=")
    if unit.strip().lower() != "bytes" or not sep:
        return None
    found = []
    for part in spec.split(","):
        first, dash, last = part.strip().partition("-")
        if not dash or not (first + last).isdigit():
            return []
        if first:
            start, end = int(first), min(int(last) if last else size - 1, size - 1)
        else:
            start, end = max(0, size - int(last)), size - 1
        if start <= end and start < size:
            found.append((start, end))
    return found


def _unchanged(request: Request, etag: str, modified: float) -> bool:
    tags = request.header("if-none-match")
    if tags:
        return tags.strip() == "*" or etag in [t.strip() for t in tags.split(",")]
    since = request.header("if-modified-since")
    if since:
        try:
            return parsedate_to_datetime(since).timestamp() == int(modified)
        except (TypeError, ValueError):
            return False
    return False


def plan_file(request: Request, response: Response) -> Plan:
    """The answer to a request for a file that the application pointed at."""
    path = response.file
    assert path is not None
    own = [("Content-Type", response.content_type or "application/octet-stream")]
    try:
        stat = path.stat()
    except OSError:
        page = pages.nginx_page(404)
        return Plan(404, [("Content-Type", "text/html"), *response.headers], len(page), [page])
    size = stat.st_size
    etag = f'"{int(stat.st_mtime):x}-{size:x}"'
    modified = formatdate(int(stat.st_mtime), usegmt=True)
    dated = [("Last-Modified", modified), *response.headers, ("ETag", etag)]
    if _unchanged(request, etag, stat.st_mtime):
        return Plan(304, dated, None)
    wanted = request.header("range")
    condition = request.header("if-range")
    if condition and condition not in (etag, modified):
        wanted = ""
    ranges = _ranges(wanted, size) if wanted else None
    if ranges is None:
        headers = own + dated + [("Accept-Ranges", "bytes")]
        return Plan(200, headers, size, [(0, size)] if size else [], path)
    if not ranges:
        page = pages.nginx_page(416)
        headers = [
            ("Content-Type", "text/html"),
            *response.headers,
            ("Content-Range", f"bytes */{size}"),
        ]
        return Plan(416, headers, len(page), [page])
    if len(ranges) == 1:
        first, last = ranges[0]
        headers = own + dated + [("Content-Range", f"bytes {first}-{last}/{size}")]
        return Plan(206, headers, last - first + 1, [(first, last - first + 1)], path)
    return _multipart(ranges, size, own[0][1], dated, path)


def _multipart(
    ranges: list[tuple[int, int]],
    size: int,
    content_type: str,
    dated: list[tuple[str, str]],
    path: Path,
) -> Plan:
    boundary = f"{secrets.randbelow(10**20):020d}"
    pieces: list[bytes | tuple[int, int]] = []
    length = 0
    for first, last in ranges:
        head = (
            f"\r\n--{boundary}\r\nContent-Type: {content_type}\r\n"
            f"Content-Range: bytes {first}-{last}/{size}\r\n\r\n"
        ).encode()
        pieces += [head, (first, last - first + 1)]
        length += len(head) + last - first + 1
    tail = f"\r\n--{boundary}--\r\n".encode()
    pieces.append(tail)
    kind = ("Content-Type", f"multipart/byteranges; boundary={boundary}")
    return Plan(206, [kind, *dated], length + len(tail), pieces, path)


__all__ = ["Plan", "plan_file"]
