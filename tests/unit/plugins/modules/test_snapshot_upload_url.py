# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""snapshot_upload of what the manager fetches by itself, request by request."""

from __future__ import annotations

import hashlib
import json
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

URL = "http://me:s3cret@store.example:81/s1.zip?signature=s3cret&x=%20"
#: What of it may be told.
BARE = "http://store.example:81/s1.zip"
FETCH = {"query": {"snapshot_archive_url": URL}}


@pytest.fixture
def data(tmp_path: pathlib.Path) -> bytes:
    archive(tmp_path / "made.zip")
    return (tmp_path / "made.zip").read_bytes()


def fetched(manager: t.Any) -> None:
    absent(manager)
    manager.put(ARCHIVE, UPLOADED, status=201, **FETCH)


def looked_at(manager: t.Any, data: bytes, *, breaks: t.Sequence[int] = ()) -> None:
    """Every byte, then the directory and the metadata, in as many parts as it takes.

    :param breaks: the first answers end after so many bytes
    """
    head(manager, len(data))
    left = list(breaks)

    def part(request: t.Any) -> tuple[int, t.Any, t.Any]:
        asked = request.headers["Range"].removeprefix("bytes=")
        assert request.headers["If-Range"] == TAG["ETag"]
        first, last = (int(number) for number in asked.split("-"))
        span = {"Content-Range": f"bytes {asked}/{len(data)}"}
        return 206, span, data[first : last + 1][: left.pop(0) if left else None]

    manager.serve("GET", ARCHIVE, part)


def deleted(manager: t.Any) -> None:
    manager.delete("/snapshots/s1", UPLOADED)


def test_it_is_fetched_shown_and_looked_at(manager: t.Any, data: bytes) -> None:
    fetched(manager)
    shown(manager, len(data))
    looked_at(manager, data)
    manager.version()
    said = manager.run("snapshot_upload", id="s1", url=URL)
    assert said["changed"]
    assert said["size"] == len(data)
    assert said["sha256"] == hashlib.sha256(data).hexdigest()
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
        f"what the manager fetched from {BARE} was deleted again: not a zip archive"
    )
    assert "s3cret" not in said["msg"]


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


def flipped(data: bytes) -> bytes:
    """One bit of the large entry is another one; directory and metadata are as they were."""
    place = data.index(b"pg_data") + len(b"pg_data") + 5
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


@pytest.mark.parametrize("sure", [False, True])
def test_one_flipped_bit_is_found_and_it_is_deleted_again(
    sure: bool, manager: t.Any, data: bytes
) -> None:
    broken = flipped(data)
    fetched(manager)
    shown(manager, len(broken))
    looked_at(manager, broken)
    deleted(manager)
    more = {"sha256": hashlib.sha256(broken).hexdigest()} if sure else {}
    said = manager.run("snapshot_upload", id="s1", url=URL, force=True, **more)
    assert f"fetched from {BARE} was deleted again: entry 'pg_data' is damaged" in said["msg"]
    assert said["changed"]


def test_what_cannot_be_deleted_again_is_told(manager: t.Any, data: bytes) -> None:
    broken = flipped(data)
    fetched(manager)
    shown(manager, len(broken))
    looked_at(manager, broken)
    manager.error("DELETE", "/snapshots/s1", 400, "snapshot_action_error", "It is in use")
    said = manager.run("snapshot_upload", id="s1", url=URL)
    assert "is unusable and could not be deleted again (Cannot delete snapshot s1" in said["msg"]
    assert "entry 'pg_data' is damaged" in said["msg"]
    assert said["changed"]


def test_a_test_that_breaks_goes_on_where_it_was(manager: t.Any, data: bytes) -> None:
    fetched(manager)
    shown(manager, len(data))
    looked_at(manager, data, breaks=[0, 0, 100, 0, 0, 1])
    manager.version()
    said = manager.run("snapshot_upload", id="s1", url=URL)
    assert said["sha256"] == hashlib.sha256(data).hexdigest()


