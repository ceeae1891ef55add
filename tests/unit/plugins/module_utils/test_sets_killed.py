# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A kill at any moment leaves either a whole set or none, and the next run goes on."""

from __future__ import annotations

import os
import pathlib
import shutil
import stat
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _sets
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import killing, samples

WHOLE = ["content.json", "manifest.json", "snapshot.zip"]


def sound(path: pathlib.Path) -> list[str]:
    """Ids of the sets, each of which has to be sound in every byte."""
    sets = samples.store(path).sets()
    for found in sets:
        _sets.verify(found, full=True)
        assert found.problems == []
    return [found.id for found in sets]


def finish(path: pathlib.Path, set_id: str = "r1") -> None:
    """What the module does for state=present: commit, unless the set is there."""
    sets = samples.store(path)
    if not os.path.isdir(sets.path(set_id)):
        facts = samples.snapshot(pathlib.Path(sets.incoming(set_id)))
        sets.commit(set_id, snapshot=facts, durations={}, warnings=[])


def afresh(path: pathlib.Path) -> None:
    shutil.rmtree(path / samples.CLUSTER, ignore_errors=True)


def test_a_commit_leaves_a_whole_set_or_none(tmp_path: pathlib.Path) -> None:
    def prepare() -> None:
        afresh(tmp_path)
        samples.stage(tmp_path, "r1")

    seen = set()
    for moment in killing.each_death(lambda: finish(tmp_path), prepare):
        found = sound(tmp_path)
        seen.add(len(found))
        if not found:
            assert samples.store(tmp_path).unfinished() == ["r1"], moment
        finish(tmp_path)
        assert sound(tmp_path) == ["r1"], moment
        assert sorted(os.listdir(tmp_path / "prod" / "r1")) == WHOLE, moment
        assert os.listdir(tmp_path / "prod") == ["r1"], moment
    assert seen == {0, 1}, "both outcomes have to have been seen"


def test_a_commit_that_was_killed_still_tells_what_moved_on(tmp_path: pathlib.Path) -> None:
    def commit() -> _sets.RecoverySet:
        sets = samples.store(tmp_path)
        facts = samples.snapshot(pathlib.Path(sets.incoming("r1")))
        after = samples.inventory("b")
        return sets.commit("r1", snapshot=facts, durations={}, warnings=[], content_after=after)

    def prepare() -> None:
        afresh(tmp_path)
        samples.stage(tmp_path, "r1")
        samples.store(tmp_path).stage_content("r1", samples.inventory("a", "b"))

    for moment in killing.each_death(commit, prepare):
        manifest = (samples.store(tmp_path).sets() or [commit()])[0].manifest
        assert [each.split(": ", 1)[1] for each in manifest["warnings"]] == [
            "lost: secrets a of tenant t1"
        ], moment
        assert manifest["counts"] == {"secrets": 1}, moment
        assert sound(tmp_path) == ["r1"], moment


def test_staging_leaves_nothing_that_is_taken_for_a_set(tmp_path: pathlib.Path) -> None:
    def stage() -> None:
        samples.store(tmp_path).stage("r1")
        samples.store(tmp_path).stage_content("r1", samples.inventory("a"))

    for moment in killing.each_death(stage, lambda: afresh(tmp_path)):
        sets = samples.store(tmp_path)
        assert sets.sets() == [], moment
        content = sets.staged_content("r1")
        assert content is None or content == samples.inventory("a"), moment
        samples.stage(tmp_path, "r1")
        finish(tmp_path)
        assert sound(tmp_path) == ["r1"], moment
        assert sorted(os.listdir(tmp_path / "prod" / "r1")) == WHOLE, moment


@pytest.mark.parametrize("unfinished", [False, True])
def test_removing_a_set_takes_its_name_before_its_files(
    unfinished: bool, tmp_path: pathlib.Path
) -> None:
    def prepare() -> None:
        afresh(tmp_path)
        (samples.stage if unfinished else samples.commit)(tmp_path, "r1")
        samples.commit(tmp_path, "r0")

    def remove() -> bool:
        return samples.store(tmp_path).remove("r1")

    for moment in killing.each_death(remove, prepare):
        there = samples.store(tmp_path).unfinished() if unfinished else sound(tmp_path)
        assert "r0" in sound(tmp_path), moment
        assert remove() is ("r1" in there), moment
        assert os.listdir(tmp_path / "prod") == ["r0"], moment


def test_a_new_set_is_begun_where_a_removal_was_killed(tmp_path: pathlib.Path) -> None:
    def prepare() -> None:
        afresh(tmp_path)
        samples.commit(tmp_path, "r1")

    for moment in killing.each_death(lambda: samples.store(tmp_path).remove("r1"), prepare):
        if sound(tmp_path) == []:
            samples.stage(tmp_path, "r1")
        finish(tmp_path)
        assert os.listdir(tmp_path / "prod") == ["r1"], moment


# -- a power cut takes what was not flushed -----------------------------------------------------


def test_everything_is_on_the_disk_before_the_set_gets_its_name(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[str, str]] = []
    fsync, rename = os.fsync, os.rename

    def noted_fsync(descriptor: int) -> None:
        done.append(("fsync", os.readlink(f"/proc/self/fd/{descriptor}")))
        status = os.fstat(descriptor)
        assert stat.S_ISDIR(status.st_mode) or status.st_size, "it is in the program's own buffer"
        fsync(descriptor)

    def noted_rename(source: t.Any, target: t.Any) -> None:
        done.append(("rename", str(target)))
        rename(source, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "rename", noted_rename)
    staging = samples.stage(tmp_path, "r1")
    assert done[0] == ("fsync", str(staging.parent))
    finish(tmp_path)
    final = staging.parent / "r1"
    named = done.index(("rename", str(final)))
    manifest = done.index(("rename", str(staging / "manifest.json")))
    assert done[manifest - 1][0] == "fsync" and "manifest.json" in done[manifest - 1][1]
    assert done[manifest + 1 : named] == [("fsync", str(staging))]
    assert done[named + 1 :] == [("fsync", str(staging.parent))]
    samples.store(tmp_path).remove("r1")
    assert done[-1] == ("fsync", str(staging.parent))
    assert done[-2][0] == "rename"


def test_a_set_can_be_committed_only_once(tmp_path: pathlib.Path) -> None:
    samples.commit(tmp_path, "r1")
    sets = samples.store(tmp_path)
    with pytest.raises(_sets.Refused, match="has a set r1 already"):
        sets.commit("r1", snapshot={"status": "created", "size": 1}, durations={}, warnings=[])
    with pytest.raises(_sets.Refused, match="has a set r1 already"):
        sets.stage("r1")
    assert sound(tmp_path) == ["r1"]
