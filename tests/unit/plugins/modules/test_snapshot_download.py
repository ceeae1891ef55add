# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""snapshot_download, request by request."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import shutil
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._remote import (
    REPLICATION_LOOKS,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import conversation as c
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.samples import archive

ARCHIVE = "/snapshots/s1/archive"
TAG = {"ETag": '"one"'}
CREATED = {"id": "s1", "status": "created"}


@pytest.fixture
def data(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("made") / "s1.zip"
    archive(path)
    return path.read_bytes()


@pytest.fixture
def dest(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "mine.zip"


def left(dest: pathlib.Path) -> list[str]:
    return sorted(path.name for path in dest.parent.iterdir())


def head(manager: t.Any, data: bytes, **more: t.Any) -> None:
    length = {"Content-Length": str(len(data)), **TAG}
    manager.request("HEAD", ARCHIVE, answered=length, **more)


def fetch(manager: t.Any, data: bytes, **more: t.Any) -> None:
    length = {"Content-Length": str(more.pop("length", len(data))), **TAG}
    manager.request("GET", ARCHIVE, body=data, answered=length, **more)


def test_it_is_fetched_tested_and_described(
    manager: t.Any, data: bytes, dest: pathlib.Path
) -> None:
    manager.get("/snapshots/s1", CREATED)
    head(manager, data)
    fetch(manager, data, headers={"Accept-Encoding": "identity", "Range": None})
    said = manager.run("snapshot_download", id="s1", dest=str(dest), diff=True)
    assert said["changed"]
    assert said["reason"] == "the file does not exist"
    assert (said["size"], said["resumed_from"], said["breaks"]) == (len(data), 0, 0)
    assert said["sha256"] == hashlib.sha256(data).hexdigest()
    assert said["archive"]["snapshot_version"] == "7.0.5"
    assert said["archive"]["format"] == "legacy"
    assert said["manager_host"] == c.HOST
    assert said["dest"] == str(dest)
    assert said["diff"]["before"] == {"path": str(dest), "state": "absent"}
    assert said["diff"]["after"] == {"path": str(dest), "state": "file", "size": len(data)}
    assert said["duration"] >= 0
    assert dest.read_bytes() == data
    assert dest.stat().st_mode & 0o777 == 0o600
    assert left(dest) == ["mine.zip"]


def test_in_a_directory_it_is_called_as_the_snapshot(
    manager: t.Any, data: bytes, tmp_path: pathlib.Path
) -> None:
    manager.get("/snapshots/s1", {"id": "s1", "status": "uploaded"})
    head(manager, data)
    fetch(manager, data)
    said = manager.run("snapshot_download", id="s1", dest=str(tmp_path))
    assert said["dest"] == str(tmp_path / "s1.zip")
    assert (tmp_path / "s1.zip").read_bytes() == data


def test_check_mode_fetches_nothing(manager: t.Any, data: bytes, dest: pathlib.Path) -> None:
    manager.get("/snapshots/s1", CREATED)
    head(manager, data)
    said = manager.run("snapshot_download", id="s1", dest=str(dest), check=True, diff=True)
    assert said["changed"]
    assert said["size"] == len(data)
    assert said["diff"]["after"]["state"] == "file"
    assert "archive" not in said
    assert left(dest) == []


@pytest.mark.parametrize("check", [False, True])
def test_a_full_disk_is_told_before_the_first_byte(
    check: bool,
    manager: t.Any,
    data: bytes,
    dest: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usage = shutil.disk_usage("/")._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    manager.get("/snapshots/s1", CREATED)
    head(manager, data)
    if not check:
        fetch(manager, data)
    said = manager.run("snapshot_download", id="s1", dest=str(dest), check=check)
    assert said["failed"]
    assert f"{dest.parent} has 0 MiB free, 16 MiB are needed" in said["msg"]
    assert left(dest) == []


# -- a transfer that breaks -----------------------------------------------------------------------


def test_a_torn_one_is_fetched_again_after_a_pause(
    manager: t.Any, data: bytes, dest: pathlib.Path, clock: t.Any
) -> None:
    manager.get("/snapshots/s1", CREATED)
    head(manager, data)
    fetch(manager, data[:100], length=len(data))
    fetch(manager, data)
    said = manager.run("snapshot_download", id="s1", dest=str(dest))
    assert said["breaks"] == 1
    assert dest.read_bytes() == data
    assert len(clock.slept) == 1


def test_what_an_earlier_run_has_left_is_taken_up(
    manager: t.Any, data: bytes, dest: pathlib.Path
) -> None:
    (dest.parent / ".mine.zip.part").write_bytes(data[:100])
    note = json.dumps({"tag": TAG["ETag"], "total": len(data)})
    (dest.parent / ".mine.zip.part.json").write_text(note)
    manager.get("/snapshots/s1", CREATED)
    head(manager, data)
    span = f"bytes 100-{len(data) - 1}/{len(data)}"
    manager.request(
        "GET",
        ARCHIVE,
        status=206,
        body=data[100:],
        headers={"Range": "bytes=100-", "If-Range": TAG["ETag"]},
        answered={"Content-Length": str(len(data) - 100), "Content-Range": span},
    )
    said = manager.run("snapshot_download", id="s1", dest=str(dest))
    assert said["resumed_from"] == 100
    assert dest.read_bytes() == data
    assert left(dest) == ["mine.zip"]


def test_what_is_no_snapshot_is_not_kept(manager: t.Any, dest: pathlib.Path) -> None:
    manager.get("/snapshots/s1", CREATED)
    head(manager, b"garbage")
    fetch(manager, b"garbage")
    said = manager.run("snapshot_download", id="s1", dest=str(dest))
    assert "what the manager sent is no sound snapshot: not a zip archive" in said["msg"]
    assert left(dest) == []


# -- what the manager has, or has not -------------------------------------------------------------


@pytest.mark.parametrize("status", ["creating", "failed"])
def test_only_a_whole_snapshot_is_fetched(status: str, manager: t.Any, dest: pathlib.Path) -> None:
    manager.get("/snapshots/s1", {"id": "s1", "status": status, "error": "Traceback\nno room"})
    said = manager.run("snapshot_download", id="s1", dest=str(dest))
    assert said["msg"].startswith(f"snapshot s1 cannot be used, it is {status}: no room. ")
    assert left(dest) == []


def test_one_that_is_absent_is_told(manager: t.Any, dest: pathlib.Path) -> None:
    manager.error("GET", "/snapshots/s1", 404, "not_found_error")
    said = manager.run("snapshot_download", id="s1", dest=str(dest))
    assert said["msg"].startswith("the manager has no snapshot s1 in tenant default_tenant")


FAILURES: list[tuple[str, dict[str, t.Any], str]] = [
    ("error", {"status": 401, "code": "unauthorized_error"}, "HTTP 401"),
    ("error", {"status": 409, "code": "conflict_error"}, "HTTP 409"),
    ("error", {"status": 500, "code": "internal_server_error"}, "HTTP 500"),
    ("get", {"body": b"nonsense"}, "this is not the manager's JSON"),
    ("get", {"json": {"id": "s1"}}, "this is not the manager's JSON"),
]


@pytest.mark.parametrize(("how", "answer", "told"), FAILURES)
def test_no_look_no_download(
    how: str, answer: dict[str, t.Any], told: str, manager: t.Any, dest: pathlib.Path
) -> None:
    if how == "error":
        manager.error("GET", "/snapshots/s1", **answer)
    else:
        manager.get("/snapshots/s1", **answer)
    said = manager.run("snapshot_download", id="s1", dest=str(dest))
    assert said["failed"]
    assert told in said["msg"]
    assert left(dest) == []


@pytest.mark.parametrize("method", ["HEAD", "GET"])
@pytest.mark.parametrize("status", [401, 403, 500])
def test_an_archive_that_is_refused_leaves_nothing(
    method: str, status: int, manager: t.Any, data: bytes, dest: pathlib.Path
) -> None:
    manager.get("/snapshots/s1", CREATED)
    if method == "GET":
        head(manager, data)
    # up to 5.0.5 this is how a manager says that the file is not there, or not yet
    for _look in range(1 + REPLICATION_LOOKS if (method, status) == ("HEAD", 500) else 1):
        manager.error(method, ARCHIVE, status, "some_error")
    if (method, status) == ("HEAD", 500):
        manager.error("GET", ARCHIVE, status, "some_error")
    said = manager.run("snapshot_download", id="s1", dest=str(dest))
    assert f"Cannot download snapshot s1: {method} https://m1.example:443" in said["msg"]
    assert f"HTTP {status}" in said["msg"]
    assert left(dest) == []


# -- a file that comes to the other managers later ------------------------------------------------


@pytest.mark.parametrize("status", [404, 500])
def test_a_file_that_is_not_there_yet_is_waited_for(
    status: int, manager: t.Any, data: bytes, dest: pathlib.Path, clock: t.Any
) -> None:
    manager.get("/snapshots/s1", CREATED)
    manager.page("HEAD", ARCHIVE, status)
    manager.page("HEAD", ARCHIVE, status)
    head(manager, data)
    fetch(manager, data)
    assert manager.run("snapshot_download", id="s1", dest=str(dest))["changed"]
    assert dest.read_bytes() == data
    assert clock.slept == [1.5, 1.5]


def test_the_other_managers_are_asked_for_it(
    manager: t.Any, data: bytes, dest: pathlib.Path
) -> None:
    manager.get("/snapshots/s1", CREATED)
    manager.page("HEAD", ARCHIVE, 404)
    head(manager, data, host=c.SECOND)
    fetch(manager, data, host=c.SECOND)
    said = manager.run("snapshot_download", id="s1", dest=str(dest), **c.BOTH)
    assert said["manager_host"] == c.SECOND


def test_a_file_that_does_not_come_is_told(
    manager: t.Any, dest: pathlib.Path, clock: t.Any
) -> None:
    manager.get("/snapshots/s1", CREATED)
    for _look in range(1 + REPLICATION_LOOKS):
        manager.page("HEAD", ARCHIVE, 404)
    said = manager.run("snapshot_download", id="s1", dest=str(dest))
    assert said["msg"] == (
        "Cannot download snapshot s1: the manager lists it, but its archive is gone: it did not "
        "come from another manager in 22 s either. Take another one."
    )
    assert said["status"] == 404
    assert sum(clock.slept) == 22.5


def test_up_to_5_0_5_it_is_a_body_that_tells_that_the_file_is_gone(
    manager: t.Any, dest: pathlib.Path, clock: t.Any
) -> None:
    manager.get("/snapshots/s1", CREATED)
    for _look in range(1 + REPLICATION_LOOKS):
        manager.error("HEAD", ARCHIVE, 500, "internal_server_error")
    gone = "OSError: [Errno 2] No such file or directory: u'/opt/manager/resources/snapshots/s1'"
    manager.error("GET", ARCHIVE, 500, "internal_server_error", gone)
    said = manager.run("snapshot_download", id="s1", dest=str(dest))
    assert "its archive is gone: it did not come from another manager in 22 s" in said["msg"]
    assert (said["status"], left(dest)) == (500, [])


def test_behind_a_balancer_the_next_request_may_meet_one_without_the_file(
    manager: t.Any, data: bytes, dest: pathlib.Path
) -> None:
    manager.get("/snapshots/s1", CREATED)
    head(manager, data)
    manager.page("GET", ARCHIVE, 404)
    fetch(manager, data)
    assert manager.run("snapshot_download", id="s1", dest=str(dest))["breaks"] == 1
    assert dest.read_bytes() == data


# -- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "../up", ".hidden", "a/b", "x" * 257])
def test_a_name_that_is_none_is_refused_before_any_request(
    name: str, manager: t.Any, tmp_path: pathlib.Path
) -> None:
    said = manager.run("snapshot_download", id=name, dest=str(tmp_path))
    assert said["msg"].startswith("snapshot id")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_cannot_be_written_to_is_told_before_any_request(
    manager: t.Any, tmp_path: pathlib.Path
) -> None:
    tmp_path.chmod(0o500)
    said = manager.run("snapshot_download", id="s1", dest=str(tmp_path / "x.zip"))
    assert "cannot be written to" in said["msg"]


def test_a_directory_that_is_missing_is_told_before_any_request(
    manager: t.Any, tmp_path: pathlib.Path
) -> None:
    said = manager.run("snapshot_download", id="s1", dest=str(tmp_path / "no" / "x.zip"))
    assert f"there is no directory {tmp_path / 'no'}. Create it first." in said["msg"]


def test_a_directory_of_the_file_s_name_is_in_the_way(
    manager: t.Any, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "s1.zip").mkdir()
    said = manager.run("snapshot_download", id="s1", dest=str(tmp_path))
    assert said["failed"]
    assert (tmp_path / "s1.zip").is_dir()
