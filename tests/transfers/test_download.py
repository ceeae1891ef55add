# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""snapshot_download against a manager whose connection breaks, and on a disk that others use too."""

from __future__ import annotations

import functools
import hashlib
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from standin.testing import StandIn
from transfers.conftest import MIB, SIZE
from transfers.modules import Modules, until


def original(manager: StandIn, snapshot_id: str = "big") -> bytes:
    return (manager.state / "snapshots" / snapshot_id / f"{snapshot_id}.zip").read_bytes()


def check(manager: StandIn, said: dict[str, Any], store: Path) -> None:
    """The whole archive is there, alone, and nobody else may read it."""
    assert not said.get("failed"), said
    assert said["changed"]
    data = original(manager)
    assert said["sha256"] == hashlib.sha256(data).hexdigest()
    assert (store / "big.zip").read_bytes() == data
    assert (store / "big.zip").stat().st_mode & 0o777 == 0o600
    assert os.listdir(store) == ["big.zip"]


def break_it(manager: StandIn, how: dict[str, Any], *, times: int | None = 1) -> None:
    manager.add_fault(how, method="GET", path="/snapshots/big/archive$", times=times)


def part(store: Path) -> int:
    """How much of an archive is there."""
    try:
        return (store / ".big.zip.part").stat().st_size
    except FileNotFoundError:
        return 0


def reached(store: Path, size: int) -> bool:
    return part(store) >= size


def transfers(manager: StandIn, since: int) -> list[dict[str, Any]]:
    return [
        request
        for request in manager.requests(since=since)
        if request["method"] == "GET" and request["path"].endswith("/archive")
    ]


@pytest.fixture
def seen(manager: StandIn) -> int:
    """The number of requests before the test."""
    return len(manager.requests())


def test_a_whole_one(manager: StandIn, modules: Modules, store: Path, seen: int) -> None:
    said = modules.run("snapshot_download", id="big", dest=str(store))
    check(manager, said, store)
    assert [request["status"] for request in transfers(manager, seen)] == [200]


def test_it_is_private_from_its_first_byte_on(
    manager: StandIn, modules: Modules, store: Path
) -> None:
    break_it(manager, {"stall_seconds": 1, "at_byte": 8 * MIB})
    wrapper = ("sh", "-c", 'umask 0; exec "$@"', "sh")
    running = modules.start("snapshot_download", wrapper=wrapper, id="big", dest=str(store))
    until(lambda: part(store), "a partial file")
    assert (store / ".big.zip.part").stat().st_mode & 0o777 == 0o600
    check(manager, running.result(), store)


@pytest.mark.parametrize("at", [1, 5 * MIB, SIZE - 1])
def test_a_drop_is_taken_up_within_the_run(
    at: int, manager: StandIn, modules: Modules, store: Path, seen: int
) -> None:
    break_it(manager, {"drop_after_bytes": at})
    said = modules.run("snapshot_download", id="big", dest=str(store))
    check(manager, said, store)
    assert said["breaks"] == 1
    first, second = transfers(manager, seen)
    assert (first["status"], second["status"]) == (200, 206)
    assert first["bytes_out"] == at
    # TLS tells a whole record only, so the last one that came in half comes again
    assert second["bytes_out"] - (said["size"] - at) <= MIB


def test_drops_and_outages_one_after_the_other(
    manager: StandIn, modules: Modules, store: Path
) -> None:
    break_it(manager, {"drop_after_bytes": 3 * MIB}, times=4)
    break_it(manager, {"status": 502, "body": "html"}, times=2)
    break_it(manager, {"status": 503, "body": "html"}, times=2)
    said = modules.run("snapshot_download", id="big", dest=str(store))
    check(manager, said, store)
    assert said["breaks"] == 4


