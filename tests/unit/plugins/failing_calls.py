# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each request of each module that can go wrong, and what is said before it."""

from __future__ import annotations

import pathlib
import typing as t
from dataclasses import dataclass, field

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import ACTIVE_STATES
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import samples
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.module_utils import restore_talk

LIST = {"_size": 1000, "_offset": 0}


#: A query that every inventory begins with.
TENANTS = {"query": {**LIST, "_include": "name"}}
URL = "http://store.example/s1.zip"


def no_lead(manager: t.Any, **more: t.Any) -> None:
    """The failing request is the first one."""


def before_lookup(manager: t.Any, **more: t.Any) -> None:
    manager.version(**more)


def before_create(manager: t.Any, **more: t.Any) -> None:
    manager.version(**more)
    manager.error("GET", "/snapshots/s1", 404, "not_found_error", **more)


def before_delete(manager: t.Any, **more: t.Any) -> None:
    manager.get("/snapshots/s1", {"id": "s1", "status": "created"}, **more)


def before_switch(manager: t.Any, **more: t.Any) -> None:
    manager.get("/maintenance", {"status": "deactivated", "remaining_executions": []}, **more)


def before_switch_back(manager: t.Any, **more: t.Any) -> None:
    manager.get("/maintenance", {"status": "activated", "remaining_executions": []}, **more)


def before_fetch(manager: t.Any, **more: t.Any) -> None:
    manager.error("GET", "/snapshots/s1", 404, "not_found_error", **more)


def before_restore(manager: t.Any, **more: t.Any) -> None:
    restore_talk.preflight(manager, **more)
    restore_talk.restores(manager, **more)


class _Reached(Exception):
    """The request that is to fail is the next one."""


def preflight_until(path: str) -> t.Callable[..., None]:
    """What a restore asks before it asks for this."""

    def lead(manager: t.Any, **more: t.Any) -> None:
        forward = manager.request

        def request(method: str, asked: str, **answer: t.Any) -> None:
            if asked == path:
                raise _Reached
            forward(method, asked, **answer)

        manager.request = request
        try:
            restore_talk.preflight(manager, **more)
        except _Reached:
            pass
        else:
            raise AssertionError(f"no restore asks for {path} first")
        finally:
            del manager.request

    return lead


def no_files(_folder: pathlib.Path) -> dict[str, t.Any]:
    return {}


def an_archive(folder: pathlib.Path) -> dict[str, t.Any]:
    return {"archive": restore_talk.archive(folder), "settle_timeout": 0}


def a_source(folder: pathlib.Path) -> dict[str, t.Any]:
    return {"src": restore_talk.archive(folder)}


def a_dest(folder: pathlib.Path) -> dict[str, t.Any]:
    return {"dest": str(folder / "s1.zip")}


def a_store(folder: pathlib.Path) -> dict[str, t.Any]:
    return {"store": str(folder), "cluster": samples.CLUSTER}


def a_staged_set(folder: pathlib.Path) -> dict[str, t.Any]:
    snapshot = samples.snapshot(samples.stage(folder, "r1"))
    return {**a_store(folder), "snapshot": snapshot}


@dataclass(frozen=True)
class Call:
    """One request of a module. C(lead) makes the conversation up to it.

    :ivar prepare: makes the files that the module needs; returns the options that name them
    :ivar pinned: it is made to the manager that was looked at before, and to no other
    :ivar look: what is asked where it is open whether the change was made
    :ivar unread: nothing is read of the answer but that it is an object
    """

    module: str
    options: dict[str, t.Any]
    method: str
    path: str
    doing: str
    lead: t.Callable[..., None] = no_lead
    request: dict[str, t.Any] = field(default_factory=dict)
    prepare: t.Callable[[pathlib.Path], dict[str, t.Any]] = no_files
    pinned: bool = False
    look: t.Callable[..., None] = no_lead
    unread: bool = False

    def __str__(self) -> str:
        state = self.options.get("state")
        return f"{self.module}{f'({state})' if state else ''}:{self.method}{self.path}"


def of_restore(path: str, doing: str, query: t.Any = None) -> Call:
    """A read before a restore."""
    return Call(
        "snapshot_restore",
        {"id": "s1"},
        "GET",
        path,
        doing,
        preflight_until(path),
        {"query": query} if query else {},
        an_archive,
    )


