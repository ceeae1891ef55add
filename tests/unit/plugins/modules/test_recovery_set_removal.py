# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""recovery_set: absent and pruned, which need no manager; and options that make no sense."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _runs
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import killing, samples


@pytest.fixture
def run(run_module: t.Any, tmp_path: pathlib.Path) -> t.Callable[..., dict[str, t.Any]]:
    def run_it(**options: t.Any) -> dict[str, t.Any]:
        given = {"store": str(tmp_path), "cluster": samples.CLUSTER, **options}
        return t.cast("dict[str, t.Any]", run_module("recovery_set", **given))

    return run_it


def there(path: pathlib.Path) -> list[str]:
    return sorted(os.listdir(path / samples.CLUSTER))


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("unfinished", [False, True])
def test_a_set_is_removed_whether_it_is_whole_or_not(
    unfinished: bool, check: bool, run: t.Any, tmp_path: pathlib.Path
) -> None:
    samples.commit(tmp_path, "r0")
    (samples.stage if unfinished else samples.commit)(tmp_path, "r1")
    said = run(state="absent", id="r1", check=check, diff=True)
    assert said["changed"]
    assert said["diff"] == {"before": {"state": "present"}, "after": {"state": "absent"}}
    assert len(there(tmp_path)) == 1 + check


@pytest.mark.parametrize("check", [False, True])
def test_a_set_that_is_not_there_needs_no_removing(
    check: bool, run: t.Any, tmp_path: pathlib.Path
) -> None:
    samples.commit(tmp_path, "r0")
    assert not run(state="absent", id="r1", check=check)["changed"]
    assert there(tmp_path) == ["r0"]


def test_a_store_that_is_not_there_is_not_made_to_remove_something(
    run: t.Any, tmp_path: pathlib.Path
) -> None:
    assert not run(state="absent", id="r1")["changed"]
    assert not run(state="pruned", keep=1)["changed"]
    assert not list(tmp_path.iterdir())


def days(path: pathlib.Path, *names: str) -> dict[str, pathlib.Path]:
    """Sets of consecutive days, oldest first."""
    return {
        name: samples.commit(path, name, at=f"2026-11-{day:02}T00:00:00Z")
        for day, name in enumerate(names, start=1)
    }


def test_sets_that_their_own_manager_could_not_restore_do_not_count(
    run: t.Any, tmp_path: pathlib.Path
) -> None:
    made = days(tmp_path, "a", "b", "c", "d")
    for name in ("a", "c"):
        archive = json.loads((made[name] / "manifest.json").read_text())["archive"]
        missing = {**archive, "missing_revisions": ["stage_schema_revision"]}
        samples.edit_manifest(made[name], archive=missing)
    assert run(state="pruned", keep=1)["removed"] == ["b"]
    assert there(tmp_path) == ["a", "c", "d"]


@pytest.mark.parametrize("check", [False, True])
def test_all_but_the_newest_are_pruned(check: bool, run: t.Any, tmp_path: pathlib.Path) -> None:
    days(tmp_path, "a", "b", "c", "d")
    said = run(state="pruned", keep=2, check=check, diff=True)
    assert said["changed"]
    assert said["removed"] == ["b", "a"]
    assert said["reason"] == "there are more than 2 sound sets"
    assert there(tmp_path) == (["a", "b", "c", "d"] if check else ["c", "d"])


EMPTY = {"tenants": 1, "users": 1, "blueprints": 0, "executions": 9}


def test_backups_of_an_emptied_manager_never_push_out_what_it_had(
    run: t.Any, tmp_path: pathlib.Path
) -> None:
    made = days(tmp_path, "a", "b", "c", "d", "e")
    for name, found in made.items():
        samples.edit_manifest(found, counts=EMPTY if name in "de" else {**EMPTY, "secrets": 1})
    assert run(state="pruned", keep=2)["removed"] == ["b", "a"]
    assert not run(state="pruned", keep=2)["changed"]
    # until there is one again
    refilled = samples.commit(tmp_path, "f", at="2026-11-06T00:00:00Z")
    samples.edit_manifest(refilled, counts={**EMPTY, "tenants": 2})
    assert run(state="pruned", keep=2)["removed"] == ["d", "c"]


def test_of_sets_that_are_all_empty_the_newest_are_kept(run: t.Any, tmp_path: pathlib.Path) -> None:
    for found in days(tmp_path, "a", "b", "c").values():
        samples.edit_manifest(found, counts=EMPTY)
    assert run(state="pruned", keep=1)["removed"] == ["b", "a"]


def test_the_one_that_is_spared_has_been_read_to_its_last_byte(
    run: t.Any, tmp_path: pathlib.Path
) -> None:
    made = days(tmp_path, "a", "b", "c", "d")
    for name, found in made.items():
        samples.edit_manifest(found, counts=EMPTY if name == "d" else {"secrets": 1})
    archive = made["c"] / "snapshot.zip"
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 0xFF
    archive.write_bytes(data)
    assert run(state="pruned", keep=1)["removed"] == ["a"]


