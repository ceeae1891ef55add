# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A snapshot archive as it describes itself, and what a manager of some version makes of it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pathlib
import typing as t
import zipfile

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _archive
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import ArchiveError
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._versions import (
    Capabilities,
    Version,
)

#: Made by a real manager.
SAMPLES = pathlib.Path(__file__).parents[3] / "data" / "archives"
REVISIONS = {
    "schema_revision": "387fcd049efb",
    "stage_schema_revision": "20230203",
    "composer_schema_revision": "20221217",
}


def make(metadata: t.Any, **files: str) -> io.BytesIO:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as whole:
        if metadata is not None:
            text = metadata if isinstance(metadata, str) else json.dumps(metadata)
            whole.writestr("metadata.json", text)
        for name, data in files.items():
            whole.writestr(name.replace("__", "/"), data)
    return target


def problems(description: _archive.Description, version: str) -> list[str]:
    return _archive.problems_on(description, Capabilities(Version.parse(version), "premium"))


# -- what a real manager made -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "form", "missing"),
    [
        ("small-legacy", "legacy", ["stage_schema_revision", "composer_schema_revision"]),
        ("rich-legacy", "legacy", ["stage_schema_revision", "composer_schema_revision"]),
        ("rich-legacy-revisions", "legacy", []),
        ("rich-legacy-revisions-scheduled", "legacy", []),
        ("small-new", "new", []),
        ("rich-new", "new", []),
        ("rich-new-rrule", "new", []),
    ],
)
def test_samples_of_a_real_manager(name: str, form: str, missing: list[str]) -> None:
    path = SAMPLES / f"{name}.zip"
    description, sha256, size = _archive.check_file(str(path))
    assert description == _archive.describe_file(str(path))
    assert (description.format, list(description.missing_revisions)) == (form, missing)
    assert description.snapshot_version == "7.0.5"
    assert bool(description.execution_id) == (form == "new")
    assert bool(description.schema_revision) == (form == "legacy")
    assert size == path.stat().st_size
    assert sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    with zipfile.ZipFile(path) as whole:
        assert description.entries == len(whole.namelist())
        assert description.unpacked_size == sum(i.file_size for i in whole.infolist())
    assert bool(problems(description, "7.0.5")) == bool(missing)


