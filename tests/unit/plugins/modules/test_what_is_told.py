# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules tell while they run: each request, each wait, each transfer."""

from __future__ import annotations

import io
import os
import pathlib
import types
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import (
    _download,
    _progress,
    _remote,
    _restore,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import ConnectionFailed
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._progress import Reporter
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._wait import Ticker
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import conversation as c
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.local_server import Server, whole
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.transferring import (
    DATA,
    client,
    download,
)

State = dict[str, t.Any]
EXECUTION = {"id": "e1", "workflow_id": "create_snapshot", "status": "started"}


@pytest.fixture
def told(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> list[State]:
    """Everything, however fast, and as it would be in the file."""
    found: list[State] = []

    def dump(state: State, _file: t.Any) -> None:
        found.append(dict(state))

    monkeypatch.setattr(_progress, "EVERY", 0.0)
    monkeypatch.setattr(_progress, "json", types.SimpleNamespace(dump=dump))
    path = str(tmp_path / "progress")
    monkeypatch.setenv(_progress.VARIABLE, path)
    monkeypatch.setattr(_progress, "_reporter", Reporter(path))
    return found


def doings(told: list[State]) -> list[str]:
    """One after the other, each once."""
    return [
        each["doing"]
        for number, each in enumerate(told)
        if not number or each["doing"] != told[number - 1]["doing"]
    ]


def make_a_snapshot(manager: t.Any) -> None:
    manager.version()
    manager.error("GET", "/snapshots/s1", 404, "not_found_error")
    manager.put("/snapshots/s1", EXECUTION, sent={"legacy": True}, status=201)


def test_requests_and_the_wait_are_told(
    manager: t.Any, clock: t.Any, told: list[State], tmp_path: pathlib.Path
) -> None:
    make_a_snapshot(manager)
    for execution, snapshot in (("started", "creating"),) * 2 + (("terminated", "created"),):
        manager.get("/executions/e1", {**EXECUTION, "status": execution})
        manager.get("/snapshots/s1", {"id": "s1", "status": snapshot, "error": ""})
    manager.run("snapshot", id="s1", wait_timeout=60)
    asked = doings(told)
    assert asked[-2:] == ["create snapshot s1", "waiting for snapshot s1"]
    assert len(asked) == 4
    assert [(each["seen"], each["elapsed"], each["timeout"]) for each in told[-2:]] == [
        ("snapshot creating, execution started", 0.0, 60.0),
        ("snapshot creating, execution started", 0.5, 60.0),
    ]
    assert list(tmp_path.iterdir()) == []


def test_what_a_manager_says_is_told_without_the_password(
    manager: t.Any, clock: t.Any, told: list[State]
) -> None:
    make_a_snapshot(manager)
    manager.error("GET", "/executions/e1", 500, "internal_server_error", f"it is {c.PASSWORD}")
    manager.get("/executions/e1", {**EXECUTION, "status": "terminated"})
    manager.get("/snapshots/s1", {"id": "s1", "status": "created", "error": ""})
    manager.run("snapshot", id="s1")
    assert "it is ********" in told[-1]["seen"]
    assert c.PASSWORD not in str(told)


def test_coming_to_rest_is_told(clock: t.Any, told: list[State]) -> None:
    answers = iter([ConnectionFailed("it is away"), None])

    def action() -> str:
        error = next(answers)
        if error:
            raise error
        return "there"

    ticker = Ticker(timeout=9, interval=1, clock=clock, sleep=clock.sleep)
    assert _restore.settled(action, passwords=t.cast(t.Any, None), ticker=ticker) == "there"
    (state,) = told
    assert state["doing"] == "waiting for the manager to come to rest"
    assert (state["seen"], state["timeout"]) == ("it is away", 9)


# -- transfers ---------------------------------------------------------------------------------------


def fetched(server: Server, place: pathlib.Path) -> None:
    download(place / "one.zip", server).run()


def hashed(server: Server, _place: pathlib.Path) -> None:
    _remote.hash_remote(
        client(server), path="/snapshots/one/archive", doing="download snapshot one", idle_timeout=5
    )


def checked(server: Server, _place: pathlib.Path) -> None:
    _remote.check_remote(
        client(server), path="/snapshots/one/archive", doing="download snapshot one", idle_timeout=5
    )


@pytest.mark.parametrize("transfer", [fetched, hashed, checked])
def test_each_piece_of_a_transfer_is_told(
    transfer: t.Callable[[Server, pathlib.Path], None],
    tmp_path: pathlib.Path,
    told: list[State],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Server(whole(DATA)) as server:
        transfer(server, tmp_path)
    pieces = [each for each in told if each["done"] is not None]
    assert {each["doing"] for each in told} == {"download snapshot one"}
    assert {each["total"] for each in pieces} == {len(DATA)}
    assert max(each["done"] for each in pieces) == len(DATA)


def test_what_an_earlier_run_left_is_verified_first(
    tmp_path: pathlib.Path, told: list[State]
) -> None:
    dest = tmp_path / "one.zip"
    with Server(whole(DATA)) as server:
        transfer = download(dest, server)
        with io.FileIO(os.open(transfer.part, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as part:
            part.write(DATA[:5000])
            checker = transfer._checker(part, 5000)
            checker.close()
    assert isinstance(transfer, _download.Download)
    (state,) = told
    assert state["doing"] == f"verify what there is of {dest}"
    assert (state["done"], state["total"]) == (5000, 5000)