@pytest.mark.parametrize("given_up", [False, True])
def test_what_a_run_that_holds_the_cluster_would_restore_is_kept(
    given_up: bool, run: t.Any, tmp_path: pathlib.Path
) -> None:
    days(tmp_path, "a", "b", "c", "d")
    runs = _runs.ClusterRuns(store=str(tmp_path), cluster=samples.CLUSTER)
    how: dict[str, t.Any] = {"controller": {}, "take_over": None, "resume": lambda first: True}
    begun = runs.begin(runbook="rebuild_cluster", run_id="rebuild_cluster-1", **how)
    runs.note(begun.id, state="kept", facts={"set": "b"})
    runs.note(begun.id, state="step", step="tear down")
    runs.end(begun.id, outcome="given up" if given_up else "failed", report={})
    assert run(state="pruned", keep=1)["removed"] == (["c", "b", "a"] if given_up else ["c", "a"])


@pytest.mark.parametrize("keep", [2, 3, 1000])
def test_few_sets_are_all_kept(keep: int, run: t.Any, tmp_path: pathlib.Path) -> None:
    days(tmp_path, "a", "b")
    said = run(state="pruned", keep=keep)
    assert not said["changed"] and said["removed"] == []
    assert there(tmp_path) == ["a", "b"]


@pytest.mark.parametrize("keep", [0, -1])
@pytest.mark.parametrize("check", [False, True])
def test_keeping_none_is_refused(
    keep: int, check: bool, run: t.Any, tmp_path: pathlib.Path
) -> None:
    days(tmp_path, "a")
    said = run(state="pruned", keep=keep, check=check)
    assert said["failed"]
    assert f"keep has to be at least 1, not {keep}" in said["msg"]
    assert there(tmp_path) == ["a"]


def no_manifest(folder: pathlib.Path) -> None:
    (folder / "manifest.json").unlink()


def no_snapshot(folder: pathlib.Path) -> None:
    (folder / "snapshot.zip").unlink()


def a_proof_less(folder: pathlib.Path) -> None:
    samples.edit_manifest(folder, proofs=[{"name": "created"}])


def rotten(folder: pathlib.Path) -> None:
    """Of the right size, so only reading it shows it."""
    data = bytearray((folder / "snapshot.zip").read_bytes())
    data[len(data) // 2] ^= 0xFF
    (folder / "snapshot.zip").write_bytes(bytes(data))


@pytest.mark.parametrize("damage", [no_manifest, no_snapshot, a_proof_less])
def test_a_damaged_set_is_neither_counted_nor_removed(
    damage: t.Any, run: t.Any, tmp_path: pathlib.Path
) -> None:
    sets = days(tmp_path, "a", "b", "c", "d")
    damage(sets["b"])
    damage(sets["d"])
    said = run(state="pruned", keep=1)
    assert said["removed"] == ["a"]
    assert there(tmp_path) == ["b", "c", "d"]


@pytest.mark.parametrize("rotted", ["c", "cb", "cba"])
def test_nothing_is_removed_before_one_that_stays_was_read_to_the_end(
    rotted: str, run: t.Any, tmp_path: pathlib.Path
) -> None:
    sets = days(tmp_path, "a", "b", "c")
    for name in rotted:
        rotten(sets[name])
    said = run(state="pruned", keep=1)
    best = "cba"[len(rotted) :][:1]
    assert said["removed"] == [name for name in "cba" if best and name < best]
    assert set(rotted) <= set(there(tmp_path))


def test_unfinished_sets_are_not_pruned(run: t.Any, tmp_path: pathlib.Path) -> None:
    days(tmp_path, "a", "b")
    samples.stage(tmp_path, "c")
    assert run(state="pruned", keep=1)["removed"] == ["a"]
    assert there(tmp_path) == [".incoming-c", "b"]


def test_another_cluster_is_not_touched(run: t.Any, tmp_path: pathlib.Path) -> None:
    days(tmp_path, "a", "b")
    (tmp_path / "prod").rename(tmp_path / "other")
    days(tmp_path, "a", "b")
    run(state="pruned", keep=1)
    assert sorted(os.listdir(tmp_path / "other")) == ["a", "b"]


def test_pruning_that_is_killed_never_loses_the_newest_and_goes_on(
    run: t.Any, tmp_path: pathlib.Path
) -> None:
    def prepare() -> None:
        for name in os.listdir(tmp_path):
            shutil.rmtree(tmp_path / name)
        days(tmp_path, "a", "b", "c")

    for moment in killing.each_death(lambda: run(state="pruned", keep=1), prepare):
        assert "c" in there(tmp_path), moment
        sound = [found.id for found in samples.store(tmp_path).sets() if found.sound]
        assert sound in (["c", "b", "a"], ["c", "a"], ["c"]), moment
        run(state="pruned", keep=1)
        assert there(tmp_path) == ["c"], moment


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"state": "staged", "id": "r1"}, "missing: manager_hosts"),
        ({"state": "staged"}, "missing: id, manager_hosts"),
        ({"state": "present", "id": "r1"}, "missing: manager_hosts"),
        ({"state": "absent"}, "missing: id"),
        ({"state": "pruned"}, "missing: keep"),
        ({"state": "absent", "id": "../x"}, "id '../x': it takes up to 200 letters"),
        ({"state": "absent", "id": "x", "cluster": ".."}, "cluster '..': it takes"),
        ({"state": "pruned", "keep": 1, "cluster": "a/b"}, "cluster 'a/b': it takes"),
    ],
)
def test_what_makes_no_sense_is_refused(
    options: dict[str, t.Any], words: str, run: t.Any, tmp_path: pathlib.Path
) -> None:
    said = run(**options)
    assert said["failed"]
    assert words in said["msg"]
    assert not list(tmp_path.iterdir())