def test_a_stall_is_taken_up_after_the_idle_timeout(
    manager: StandIn, modules: Modules, store: Path
) -> None:
    break_it(manager, {"stall_seconds": 30, "at_byte": 8 * MIB})
    said = modules.run("snapshot_download", id="big", dest=str(store), idle_timeout=0.5)
    check(manager, said, store)
    assert said["breaks"] == 1


def test_a_pause_that_is_shorter_is_no_break(
    manager: StandIn, modules: Modules, store: Path
) -> None:
    break_it(manager, {"stall_seconds": 1, "at_byte": 8 * MIB})
    said = modules.run("snapshot_download", id="big", dest=str(store), idle_timeout=20)
    check(manager, said, store)
    assert said["breaks"] == 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_is_killed_is_taken_up_by_the_next(
    number: signal.Signals, manager: StandIn, modules: Modules, store: Path, seen: int
) -> None:
    break_it(manager, {"stall_seconds": 30, "at_byte": 8 * MIB})
    running = modules.start("snapshot_download", id="big", dest=str(store))
    until(lambda: part(store) > 6 * MIB, "6 MiB")
    running.end(number)
    assert not (store / "big.zip").exists()
    kept = part(store)
    said = modules.run("snapshot_download", id="big", dest=str(store))
    check(manager, said, store)
    assert said["resumed_from"] == kept > 6 * MIB
    last = transfers(manager, seen)[-1]
    assert (last["status"], last["bytes_out"]) == (206, said["size"] - kept)


def test_runs_that_are_killed_again_and_again_get_there(
    manager: StandIn, modules: Modules, store: Path
) -> None:
    for step in range(1, 5):
        break_it(manager, {"stall_seconds": 30, "at_byte": 4 * MIB})
        running = modules.start("snapshot_download", id="big", dest=str(store))
        until(functools.partial(reached, store, step * 3 * MIB), f"step {step}")
        running.end(signal.SIGKILL)
        assert not (store / "big.zip").exists()
    said = modules.run("snapshot_download", id="big", dest=str(store))
    check(manager, said, store)
    assert said["resumed_from"] >= 12 * MIB


