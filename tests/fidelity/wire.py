# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request as it is given, and the answer with nothing lost: no redirects, no decoding but gzip."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import json
import ssl
from typing import Any

from .recording import Answer, Headers


def send(
    *,
    host: str,
    port: int,
    ca: str | None,
    method: str,
    path: str,
    headers: Headers,
    body: bytes | None,
    chunked: bool = False,
) -> Answer:
    connection: http.client.HTTPConnection
    if ca:
        context = ssl.create_default_context(cafile=ca)
        connection = http.client.HTTPSConnection(host, port, timeout=60, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=60)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if chunked:
            connection.putheader("Transfer-Encoding", "chunked")
        elif body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(_pieces(body or b"") if chunked else body, encode_chunked=chunked)
        response = connection.getresponse()
        data = response.read()
        answer_headers = list(response.getheaders())
        return Answer(response.status, response.reason, answer_headers, _decoded(response, data))
    finally:
        connection.close()


def _pieces(body: bytes) -> list[bytes]:
    return [body[i : i + 8192] for i in range(0, len(body), 8192)]


def _decoded(response: http.client.HTTPResponse, data: bytes) -> Any:
    """The body in the form of the recordings: JSON, text, or what is known of bytes."""
    if response.headers.get("Content-Encoding") == "gzip":
        data = gzip.decompress(data)
    kind = response.headers.get("Content-Type") or ""
    try:
        if "json" in kind or data[:1] in b"{[" and data:
            return json.loads(data)
        text = data.decode("utf-8")
    except ValueError:
        text = None
    if text is not None and "\x00" not in text:
        return text
    return {
        "__binary__": True,
        "length": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "first_bytes_hex": data[:32].hex(),
    }


__all__ = ["send"]
