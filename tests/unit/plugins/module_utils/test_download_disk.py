# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a download finds on the disk: an earlier run's part, another run, no room."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import pathlib
import shutil
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _disk, _download
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ArchiveError,
    Refused,
    TransferError,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.local_server import (
    TAG,
    Server,
    cut,
    hang_up,
    whole,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.transferring import (
    DATA,
    OTHER,
    download,
)

SIZE = len(DATA)


@pytest.fixture
def server() -> t.Iterator[Server]:
    with Server(whole(DATA)) as running:
        yield running


@pytest.fixture
def dest(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "one.zip"


def left(dest: pathlib.Path) -> list[str]:
    return sorted(path.name for path in dest.parent.iterdir())


def part_of(dest: pathlib.Path) -> pathlib.Path:
    return dest.parent / ".one.zip.part"


def earlier_run(
    dest: pathlib.Path, data: bytes, *, tag: str = TAG, total: t.Any = SIZE, note: str = ""
) -> None:
    part_of(dest).write_bytes(data)
    noted = note or json.dumps({"tag": tag, "total": total})
    (dest.parent / ".one.zip.part.json").write_text(noted)


def ranges(server: Server) -> list[str | None]:
    return [headers.get("range") for headers in server.asked()]


# -- an earlier run's part ------------------------------------------------------------------------


@pytest.mark.parametrize("kept", [1, 1000, SIZE - 1])
def test_it_is_taken_up_where_it_ended(kept: int, server: Server, dest: pathlib.Path) -> None:
    earlier_run(dest, DATA[:kept])
    part_of(dest).chmod(0o644)
    done = download(dest, server).run()
    assert dest.read_bytes() == DATA
    assert (done.resumed_from, done.breaks) == (kept, 0)
    assert ranges(server) == [f"bytes={kept}-"]
    assert server.asked()[0]["if-range"] == TAG
    assert dest.stat().st_mode & 0o777 == 0o600
    assert left(dest) == ["one.zip"]


def test_a_whole_one_only_has_to_get_its_name(server: Server, dest: pathlib.Path) -> None:
    earlier_run(dest, DATA)
    assert download(dest, server).run().resumed_from == SIZE
    assert dest.read_bytes() == DATA
    assert ranges(server) == [f"bytes={SIZE}-"]


def test_a_run_that_breaks_off_leaves_what_the_next_one_needs(
    server: Server, dest: pathlib.Path
) -> None:
    server.next(cut(whole(DATA), at=1000, how=hang_up))
    server.default = cut(whole(DATA), at=0, how=hang_up)
    with pytest.raises(TransferError):
        download(dest, server).run()
    server.default = whole(DATA)
    assert download(dest, server).run().resumed_from == 1000
    assert dest.read_bytes() == DATA


@pytest.mark.parametrize(
    "earlier",
    [
        {"data": OTHER[:1000], "tag": '"two"'},
        {"data": DATA[:1000], "tag": ""},
        {"data": DATA[:1000], "total": "many"},
        {"data": DATA[:1000], "note": "{"},
        {"data": DATA[:1000], "note": "[]"},
        {"data": DATA[:1000], "note": "null"},
        {"data": DATA[:1000], "note": '{"tag": "\\"one\\""}'},
        {"data": b""},
    ],
    ids=lambda earlier: str({k: v for k, v in earlier.items() if k != "data"}),
)
def test_one_that_cannot_be_used_is_begun_anew(
    earlier: dict[str, t.Any], server: Server, dest: pathlib.Path
) -> None:
    earlier_run(dest, **earlier)
    assert download(dest, server).run().resumed_from == 0
    assert dest.read_bytes() == DATA
    assert left(dest) == ["one.zip"]


def test_one_without_a_note_is_begun_anew(server: Server, dest: pathlib.Path) -> None:
    part_of(dest).write_bytes(DATA[:1000])
    assert download(dest, server).run().resumed_from == 0
    assert ranges(server) == [None]


def test_one_that_is_too_long_is_cut_to_size(server: Server, dest: pathlib.Path) -> None:
    earlier_run(dest, DATA + b"more")
    assert download(dest, server).run().resumed_from == SIZE
    assert dest.read_bytes() == DATA


@pytest.mark.parametrize("at", [10, 100_000])
def test_one_that_a_power_cut_has_damaged_is_fetched_anew(
    at: int, server: Server, dest: pathlib.Path
) -> None:
    earlier_run(dest, DATA[:at] + bytes(50_000))
    done = download(dest, server).run()
    assert dest.read_bytes() == DATA
    assert done.resumed_from == 0
    assert ranges(server)[-1] is None
    assert left(dest) == ["one.zip"]


def test_damage_on_the_manager_is_not_fetched_for_ever(server: Server, dest: pathlib.Path) -> None:
    server.default = whole(DATA[:200_000] + bytes(100_000))
    earlier_run(dest, DATA[:1000], total=300_000)
    with pytest.raises(ArchiveError):
        download(dest, server).run()
    assert len(server.requests) == 2
    assert left(dest) == []


# -- other runs -----------------------------------------------------------------------------------


def test_a_second_run_at_the_same_time_is_refused(server: Server, dest: pathlib.Path) -> None:
    with part_of(dest).open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Refused, match="another run is downloading to .*one.zip"):
            download(dest, server).run()
    assert server.requests == []
    assert part_of(dest).exists()


def test_a_part_that_another_run_has_just_finished_is_left_alone(
    server: Server, dest: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was opened before the other run gave it its name, and locked after."""
    real = fcntl.flock
    earlier_run(dest, DATA)

    def flock(handle: t.Any, flags: int) -> None:
        real(handle, flags)
        if not dest.exists():
            os.rename(part_of(dest), dest)

    monkeypatch.setattr(fcntl, "flock", flock)
    server.default = whole(OTHER, tag='"two"')
    finished = dest.parent / "finished"
    one = download(dest, server)
    with one._locked_part() as part:
        os.rename(dest, finished)
        assert not os.path.samestat(os.fstat(part.fileno()), finished.stat())
    assert finished.read_bytes() == DATA


def test_a_link_in_the_place_of_the_part_is_not_followed(
    server: Server, dest: pathlib.Path
) -> None:
    precious = dest.parent / "precious"
    precious.write_text("precious")
    part_of(dest).symlink_to(precious)
    with pytest.raises(OSError):
        download(dest, server).run()
    assert precious.read_text() == "precious"


# -- room -------------------------------------------------------------------------------------------


def room(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    usage = shutil.disk_usage("/")._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)


def test_too_little_room_is_told_before_the_first_byte(
    server: Server, dest: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room(monkeypatch, _disk.SPARE_BYTES + SIZE - 1)
    with pytest.raises(TransferError) as failed:
        download(dest, server).run()
    assert str(failed.value) == (
        f"Cannot download snapshot one: {dest.parent} has 16 MiB free, 16 MiB are needed. "
        "Make room there, or choose another place."
    )
    assert failed.value.details == {
        "needed_bytes": SIZE,
        "free_bytes": _disk.SPARE_BYTES + SIZE - 1,
    }
    assert left(dest) == []


def test_what_is_there_already_needs_no_more_room(
    server: Server, dest: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier_run(dest, DATA[:200_000])
    room(monkeypatch, _disk.SPARE_BYTES + SIZE - 200_000)
    assert download(dest, server).run().resumed_from == 200_000
    assert dest.read_bytes() == DATA


def test_a_part_stays_when_there_is_no_room_for_the_rest(
    server: Server, dest: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier_run(dest, DATA[:200_000])
    room(monkeypatch, _disk.SPARE_BYTES)
    with pytest.raises(TransferError, match="are needed"):
        download(dest, server).run()
    assert left(dest) == [".one.zip.part", ".one.zip.part.json"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("where", ["write", "fsync"])
def test_a_disk_that_becomes_full_is_told_and_nothing_stays(
    number: int,
    where: str,
    server: Server,
    dest: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dest.write_bytes(b"older")

    def full(*_args: t.Any) -> None:
        raise OSError(number, os.strerror(number))

    if where == "write":
        monkeypatch.setattr(_download, "write_all", full)
    else:
        monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TransferError) as failed:
        download(dest, server).run()
    written = 0 if where == "write" else SIZE
    assert f"is full after {written} bytes of {SIZE}. Make room" in str(failed.value)
    assert left(dest) == ["one.zip"]
    assert dest.read_bytes() == b"older"


def test_a_disk_that_fails_keeps_what_is_there(
    server: Server, dest: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output"):
        download(dest, server).run()
    assert not dest.exists()


def test_it_is_on_disk_before_it_has_its_name(
    server: Server, dest: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    fsync, rename = os.fsync, os.rename

    def synced(descriptor: int) -> None:
        order.append(f"fsync {os.path.basename(os.readlink(f'/proc/self/fd/{descriptor}'))}")
        fsync(descriptor)

    def renamed(old: str, new: str) -> None:
        order.append(f"rename {os.path.basename(old)}")
        rename(old, new)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "rename", renamed)
    download(dest, server).run()
    assert order == [
        "rename .one.zip.part.json.new",
        "fsync .one.zip.part",
        "rename .one.zip.part",
        f"fsync {dest.parent.name}",
    ]
