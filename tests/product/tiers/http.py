# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON over TLS to the parts of a tier. A part that does not answer is None, never an exception."""

from __future__ import annotations

import base64
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any


@dataclass
class Client:
    ca: Path
    username: str = ""
    password: str = ""
    timeout: float = 5.0

    def __post_init__(self) -> None:
        self._context: ssl.SSLContext | None = None
        # the lab's hosts talk to each other, whatever the environment says
        self._proxies = urllib.request.ProxyHandler({})

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = ssl.create_default_context(cafile=str(self.ca))
        return self._context

    def ask(
        self,
        url: str,
        *,
        method: str = "GET",
        body: Any = None,
        form: str | None = None,
        timeout: float | None = None,
    ) -> Answer | None:
        """What is answered, whatever the status; None where nothing answers in time."""
        data = form.encode() if form is not None else None
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if data else {}
        if body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        if self.username:
            pair = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        request = urllib.request.Request(url, data=data, headers=headers, method=method)
        try:
            handler = urllib.request.HTTPSHandler(context=self._tls())
            opener = urllib.request.build_opener(self._proxies, handler)
            try:
                with opener.open(request, timeout=timeout or self.timeout) as response:
                    return Answer(response.status, _json(response.read()))
            except urllib.error.HTTPError as error:
                return Answer(error.code, _json(error.read()))
        except (OSError, ValueError):
            # ssl's errors and time-outs are among the first
            return None


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return data.decode(errors="replace")


def all_at_once(ask: Callable[[str], Any], items: Sequence[str]) -> dict[str, Any]:
    """What each gives, asked side by side, so that dead ones cost one time-out and not many."""
    if not items:
        return {}
    with ThreadPoolExecutor(len(items)) as pool:
        return dict(zip(items, pool.map(ask, items), strict=True))


__all__ = ["Answer", "Client", "all_at_once"]
