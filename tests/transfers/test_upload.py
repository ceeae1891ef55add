# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""snapshot_upload: torn, killed, over an id that is taken, of garbage, by URL."""

from __future__ import annotations

import functools
import http.server
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from standin.testing import StandIn
from transfers.conftest import MIB, SIZE
from transfers.modules import Modules, until

TORN = {"drop_after_bytes": 8 * MIB, "of": "request"}


@pytest.fixture
def source(manager: StandIn) -> Path:
    """An archive of 24 MiB: the manager's own, where it lies."""
    return manager.state / "snapshots/big/big.zip"


@pytest.fixture
def new_id(manager: StandIn, request: pytest.FixtureRequest) -> Iterator[str]:
    """An id that is free, and free again afterwards."""
    name = "up" + str(abs(hash(request.node.name)))
    yield name
    if manager.call("GET", f"/snapshots/{name}").status == 200:
        manager.call("DELETE", f"/snapshots/{name}")


def stored(manager: StandIn, snapshot_id: str) -> bytes:
    return manager.call("GET", f"/snapshots/{snapshot_id}/archive").body


def check_nothing_there(manager: StandIn, snapshot_id: str) -> None:
    """Neither a snapshot nor a byte of it."""
    assert manager.call("GET", f"/snapshots/{snapshot_id}").status == 404
    assert not (manager.state / "snapshots" / snapshot_id).exists()
    until(lambda: not list((manager.state / "spool").iterdir()), "an empty spool")


def asked(manager: StandIn, since: int) -> list[tuple[str, str]]:
    return [
        (request["method"], request["path"].removeprefix("/api/v3.1/"))
        for request in manager.requests(since=since)
    ]


def test_it_is_sent_once_and_confirmed(
    manager: StandIn, modules: Modules, source: Path, new_id: str
) -> None:
    seen = len(manager.requests())
    said = modules.run("snapshot_upload", id=new_id, src=str(source))
    assert said["changed"]
    assert said["snapshot"]["status"] == "uploaded"
    assert asked(manager, seen) == [
        ("GET", "version"),
        ("GET", f"snapshots/{new_id}"),
        ("PUT", f"snapshots/{new_id}/archive"),
        ("GET", f"snapshots/{new_id}"),
        ("HEAD", f"snapshots/{new_id}/archive"),
    ]
    assert stored(manager, new_id) == source.read_bytes()


def test_the_second_time_there_is_nothing_to_do(
    manager: StandIn, modules: Modules, source: Path, new_id: str
) -> None:
    modules.run("snapshot_upload", id=new_id, src=str(source))
    seen = len(manager.requests())
    again = modules.run("snapshot_upload", id=new_id, src=str(source))
    assert not again["changed"]
    requests = manager.requests(since=seen)
    assert {request["method"] for request in requests} == {"GET", "HEAD"}
    assert sum(request["bytes_out"] for request in requests) < MIB // 4


@pytest.mark.parametrize("profile", ["7.0.0", "7.0.5"])
def test_an_id_that_is_taken_is_never_overwritten(
    profile: str, start_manager: Callable[..., StandIn], tmp_path: Path
) -> None:
    """From 7.0.3 on the manager itself would do so without a word."""
    manager = start_manager(profile=profile)
    manager.add_snapshot("mine", size=MIB)
    manager.add_snapshot("other", size=2 * MIB)
    before = stored(manager, "mine")
    other = manager.state / "snapshots/other/other.zip"
    modules = Modules(manager, tmp_path)
    for force in (False, True):
        said = modules.run("snapshot_upload", id="mine", src=str(other), force=force)
        assert "exists with other content; it is never overwritten" in said["msg"]
    assert stored(manager, "mine") == before


# -- broken -------------------------------------------------------------------------------------------


def test_one_that_is_torn_is_sent_again(
    manager: StandIn, modules: Modules, source: Path, new_id: str
) -> None:
    manager.add_fault(TORN, method="PUT", path="/archive$", times=2)
    said = modules.run("snapshot_upload", id=new_id, src=str(source))
    assert said["changed"]
    assert stored(manager, new_id) == source.read_bytes()


