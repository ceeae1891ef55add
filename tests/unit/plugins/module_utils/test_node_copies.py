# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import pathlib
import stat
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _node_files
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._bundle import Bundle
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import Refused
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._node_files import Saved
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.node_samples import (
    CA,
    CA_FINGERPRINT,
    INTERNAL,
    INTERNAL_CA,
    INTERNAL_KEY,
    MANAGER,
    NODE,
    NODE_FINGERPRINT,
    OTHER_KEY,
    SSL,
    printed,
)

OTHER_CA = CA + b"# another one\n"


def save(
    place: pathlib.Path, files: t.Mapping[str, bytes], *, replace: bool = False
) -> _node_files.Plan:
    bundle = Bundle.parse(printed(files))
    plan = _node_files.plan(place=str(place), node="h1", bundle=bundle, replace=replace)
    _node_files.save(plan, node="h1", bundle=bundle)
    return plan


def stored(place: pathlib.Path) -> Saved:
    return Saved.load(_node_files.folder_of(str(place), "h1"))


def test_files_are_kept_under_their_paths_and_for_nobody_else(tmp_path: pathlib.Path) -> None:
    save(tmp_path, MANAGER)
    folder = tmp_path / "nodes" / "h1"
    for path, content in MANAGER.items():
        copy = folder / path.lstrip("/")
        assert copy.read_bytes() == content
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "index.json").stat().st_mode) == 0o600
    for place in (tmp_path / "nodes", *(p for p in folder.rglob("*") if p.is_dir())):
        assert stat.S_IMODE(place.stat().st_mode) == 0o700


def test_the_index_says_what_each_file_is(tmp_path: pathlib.Path) -> None:
    save(tmp_path, MANAGER)
    index = json.loads((tmp_path / "nodes/h1/index.json").read_text())
    assert index["node"] == "h1"
    assert index["product"]["version"] == "7.0.5"
    ca = index["files"][INTERNAL_CA]
    assert (ca["owner"], ca["group"], ca["mode"], ca["size"]) == (
        "cfyuser",
        "cfygroup",
        "0440",
        len(CA),
    )
    assert ca["certificates"][0]["fingerprint"] == CA_FINGERPRINT
    assert "certificates" not in index["files"][INTERNAL_KEY]
    found = stored(tmp_path)
    assert found.fingerprints == {INTERNAL_CA: CA_FINGERPRINT, INTERNAL: NODE_FINGERPRINT}
    assert found.authorities == {INTERNAL_CA: CA_FINGERPRINT}
    assert found.as_dict()["ca_fingerprint"] == CA_FINGERPRINT
    assert found.problems() == []


def test_saving_again_changes_nothing(tmp_path: pathlib.Path) -> None:
    save(tmp_path, MANAGER)
    before = (tmp_path / "nodes/h1/index.json").stat().st_mtime_ns
    again = save(tmp_path, MANAGER)
    assert (again.new, again.kept, again.gone, again.reason) == ({}, [], [], None)
    assert (tmp_path / "nodes/h1/index.json").stat().st_mtime_ns == before


@pytest.mark.parametrize("files", [{}, dict.fromkeys(MANAGER, b""), dict.fromkeys(MANAGER, b"x")])
def test_a_good_copy_outlives_a_node_that_has_lost_it(
    tmp_path: pathlib.Path, files: dict[str, bytes]
) -> None:
    save(tmp_path, MANAGER)
    plan = save(tmp_path, files, replace=True)
    assert not plan.new
    assert sorted(plan.useless or plan.gone) == sorted(MANAGER)
    assert stored(tmp_path).read(INTERNAL_CA) == CA
    assert stored(tmp_path).problems() == []


def test_a_good_copy_outlives_a_new_ca(tmp_path: pathlib.Path) -> None:
    save(tmp_path, MANAGER)
    plan = save(tmp_path, {INTERNAL_CA: OTHER_CA})
    assert (plan.kept, plan.new) == ([INTERNAL_CA], {})
    assert stored(tmp_path).read(INTERNAL_CA) == CA


