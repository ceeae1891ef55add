# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""snapshot, state=absent."""

from __future__ import annotations

import typing as t

import pytest

CREATED = {"id": "s1", "status": "created", "error": ""}
CREATING = {**CREATED, "status": "creating"}


@pytest.mark.parametrize("status", ["created", "failed", "uploaded", "creating"])
def test_a_snapshot_is_deleted_whatever_its_state(status: str, manager: t.Any) -> None:
    manager.get("/snapshots/s1", {**CREATED, "status": status})
    manager.delete("/snapshots/s1", {"id": "s1"})
    said = manager.run("snapshot", id="s1", state="absent", diff=True)
    assert said["changed"]
    assert said["reason"] == f"the snapshot exists and is {status}"
    assert said["diff"] == {"before": {"status": status}, "after": {"status": "absent"}}


def test_a_delete_that_is_answered_without_a_body_is_fine(manager: t.Any) -> None:
    manager.get("/snapshots/s1", CREATED)
    manager.delete("/snapshots/s1", status=204)
    assert manager.run("snapshot", id="s1", state="absent")["changed"]


def test_deleting_in_check_mode_only_looks(manager: t.Any) -> None:
    manager.get("/snapshots/s1", CREATED)
    assert manager.run("snapshot", id="s1", state="absent", check=True)["changed"]


@pytest.mark.parametrize("check", [False, True])
def test_a_snapshot_that_is_not_there_needs_no_deleting(check: bool, manager: t.Any) -> None:
    manager.error("GET", "/snapshots/s1", 404, "not_found_error")
    assert not manager.run("snapshot", id="s1", state="absent", check=check)["changed"]


def test_a_snapshot_that_somebody_else_deletes_first_is_no_error(manager: t.Any) -> None:
    manager.get("/snapshots/s1", CREATED)
    manager.error("DELETE", "/snapshots/s1", 404, "not_found_error")
    assert not manager.run("snapshot", id="s1", state="absent")["changed"]


def test_a_snapshot_in_use_is_not_deleted_and_the_manager_says_why(manager: t.Any) -> None:
    manager.get("/snapshots/s1", CREATING)
    manager.error("DELETE", "/snapshots/s1", 400, "snapshot_action_error", "It is in use")
    said = manager.run("snapshot", id="s1", state="absent")
    assert said["failed"]
    assert "It is in use" in said["msg"]


@pytest.mark.parametrize("uploaded_id", ["bad id", "1bad"])
def test_an_id_that_only_an_upload_can_have_made_can_be_deleted(
    uploaded_id: str, manager: t.Any
) -> None:
    path = f"/snapshots/{uploaded_id.replace(' ', '%20')}"
    manager.get(path, {"id": uploaded_id, "status": "uploaded"})
    manager.delete(path, {"id": uploaded_id})
    assert manager.run("snapshot", id=uploaded_id, state="absent")["changed"]
