# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""node_files and node_files_info."""

from __future__ import annotations

import base64
import io
import pathlib
import tarfile
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _node_files
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.node_samples import (
    CA,
    CA_FINGERPRINT,
    INTERNAL,
    INTERNAL_CA,
    INTERNAL_KEY,
    MANAGER,
    NEW_CA,
    NEW_CA_FINGERPRINT,
    OTHER_KEY,
    SSL,
    printed,
)

CONFIG = "/etc/cloudify/config.yaml"
Run = t.Callable[..., "dict[str, t.Any]"]


@pytest.fixture
def save(run_module: t.Any, tmp_path: pathlib.Path) -> Run:
    def run(files: t.Mapping[str, bytes], **options: t.Any) -> dict[str, t.Any]:
        given = {"place": str(tmp_path), "node": "h1", "bundle": printed(files), **options}
        return t.cast("dict[str, t.Any]", run_module("node_files", **given))

    return run


@pytest.fixture
def info(run_module: t.Any, tmp_path: pathlib.Path) -> Run:
    def run(**options: t.Any) -> dict[str, t.Any]:
        given = {"places": [str(tmp_path)], "node": "h1", **options}
        return t.cast("dict[str, t.Any]", run_module("node_files_info", **given))

    return run


def test_saving_says_what_it_saved(save: Run, tmp_path: pathlib.Path) -> None:
    said = save(MANAGER)
    assert said["changed"]
    assert said["reason"] == "3 files not in the store yet, or only as something that is of no use"
    assert said["saved"] == sorted(MANAGER)
    assert said["path"] == str(tmp_path / "nodes" / "h1")
    assert said["stored"]["ca_fingerprint"] == CA_FINGERPRINT
    assert not save(MANAGER)["changed"]


def test_check_mode_writes_nothing(save: Run, tmp_path: pathlib.Path) -> None:
    said = save(MANAGER, check=True)
    assert said["changed"]
    assert said["saved"] == sorted(MANAGER)
    assert list(tmp_path.iterdir()) == []


def test_no_key_is_in_the_answer(save: Run, info: Run) -> None:
    key = MANAGER[INTERNAL_KEY].splitlines()[1].decode()
    assert key not in str(save(MANAGER))
    assert key not in str(info())


def test_what_is_wrong_on_the_node_is_saved_and_told(save: Run, info: Run) -> None:
    said = save({**MANAGER, INTERNAL_KEY: OTHER_KEY})
    assert said["problems"] == [f"{INTERNAL_KEY} is not the key of {INTERNAL}"]
    assert info()["looked_at"][0]["problems"] == said["problems"]
    assert not info()["sound"]


def test_a_disk_that_does_not_keep_what_is_written_is_a_failure(
    save: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        _node_files, "_write", lambda path, content: pathlib.Path(path).write_bytes(content[:-1])
    )
    said = save(MANAGER)
    assert said["failed"]
    assert "is not the file that was saved" in said["msg"]


def test_a_broken_bundle_is_a_failure_and_touches_nothing(
    save: Run, tmp_path: pathlib.Path
) -> None:
    said = save({}, bundle=printed(MANAGER)[:-100])
    assert said["failed"]
    assert "did not arrive whole" in said["msg"]
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_not_there_is_a_failure(save: Run, tmp_path: pathlib.Path) -> None:
    assert "there is no directory" in save(MANAGER, place=str(tmp_path / "x"))["msg"]


def test_the_first_sound_place_counts(save: Run, info: Run, tmp_path: pathlib.Path) -> None:
    for name in ("run", "set", "older"):
        (tmp_path / name).mkdir()
        save(MANAGER if name != "run" else {CONFIG: b"a"}, place=str(tmp_path / name))
    (tmp_path / "run/nodes/h1" / CONFIG.lstrip("/")).write_bytes(b"b")
    places = [str(tmp_path / name) for name in ("none", "run", "set", "older")]
    said = info(places=places)
    assert said["sound"]
    assert said["place"] == str(tmp_path / "set")
    assert [(each["found"], bool(each["problems"])) for each in said["looked_at"]] == [
        (False, False),
        (True, True),
        (True, False),
        (True, False),
    ]


def test_a_copy_with_more_certificates_comes_before_an_earlier_place(
    save: Run, info: Run, tmp_path: pathlib.Path
) -> None:
    """A node that was torn down already still has its configuration."""
    left = {CONFIG: b"new", f"{SSL}/20261122-030405_cloudify_internal_ca_cert.pem": CA}
    for name, files in (("run", left), ("set", {**MANAGER, CONFIG: b"old"})):
        (tmp_path / name).mkdir()
        save(files, place=str(tmp_path / name))
    said = info(places=[str(tmp_path / "run"), str(tmp_path / "set")])
    assert said["place"] == str(tmp_path / "set")
    said = info(places=[str(tmp_path / "run"), str(tmp_path / "none")])
    assert said["place"] == str(tmp_path / "run")