def test_it_is_replaced_when_told_so(tmp_path: pathlib.Path) -> None:
    save(tmp_path, MANAGER)
    plan = save(tmp_path, {INTERNAL_CA: OTHER_CA}, replace=True)
    assert list(plan.new) == [INTERNAL_CA]
    assert stored(tmp_path).read(INTERNAL_CA) == OTHER_CA


def test_a_damaged_copy_is_replaced(tmp_path: pathlib.Path) -> None:
    save(tmp_path, MANAGER)
    copy = tmp_path / "nodes/h1" / INTERNAL_CA.lstrip("/")
    copy.write_bytes(CA[:100])
    assert stored(tmp_path).problems() == [f"{INTERNAL_CA} is not the file that was saved"]
    assert list(save(tmp_path, MANAGER).new) == [INTERNAL_CA]
    assert stored(tmp_path).problems() == []


def test_a_missing_copy_is_made_again(tmp_path: pathlib.Path) -> None:
    save(tmp_path, MANAGER)
    os.unlink(tmp_path / "nodes/h1" / INTERNAL_CA.lstrip("/"))
    assert "No such file" in stored(tmp_path).problems()[0]
    assert list(save(tmp_path, MANAGER).new) == [INTERNAL_CA]


def test_what_is_of_no_use_is_never_saved(tmp_path: pathlib.Path) -> None:
    plan = save(
        tmp_path, {INTERNAL_CA: b"\n", INTERNAL: NODE[:200], "/etc/cloudify/config.yaml": b"a"}
    )
    assert sorted(plan.useless) == [INTERNAL_CA, INTERNAL]
    assert set(stored(tmp_path).files) == {"/etc/cloudify/config.yaml"}


def test_nothing_at_all_leaves_no_trace(tmp_path: pathlib.Path) -> None:
    save(tmp_path, {})
    assert not (tmp_path / "nodes" / "h1").exists()


# -- what remove of 6.3 and later leaves ---------------------------------------------------------


def test_a_renamed_copy_is_what_it_was(tmp_path: pathlib.Path) -> None:
    renamed = {f"{SSL}/20261122-030405_{path.rpartition('/')[2]}": c for path, c in MANAGER.items()}
    save(tmp_path, renamed)
    found = stored(tmp_path)
    assert found.read(INTERNAL_CA) == CA
    assert (
        found.files[INTERNAL_CA]["found_as"]
        == f"{SSL}/20261122-030405_cloudify_internal_ca_cert.pem"
    )
    assert set(found.files) == {*MANAGER, *renamed}
    assert found.as_dict()["ca_fingerprint"] == CA_FINGERPRINT


def test_of_two_renamed_copies_the_newest_counts(tmp_path: pathlib.Path) -> None:
    name = "cloudify_internal_ca_cert.pem"
    save(tmp_path, {f"{SSL}/20261122-030405_{name}": CA, f"{SSL}/20260101-000000_{name}": OTHER_CA})
    assert stored(tmp_path).read(INTERNAL_CA) == CA


def test_a_renamed_copy_does_not_hide_the_file_itself(tmp_path: pathlib.Path) -> None:
    save(
        tmp_path,
        {f"{SSL}/20261122-030405_cloudify_internal_ca_cert.pem": OTHER_CA, INTERNAL_CA: CA},
    )
    assert stored(tmp_path).read(INTERNAL_CA) == CA


# -- proofs ----------------------------------------------------------------------------------------


def test_a_key_of_another_certificate_is_a_problem(tmp_path: pathlib.Path) -> None:
    save(tmp_path, {**MANAGER, INTERNAL_KEY: OTHER_KEY})
    assert stored(tmp_path).problems() == [f"{INTERNAL_KEY} is not the key of {INTERNAL}"]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 2, "files": {}}', "\0"])
def test_an_index_that_cannot_be_read_is_looked_at_by_a_person(
    tmp_path: pathlib.Path, text: str
) -> None:
    save(tmp_path, MANAGER)
    (tmp_path / "nodes/h1/index.json").write_text(text)
    with pytest.raises(Refused, match="cannot be used"):
        save(tmp_path, MANAGER)


@pytest.mark.parametrize("node", ["", "..", "a/b", ".hidden", "a\nb"])
def test_a_node_has_a_plain_name(node: str) -> None:
    with pytest.raises(Refused):
        _node_files.folder_of("/place", node)
