# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""snapshot_upload, request by request."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import conversation as c
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.samples import archive
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.uploading import (
    ARCHIVE,
    BINARY,
    UPLOADED,
    absent,
    is_file,
    lead,
    put,
    same,
    sha256,
    shown,
)


@pytest.fixture
def src(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "mine.zip"
    archive(path)
    return path


def test_it_is_streamed_and_then_looked_for(manager: t.Any, src: pathlib.Path) -> None:
    lead(manager)
    put(manager, src)
    shown(manager, src.stat().st_size)
    said = manager.run("snapshot_upload", id="s1", src=str(src), diff=True)
    assert said["changed"]
    assert said["reason"] == "there is no snapshot of this id"
    assert said["snapshot"] == UPLOADED
    assert (said["size"], said["sha256"]) == (src.stat().st_size, sha256(src))
    assert said["archive"]["snapshot_version"] == "7.0.5"
    assert said["diff"] == {"before": {"status": "absent"}, "after": {"status": "uploaded"}}
    assert said["manager_host"] == c.HOST
    assert "problems" not in said


def test_check_mode_sends_nothing(manager: t.Any, src: pathlib.Path) -> None:
    lead(manager)
    said = manager.run("snapshot_upload", id="s1", src=str(src), check=True, diff=True)
    assert said["changed"]
    assert said["sha256"] == sha256(src)
    assert "snapshot" not in said


def test_it_is_waited_for_until_the_manager_shows_it_whole(
    manager: t.Any, src: pathlib.Path, clock: t.Any
) -> None:
    """In a cluster the file comes to the other managers a little later."""
    size = src.stat().st_size
    lead(manager)
    put(manager, src)
    absent(manager)
    manager.get("/snapshots/s1", UPLOADED)
    manager.page("HEAD", ARCHIVE, 404)
    shown(manager, size)
    assert manager.run("snapshot_upload", id="s1", src=str(src))["snapshot"] == UPLOADED
    assert clock.slept == [0.5, 0.5]


def test_one_that_never_shows_is_an_error(manager: t.Any, src: pathlib.Path) -> None:
    lead(manager)
    put(manager, src)
    for _look in range(3):
        absent(manager)
    said = manager.run("snapshot_upload", id="s1", src=str(src), wait_timeout=1)
    assert "Gave up waiting for the manager to show snapshot s1 after 1 s" in said["msg"]
    assert "last seen: snapshot absent" in said["msg"]


def test_one_that_arrived_in_half_is_an_error(manager: t.Any, src: pathlib.Path) -> None:
    size = src.stat().st_size
    lead(manager)
    put(manager, src)
    shown(manager, size - 1)
    said = manager.run("snapshot_upload", id="s1", src=str(src))
    assert f"Cannot upload snapshot s1: the manager has {size - 1} bytes of {size}" in said["msg"]


# -- an id that is taken ----------------------------------------------------------------------------


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("status", ["uploaded", "created"])
def test_the_same_archive_is_left_alone(
    check: bool, status: str, manager: t.Any, src: pathlib.Path
) -> None:
    there = {"id": "s1", "status": status}
    manager.version()
    manager.get("/snapshots/s1", there)
    same(manager, src.read_bytes())
    said = manager.run("snapshot_upload", id="s1", src=str(src), check=check)
    assert not said["changed"]
    assert said["snapshot"] == there
    assert said["sha256"] == sha256(src)


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("longer", [False, True])
def test_another_one_is_never_overwritten(
    check: bool, force: bool, longer: bool, manager: t.Any, src: pathlib.Path
) -> None:
    data = src.read_bytes()
    manager.version()
    manager.get("/snapshots/s1", UPLOADED)
    same(manager, data, theirs=data + b"x" if longer else data[:-1] + b"x")
    said = manager.run("snapshot_upload", id="s1", src=str(src), check=check, force=force)
    assert said["msg"] == (
        "snapshot s1 exists with other content; it is never overwritten. "
        "Choose another id, or delete this one first (module snapshot)."
    )


@pytest.mark.parametrize("status", ["creating", "failed"])
def test_an_id_in_another_state_is_an_error(status: str, manager: t.Any, src: pathlib.Path) -> None:
    manager.version()
    manager.get("/snapshots/s1", {"id": "s1", "status": status})
    said = manager.run("snapshot_upload", id="s1", src=str(src))
    assert f"snapshot s1 cannot be used, it is {status}" in said["msg"]


def test_an_id_that_was_taken_meanwhile_is_told(manager: t.Any, src: pathlib.Path) -> None:
    """7.0.3 and later overwrite it without a word; their answer is full of nulls."""
    lead(manager)
    put(manager, src, json={"id": None, "status": None}, status=201)
    said = manager.run("snapshot_upload", id="s1", src=str(src))
    assert "one of this id appeared meanwhile, and the manager has replaced it" in said["msg"]


def test_an_id_that_an_older_manager_refuses_is_told(manager: t.Any, src: pathlib.Path) -> None:
    manager.version("7.0.2")
    absent(manager)
    archive(src, version="7.0.2")
    manager.error("PUT", ARCHIVE, 409, "conflict_error", sent=is_file(src), headers=BINARY)
    said = manager.run("snapshot_upload", id="s1", src=str(src))
    assert "Cannot upload snapshot s1: PUT" in said["msg"]
    assert "HTTP 409" in said["msg"]


# -- an upload that breaks --------------------------------------------------------------------------


def broken(manager: t.Any, src: pathlib.Path, breaks: str, *, sent: t.Any = None) -> None:
    more = {"sent": sent or is_file(src), "headers": BINARY}
    if breaks.isdecimal():
        manager.page("PUT", ARCHIVE, int(breaks), **more)
    else:
        manager.broken("PUT", ARCHIVE, getattr(c, breaks)(), **more)


@pytest.mark.parametrize("breaks", ["closed", "no_answer", "502", "504"])
def test_after_a_break_it_is_looked_for_and_sent_again(
    breaks: str, manager: t.Any, src: pathlib.Path
) -> None:
    """For a while, where the whole of it arrived, and the manager may still be storing it."""
    lead(manager)
    broken(manager, src, breaks)
    for _look in range(3 if breaks in ("no_answer", "504") else 1):
        absent(manager)
    put(manager, src)
    shown(manager, src.stat().st_size)
    assert manager.run("snapshot_upload", id="s1", src=str(src), wait_timeout=1)["changed"]


@pytest.mark.parametrize("breaks", ["no_answer", "504"])
def test_one_that_is_stored_slowly_is_not_sent_again(
    breaks: str, manager: t.Any, src: pathlib.Path
) -> None:
    lead(manager)
    broken(manager, src, breaks)
    absent(manager)
    absent(manager)
    manager.get("/snapshots/s1", UPLOADED)
    shown(manager, src.stat().st_size)
    assert manager.run("snapshot_upload", id="s1", src=str(src))["changed"]


def test_one_that_did_not_get_across_is_sent_again_at_once(
    manager: t.Any, src: pathlib.Path
) -> None:
    lead(manager)
    broken(manager, src, "no_answer", sent=lambda body: bytes(next(iter(body))))
    absent(manager)
    put(manager, src)
    shown(manager, src.stat().st_size)
    assert manager.run("snapshot_upload", id="s1", src=str(src))["changed"]


def test_after_a_break_it_is_not_sent_over_what_is_there(manager: t.Any, src: pathlib.Path) -> None:
    lead(manager)
    manager.broken("PUT", ARCHIVE, c.no_answer(), sent=is_file(src), headers=BINARY)
    manager.get("/snapshots/s1", UPLOADED)
    shown(manager, src.stat().st_size)
    said = manager.run("snapshot_upload", id="s1", src=str(src))
    assert said["changed"]
    assert said["sha256"] == sha256(src)


def test_after_three_breaks_it_is_given_up(manager: t.Any, src: pathlib.Path) -> None:
    lead(manager)
    for _try in range(3):
        manager.broken("PUT", ARCHIVE, c.closed(), sent=is_file(src), headers=BINARY)
        absent(manager)
    said = manager.run("snapshot_upload", id="s1", src=str(src))
    assert said["msg"].startswith("Cannot upload snapshot s1: PUT https://m1.example:443")
    assert "the connection was closed without an answer" in said["msg"]


@pytest.mark.parametrize(
    ("status", "code", "hint"),
    [
        (401, "unauthorized_error", "Check username and password"),
        (403, "forbidden_error", "Check that the tenant exists"),
        (413, None, "The proxy in front of the manager refuses a body of this size"),
        (500, "internal_server_error", ""),
    ],
)
def test_a_refusal_is_told_at_once(
    status: int, code: str | None, hint: str, manager: t.Any, src: pathlib.Path
) -> None:
    lead(manager)
    sent: dict[str, t.Any] = {"sent": is_file(src), "headers": BINARY}
    if code:
        manager.error("PUT", ARCHIVE, status, code, **sent)
    else:
        manager.page("PUT", ARCHIVE, status, **sent)
    said = manager.run("snapshot_upload", id="s1", src=str(src))
    assert f"HTTP {status}" in said["msg"]
    assert hint in said["msg"]
