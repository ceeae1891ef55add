# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Enter and leave maintenance mode, and say what is in the way."""

from __future__ import annotations

import os

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import (
    CloudifyClient,
    Json,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._disk import (
    sync_folder,
    unlink,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    RecoveryError,
    Refused,
    WaitTimeout,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._snapshots import (
    describe_executions,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._wait import (
    Ticker,
    is_outage,
    wait_for,
)

WAITING_HINT = "Wait for these executions or cancel them; queued and scheduled ones count too"

ACTIVATED, ACTIVATING, DEACTIVATED = "activated", "activating", "deactivated"


class Marker:
    """A file that says, to whoever comes after a kill, that it was a restore that entered
    maintenance mode.

    :param path: None keeps no such file
    """

    def __init__(self, path: str | None) -> None:
        self._path = path

    @property
    def present(self) -> bool:
        return self._path is not None and os.path.exists(self._path)

    def check(self) -> None:
        """:raises Refused: when it could not be put there"""
        folder = os.path.dirname(self._path or "")
        if self._path is not None and not os.access(folder or ".", os.W_OK):
            raise Refused(
                f"{self._path} cannot be written, which has to remember maintenance mode over a kill",
                hint="Make its directory writable, or restore without maintenance mode",
            )

    def put(self, text: str) -> None:
        """Before maintenance mode is asked for."""
        if self._path is None:
            return
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with open(os.open(self._path, flags, 0o600), "w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        sync_folder(os.path.dirname(self._path))

    def remove(self) -> None:
        """After it was left."""
        if self._path is not None:
            unlink(self._path)


def remaining(maintenance: Json) -> list[Json]:
    """Executions that keep the manager from entering; the list comes flat, nested or null."""
    found: list[Json] = []
    for item in maintenance.get("remaining_executions") or []:
        found += item if isinstance(item, list) else [item]
    return found


def switch(client: CloudifyClient, *, activate: bool, ticker: Ticker) -> Json:
    """Ask for it, and wait. Returns the state reached.

    :raises WaitTimeout: naming the executions that the manager waits for
    """
    client.set_maintenance(activate=activate)
    return wait(client, activate=activate, ticker=ticker)


def wait(
    client: CloudifyClient,
    *,
    activate: bool,
    ticker: Ticker,
    hint: str = WAITING_HINT,
) -> Json:
    """The change happens in the manager only when it is asked again, so asking is the wait.

    :param hint: what to do when the manager does not enter it in time
    :raises WaitTimeout: naming the executions that the manager waits for
    :raises RecoveryError: when somebody else takes it back meanwhile
    """
    wanted = ACTIVATED if activate else DEACTIVATED
    last: Json = {}

    def done(state: Json) -> bool:
        if activate and state["status"] == DEACTIVATED:
            raise RecoveryError(
                "maintenance mode will not be activated: somebody has deactivated it meanwhile",
                hint="Find out who, and run this again",
            )
        return state["status"] == wanted

    def describe(state: Json) -> str:
        last.update(state)
        blocking = describe_executions(remaining(state))
        return state["status"] + (f", waiting for {blocking}" if blocking else "")

    try:
        return wait_for(
            fetch=lambda: client.maintenance(retry=False),
            done=done,
            describe=describe,
            waiting_for=f"maintenance mode to be {wanted}",
            ticker=ticker,
            hint=hint if activate else None,
            tolerate=is_outage,
        )
    except WaitTimeout as exc:
        exc.details["remaining_executions"] = [item.get("id") for item in remaining(last)]
        raise


__all__ = ("ACTIVATED", "ACTIVATING", "DEACTIVATED", "Marker", "remaining", "switch", "wait")
