# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import json
import re
import typing as t
import zipfile

import pytest

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.conversation import (
    BOTH,
    HOST,
    SECOND,
    refused,
)

OLD = {"id": "s1", "status": "created", "created_at": "2026-11-01T00:00:00.000Z", "error": ""}
NEW = {"id": "s2", "status": "created", "created_at": "2026-11-02T00:00:00.000Z", "error": ""}


def manager_itself(manager: t.Any, version: str = "7.0.5", flag: str = "not-running") -> None:
    manager.version(version)
    if version != "4.5.5":
        manager.get("/snapshot-status", {"status": flag})


def snapshots(manager: t.Any, *items: t.Any) -> None:
    manager.listed("/snapshots", items, query={"_sort": "created_at"})


@pytest.mark.parametrize("check", [False, True])
def test_all_snapshots_are_listed_with_what_the_manager_is(check: bool, manager: t.Any) -> None:
    snapshots(manager, OLD, NEW)
    manager_itself(manager)
    said = manager.run("snapshot_info", check=check)
    assert not said["changed"]
    assert said["snapshots"] == [OLD, NEW]
    assert (said["version"], said["edition"]) == ("7.0.5", "premium")
    assert said["generation"] == "all_active"
    assert said["restore_running"] is False


def test_a_manager_without_snapshots_has_an_empty_list(manager: t.Any) -> None:
    snapshots(manager)
    manager_itself(manager)
    assert manager.run("snapshot_info")["snapshots"] == []


RESTORING = (
    "; the manager {} says that a restore is running, and while one is, correct passwords are refused "
    "too. Wait for its end, and run this again. Where none is running, a failed one has left its flag "
    "behind; playbook diagnose says what to do about that. Check username and password or token; after"
)


@pytest.mark.parametrize("running", ["running", "not-running", None])
def test_a_login_that_is_refused_because_of_a_restore_is_told_so(
    running: str | None, manager: t.Any
) -> None:
    query = {"_size": 1000, "_offset": 0, "_sort": "created_at"}
    manager.error("GET", "/snapshots", 401, "unauthorized_error", query=query)
    without: t.Any = {"headers": {"Authorization": None}}
    if running:
        manager.get("/snapshot-status", {"status": running}, **without)
    else:
        manager.page("GET", "/snapshot-status", 404, **without)
    told = manager.run("snapshot_info")["msg"]
    assert (RESTORING.format(HOST) in told) == (running == "running")
    assert told.endswith("after a restore the admin password is the snapshot's.")


def test_it_may_be_another_manager_that_restores(manager: t.Any) -> None:
    query = {"_size": 1000, "_offset": 0, "_sort": "created_at"}
    manager.error("GET", "/snapshots", 401, "unauthorized_error", query=query)
    without: t.Any = {"headers": {"Authorization": None}}
    manager.broken("GET", "/snapshot-status", refused(), **without)
    manager.get("/snapshot-status", {"status": "running"}, host=SECOND, **without)
    assert RESTORING.format(SECOND) in manager.run("snapshot_info", **BOTH)["msg"]


def test_a_long_list_is_read_page_by_page(manager: t.Any) -> None:
    many = [{"id": f"s{number}", "status": "created"} for number in range(2500)]
    for offset in (0, 1000, 2000):
        page = many[offset : offset + 1000]
        pagination = {"total": 2500, "size": 1000, "offset": offset}
        manager.get(
            "/snapshots",
            {"items": page, "metadata": {"pagination": pagination}},
            query={"_size": 1000, "_offset": offset, "_sort": "created_at"},
        )
    manager_itself(manager)
    assert manager.run("snapshot_info")["snapshots"] == many


def test_a_list_that_shrinks_meanwhile_comes_to_an_end(manager: t.Any) -> None:
    first, none = [OLD] * 1000, []
    for offset, page in ((0, first), (1000, none)):
        manager.get(
            "/snapshots",
            {"items": page, "metadata": {"pagination": {"total": 1001}}},
            query={"_size": 1000, "_offset": offset, "_sort": "created_at"},
        )
    manager_itself(manager)
    assert len(manager.run("snapshot_info")["snapshots"]) == 1000


@pytest.mark.parametrize(
    ("flag", "running"),
    [
        ("running", True),
        ("not-running", False),
        ("Snapshot restore in progress...", True),
        ("No snapshot restore is running", False),
    ],
)
def test_a_running_restore_is_told(flag: str, running: bool, manager: t.Any) -> None:
    snapshots(manager)
    manager_itself(manager, flag=flag)
    assert manager.run("snapshot_info")["restore_running"] is running