@pytest.fixture
def two_cas(save: Run, tmp_path: pathlib.Path) -> list[str]:
    """Of h1 a run has a new CA, and a set the old one; of h2 only the set has something."""
    places = []
    for name, ca, nodes in (("run", NEW_CA, ("h1",)), ("set", CA, ("h1", "h2"))):
        (tmp_path / name).mkdir()
        places.append(str(tmp_path / name))
        for node in nodes:
            save({**MANAGER, INTERNAL_CA: ca}, place=places[-1], node=node)
    return places


def test_copies_with_different_cas_are_told(info: Run, two_cas: list[str]) -> None:
    run, set_ = two_cas
    assert info(places=two_cas)["cas"] == {
        NEW_CA_FINGERPRINT: [f"h1 in {run}"],
        CA_FINGERPRINT: [f"h1 in {set_}"],
    }
    assert info(places=[set_])["cas"] == {CA_FINGERPRINT: [f"h1 in {set_}"]}
    # one that only the run has is held against those of its peers
    alone = info(places=two_cas, node="h3", peers=["h2"])
    assert alone["cas"] == {} and not alone["sound"]
    (pathlib.Path(set_) / "nodes/h1").rename(pathlib.Path(set_) / "nodes/h9")
    assert info(places=two_cas)["cas"] == {NEW_CA_FINGERPRINT: [f"h1 in {run}"]}
    assert info(places=two_cas, peers=["h2"])["cas"] == {
        NEW_CA_FINGERPRINT: [f"h1 in {run}"],
        CA_FINGERPRINT: [f"h2 in {set_}"],
    }


def test_two_places_that_agree_need_no_peer(
    save: Run, info: Run, two_cas: list[str], tmp_path: pathlib.Path
) -> None:
    (tmp_path / "older").mkdir()
    save({**MANAGER, INTERNAL_CA: NEW_CA}, place=str(tmp_path / "older"))
    places = [two_cas[0], str(tmp_path / "older")]
    assert list(info(places=places, peers=["h2"])["cas"]) == [NEW_CA_FINGERPRINT]


@pytest.mark.parametrize("given", [CA_FINGERPRINT, CA_FINGERPRINT[:16].upper()])
def test_the_ca_that_is_asked_for_is_taken(info: Run, two_cas: list[str], given: str) -> None:
    run, set_ = two_cas
    said = info(places=two_cas, cas=[given])
    assert (said["place"], said["saved"]["ca_fingerprint"]) == (set_, CA_FINGERPRINT)
    told = f"its CA is {NEW_CA_FINGERPRINT}, which is not asked for"
    assert said["looked_at"][0]["problems"] == [told]
    assert info(places=two_cas, cas=[NEW_CA_FINGERPRINT])["place"] == run
    # of both, the order counts
    assert info(places=two_cas, cas=[given, NEW_CA_FINGERPRINT])["place"] == run


def test_a_ca_that_could_be_any_is_refused(info: Run, two_cas: list[str]) -> None:
    assert "at least 16" in info(places=two_cas, cas=["f2b8"])["msg"]


def test_none_is_sound(info: Run) -> None:
    said = info()
    assert (said["sound"], said["changed"]) == (False, False)
    assert "saved" not in said


def test_texts_are_those_that_were_asked_for(save: Run, info: Run) -> None:
    save({**MANAGER, CONFIG: b"manager: {}\n"})
    assert info(texts=["/etc/cloudify/*.yaml"])["texts"] == {CONFIG: "manager: {}\n"}


def test_a_bundle_is_for_a_directory(save: Run, info: Run) -> None:
    save({**MANAGER, CONFIG: b"manager: {}\n"})
    said = info(bundle=["/etc/cloudify/ssl/*"], below="/stage/h1")
    assert said["bundled"] == sorted(MANAGER)
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(said["bundle"]))) as tar:
        file = tar.extractfile(f"stage/h1{INTERNAL_CA}")
        assert file and file.read() == CA
        assert {member.mode for member in tar} == {0o600}


def test_an_index_that_cannot_be_read_is_a_problem_of_its_place(
    save: Run, info: Run, tmp_path: pathlib.Path
) -> None:
    save(MANAGER)
    (tmp_path / "nodes/h1/index.json").write_text("?")
    said = info()
    assert not said["sound"]
    assert "cannot be used" in said["looked_at"][0]["problems"][0]
