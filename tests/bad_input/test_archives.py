# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives that are none, are damaged, or that this manager could not restore."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from bad_input.batch import ARCHIVES, Batch, Case, Place, check, check_nothing_happened, run
from scenarios.site import with_metadata

GOOD = ARCHIVES / "rich-legacy-revisions.zip"


def make(files: Path) -> None:
    """Every bad archive that the cases name."""
    good = GOOD.read_bytes()
    (files / "empty.zip").touch()
    (files / "text.zip").write_text("<html>502 Bad Gateway</html>\n")
    (files / "torn.zip").write_bytes(good[: len(good) // 2])
    (files / "headless.zip").write_bytes(good[1000:])
    bent = bytearray(good)
    bent[len(bent) // 2] ^= 0xFF
    (files / "bent.zip").write_bytes(bent)
    with zipfile.ZipFile(files / "other.zip", "w") as other:
        other.writestr("holiday.txt", "sun")
    with zipfile.ZipFile(files / "not_json.zip", "w") as other:
        other.writestr("metadata.json", "{snapshot_version")
    with_metadata(GOOD, files / "no_version.zip", snapshot_version=None)
    with_metadata(GOOD, files / "odd_version.zip", snapshot_version="latest")
    with_metadata(GOOD, files / "newer.zip", snapshot_version="9.1.0")
    with_metadata(GOOD, files / "old.zip", snapshot_version="3.4.2")


NO_ZIP, CUT = "not a zip archive, or damaged at its start", "not a zip archive, or cut short"
BENT = "entry 'pg_data' is damaged: its checksum or size"
NO_SNAPSHOT = "not a snapshot: the archive has no metadata.json"
ODD = "not a snapshot: its metadata.json "

# What is said of a file that is looked at from its first byte on, and of one from its end.
DAMAGED = {
    "empty": ("the file is empty", "the file is empty"),
    "text": (NO_ZIP, CUT),
    "torn": ("entry 'pg_data' is damaged: the archive ends inside it", CUT),
    "headless": (NO_ZIP, NO_ZIP),
    "bent": (BENT, BENT),
    "other": (NO_SNAPSHOT, NO_SNAPSHOT),
    "not_json": (ODD + "is not JSON", ODD + "is not JSON"),
    "no_version": (ODD + "names no snapshot_version", ODD + "names no snapshot_version"),
    "odd_version": (ODD + "names 'latest'", ODD + "names 'latest'"),
}
AGAIN = "Take the snapshot again, or use another copy of it"
UNFIT = "Choose another archive, or say force=true to upload it all the same"


OTHER_ID = "Choose another id, or delete this one first"


def look(what: str, path: str, says: str, todo: str) -> Case:
    return Case(f"look at {what}", "snapshot_archive_info", {"path": path}, (says,), todo)


def upload(what: str, says: str, todo: str, **args: str | bool) -> Case:
    wanted = {"id": "new", "src": str(GOOD), **args}
    return Case(f"upload {what}", "snapshot_upload", wanted, (says,), todo)


CASES = [
    *(
        look(name, f"{{{{ files }}}}/{name}.zip", f"/{name}.zip: {says}", AGAIN)
        for name, (says, _upload) in DAMAGED.items()
    ),
    # Not even force lets one onto the manager.
    *(
        upload(name, f"/{name}.zip: {says}", AGAIN, src=f"{{{{ files }}}}/{name}.zip", force=True)
        for name, (_look, says) in DAMAGED.items()
        if name in ("empty", "torn", "bent", "other")
    ),
    upload("newer", "9.1.0, newer than the manager's 7.0.5", UNFIT, src="{{ files }}/newer.zip"),
    upload("old", "of version 3.4.2, older than 4.0.0", UNFIT, src="{{ files }}/old.zip"),
    upload("community legacy", "restore nothing", UNFIT, src=str(ARCHIVES / "rich-legacy.zip")),
    look("nothing", "{{ files }}/none.zip", "none.zip: No such file", "Check the path"),
    look("a directory", "{{ files }}", "Is a directory", "Name a file in it"),
    Case(
        "for no version",
        "snapshot_archive_info",
        {"path": str(GOOD), "for_version": "latest"},
        ("for_version 'latest' is not a version",),
        "such as 7.0.5",
    ),
    upload("nothing", "none.zip: No such file", "Check the path", src="{{ files }}/none.zip"),
    upload("a directory", "Is a directory", "Name a file in it", src="{{ files }}"),
    upload("another one than said", ".zip: it has the sha256", "which of the two", sha256="0" * 64),
    upload("over another one", "snapshot there exists with other content", OTHER_ID, id="there"),
    Case(
        "restore by a damaged copy",
        "snapshot_restore",
        {"id": "there", "archive": "{{ files }}/torn.zip"},
        ("torn.zip: ", "cut short"),
        AGAIN,
    ),
    Case(
        "restore by a copy that is not there",
        "snapshot_restore",
        {"id": "there", "archive": "{{ files }}/none.zip"},
        ("none.zip: No such file",),
        "Check the path",
    ),
]


@pytest.fixture(scope="module")
def batch(place: Place) -> Batch:
    make(place.files)
    place.manager.add_snapshot("there")
    return run(place, CASES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_one_clear_line(case: Case, batch: Batch) -> None:
    check(case, batch)


def test_nothing_happened(batch: Batch) -> None:
    check_nothing_happened(batch, CASES)
