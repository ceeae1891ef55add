# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""snapshot_upload of what is no archive, or not the right one."""

from __future__ import annotations

import pathlib
import typing as t
import zipfile

import pytest

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import conversation as c
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.samples import archive
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.uploading import (
    ARCHIVE,
    BINARY,
    lead,
    put,
    sha256,
    shown,
)


@pytest.fixture
def src(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "mine.zip"
    archive(path)
    return path


def test_a_damaged_one_is_not_sent_whole(manager: t.Any, src: pathlib.Path) -> None:
    data = src.read_bytes()
    src.write_bytes(data.replace(b"pg_data", b"xx_data", 1))

    def never_whole(body: t.Any) -> bool:
        sent = 0
        for piece in body:
            sent += len(piece)
        raise AssertionError(f"{sent} bytes were sent")

    lead(manager)
    manager.put(ARCHIVE, sent=never_whole, headers=BINARY)
    said = manager._run("snapshot_upload", id="s1", src=str(src), **c.ACCOUNT)
    manager._mock.get_registry().reset()
    assert said["msg"].startswith(f"{src}: entry 'pg_data' is damaged")


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "the file is empty"),
        (b"garbage", "not a zip archive"),
        (b"PK\x03\x04" + bytes(100), "not a zip archive"),
    ],
)
def test_what_is_no_archive_is_refused_before_any_request(
    check: bool, data: bytes, why: str, manager: t.Any, src: pathlib.Path
) -> None:
    src.write_bytes(data)
    said = manager.run("snapshot_upload", id="s1", src=str(src), check=check)
    assert said["msg"].startswith(f"{src}: {why}")


def test_a_zip_without_metadata_is_refused_before_any_request(
    manager: t.Any, src: pathlib.Path
) -> None:
    with zipfile.ZipFile(src, "w") as whole:
        whole.writestr("notes", "x")
    said = manager.run("snapshot_upload", id="s1", src=str(src))
    assert "not a snapshot: the archive has no metadata.json" in said["msg"]


def test_a_damaged_one_is_found_in_check_mode_too(manager: t.Any, src: pathlib.Path) -> None:
    data = src.read_bytes()
    src.write_bytes(data.replace(b"pg_data", b"xx_data", 1))
    lead(manager)
    said = manager.run("snapshot_upload", id="s1", src=str(src), check=True)
    assert "entry 'pg_data' is damaged" in said["msg"]


@pytest.mark.parametrize("check", [False, True])
def test_one_that_could_not_be_restored_is_refused(
    check: bool, manager: t.Any, src: pathlib.Path
) -> None:
    archive(src, version="9.9.9")
    manager.version()
    said = manager.run("snapshot_upload", id="s1", src=str(src), check=check)
    assert "this manager could not restore the archive: " in said["msg"]
    assert "newer than the manager's 7.0.5" in said["msg"]
    assert "or say force=true to upload it all the same" in said["msg"]
    assert len(said["problems"]) == 1


def test_force_sends_it_all_the_same(manager: t.Any, src: pathlib.Path) -> None:
    archive(src, version="9.9.9")
    lead(manager)
    put(manager, src)
    shown(manager, src.stat().st_size)
    said = manager.run("snapshot_upload", id="s1", src=str(src), force=True)
    assert said["changed"]
    assert "newer" in said["problems"][0]


@pytest.mark.parametrize("name", ["", "1st", "a b", "a/b", "x" * 257])
def test_an_id_that_create_would_refuse_is_refused(
    name: str, manager: t.Any, src: pathlib.Path
) -> None:
    said = manager.run("snapshot_upload", id=name, src=str(src))
    assert said["msg"].startswith("snapshot id")


def test_a_file_that_is_not_there_is_told(manager: t.Any, tmp_path: pathlib.Path) -> None:
    said = manager.run("snapshot_upload", id="s1", src=str(tmp_path / "none"))
    missing = f"Cannot read or write {tmp_path / 'none'}: No such file or directory."
    assert said["msg"].startswith(missing)


@pytest.mark.parametrize("check", [False, True])
def test_the_sha256_has_to_be_the_one_expected(
    check: bool, manager: t.Any, src: pathlib.Path
) -> None:
    lead(manager)
    wrong = "0" * 64
    if not check:
        manager.put(ARCHIVE, sent=lambda body: [len(piece) for piece in body], headers=BINARY)
    said = manager._run(
        "snapshot_upload", id="s1", src=str(src), sha256=wrong, check=check, **c.ACCOUNT
    )
    manager._mock.get_registry().reset()
    assert f"has the sha256 {sha256(src)}, which is not the one expected" in said["msg"]


def test_the_right_sha256_in_capitals_will_do(manager: t.Any, src: pathlib.Path) -> None:
    lead(manager)
    put(manager, src)
    shown(manager, src.stat().st_size)
    right = sha256(src).upper()
    assert manager.run("snapshot_upload", id="s1", src=str(src), sha256=right)["changed"]
