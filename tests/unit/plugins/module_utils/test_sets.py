# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets in the store: what makes one sound, and what is found when it is not."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _sets
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import Refused
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._versions import Version
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import samples


def verified(path: pathlib.Path, *, full: bool = True) -> _sets.RecoverySet:
    """The one set of the store, held against its manifest."""
    (found,) = samples.store(path).sets()
    _sets.verify(found, full=full)
    return found


# -- names -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a", "A", "0", "prod-1", "2026-11-22T00.00.00Z", "x" * 200])
def test_plain_file_names_are_taken(name: str) -> None:
    _sets.check_name("id", name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        ".hidden",
        "-a",
        "_a",
        "a/b",
        "../a",
        "a b",
        "a\n",
        "a\0",
        "ä",
        "x" * 201,
        None,
    ],
)
def test_what_could_lead_out_of_the_store_is_refused(name: str, tmp_path: pathlib.Path) -> None:
    sets = samples.store(tmp_path)
    for attempt in (
        lambda: _sets.check_name("id", name),
        lambda: _sets.ClusterStore(store=str(tmp_path), cluster=name),
        lambda: sets.stage(name),
        lambda: sets.path(name),
        lambda: sets.remove(name),
    ):
        with pytest.raises(Refused, match="letters, digits and the characters"):
            attempt()
    assert not list(tmp_path.iterdir())


# -- a whole set ---------------------------------------------------------------------------------


def test_a_set_that_was_committed_is_sound_to_the_last_byte(tmp_path: pathlib.Path) -> None:
    folder = samples.commit(tmp_path, "r1")
    found = verified(tmp_path)
    assert found.problems == [] and found.sound
    assert found.verified == "full"
    assert found.path == str(folder) == str(tmp_path / "prod" / "r1")
    assert found.as_dict()["snapshot_path"] == str(folder / "snapshot.zip")


def test_its_manifest_tells_what_it_is(tmp_path: pathlib.Path) -> None:
    folder = samples.commit(tmp_path, "r1")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["cluster"] == "prod" and manifest["id"] == "r1"
    assert manifest["manager"] == {"version": "7.0.5", "edition": "premium"}
    assert manifest["counts"] == {"secrets": 1}
    assert manifest["content_taken_at"] == "2026-11-22T00:00:00Z"
    assert manifest["archive"]["snapshot_version"] == "7.0.5"
    assert manifest["archive"]["format"] == "legacy"
    assert sorted(manifest["files"]) == ["content.json", "snapshot.zip"]
    assert [proof["name"] for proof in manifest["proofs"]] == list(_sets.PROOFS)
    assert all(proof["passed_at"] for proof in manifest["proofs"])


def test_what_was_gone_when_the_snapshot_was_done_is_not_in_its_inventory(
    tmp_path: pathlib.Path,
) -> None:
    """A restore would call it lost, and make it again."""
    staging, sets = samples.stage(tmp_path, "r1"), samples.store(tmp_path)
    sets.stage_content("r1", samples.inventory("a", "b", "c"))
    done = sets.commit(
        "r1",
        snapshot=samples.snapshot(staging),
        durations={},
        warnings=["known"],
        content_after=samples.inventory("b", "d"),
    )
    told = [
        f"while the snapshot was made, the manager's content moved on: {change} of tenant t1"
        for change in ("lost: secrets a", "lost: secrets c", "gained: secrets d")
    ]
    content = json.loads((tmp_path / "prod" / "r1" / "content.json").read_text())
    assert content == {**samples.inventory("b"), "moved_on": told}
    assert done.manifest["counts"] == {"secrets": 1}
    assert done.manifest["warnings"] == ["known", *told]
    assert verified(tmp_path).sound


@pytest.mark.parametrize("later", [None, samples.inventory("a", "b"), samples.inventory()])
def test_where_all_or_nothing_is_there_still_the_inventory_stays(
    later: t.Any, tmp_path: pathlib.Path
) -> None:
    """A manager that has been emptied is no reason to expect nothing of a restore."""
    staging, sets = samples.stage(tmp_path, "r1"), samples.store(tmp_path)
    before = samples.inventory("a", "b")
    sets.stage_content("r1", before)
    facts = samples.snapshot(staging)
    done = sets.commit("r1", snapshot=facts, durations={}, warnings=[], content_after=later)
    content = json.loads((tmp_path / "prod" / "r1" / "content.json").read_text())
    assert content["content"] == before["content"] and done.manifest["counts"] == {"secrets": 2}
    assert len(done.manifest["warnings"]) == (2 if later == samples.inventory() else 0)