def test_an_archive_that_has_changed_between_two_runs_is_fetched_anew(
    start_manager: Callable[..., StandIn], tmp_path: Path, store: Path
) -> None:
    manager = start_manager()
    manager.add_snapshot("big", size=SIZE)
    before = original(manager)
    modules = Modules(manager, tmp_path)
    break_it(manager, {"stall_seconds": 30, "at_byte": 8 * MIB})
    running = modules.start("snapshot_download", id="big", dest=str(store))
    until(lambda: part(store) > 4 * MIB, "4 MiB")
    running.end(signal.SIGKILL)
    manager.call("DELETE", "/snapshots/big")
    manager.add_snapshot("big", size=SIZE // 2, format="new")
    assert original(manager) != before
    said = modules.run("snapshot_download", id="big", dest=str(store))
    check(manager, said, store)
    assert said["resumed_from"] == 0


def test_a_manager_that_dies_and_comes_back_is_waited_for(
    start_manager: Callable[..., StandIn], tmp_path: Path, store: Path
) -> None:
    manager = start_manager()
    manager.add_snapshot("big", size=SIZE)
    modules = Modules(manager, tmp_path)
    break_it(manager, {"stall_seconds": 30, "at_byte": 8 * MIB})
    running = modules.start("snapshot_download", id="big", dest=str(store))
    until(lambda: part(store) > 4 * MIB, "4 MiB")
    manager.kill()
    manager.start()
    said = running.result()
    check(manager, said, store)
    assert said["breaks"] >= 1


def test_two_runs_at_the_same_time(manager: StandIn, modules: Modules, store: Path) -> None:
    break_it(manager, {"stall_seconds": 4, "at_byte": 8 * MIB})
    first = modules.start("snapshot_download", id="big", dest=str(store))
    until(lambda: part(store) > 4 * MIB, "4 MiB")
    second = modules.run("snapshot_download", id="big", dest=str(store))
    assert second["failed"]
    assert f"another run is downloading to {store}/big.zip" in second["msg"]
    check(manager, first.result(), store)


# -- a file that is there already -----------------------------------------------------------------


def test_the_same_file_is_left_alone_without_fetching_it(
    manager: StandIn, modules: Modules, store: Path
) -> None:
    modules.run("snapshot_download", id="big", dest=str(store))
    before = (store / "big.zip").stat()
    seen = len(manager.requests())
    said = modules.run("snapshot_download", id="big", dest=str(store))
    assert not said["changed"]
    after = (store / "big.zip").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert sum(request["bytes_out"] for request in manager.requests(since=seen)) < MIB // 4


def test_another_file_is_replaced_only_by_force_and_only_by_a_whole_one(
    manager: StandIn, modules: Modules, store: Path
) -> None:
    (store / "big.zip").write_text("mine")
    refused = modules.run("snapshot_download", id="big", dest=str(store))
    assert "say force=true to replace it" in refused["msg"]
    break_it(manager, {"stall_seconds": 30, "at_byte": 8 * MIB})
    running = modules.start("snapshot_download", id="big", dest=str(store), force=True)
    until(lambda: part(store) > 4 * MIB, "4 MiB")
    running.end(signal.SIGKILL)
    assert (store / "big.zip").read_text() == "mine"
    said = modules.run("snapshot_download", id="big", dest=str(store), force=True)
    check(manager, said, store)


# -- what is not kept -------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["cut short", "flipped"])
def test_a_damaged_archive_leaves_nothing(
    damage: str, start_manager: Callable[..., StandIn], tmp_path: Path, store: Path
) -> None:
    manager = start_manager()
    manager.add_snapshot("big", size=SIZE)
    path = manager.state / "snapshots/big/big.zip"
    with path.open("r+b") as archive:
        if damage == "flipped":
            archive.seek(SIZE // 2)
            archive.write(b"damage")
        else:
            archive.truncate(SIZE // 2)
    modules = Modules(manager, tmp_path)
    said = modules.run("snapshot_download", id="big", dest=str(store))
    assert "what the manager sent is no sound snapshot" in said["msg"]
    assert os.listdir(store) == []


# As root in a mount namespace, or as anybody who may make a user namespace too.
NAMESPACES = (("unshare", "--mount"), ("unshare", "--map-root-user", "--mount"))

# The disk has room when the download begins, and is filled up while it waits for more bytes.
FILLED_MEANWHILE = """
set -e
disk=$1
shift
mount -t tmpfs -o size=64m tmpfs "$disk"
"$@" &
while [ "$(stat -c %s "$disk/.big.zip.part" 2>&- || echo 0)" -lt 4194304 ]; do sleep 0.01; done
head -c 100m /dev/zero > "$disk/filler" 2>&- || :
code=0
wait $! || code=$?
ls -A "$disk" > "$disk.left"
exit $code
"""


def test_a_disk_that_becomes_full_meanwhile(
    manager: StandIn, modules: Modules, store: Path
) -> None:
    for namespace in NAMESPACES:
        tried = subprocess.run(
            [*namespace, "mount", "-t", "tmpfs", "tmpfs", str(store)],
            capture_output=True,
            text=True,
            check=False,
        )
        if tried.returncode == 0:
            break
    else:
        pytest.skip(f"no disk of one's own can be mounted here: {tried.stderr.strip()}")
    break_it(manager, {"stall_seconds": 3, "at_byte": 8 * MIB})
    wrapper = (*namespace, "sh", "-c", FILLED_MEANWHILE, "sh", str(store))
    running = modules.start("snapshot_download", wrapper=wrapper, id="big", dest=str(store))
    said = running.result()
    assert f"the disk of {store} is full after" in said["msg"]
    assert "the partial file has been removed" in said["msg"]
    assert Path(f"{store}.left").read_text() == "filler\n"
