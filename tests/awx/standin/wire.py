# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A request and a response, apart from how they travel."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from awx.standin.errors import detail

if TYPE_CHECKING:
    from awx.standin.store import Item

API = "/api/v2/"
VERSION = "24.6.1"


@dataclass
class Request:
    method: str
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    # Who asks; known once the request was authenticated.
    user: Item | None = None

    @classmethod
    def of(cls, method: str, target: str, headers: dict[str, str], body: bytes) -> Request:
        path, _mark, query = target.partition("?")
        pairs = parse_qsl(query, keep_blank_values=True)
        return cls(method, unquote(path), pairs, {k.lower(): v for k, v in headers.items()}, body)

    @property
    def mutating(self) -> bool:
        return self.method not in ("GET", "HEAD", "OPTIONS")

    def arg(self, name: str, default: str = "") -> str:
        return next((value for key, value in self.query if key == name), default)

    def json(self) -> dict[str, Any]:
        """The body as an object; none at all is an empty one."""
        if not self.body.strip():
            return {}
        try:
            data = json.loads(self.body)
        except ValueError as error:
            raise detail(
                400,
                f"JSON parse error - {error}\nPossible cause: trailing comma.",
            ) from None
        if not isinstance(data, dict):
            raise detail(400, "JSON parse error - not a JSON object")
        return data


@dataclass
class Response:
    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return b"" if self.body is None else json.dumps(self.body).encode()


def created(body: Any) -> Response:
    return Response(201, body)


def accepted(body: Any) -> Response:
    return Response(202, body)


def no_content() -> Response:
    return Response(204)