def test_one_that_is_always_torn_is_given_up_and_leaves_nothing(
    manager: StandIn, modules: Modules, source: Path, new_id: str
) -> None:
    manager.add_fault(TORN, method="PUT", path="/archive$", times=None)
    seen = len(manager.requests())
    said = modules.run("snapshot_upload", id=new_id, src=str(source))
    assert said["failed"]
    assert said["msg"].startswith(f"Cannot upload snapshot {new_id}: PUT https://127.0.0.1:")
    assert [method for method, _path in asked(manager, seen)].count("PUT") == 3
    check_nothing_there(manager, new_id)


def test_an_answer_that_is_lost_is_no_reason_to_send_it_over_itself(
    manager: StandIn, modules: Modules, source: Path, new_id: str
) -> None:
    manager.add_fault({"drop_after_bytes": 0}, method="PUT", path="/archive$")
    seen = len(manager.requests())
    said = modules.run("snapshot_upload", id=new_id, src=str(source))
    assert said["changed"]
    assert [method for method, _path in asked(manager, seen)].count("PUT") == 1
    assert stored(manager, new_id) == source.read_bytes()


def test_a_run_that_is_killed_leaves_nothing_and_the_next_one_works(
    start_manager: Callable[..., StandIn], tmp_path: Path, source: Path
) -> None:
    manager = start_manager()
    modules = Modules(manager, tmp_path)
    big = tmp_path / "big.zip"
    manager.add_snapshot("made", size=400 * MIB)
    (manager.state / "snapshots/made/made.zip").rename(big)
    running = modules.start("snapshot_upload", id="new", src=str(big))
    spool = manager.state / "spool"
    until(lambda: sum(p.stat().st_size for p in spool.iterdir()) > 4 * MIB, "4 MiB")
    running.end(signal.SIGKILL)
    check_nothing_there(manager, "new")
    assert modules.run("snapshot_upload", id="new", src=str(source))["changed"]
    assert stored(manager, "new") == source.read_bytes()


@pytest.mark.parametrize("at", [SIZE // 2, SIZE - MIB // 2])
def test_a_damaged_file_leaves_nothing(
    at: int, manager: StandIn, modules: Modules, source: Path, new_id: str
) -> None:
    data = bytearray(source.read_bytes())
    data[at : at + 8] = b"damaged!"
    damaged = modules.folder / "damaged.zip"
    damaged.write_bytes(data)
    said = modules.run("snapshot_upload", id=new_id, src=str(damaged))
    assert said["failed"]
    assert said["msg"].startswith(f"{damaged}: entry ")
    check_nothing_there(manager, new_id)


# -- by URL -------------------------------------------------------------------------------------------


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A directory, and the URL under which a web server has it."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

    handler = functools.partial(Handler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def test_what_the_manager_fetches_is_looked_at(
    manager: StandIn, modules: Modules, source: Path, new_id: str, served: tuple[Path, str]
) -> None:
    folder, url = served
    (folder / "sound.zip").write_bytes(source.read_bytes())
    said = modules.run("snapshot_upload", id=new_id, url=f"{url}/sound.zip")
    assert said["changed"]
    assert said["archive"]["snapshot_version"] == "7.0.5"
    assert stored(manager, new_id) == source.read_bytes()


@pytest.mark.parametrize("data", [b"<html>not what you want</html>", b"PK\x03\x04" + bytes(1000)])
def test_garbage_that_the_manager_fetched_is_deleted_again(
    data: bytes, manager: StandIn, modules: Modules, new_id: str, served: tuple[Path, str]
) -> None:
    folder, url = served
    (folder / "garbage.zip").write_bytes(data)
    said = modules.run("snapshot_upload", id=new_id, url=f"{url}/garbage.zip")
    assert f"what the manager fetched from {url}/garbage.zip was deleted again" in said["msg"]
    check_nothing_there(manager, new_id)


def test_an_address_that_the_manager_cannot_fetch_is_told(
    manager: StandIn, modules: Modules, new_id: str, served: tuple[Path, str]
) -> None:
    said = modules.run("snapshot_upload", id=new_id, url=f"{served[1]}/none.zip")
    assert "404 Client Error" in said["msg"]
    check_nothing_there(manager, new_id)
