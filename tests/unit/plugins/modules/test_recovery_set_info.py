# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import os
import pathlib
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import samples


@pytest.fixture
def run(run_module: t.Any, tmp_path: pathlib.Path) -> t.Callable[..., dict[str, t.Any]]:
    def run_it(**options: t.Any) -> dict[str, t.Any]:
        given = {"store": str(tmp_path), "cluster": samples.CLUSTER, **options}
        return t.cast("dict[str, t.Any]", run_module("recovery_set_info", **given))

    return run_it


@pytest.fixture
def sets(tmp_path: pathlib.Path) -> dict[str, pathlib.Path]:
    """Three whole sets, a the oldest."""
    return {
        name: samples.commit(tmp_path, name, at=f"2026-11-{day:02}T00:00:00Z")
        for day, name in enumerate("abc", start=1)
    }


def rot(folder: pathlib.Path) -> None:
    """A byte changes, the size does not."""
    data = bytearray((folder / "snapshot.zip").read_bytes())
    data[len(data) // 2] ^= 0xFF
    (folder / "snapshot.zip").write_bytes(bytes(data))


def verified(said: dict[str, t.Any]) -> str:
    """How far each set was checked, newest first, as letters."""
    return "".join(found["verified"][0] for found in said["sets"])


def snapshot_of(path: pathlib.Path) -> list[tuple[str, int]]:
    return sorted((str(each), each.stat().st_mtime_ns) for each in path.rglob("*"))


@pytest.mark.parametrize("check", [False, True])
def test_sets_are_listed_newest_first_and_the_newest_is_named(
    check: bool, run: t.Any, sets: t.Any, tmp_path: pathlib.Path
) -> None:
    before = snapshot_of(tmp_path)
    said = run(check=check)
    assert not said["changed"]
    assert [found["id"] for found in said["sets"]] == ["c", "b", "a"]
    assert said["newest_verified"] == said["sets"][0]
    assert said["newest_verified"]["snapshot_path"] == str(sets["c"] / "snapshot.zip")
    assert said["newest_verified"]["content_path"] == str(sets["c"] / "content.json")
    assert said["newest_verified"]["manifest"]["counts"] == {"secrets": 1}
    assert said["unfinished"] == []
    assert said["duration"] >= 0
    assert snapshot_of(tmp_path) == before


@pytest.mark.parametrize(
    ("verify", "depth", "newest", "problems"),
    [("size", "sss", "c", 0), ("newest", "ffs", "b", 1), ("full", "fff", "b", 2)],
)
def test_each_level_reads_as_much_as_it_says(
    verify: str, depth: str, newest: str, problems: int, run: t.Any, sets: t.Any
) -> None:
    rot(sets["c"])
    rot(sets["a"])
    said = run(verify=verify)
    assert verified(said) == depth
    assert said["newest_verified"]["id"] == newest
    assert sum(not found["sound"] for found in said["sets"]) == problems


def test_by_default_the_newest_that_is_sound_was_read_to_the_end(run: t.Any, sets: t.Any) -> None:
    assert verified(run()) == "fss"
    rot(sets["c"])
    said = run()
    assert verified(said) == "ffs"
    assert said["newest_verified"]["verified"] == "full"


def test_when_no_set_is_sound_none_is_named(run: t.Any, sets: t.Any) -> None:
    for folder in sets.values():
        rot(folder)
    said = run()
    assert said["newest_verified"] is None
    assert all(found["problems"] for found in said["sets"])
    assert verified(said) == "fff"


def test_a_set_without_a_manifest_is_listed_with_its_problem(run: t.Any, sets: t.Any) -> None:
    (sets["c"] / "manifest.json").unlink()
    said = run()
    assert [found["id"] for found in said["sets"]] == ["b", "a", "c"]
    assert "manifest.json cannot be used" in said["sets"][2]["problems"][0]
    assert said["sets"][2]["verified"] == "none"
    assert said["newest_verified"]["id"] == "b"


def test_newer_ones_that_cannot_be_used_are_named(
    run: t.Any, sets: t.Any, tmp_path: pathlib.Path
) -> None:
    """By their manifest, else by their name, else by their directory."""
    assert run()["passed_over"] == []
    samples.stage(tmp_path, "d")
    rot(sets["a"])
    rot(sets["c"])
    same, later = "backup-20261102T000000Z", "backup-20261102T000001Z"
    for name in ("backup-20261101T000000Z", same, later, "old", "new"):
        (sets["b"].parent / name).mkdir()
        (sets["b"].parent / name / "snapshot.zip").touch()
    # kept there by somebody, and no set
    (sets["b"].parent / "to-look-at").mkdir()
    os.utime(sets["b"].parent / "old", (0, 0))
    said = run(verify="full")
    assert said["newest_verified"]["id"] == "b"
    # the directory of the one that has nothing else is of today
    over = [found["id"] for found in said["passed_over"]]
    assert sorted(over) == [same, later, "c", "new"]
    assert over.index("c") < over.index(later) < over.index(same)
    assert all(found["problems"] for found in said["passed_over"])
    assert run(id="b")["passed_over"] == []
    rot(sets["b"])
    assert run(verify="full")["passed_over"] == []


def test_unfinished_sets_are_named_apart(run: t.Any, sets: t.Any, tmp_path: pathlib.Path) -> None:
    samples.stage(tmp_path, "d")
    said = run()
    assert said["unfinished"] == ["d"]
    assert said["newest_verified"]["id"] == "c"


def test_an_empty_store_has_no_sets_and_that_is_no_error(
    run: t.Any, tmp_path: pathlib.Path
) -> None:
    said = run(store=str(tmp_path / "none"))
    assert (said["sets"], said["newest_verified"], said["unfinished"]) == ([], None, [])
    assert not list(tmp_path.iterdir())


def test_one_set_is_looked_at_by_its_id(run: t.Any, sets: t.Any) -> None:
    rot(sets["c"])
    said = run(id="a")
    assert [found["id"] for found in said["sets"]] == ["a"]
    assert said["newest_verified"]["id"] == "a"
    assert verified(said) == "f"


@pytest.mark.parametrize("set_id", ["x", ".incoming-d", ""])
def test_a_set_that_does_not_exist_is_an_error(
    set_id: str, run: t.Any, sets: t.Any, tmp_path: pathlib.Path
) -> None:
    samples.stage(tmp_path, "d")
    said = run(id=set_id)
    assert said["failed"]
    assert f"the store has no set {set_id} of cluster prod" in said["msg"]
    assert "It has c, b, a" in said["msg"]


@pytest.mark.parametrize(
    ("version", "newest"), [("7.0.5", "c"), ("7.0.6", "c"), ("7.0.4", "old"), ("4.5.5", None)]
)
def test_a_set_that_the_version_could_not_restore_is_no_candidate(
    version: str, newest: str | None, run: t.Any, sets: t.Any, tmp_path: pathlib.Path
) -> None:
    samples.commit(tmp_path, "old", at="2026-10-01T00:00:00Z", version="6.4.0")
    said = run(for_version=version)
    assert (said["newest_verified"] or {}).get("id") == newest
    if newest != "c":
        assert "newer than the manager's" in said["sets"][0]["problems"][0]


@pytest.mark.parametrize("version", ["latest", "v7", " "])
def test_a_version_that_is_none_is_refused(version: str, run: t.Any) -> None:
    said = run(for_version=version)
    assert said["failed"]
    assert f"for_version {version!r} is not a version such as 7.0.5" in said["msg"]


def test_a_cluster_name_cannot_lead_out_of_the_store(run: t.Any) -> None:
    assert "cluster '../x': it takes up to 200 letters" in run(cluster="../x")["msg"]


def test_a_store_that_is_a_file_is_refused(run: t.Any, tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("")
    assert "is no directory" in run(store=str(tmp_path / "file"))["msg"]


def test_a_store_that_may_not_be_read_is_none_without_sets(
    run: t.Any, sets: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: str) -> t.NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(os, "listdir", refused)
    said = run()
    assert said["failed"] and "Permission denied" in said["msg"]
    assert "which user the module runs as" in said["msg"]