READS = [
    Call("snapshot", {"id": "s1"}, "GET", "/version", "read the manager's version"),
    Call("snapshot", {"id": "s1"}, "GET", "/snapshots/s1", "look up snapshot s1", before_lookup),
    Call(
        "snapshot",
        {"id": "s1", "state": "absent"},
        "GET",
        "/snapshots/s1",
        "look up snapshot s1",
    ),
    Call(
        "snapshot_info",
        {},
        "GET",
        "/snapshots",
        "list snapshots",
        request={"query": {**LIST, "_sort": "created_at"}},
    ),
    Call(
        "maintenance_mode",
        {"state": "activated"},
        "GET",
        "/maintenance",
        "read the maintenance mode",
    ),
    Call("maintenance_mode_info", {}, "GET", "/maintenance", "read the maintenance mode"),
    Call("content_info", {}, "GET", "/version", "read the manager's version"),
    Call(
        "content_info",
        {},
        "GET",
        "/tenants",
        "list tenants",
        before_lookup,
        TENANTS,
    ),
    Call(
        "recovery_set",
        {"state": "staged", "id": "r1"},
        "GET",
        "/version",
        "read the manager's version",
        prepare=a_store,
    ),
    Call(
        "recovery_set",
        {"state": "staged", "id": "r2"},
        "GET",
        "/snapshots/r1",
        "look up snapshot r1",
        prepare=a_staged_set,
    ),
    Call(
        "recovery_set",
        {"state": "staged", "id": "r1"},
        "GET",
        "/tenants",
        "list tenants",
        before_lookup,
        TENANTS,
        a_store,
    ),
    Call(
        "snapshot_download",
        {"id": "s1"},
        "GET",
        "/snapshots/s1",
        "look up snapshot s1",
        prepare=a_dest,
    ),
    Call(
        "snapshot_upload",
        {"id": "s1"},
        "GET",
        "/version",
        "read the manager's version",
        prepare=a_source,
    ),
    Call(
        "snapshot_upload",
        {"id": "s1"},
        "GET",
        "/snapshots/s1",
        "look up snapshot s1",
        before_lookup,
        prepare=a_source,
    ),
    Call(
        "snapshot_upload",
        {"id": "s1", "url": URL},
        "GET",
        "/snapshots/s1",
        "look up snapshot s1",
    ),
    of_restore("/version", "read the manager's version"),
    of_restore("/snapshots/s1", "look up snapshot s1"),
    of_restore(
        "/executions",
        "list executions",
        {**LIST, **restore_talk.of_executions(ACTIVE_STATES)},
    ),
    of_restore("/snapshot-status", "read the restore's status"),
    of_restore("/maintenance", "read the maintenance mode"),
    of_restore(
        "/blueprints", "count blueprints", {"_size": 1, "_include": "id", "_all_tenants": "true"}
    ),
    of_restore(
        "/snapshots",
        "list snapshots",
        {**LIST, "_sort": "created_at", "_all_tenants": "true"},
    ),
    of_restore("/status", "read the manager's status"),
]
WRITES = [
    Call(
        "snapshot",
        {"id": "s1"},
        "PUT",
        "/snapshots/s1",
        "create snapshot s1",
        before_create,
        {"sent": {"legacy": True}},
    ),
    Call(
        "snapshot",
        {"id": "s1", "state": "absent"},
        "DELETE",
        "/snapshots/s1",
        "delete snapshot s1",
        before_delete,
        unread=True,
    ),
    Call(
        "maintenance_mode",
        {"state": "activated"},
        "POST",
        "/maintenance/activate",
        "activate maintenance mode",
        before_switch,
        {"sent": {}},
        unread=True,
    ),
    Call(
        "maintenance_mode",
        {"state": "deactivated"},
        "POST",
        "/maintenance/deactivate",
        "deactivate maintenance mode",
        before_switch_back,
        {"sent": {}},
        unread=True,
    ),
    # that its answer is about another snapshot is a matter of its own
    Call(
        "snapshot_upload",
        {"id": "s1", "url": URL},
        "PUT",
        "/snapshots/s1/archive",
        "have the manager fetch snapshot s1",
        before_fetch,
        {"query": {"snapshot_archive_url": URL}},
        unread=True,
    ),
    Call(
        "snapshot_restore",
        {"id": "s1"},
        "POST",
        "/snapshots/s1/restore",
        "restore snapshot s1",
        before_restore,
        {"sent": restore_talk.SENT},
        an_archive,
        pinned=True,
        look=restore_talk.restores,
    ),
]
ALL = READS + WRITES