def test_a_test_that_does_not_come_to_its_end_is_told(manager: t.Any, data: bytes) -> None:
    fetched(manager)
    shown(manager, len(data))
    looked_at(manager, data, breaks=[100, 0, 0, 0])
    said = manager.run("snapshot_upload", id="s1", url=URL)
    assert said["msg"].startswith("Cannot verify snapshot s1: the connection was closed early; ")
    assert "what the manager fetched is still there, untested. Delete it" in said["msg"]
    assert said["changed"]


@pytest.mark.parametrize("right", [True, False])
def test_the_sha256_is_taken_of_what_was_fetched(right: bool, manager: t.Any, data: bytes) -> None:
    found = hashlib.sha256(data).hexdigest()
    fetched(manager)
    shown(manager, len(data))
    looked_at(manager, data)
    manager.version()
    if not right:
        deleted(manager)
    said = manager.run("snapshot_upload", id="s1", url=URL, sha256=found if right else "0" * 64)
    if right:
        assert said["changed"]
        assert said["sha256"] == found
    else:
        assert "was deleted again: its sha256 is not the one expected" in said["msg"]


@pytest.mark.parametrize("code", ["bad_parameters_error", "param_url_not_found_error"])
def test_a_url_that_the_manager_cannot_fetch_is_told(code: str, manager: t.Any) -> None:
    absent(manager)
    manager.error("PUT", ARCHIVE, 400, code, f"Cannot fetch {URL}", **FETCH)
    said = manager.run("snapshot_upload", id="s1", url=URL)
    assert "Cannot have the manager fetch snapshot s1: PUT" in said["msg"]
    assert f"Cannot fetch {BARE}" in said["msg"]
    assert "s3cret" not in said["msg"]


@pytest.mark.parametrize(
    ("url", "bare"),
    [
        (URL, BARE),
        ("https://me:s3cret@[fd00::1]:81/s1.zip", "https://[fd00::1]:81/s1.zip"),
        ("ftp://me:s3c@ret-s3cret@store.example/s1.zip", "ftp://store.example/s1.zip"),
        # nobody knows where its account ends
        ("https://me:s3cret/s3cret@store.example/s1.zip", "its URL"),
        ("https://me:s3cret?s3cret@store.example/s1.zip?sig=1", "its URL"),
        ("https://store.example/s1.zip?sig=s3cret#s3cret", "https://store.example/s1.zip"),
    ],
)
def test_no_secret_of_a_url_is_told(url: str, bare: str, manager: t.Any) -> None:
    absent(manager)
    query = {"query": {"snapshot_archive_url": url}}
    said = f"Cannot fetch {url} ({url.partition('#')[0]})"
    manager.error("PUT", ARCHIVE, 400, "bad_parameters_error", said, **query)
    told = manager.run("snapshot_upload", id="s1", url=url)
    assert f"Cannot fetch {bare} (" in told["msg"]
    assert "s3c" not in json.dumps(told)


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
    looked_at(manager, data)
    said = manager.run("snapshot_upload", id="s1", url=URL, sha256=wanted)
    if same_one:
        assert not said["changed"]
        assert said["sha256"] == wanted
        assert (said["size"], said["archive"]["format"]) == (len(data), "legacy")
    else:
        assert "snapshot s1 exists with other content; it is never overwritten" in said["msg"]


def test_an_existing_one_that_is_damaged_is_told_and_stays(manager: t.Any, data: bytes) -> None:
    broken = flipped(data)
    manager.get("/snapshots/s1", UPLOADED)
    looked_at(manager, broken)
    wanted = hashlib.sha256(broken).hexdigest()
    said = manager.run("snapshot_upload", id="s1", url=URL, sha256=wanted)
    assert "snapshot s1 exists and is damaged: entry 'pg_data'" in said["msg"]
    assert "changed" not in said


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
    assert said["changed"]
