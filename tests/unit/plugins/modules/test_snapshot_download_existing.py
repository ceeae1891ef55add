# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""snapshot_download, where a file is there already."""

from __future__ import annotations

import errno
import hashlib
import os
import pathlib
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.samples import archive
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.uploading import (
    ARCHIVE,
    TAG,
    head,
    same,
)

CREATED = {"id": "s1", "status": "created"}


@pytest.fixture
def data(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("made") / "s1.zip"
    archive(path)
    return path.read_bytes()


@pytest.fixture
def dest(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "mine.zip"


def mine(dest: pathlib.Path, data: bytes, *, mode: int = 0o600) -> None:
    dest.write_bytes(data)
    dest.chmod(mode)


def facts(path: pathlib.Path) -> tuple[int, ...]:
    """All but when it was read."""
    stat = path.stat()
    return stat.st_ino, stat.st_mode, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


@pytest.mark.parametrize("check", [False, True])
def test_the_same_file_is_left_alone(
    check: bool, manager: t.Any, data: bytes, dest: pathlib.Path
) -> None:
    mine(dest, data)
    before = facts(dest)
    manager.get("/snapshots/s1", CREATED)
    same(manager, data)
    said = manager.run("snapshot_download", id="s1", dest=str(dest), check=check)
    assert not said["changed"]
    assert said["sha256"] == hashlib.sha256(data).hexdigest()
    assert said["size"] == len(data)
    assert said["archive"]["snapshot_version"] == "7.0.5"
    assert facts(dest) == before
    assert "reason" not in said and "diff" not in said


@pytest.mark.parametrize("status", [404, 500])
def test_one_to_compare_with_that_is_not_there_yet_is_waited_for(
    status: int, manager: t.Any, data: bytes, dest: pathlib.Path, clock: t.Any
) -> None:
    mine(dest, data)
    manager.get("/snapshots/s1", CREATED)
    manager.page("HEAD", ARCHIVE, status)
    same(manager, data)
    assert not manager.run("snapshot_download", id="s1", dest=str(dest))["changed"]
    assert clock.slept == [1.5]


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(("mode", "told"), [(0o644, "0644"), (0o640, "0640"), (0o604, "0604")])
def test_the_same_file_is_kept_from_others(
    mode: int, told: str, check: bool, manager: t.Any, data: bytes, dest: pathlib.Path
) -> None:
    mine(dest, data, mode=mode)
    manager.get("/snapshots/s1", CREATED)
    same(manager, data)
    said = manager.run("snapshot_download", id="s1", dest=str(dest), check=check, diff=True)
    assert said["changed"]
    assert said["reason"] == f"the file's mode is {told}, and it holds secrets"
    assert said["diff"]["before"] == {"path": str(dest), "mode": told}
    assert said["diff"]["after"] == {"path": str(dest), "mode": "0600"}
    assert said["sha256"] == hashlib.sha256(data).hexdigest()
    assert dest.stat().st_mode & 0o777 == (mode if check else 0o600)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_that_is_its_owners_alone_keeps_its_mode(
    mode: int, manager: t.Any, data: bytes, dest: pathlib.Path
) -> None:
    mine(dest, data, mode=mode)
    manager.get("/snapshots/s1", CREATED)
    same(manager, data)
    assert not manager.run("snapshot_download", id="s1", dest=str(dest))["changed"]
    assert dest.stat().st_mode & 0o777 == mode


def test_a_mode_that_cannot_be_changed_is_told(
    manager: t.Any, data: bytes, dest: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str, _mode: int) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted", path)

    mine(dest, data, mode=0o644)
    monkeypatch.setattr(os, "chmod", refuse)
    manager.get("/snapshots/s1", CREATED)
    same(manager, data)
    said = manager.run("snapshot_download", id="s1", dest=str(dest))
    assert f"{dest}: Operation not permitted. Check its owner and mode" in said["msg"]


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("size", ["same", "other"])
def test_another_file_is_not_replaced_unasked(
    check: bool, size: str, manager: t.Any, data: bytes, dest: pathlib.Path
) -> None:
    dest.write_bytes(data)
    theirs = data[:-1] + b"x" if size == "same" else data + b"x"
    manager.get("/snapshots/s1", CREATED)
    same(manager, data, theirs=theirs)
    said = manager.run("snapshot_download", id="s1", dest=str(dest), check=check)
    assert said["msg"] == (
        f"{dest} exists, and the file is not the same as the archive on the manager. "
        "Choose another dest, or say force=true to replace it."
    )
    assert dest.read_bytes() == data


@pytest.mark.parametrize(
    ("there", "why"),
    [
        (b"", "the file is empty"),
        (b"notes", "not a zip archive, or damaged at its start"),
        (b"PK\x03\x04", "not a zip archive, or cut short"),
    ],
)
def test_a_file_that_is_no_snapshot_is_not_replaced_unasked(
    there: bytes, why: str, manager: t.Any, dest: pathlib.Path
) -> None:
    dest.write_bytes(there)
    manager.get("/snapshots/s1", CREATED)
    said = manager.run("snapshot_download", id="s1", dest=str(dest))
    assert f"{dest} exists, and the file is no sound snapshot" in said["msg"]
    assert why in said["msg"]
    assert dest.read_bytes() == there


@pytest.mark.parametrize("check", [False, True])
def test_force_replaces_it(check: bool, manager: t.Any, data: bytes, dest: pathlib.Path) -> None:
    dest.write_bytes(b"notes")
    manager.get("/snapshots/s1", CREATED)
    head(manager, len(data))
    if not check:
        length = {"Content-Length": str(len(data)), **TAG}
        manager.request("GET", ARCHIVE, body=data, answered=length)
    said = manager.run("snapshot_download", id="s1", dest=str(dest), force=True, check=check)
    assert said["changed"]
    assert said["reason"].startswith("the file is no sound snapshot")
    assert dest.read_bytes() == (b"notes" if check else data)


def test_force_leaves_the_same_file_alone(manager: t.Any, data: bytes, dest: pathlib.Path) -> None:
    mine(dest, data)
    manager.get("/snapshots/s1", CREATED)
    same(manager, data)
    said = manager.run("snapshot_download", id="s1", dest=str(dest), force=True)
    assert not said["changed"]
