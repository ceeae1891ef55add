# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""snapshot_archive_info: it needs no manager."""

from __future__ import annotations

import hashlib
import pathlib
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.samples import archive


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    made = tmp_path / "s1.zip"
    archive(made)
    return made


@pytest.mark.parametrize("check", [False, True])
def test_it_tells_what_an_archive_is(check: bool, run_module: t.Any, path: pathlib.Path) -> None:
    before = path.stat()
    said = run_module("snapshot_archive_info", path=str(path), check=check)
    assert not said["changed"]
    assert said["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert said["size"] == before.st_size
    assert said["archive"]["format"] == "legacy"
    assert said["archive"]["snapshot_version"] == "7.0.5"
    assert said["archive"]["entries"] == 2
    assert "restorable" not in said
    assert said["duration"] >= 0
    assert path.stat().st_mtime == before.st_mtime


@pytest.mark.parametrize(("version", "restorable"), [("7.0.5", True), ("6.4", False)])
def test_it_judges_for_a_version(
    version: str, restorable: bool, run_module: t.Any, path: pathlib.Path
) -> None:
    said = run_module("snapshot_archive_info", path=str(path), for_version=version)
    assert said["restorable"] is restorable
    assert bool(said["problems"]) is not restorable


@pytest.mark.parametrize("version", ["newest", ""])
def test_a_version_that_is_none_is_told(
    version: str, run_module: t.Any, path: pathlib.Path
) -> None:
    said = run_module("snapshot_archive_info", path=str(path), for_version=version)
    if version:
        assert said["failed"]
        assert f"for_version {version!r}" in said["msg"]
    else:
        assert "restorable" not in said


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "the file is empty"),
        (b"garbage", "not a zip archive"),
        (None, "No such file or directory"),
    ],
)
def test_what_is_no_archive_fails(
    data: bytes | None, why: str, run_module: t.Any, path: pathlib.Path
) -> None:
    if data is None:
        path.unlink()
    else:
        path.write_bytes(data)
    said = run_module("snapshot_archive_info", path=str(path))
    assert said["failed"]
    assert str(path) in said["msg"]
    assert why in said["msg"]


@pytest.mark.parametrize("at", range(1, 10))
def test_a_cut_or_damaged_one_fails(at: int, run_module: t.Any, path: pathlib.Path) -> None:
    data = path.read_bytes()
    place = len(data) * at // 10
    path.write_bytes(data[:place])
    assert run_module("snapshot_archive_info", path=str(path))["failed"]