@pytest.mark.parametrize("name", sorted(path.stem for path in SAMPLES.glob("*.zip")))
def test_each_cut_of_a_sample_is_refused(name: str, tmp_path: pathlib.Path) -> None:
    data = (SAMPLES / f"{name}.zip").read_bytes()
    path = tmp_path / "cut.zip"
    for part in range(20):
        path.write_bytes(data[: len(data) * part // 20])
        with pytest.raises(ArchiveError, match="cut.zip: "):
            _archive.check_file(str(path))


# -- what it says of itself ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metadata", "files", "form"),
    [
        ({"snapshot_version": "7.0.5", **REVISIONS}, {"pg_data": "x"}, "legacy"),
        ({"snapshot_version": "4.5.5"}, {"pg_data": "x"}, "legacy"),
        ({"snapshot_version": "5.0.5", "schema_revision": "a"}, {}, "legacy"),
        ({"snapshot_version": "3.4.2"}, {"es_data": "x"}, "legacy"),
        ({"snapshot_version": "7.0.5", "execution_id": "e1"}, {"mgmt__users.json": "[]"}, "new"),
    ],
)
def test_its_format(metadata: t.Any, files: dict[str, str], form: str) -> None:
    assert _archive.describe(make(metadata, **files)).format == form


@pytest.mark.parametrize(
    ("metadata", "files", "replaces"),
    [
        ({"snapshot_version": "4.0.0"}, {"pg_data": "x"}, True),
        ({"snapshot_version": "3.4.2"}, {"es_data": "x"}, False),
        ({"snapshot_version": "7.0.5", "execution_id": "e1"}, {"mgmt__users.json": "[]"}, False),
    ],
)
def test_only_a_dump_is_put_in_the_place_of_what_is_there(
    metadata: t.Any, files: dict[str, str], replaces: bool
) -> None:
    assert _archive.describe(make(metadata, **files)).replaces is replaces


def test_certificates_and_credentials_are_told() -> None:
    metadata = {"snapshot_version": "7.0.5"}
    secret = _archive.describe(
        make(metadata, **{"ssl__ca.pem": "x", "snapshot-credentials__key": "x"})
    )
    assert (secret.has_certificates, secret.has_credentials) == (True, True)
    folders = make(metadata, **{"ssl__": "", "snapshot-credentials__": ""})
    plain = _archive.describe(folders)
    assert (plain.has_certificates, plain.has_credentials) == (False, False)


@pytest.mark.parametrize(
    ("metadata", "why"),
    [
        (None, "not a snapshot: the archive has no metadata.json"),
        ("", "not a snapshot: its metadata.json"),
        ("{", "not a snapshot: its metadata.json"),
        ("[]", "not a snapshot: its metadata.json"),
        ("null", "not a snapshot: its metadata.json"),
        ({}, "not a snapshot: its metadata.json"),
        ({"snapshot_version": None}, "not a snapshot: its metadata.json"),
        ({"snapshot_version": ["7.0.5"]}, "not a snapshot: its metadata.json"),
        ({"snapshot_version": "newest"}, "not a snapshot: its metadata.json"),
        (" " * (1 << 20) + "{}", "its metadata.json is far too large"),
    ],
)
def test_without_usable_metadata_it_is_no_snapshot(metadata: t.Any, why: str) -> None:
    with pytest.raises(ArchiveError) as failed:
        _archive.describe(make(metadata, pg_data="x"))
    assert why in str(failed.value)


def test_metadata_that_is_damaged_or_a_bomb_is_refused() -> None:
    data = make({"snapshot_version": "7.0.5"}).getvalue()
    at = data.index(b"metadata.json") + 20
    broken = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
    with pytest.raises(ArchiveError):
        _archive.describe(io.BytesIO(broken))


# -- a file -------------------------------------------------------------------------------------------


def test_an_error_names_the_file_and_what_to_do(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(b"garbage")
    for look in (_archive.check_file, _archive.describe_file):
        with pytest.raises(ArchiveError) as failed:
            look(str(path))
        assert str(failed.value).startswith(f"{path}: not a zip archive")
        assert str(failed.value).endswith("Take the snapshot again, or use another copy of it.")
        assert failed.value.details == {"path": str(path)}


def test_an_empty_file_is_called_so(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "x.zip"
    path.touch()
    for look in (_archive.check_file, _archive.describe_file):
        with pytest.raises(ArchiveError, match="x.zip: the file is empty"):
            look(str(path))


def test_a_directory_is_no_file(tmp_path: pathlib.Path) -> None:
    with pytest.raises(OSError):
        _archive.check_file(str(tmp_path))


def test_description_sees_no_damage_that_the_check_sees(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "x.zip"
    data = make({"snapshot_version": "7.0.5"}, pg_data=os.urandom(5000).hex()).getvalue()
    at = data.index(b"pg_data") + 2000
    path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    _archive.describe_file(str(path))
    with pytest.raises(ArchiveError, match="entry 'pg_data' is damaged"):
        _archive.check_file(str(path))


# -- on a manager -------------------------------------------------------------------------------------

LEGACY = {"snapshot_version": "7.0.5", **REVISIONS}
BARE = {"snapshot_version": "7.0.5", "schema_revision": "a"}


@pytest.mark.parametrize(
    ("metadata", "files", "on", "told"),
    [
        (LEGACY, {"pg_data": "x"}, "7.0.5", []),
        ({**LEGACY, "snapshot_version": "6.4.2"}, {"pg_data": "x"}, "7.0.5", []),
        (LEGACY, {"pg_data": "x"}, "7.0.4", ["of version 7.0.5, newer than the manager's 7.0.4"]),
        ({"snapshot_version": "3.4.2"}, {"es_data": "x"}, "5.0.0", ["older than 4.0.0"]),
        ({"snapshot_version": "3.4.2"}, {"es_data": "x"}, "4.6.0", []),
        ({"snapshot_version": "7.0.5"}, {}, "7.0.5", []),
        ({"snapshot_version": "5.0.5"}, {}, "5.0.5", ["in new format, which version 5.0.5"]),
        (BARE, {"pg_data": "x"}, "7.0.5", ["lacks stage_schema_revision, composer_schema"]),
        ({**BARE, "snapshot_version": "5.2.0"}, {"pg_data": "x"}, "5.2.0", []),
    ],
)
def test_why_a_manager_could_not_restore_it(
    metadata: t.Any, files: dict[str, str], on: str, told: list[str]
) -> None:
    found = problems(_archive.describe(make(metadata, **files)), on)
    assert len(found) == len(told)
    for problem, part in zip(found, told):
        assert part in problem