def test_a_manager_that_cannot_say_whether_a_restore_runs_is_not_asked(manager: t.Any) -> None:
    snapshots(manager)
    manager_itself(manager, "4.5.5")
    said = manager.run("snapshot_info")
    assert said["restore_running"] is None
    assert said["generation"] == "active_standby"


def test_one_snapshot_is_looked_up_by_its_id(manager: t.Any) -> None:
    manager.get("/snapshots/s1", OLD)
    manager_itself(manager)
    assert manager.run("snapshot_info", id="s1")["snapshots"] == [OLD]


def test_a_snapshot_that_does_not_exist_gives_an_empty_list(manager: t.Any) -> None:
    manager.error("GET", "/snapshots/s1", 404, "not_found_error")
    manager_itself(manager)
    assert manager.run("snapshot_info", id="s1")["snapshots"] == []


def test_an_id_is_one_segment_of_the_path_whatever_it_holds(manager: t.Any) -> None:
    manager.error("GET", "/snapshots/b%20c%3Fd%23%25%C3%A4", 404, "not_found_error")
    manager_itself(manager)
    assert manager.run("snapshot_info", id="b c?d#%ä")["snapshots"] == []


@pytest.mark.parametrize("wrong", ["", "a/b", "..", ".a", "a\n", "x" * 257])
@pytest.mark.parametrize(
    ("module", "options"), [("snapshot_info", {}), ("snapshot", {"state": "absent"})]
)
def test_what_can_be_no_id_is_refused_before_any_request(
    module: str, options: dict[str, str], wrong: str, manager: t.Any
) -> None:
    said = manager.run(module, id=wrong, **options)
    assert said["failed"]
    assert said["msg"].startswith("snapshot id ")


# -- describe -----------------------------------------------------------------------------------


def archive(**metadata: t.Any) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as zipped:
        zipped.writestr("metadata.json", json.dumps(metadata))
        zipped.writestr("pg_data", "COPY" * 1000)
    return whole.getvalue()


def serves(manager: t.Any, data: bytes) -> None:
    """First its length, then ranges of it: any number of them, so they are in no order."""
    length = {"Content-Length": str(len(data)), "ETag": '"x"'}
    manager.request("HEAD", "/snapshots/s1/archive", answered=length)

    def answer(request: t.Any) -> tuple[int, dict[str, str], bytes]:
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers["Range"])
        assert asked
        first, last = asked[1], asked[2]
        if not first:
            start, end = max(0, len(data) - int(last)), len(data) - 1
        else:
            start, end = int(first), min(int(last or len(data)), len(data) - 1)
        part = data[start : end + 1]
        headers = {"Content-Range": f"bytes {start}-{end}/{len(data)}", "ETag": '"x"'}
        return 206, {**headers, "Content-Length": str(len(part))}, part

    manager.serve("GET", "/snapshots/s1/archive", answer)


def test_an_archives_own_account_is_read_without_downloading_it(manager: t.Any) -> None:
    manager.get("/snapshots/s1", OLD)
    serves(manager, archive(snapshot_version="7.0.5", schema_revision="abc"))
    manager_itself(manager)
    said = manager.run("snapshot_info", id="s1", describe=True)
    (snapshot,) = said["snapshots"]
    assert snapshot["archive"]["snapshot_version"] == "7.0.5"
    assert snapshot["archive"]["format"] == "legacy"
    assert snapshot["archive"]["missing_revisions"] == [
        "stage_schema_revision",
        "composer_schema_revision",
    ]


def test_an_archive_that_is_none_is_told_and_is_no_error(manager: t.Any) -> None:
    manager.get("/snapshots/s1", OLD)
    serves(manager, b"garbage" * 100)
    manager_itself(manager)
    (snapshot,) = manager.run("snapshot_info", id="s1", describe=True)["snapshots"]
    assert snapshot["archive_error"]
    assert "archive" not in snapshot


@pytest.mark.parametrize("status", ["failed", "creating"])
def test_an_archive_that_is_not_whole_is_not_asked_for(status: str, manager: t.Any) -> None:
    manager.get("/snapshots/s1", {**OLD, "status": status})
    manager_itself(manager)
    (snapshot,) = manager.run("snapshot_info", id="s1", describe=True)["snapshots"]
    assert f"it is {status}" in snapshot["archive_error"]


def test_a_missing_archive_of_one_snapshot_does_not_hide_the_others(manager: t.Any) -> None:
    snapshots(manager, {**OLD, "id": "s0"}, {**NEW, "status": "failed"})
    manager.page("HEAD", "/snapshots/s0/archive", 404)
    manager_itself(manager)
    said = manager.run("snapshot_info", describe=True)
    assert [each["id"] for each in said["snapshots"]] == ["s0", "s2"]
    assert "404" in said["snapshots"][0]["archive_error"]