def test_nobody_else_can_read_it(tmp_path: pathlib.Path) -> None:
    folder = samples.commit(tmp_path, "r1")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "prod").stat().st_mode & 0o777 == 0o700
    for name in ("manifest.json", "content.json"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600


def test_more_that_was_staged_belongs_to_the_set(tmp_path: pathlib.Path) -> None:
    staging = samples.stage(tmp_path, "r1")
    folder = staging / "certificates" / "manager1"
    folder.mkdir(parents=True)
    (folder / "ca_key.pem").write_bytes(b"keys")
    (folder / ".left.new").write_bytes(b"half of")
    facts = samples.snapshot(staging)
    samples.store(tmp_path).commit("r1", snapshot=facts, durations={}, warnings=[])
    key = "certificates/manager1/ca_key.pem"
    assert sorted(verified(tmp_path).manifest["files"]) == [key, "content.json", "snapshot.zip"]
    (tmp_path / "prod" / "r1" / key).write_bytes(b"keyz")
    assert verified(tmp_path).problems == [f"{key} is not the file that its manifest describes"]


def test_what_is_saved_of_nodes_goes_into_the_set(tmp_path: pathlib.Path) -> None:
    place = tmp_path / "place"
    saved = place / "nodes" / "h1" / "var" / "lib" / "rabbitmq" / ".erlang.cookie"
    saved.parent.mkdir(parents=True)
    saved.write_text("COOKIE")
    store, staging = samples.store(tmp_path / "store"), samples.stage(tmp_path / "store", "r1")
    for _again in range(2):
        store.stage_nodes("r1", str(place))
    store.stage_nodes("r1", str(tmp_path / "nowhere"))
    store.commit("r1", snapshot=samples.snapshot(staging), durations={}, warnings=[])
    found = verified(tmp_path / "store")
    assert found.sound
    assert "nodes/h1/var/lib/rabbitmq/.erlang.cookie" in found.manifest["files"]


def test_without_the_size_that_was_sent_the_length_is_not_proven(tmp_path: pathlib.Path) -> None:
    samples.stage(tmp_path, "r1")
    with pytest.raises(_sets.SetError, match="the length is not proven"):
        samples.store(tmp_path).commit(
            "r1", snapshot={"status": "created"}, durations={}, warnings=[]
        )
    assert not (tmp_path / "prod" / "r1").exists()


# -- damage ----------------------------------------------------------------------------------------


def flip(path: pathlib.Path) -> None:
    """Another byte, the same size."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))


def cut(path: pathlib.Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def grow(path: pathlib.Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def other_archive(path: pathlib.Path) -> None:
    """A sound snapshot, of the same size even, but not this one."""
    samples.archive(path, version="7.0.4")


DAMAGE: list[tuple[str, t.Callable[[pathlib.Path], None], bool, str]] = [
    # file, what happens to it, whether its size gives it away, what is said
    ("snapshot.zip", os.unlink, True, "snapshot.zip: No such file or directory"),
    ("snapshot.zip", cut, True, "snapshot.zip has "),
    ("snapshot.zip", grow, True, "snapshot.zip has "),
    ("snapshot.zip", flip, False, "snapshot.zip: "),
    ("snapshot.zip", other_archive, False, "snapshot.zip is not the file that its manifest"),
    ("content.json", os.unlink, True, "content.json: No such file or directory"),
    ("content.json", cut, True, "content.json has "),
    ("content.json", flip, False, "content.json is not the file that its manifest describes"),
]


@pytest.mark.parametrize(
    ("name", "damage", "by_size", "words"),
    [pytest.param(*case, id=f"{case[0]}-{case[1].__name__}") for case in DAMAGE],
)
@pytest.mark.parametrize("full", [False, True])
def test_a_damaged_or_missing_file_is_named(
    name: str,
    damage: t.Callable[[pathlib.Path], None],
    by_size: bool,
    words: str,
    full: bool,
    tmp_path: pathlib.Path,
) -> None:
    folder = samples.commit(tmp_path, "r1")
    damage(folder / name)
    found = verified(tmp_path, full=full)
    if by_size or full:
        (problem,) = found.problems
        assert words in problem
        assert not found.sound
    else:
        assert found.sound and found.verified == "size"


def test_a_file_that_cannot_be_read_is_a_problem_and_no_crash(tmp_path: pathlib.Path) -> None:
    folder = samples.commit(tmp_path, "r1")
    (folder / "content.json").unlink()
    (folder / "content.json").mkdir()
    assert not verified(tmp_path).sound


@pytest.mark.parametrize("text", ["{}", "[]", "no JSON", "\x00"])
def test_an_inventory_that_is_none_is_known_even_if_its_hash_is_right(
    text: str, tmp_path: pathlib.Path
) -> None:
    folder = samples.commit(tmp_path, "r1")
    (folder / "content.json").write_text(text)
    files = json.loads((folder / "manifest.json").read_text())["files"]
    facts = {"size": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest()}
    samples.edit_manifest(folder, files={**files, "content.json": facts})
    assert verified(tmp_path).problems == ["content.json is no content inventory"]


def test_a_file_more_than_the_manifest_names_does_no_harm(tmp_path: pathlib.Path) -> None:
    folder = samples.commit(tmp_path, "r1")
    (folder / "README").write_text("kept for the audit")
    assert verified(tmp_path).sound


@pytest.mark.parametrize("size_only", [False, True])
@pytest.mark.parametrize("name", ["snapshot.zip", "content.json"])
def test_a_manifest_has_to_name_both_files(
    name: str, size_only: bool, tmp_path: pathlib.Path
) -> None:
    folder = samples.commit(tmp_path, "r1")
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["files"][name]
    samples.edit_manifest(folder, files=manifest["files"])
    assert verified(tmp_path, full=not size_only).problems == [f"its manifest does not name {name}"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "manifest.json cannot be used"),
        ("", "manifest.json cannot be used"),
        ("{", "manifest.json cannot be used"),
        ("[]", "it is no manifest"),
        ('"text"', "it is no manifest"),
        ("{}", "it is no manifest"),
        ('{"files": []}', "it is no manifest"),
        ("\x00\x00", "manifest.json cannot be used"),
        ('{"files": {}}', "it is no manifest"),
        ('{"files": {"snapshot.zip": "big"}, "proofs": []}', "it is no manifest"),
        ('{"files": {}, "proofs": null}', "it is no manifest"),
        ('{"files": {}, "proofs": ["created"]}', "it is no manifest"),
        ('{"files": {}, "proofs": [{"name": ["x"]}]}', "it is no manifest"),
        ('{"files": {}, "proofs": [], "created_at": "2026"}', "it is no manifest"),
    ],
)
def test_a_set_without_a_manifest_that_can_be_used_is_told_and_hides_no_other(
    text: str | None, words: str, tmp_path: pathlib.Path
) -> None:
    samples.commit(tmp_path, "good")
    folder = samples.commit(tmp_path, "bad")
    (folder / "manifest.json").unlink()
    if text is not None:
        (folder / "manifest.json").write_text(text)
    good, bad = samples.store(tmp_path).sets()
    assert (good.id, bad.id) == ("good", "bad")
    assert words in bad.problems[0]
    assert bad.manifest == {}
    assert good.sound


@pytest.mark.parametrize("name", ["archive", "counts", "created_at", "manager", "snapshot"])
def test_a_manifest_that_lacks_a_part_is_none(name: str, tmp_path: pathlib.Path) -> None:
    samples.edit_manifest(samples.commit(tmp_path, "r1"), **{name: None})
    (found,) = samples.store(tmp_path).sets()
    assert found.problems == ["manifest.json cannot be used: it is no manifest"]


def test_a_manifest_of_another_format_is_a_problem(tmp_path: pathlib.Path) -> None:
    samples.edit_manifest(samples.commit(tmp_path, "r1"), set_format=2)
    assert verified(tmp_path).problems == ["manifest.json has format 2"]


@pytest.mark.parametrize("missing", _sets.PROOFS)
def test_a_set_that_lacks_a_proof_is_not_sound(missing: str, tmp_path: pathlib.Path) -> None:
    proofs = [{"name": name} for name in _sets.PROOFS if name != missing]
    samples.edit_manifest(samples.commit(tmp_path, "r1"), proofs=proofs)
    assert verified(tmp_path).problems == [f"it has not passed: {missing}"]


# -- which version can restore it --------------------------------------------------------------


@pytest.mark.parametrize(
    ("made_by", "wanted", "words"),
    [
        ("7.0.5", "7.0.5", None),
        ("6.4.0", "7.0.5", None),
        ("7.0.5", "7.0.4", "newer than the manager's 7.0.4"),
        ("3.4.2", "7.0.5", "older than 4.0.0"),
    ],
)
def test_a_set_that_a_version_could_not_restore_is_known(
    made_by: str, wanted: str, words: str | None, tmp_path: pathlib.Path
) -> None:
    folder = samples.commit(tmp_path, "r1")
    archive = json.loads((folder / "manifest.json").read_text())["archive"]
    samples.edit_manifest(folder, archive={**archive, "snapshot_version": made_by})
    (found,) = samples.store(tmp_path).sets()
    problems = _sets.unfit_for(found, Version.parse(wanted))
    assert (not problems) if words is None else (words in problems[0])


@pytest.mark.parametrize("archive", [{}, {"format": "legacy"}, {"nonsense": 1}])
def test_a_manifest_that_does_not_describe_the_snapshot_fits_no_version(
    archive: t.Any, tmp_path: pathlib.Path
) -> None:
    samples.edit_manifest(samples.commit(tmp_path, "r1"), archive=archive)
    (found,) = samples.store(tmp_path).sets()
    assert _sets.unfit_for(found, Version.parse("7.0.5")) == [
        "its manifest does not describe the snapshot"
    ]


# -- order and pruning ----------------------------------------------------------------------------


def test_sets_are_listed_newest_first_and_those_without_a_date_last(tmp_path: pathlib.Path) -> None:
    samples.commit(tmp_path, "b", at="2026-01-02T00:00:00Z")
    samples.commit(tmp_path, "c", at="2026-01-01T00:00:00Z")
    samples.commit(tmp_path, "a", at="2026-01-03T00:00:00Z")
    (samples.commit(tmp_path, "z") / "manifest.json").unlink()
    assert [found.id for found in samples.store(tmp_path).sets()] == ["a", "b", "c", "z"]


def test_what_is_no_set_is_not_listed(tmp_path: pathlib.Path) -> None:
    samples.commit(tmp_path, "r1")
    samples.stage(tmp_path, "r2")
    (tmp_path / "prod" / "notes.txt").write_text("x")
    (tmp_path / "prod" / ".snapshot").mkdir()
    assert [found.id for found in samples.store(tmp_path).sets()] == ["r1"]
    assert samples.store(tmp_path).unfinished() == ["r2"]


def test_a_store_that_does_not_exist_is_empty(tmp_path: pathlib.Path) -> None:
    sets = samples.store(tmp_path / "none")
    assert sets.sets() == [] and sets.unfinished() == []
    assert not sets.remove("r1")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("sound", "keep", "pruned"),
    [
        ("YYYY", 2, "cd"),
        ("YYYY", 4, ""),
        ("YYYY", 9, ""),
        ("NYYY", 1, "cd"),
        ("YNYN", 1, "c"),
        ("NNNY", 1, ""),
        ("NNNN", 1, ""),
        ("YNNN", 1, ""),
    ],
)
def test_pruning_neither_counts_nor_removes_what_is_not_sound(
    sound: str, keep: int, pruned: str
) -> None:
    sets = [
        _sets.RecoverySet(name, f"/{name}", {}, [] if ok == "Y" else ["damaged"])
        for name, ok in zip("abcd", sound)
    ]
    assert "".join(found.id for found in _sets.to_prune(sets, keep=keep)) == pruned
