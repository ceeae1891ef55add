# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""snapshot_upload of what the manager fetches by itself, request by request."""

from __future__ import annotations

import hashlib
import pathlib
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import conversation as c
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.samples import archive
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.uploading import (
    ARCHIVE,
    TAG,
    UPLOADED,
    absent,
    head,
    shown,
)

URL = "http://store.example/s1.zip?key=1&x=%20"
FETCH = {"query": {"snapshot_archive_url": URL}}


@pytest.fixture
def data(tmp_path: pathlib.Path) -> bytes:
    archive(tmp_path / "made.zip")
    return (tmp_path / "made.zip").read_bytes()


def fetched(manager: t.Any) -> None:
    absent(manager)
    manager.put(ARCHIVE, UPLOADED, status=201, **FETCH)


def looked_at(manager: t.Any, data: bytes) -> None:
    """The directory and the metadata, in as many parts as it takes."""
    head(manager, len(data))

    def part(request: t.Any) -> tuple[int, t.Any, t.Any]:
        asked = request.headers["Range"].removeprefix("bytes=")
        first, last = (int(number) for number in asked.split("-"))
        span = {"Content-Range": f"bytes {asked}/{len(data)}"}
        return 206, span, data[first : last + 1]

    manager.serve("GET", ARCHIVE, part)


def deleted(manager: t.Any) -> None:
    manager.delete("/snapshots/s1", UPLOADED)


def test_it_is_fetched_shown_and_looked_at(manager: t.Any, data: bytes) -> None:
    fetched(manager)
    shown(manager, len(data))
    looked_at(manager, data)
    manager.version()
    head(manager, len(data))
    said = manager.run("snapshot_upload", id="s1", url=URL)
    assert said["changed"]
    assert said["size"] == len(data)
    assert said["archive"]["snapshot_version"] == "7.0.5"
    assert said["snapshot"] == UPLOADED


def test_check_mode_fetches_nothing(manager: t.Any) -> None:
    absent(manager)
    said = manager.run("snapshot_upload", id="s1", url=URL, check=True)
    assert said["changed"]


def test_garbage_is_deleted_again(manager: t.Any) -> None:
    garbage = b"garbage" * 100
    fetched(manager)
    shown(manager, len(garbage))
    looked_at(manager, garbage)
    deleted(manager)
    said = manager.run("snapshot_upload", id="s1", url=URL)
    assert said["msg"].startswith(
        f"what the manager fetched from {URL} was deleted again: not a zip archive"
    )


def test_one_that_could_not_be_restored_is_deleted_again(
    manager: t.Any, tmp_path: pathlib.Path
) -> None:
    archive(tmp_path / "newer.zip", version="9.9.9")
    data = (tmp_path / "newer.zip").read_bytes()
    fetched(manager)
    shown(manager, len(data))
    looked_at(manager, data)
    manager.version()
    deleted(manager)
    said = manager.run("snapshot_upload", id="s1", url=URL)
    assert "was deleted again: this manager could not restore the archive" in said["msg"]


@pytest.mark.parametrize("right", [True, False])
def test_the_sha256_is_taken_of_what_was_fetched(right: bool, manager: t.Any, data: bytes) -> None:
    found = hashlib.sha256(data).hexdigest()
    fetched(manager)
    shown(manager, len(data))
    head(manager, len(data))

    def answer(request: t.Any) -> tuple[int, t.Any, t.Any]:
        asked = request.headers.get("Range", "").removeprefix("bytes=")
        if not asked:
            return 200, {"Content-Length": str(len(data))}, data
        first, last = (int(number) for number in asked.split("-"))
        return 206, {"Content-Range": f"bytes {asked}/{len(data)}"}, data[first : last + 1]

    manager.serve("GET", ARCHIVE, answer)
    manager.version()
    head(manager, len(data))
    if not right:
        deleted(manager)
    said = manager.run("snapshot_upload", id="s1", url=URL, sha256=found if right else "0" * 64)
    if right:
        assert said["changed"]
    else:
        assert "was deleted again: its sha256 is not the one expected" in said["msg"]


@pytest.mark.parametrize("code", ["bad_parameters_error", "param_url_not_found_error"])
def test_a_url_that_the_manager_cannot_fetch_is_told(code: str, manager: t.Any) -> None:
    absent(manager)
    manager.error("PUT", ARCHIVE, 400, code, f"Cannot fetch {URL}", **FETCH)
    said = manager.run("snapshot_upload", id="s1", url=URL)
    assert "Cannot have the manager fetch snapshot s1: PUT" in said["msg"]
    assert f"Cannot fetch {URL}" in said["msg"]


def test_an_id_that_was_taken_meanwhile_is_told(manager: t.Any) -> None:
    absent(manager)
    manager.put(ARCHIVE, {"id": None}, status=201, **FETCH)
    said = manager.run("snapshot_upload", id="s1", url=URL)
    assert "one of this id appeared meanwhile" in said["msg"]


def test_an_existing_one_cannot_be_compared_with_a_url(manager: t.Any) -> None:
    manager.get("/snapshots/s1", UPLOADED)
    said = manager.run("snapshot_upload", id="s1", url=URL)
    assert "snapshot s1 exists, and cannot be compared with what is behind a URL" in said["msg"]


@pytest.mark.parametrize("same_one", [True, False])
def test_an_existing_one_is_compared_by_sha256(same_one: bool, manager: t.Any, data: bytes) -> None:
    wanted = hashlib.sha256(data if same_one else b"other").hexdigest()
    manager.get("/snapshots/s1", UPLOADED)
    length = {"Content-Length": str(len(data)), **TAG}
    manager.request("GET", ARCHIVE, body=data, answered=length)
    said = manager.run("snapshot_upload", id="s1", url=URL, sha256=wanted)
    if same_one:
        assert not said["changed"]
        assert said["sha256"] == wanted
    else:
        assert "snapshot s1 exists with other content; it is never overwritten" in said["msg"]


@pytest.mark.parametrize("given", [{}, {"src": "/x", "url": URL}])
def test_it_takes_a_file_or_a_url(given: dict[str, str], manager: t.Any) -> None:
    said = manager.run("snapshot_upload", id="s1", **given)
    assert said["failed"]
    assert "src" in said["msg"] and "url" in said["msg"]


@pytest.mark.parametrize("error", [c.no_answer, c.closed])
def test_a_fetch_that_may_have_begun_is_not_repeated(error: t.Any, manager: t.Any) -> None:
    absent(manager)
    manager.broken("PUT", ARCHIVE, error(), **FETCH)
    said = manager.run("snapshot_upload", id="s1", url=URL)
    assert "The manager may have begun it all the same" in said["msg"]
