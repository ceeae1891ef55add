# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Steps that many tests take."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from standin.testing import StandIn

PATIENCE = 30.0


def until(condition: Callable[[], Any]) -> Any:
    """Wait for a condition, however long the machine takes."""
    end, pause = time.monotonic() + PATIENCE, 0.01
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        # most looks are requests, which cost those that are waited for more than the wait
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
    raise AssertionError("it did not come about")


def ended(manager: StandIn, execution_id: str) -> dict[str, Any]:
    """The execution once it has ended, through whatever the manager answers meanwhile."""

    def look() -> Any:
        answer = manager.call("GET", f"/executions/{execution_id}")
        if answer.status != 200:
            return None
        body = answer.json
        return body if body["status"] in ("terminated", "failed", "cancelled") else None

    found: dict[str, Any] = until(look)
    return found


def create(manager: StandIn, name: str, **body: Any) -> dict[str, Any]:
    """A snapshot, made by the workflow; the execution that made it."""
    answer = manager.call("PUT", f"/snapshots/{name}", body)
    assert answer.status == 201, answer.body
    return ended(manager, answer.json["id"])


def upload(manager: StandIn, name: str, data: bytes) -> None:
    answer = manager.call(
        "PUT",
        f"/snapshots/{name}/archive",
        data=data,
        headers={"Content-Type": "application/octet-stream"},
    )
    assert answer.status == 201, answer.body


def restore(manager: StandIn, name: str, **body: Any) -> dict[str, Any]:
    body.setdefault("force", False)
    answer = manager.call("POST", f"/snapshots/{name}/restore", body)
    assert answer.status == 200, answer.body
    return ended(manager, answer.json["id"])


def total(manager: StandIn, path: str) -> int:
    mark = "&" if "?" in path else "?"
    return int(manager.call("GET", f"/{path}{mark}_size=1").json["metadata"]["pagination"]["total"])
