# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was recorded of a real manager: one HTTP exchange per file, and the transitions of workflows."""

from __future__ import annotations

import base64
import dataclasses
import functools
import hashlib
import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RECORDINGS = HERE / "recordings"
ARCHIVES = HERE.parent / "data" / "archives"

Headers = list[tuple[str, str]]


@dataclasses.dataclass
class Answer:
    status: int
    reason: str
    headers: Headers
    body: Any

    def header(self, name: str) -> str | None:
        for key, value in self.headers:
            if key.lower() == name.lower():
                return value
        return None


@dataclasses.dataclass(frozen=True)
class Recording:
    name: str
    method: str
    path: str
    headers: Headers
    body: Any
    chunked: bool
    base_url: str
    at: str | None
    answer: Answer


@dataclasses.dataclass(frozen=True)
class Transitions:
    """Per watched thing ("execution", "snapshot", "snapshot-status") the values it went through."""

    name: str
    steps: dict[str, list[tuple[int, str]]]


def names() -> list[str]:
    """Every recorded exchange, by its path without the suffix."""
    found = RECORDINGS.rglob("*.json")
    return sorted(str(p.relative_to(RECORDINGS))[:-5] for p in found if "request" in _raw(p))


def transition_names() -> list[str]:
    found = RECORDINGS.rglob("*transitions*.json")
    return sorted(str(p.relative_to(RECORDINGS))[:-5] for p in found)


@functools.cache
def _raw(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(path.read_text())
    return data


def load(name: str) -> Recording:
    data = _raw(RECORDINGS / f"{name}.json")
    request, response = data["request"], data["response"]
    headers = request.get("headers") or {}
    pairs = headers.items() if isinstance(headers, dict) else headers
    answer = Answer(
        status=response["status"],
        reason=response.get("reason") or "",
        headers=[tuple(pair) for pair in response["headers"]],
        body=response.get("body"),
    )
    return Recording(
        name=name,
        method=request["method"],
        path=request["path"],
        headers=list(pairs),
        body=request.get("body"),
        chunked=request.get("transfer") == "chunked",
        base_url=data.get("base_url") or "https://127.0.0.1:443",
        at=data.get("at"),
        answer=answer,
    )


def load_transitions(name: str) -> Transitions:
    data = _raw(RECORDINGS / f"{name}.json")["transitions"]
    steps: dict[str, list[tuple[int, str]]] = {}
    for entry in data:
        if isinstance(entry, list):
            entry = {"snapshot": [200, entry[1]], "execution": [200, entry[2]]}
        for key, value in entry.items():
            if isinstance(value, list) and len(value) == 2:
                step = value[0], "html" if str(value[1]).startswith("<") else str(value[1])
                seen = steps.setdefault(key, [])
                if not seen or seen[-1] != step:
                    seen.append(step)
    return Transitions(name, steps)


@functools.cache
def _samples() -> dict[str, bytes]:
    """Bodies by their hash: the samples, and the piece of one that was uploaded as a torn archive."""
    bodies = [path.read_bytes() for path in ARCHIVES.glob("*.zip")]
    bodies.append((ARCHIVES / "small-legacy.zip").read_bytes()[:2000])
    return {hashlib.sha256(body).hexdigest(): body for body in bodies}


def request_body(recording: Recording) -> bytes | None:
    """The bytes that were sent; a body that was not kept is stood in for by the small legacy sample."""
    body = recording.body
    if body is None or (body == "" and recording.name.startswith("cli/")):
        return None
    if isinstance(body, dict) and "__binary__" in body:
        return _samples().get(body["sha256"], (ARCHIVES / "small-legacy.zip").read_bytes())
    if isinstance(body, dict) and "__stream__" in body:
        return (ARCHIVES / "small-legacy.zip").read_bytes()
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


__all__ = [
    "ARCHIVES",
    "Answer",
    "Recording",
    "Transitions",
    "basic",
    "load",
    "load_transitions",
    "names",
    "request_body",
    "transition_names",
]
