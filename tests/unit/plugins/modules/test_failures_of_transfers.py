# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An archive's own requests, which stream: answered with an error, with nonsense, or not at all."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._download import (
    FRUITLESS_TRIES,
    FRUITLESS_WAITS,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import conversation as c
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.samples import archive
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.uploading import (
    ARCHIVE,
    UPLOADED,
    absent,
    head,
    lead,
    put,
)

#: Pauses before a read is given up.
PAUSES = [0.5, 1.0, 2.0, 4.0]
#: The same, for a download that brings no byte however often it is begun.
WITHOUT_A_BYTE = [
    pause
    for wait in (*FRUITLESS_WAITS[1:], FRUITLESS_WAITS[-1], None)
    for pause in (*PAUSES, *([wait] if wait else []))
]
PROXY = [502, 503, 504]
SILENCE = [
    (c.no_answer, "no answer within request_timeout"),
    (c.no_connection, "no connection within connect_timeout"),
    (c.closed, "the connection was closed without an answer"),
]


@pytest.fixture
def download(manager: t.Any, tmp_path: pathlib.Path) -> t.Callable[[], dict[str, t.Any]]:
    """Nothing may be left of it."""

    def run() -> dict[str, t.Any]:
        said = manager.run("snapshot_download", id="s1", dest=str(tmp_path / "s1.zip"))
        assert said["failed"] and not said.get("changed")
        assert said["msg"].startswith("Cannot download snapshot s1: ")
        assert not list(tmp_path.iterdir())
        return t.cast("dict[str, t.Any]", said)

    return run


@pytest.fixture
def src(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "mine.zip"
    archive(path)
    return path


def look_up(manager: t.Any, *, size: int = 0) -> None:
    """:param size: of the archive, whose length is asked for then"""
    manager.get("/snapshots/s1", UPLOADED)
    if size:
        head(manager, size)


# -- a download ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "status"), [("HEAD", 409), ("GET", 404), ("GET", 409)])
def test_a_download_that_is_refused_is_told_at_once(
    method: str, status: int, manager: t.Any, download: t.Any, clock: t.Any
) -> None:
    look_up(manager, size=1000 if method == "GET" else 0)
    manager.error(method, ARCHIVE, status, "some_error", "the reason.")
    said = download()
    assert f"{method} https://m1.example:443/api/v3.1{ARCHIVE} -> HTTP {status}" in said["msg"]
    assert ("the reason." in said["msg"]) == (method == "GET")
    assert clock.slept == []


@pytest.mark.parametrize("status", PROXY)
def test_the_length_is_asked_for_again_while_the_proxy_has_no_answer(
    status: int, manager: t.Any, download: t.Any, clock: t.Any
) -> None:
    look_up(manager)
    for _attempt in range(5):
        manager.page("HEAD", ARCHIVE, status)
    assert f"HTTP {status}" in download()["msg"]
    assert clock.slept == PAUSES


@pytest.mark.parametrize(("error", "words"), SILENCE)
def test_the_length_is_asked_for_again_when_nothing_answers(
    error: t.Any, words: str, manager: t.Any, download: t.Any, clock: t.Any
) -> None:
    look_up(manager)
    for _attempt in range(5):
        manager.broken("HEAD", ARCHIVE, error())
    assert words in download()["msg"]
    assert clock.slept == PAUSES


@pytest.mark.parametrize("status", PROXY)
def test_the_archive_is_asked_for_until_five_begins_brought_nothing(
    status: int, manager: t.Any, download: t.Any, clock: t.Any
) -> None:
    look_up(manager, size=1000)
    for _attempt in range(5 * FRUITLESS_TRIES):
        manager.page("GET", ARCHIVE, status)
    said = download()
    assert "the transfer broke at byte 0 of an unknown number" in said["msg"]
    assert f"HTTP {status}" in said["msg"]
    assert clock.slept == WITHOUT_A_BYTE


@pytest.mark.parametrize(("error", "words"), SILENCE)
def test_an_archive_that_nobody_sends_is_given_up(
    error: t.Any, words: str, manager: t.Any, download: t.Any, clock: t.Any
) -> None:
    look_up(manager, size=1000)
    for _attempt in range(5 * FRUITLESS_TRIES):
        manager.broken("GET", ARCHIVE, error())
    said = download()
    assert words in said["msg"] and said["bytes_received"] == 0
    assert clock.slept == WITHOUT_A_BYTE


# -- an upload -------------------------------------------------------------------------------------


def upload(manager: t.Any, src: pathlib.Path) -> dict[str, t.Any]:
    said = manager.run("snapshot_upload", id="s1", src=str(src), wait_timeout=1)
    assert said["failed"]
    assert said["msg"].startswith("Cannot upload snapshot s1: PUT ")
    assert "defect" not in said["msg"]
    return t.cast("dict[str, t.Any]", said)


@pytest.mark.parametrize("status", [401, 403, 404, 409])
def test_an_upload_that_is_refused_is_told_and_changed_nothing(
    status: int, manager: t.Any, src: pathlib.Path, clock: t.Any
) -> None:
    lead(manager)
    put(manager, src, status=status, json={"message": "the reason.", "error_code": "some_error"})
    said = upload(manager, src)
    assert f"-> HTTP {status}" in said["msg"] and ": the reason." in said["msg"]
    assert not said.get("changed")
    assert clock.slept == []


def test_a_page_in_answer_to_an_upload_is_no_answer_of_the_manager(
    manager: t.Any, src: pathlib.Path
) -> None:
    lead(manager)
    page = c.PAGE.format(title="404 Not Found")
    put(manager, src, status=404, body=page, content_type="text/html")
    said = upload(manager, src)
    assert "HTTP 404 Not Found: a page titled '404 Not Found'" in said["msg"]


GARBAGE: list[dict[str, t.Any]] = [
    {"body": "<title>Router login</title>", "content_type": "text/html"},
    {"body": '{"status": "uplo', "content_type": "application/json"},
    {"body": b"\x00\xff\xfe", "content_type": "application/json"},
    {"body": b"", "content_type": "application/json"},
    {"json": "OK"},
    {"json": []},
    {"json": None},
]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_an_upload_that_is_answered_with_nonsense_may_have_been_done(
    garbage: dict[str, t.Any], manager: t.Any, src: pathlib.Path
) -> None:
    lead(manager)
    put(manager, src, **garbage)
    said = upload(manager, src)
    assert "not the manager's JSON" in said["msg"]
    assert said["changed"]


@pytest.mark.parametrize("status", [502, 504])
def test_an_upload_that_the_proxy_lost_is_looked_up_and_sent_again(
    status: int, manager: t.Any, src: pathlib.Path
) -> None:
    lead(manager)
    for _attempt in range(3):
        put(manager, src, status=status, body="<title>gone</title>", content_type="text/html")
        for _look in range(3 if status == 504 else 1):
            absent(manager)
    assert f"HTTP {status}" in upload(manager, src)["msg"]
