# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must not be restored is refused before anything happens, and nothing is left behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import (
    _archive,
    _preflight,
    _remote,
)
from scenarios.site import ARCHIVES, Backup, Site, with_metadata
from scenarios.waiting import until


@pytest.fixture
def backup(site: Site) -> Backup:
    """Of a rich manager; a fresh one has the snapshot."""
    site.manager.seed(sample="rich")
    made = site.backup()
    site.bring(made)
    return made


def refuse(site: Site, snapshot_id: str = "backup", **options: Any) -> str:
    """The message of a refusal, which has to come before anything that changes the manager."""
    before = len(site.posts())
    said = site.fail("snapshot_restore", id=snapshot_id, **options)
    assert site.posts()[before:] == []
    assert not said.get("changed")
    return str(said["msg"])


def test_running_executions_first(site: Site, backup: Backup) -> None:
    busy = site.manager.add_execution(workflow_id="install", deployment_id="web-prod")
    told = refuse(site)
    assert f"while executions are active: install {busy} (started, deployment web-prod)" in told
    site.manager.end_execution(busy)
    assert site.restore(backup)["outcome"] == "RESTORED"


@pytest.mark.parametrize("mode", ["deactivated", "activated"])
def test_refusal_by_the_manager_leaves_nothing_behind(
    mode: str, site: Site, backup: Backup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An execution begins between the look and the leap."""
    site.run("maintenance_mode", state=mode)
    monkeypatch.setattr(_preflight, "_running_restore", lambda *args: None)
    busy = site.manager.add_execution(workflow_id="install")
    mine = site.manager.add_execution(
        workflow_id="restore_snapshot", status="pending", parameters={"snapshot_id": "other"}
    )
    said = site.fail_to_restore(backup)
    assert f"while executions are active: install {busy}" in said["msg"]
    assert said["error_code"] == "existing_running_execution_error"
    assert len(said["killed_executions"]) == 1
    # nobody else's was touched
    assert sorted(each["id"] for each in site.active()) == sorted([busy, mine])
    for each in (busy, mine):
        site.manager.end_execution(each)
    site.run("snapshot", id="next", format="legacy")
    site.run("snapshot", id=backup.id, state="absent")


def test_manager_with_content_needs_the_operators_word(site: Site, backup: Backup) -> None:
    site.manager.seed(kind="blueprints", items=[{"id": "mine"}])
    told = refuse(site)
    assert "the manager is not empty: it has 1 blueprints, which would be deleted" in told
    assert "force=true" in told
    said = site.restore(backup, force=True)
    assert said["outcome"] == "RESTORED"
    assert site.content()["content"] == backup.content["content"]


def test_manager_with_content_and_new_format_is_mixed(site: Site) -> None:
    site.manager.seed(sample="rich")
    backup = site.backup(format="new")
    site.bring(backup)
    site.manager.seed(kind="blueprints", items=[{"id": "mine"}])
    assert "which would be mixed with the snapshot's" in refuse(site)
    said = site.restore(backup, force=True, mend=True)
    assert said["outcome"] == "RESTORED"
    assert [each["id"] for each in said["comparison"]["gained"]] == ["mine"]


def test_unforced_restore_that_the_manager_refuses_itself_is_named(
    site: Site, backup: Backup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_preflight, "count_content", lambda client: {})
    site.manager.seed(kind="blueprints", items=[{"id": "mine"}])
    said = site.fail_to_restore(backup)
    assert said["outcome"] == "FAILED"
    assert "the manager is not empty" in said["msg"] and "force=true" in said["msg"]
    assert [each["id"] for each in site.get("/blueprints")["items"]] == ["mine"]


@pytest.mark.parametrize(
    ("version", "why", "cause"),
    [
        ("99.0.0", "newer than the manager's 7.0.5", "the snapshot is newer than the manager"),
        ("3.4.0", "older than 4.0.0, the oldest", "the snapshot is too old for this manager"),
    ],
)
def test_snapshot_of_another_version(
    version: str, why: str, cause: str, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = with_metadata(
        ARCHIVES / "rich-legacy-revisions.zip", site.work / "v.zip", snapshot_version=version
    )
    assert why in site.fail("snapshot_upload", id="other", src=str(path))["msg"]
    assert site.posts() == []
    site.upload("other", path, force=True)
    assert why in refuse(site, "other")
    monkeypatch.setattr(_archive, "problems_on", lambda description, target: [])
    said = site.fail("snapshot_restore", id="other")
    assert said["outcome"] == "FAILED"
    assert cause in said["msg"]


def test_another_administrator_than_the_first(site: Site, backup: Backup) -> None:
    site.manager.seed(
        kind="users", items=[{"username": "second", "password": "x-Y-z-1", "role": "sys_admin"}]
    )
    assert "it has 1 users, which would be deleted" in refuse(site)
    second = {"username": "second", "password": "x-Y-z-1"}
    said = site.fail_to_restore(backup, force=True, **second)
    assert said["outcome"] == "FAILED"
    assert "only the user that installed the manager may restore" in said["msg"]


def test_wrong_password(site: Site, backup: Backup) -> None:
    told = refuse(site, password="wrong")
    assert told.startswith("Cannot read the manager's version: GET ")
    assert "HTTP 401" in told and "Check username and password" in told


def test_unknown_snapshot(site: Site) -> None:
    told = refuse(site, "nosuch")
    assert told.startswith("the manager has no snapshot nosuch. Upload it first")


@pytest.mark.parametrize("profile", ["4.5.5", "5.0.5", "5.2"])
def test_snapshot_whose_file_is_missing(
    profile: str, start: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to 5.0.5 the manager answers 500, later 404."""
    monkeypatch.setattr(_remote, "REPLICATION_INTERVAL", 0.02)
    site = start(profile)
    site.run("snapshot", id="backup")
    (site.manager.state / "snapshots/backup/backup.zip").unlink()
    assert "the manager lists it, but its archive is gone" in refuse(site)


def test_failed_snapshot(site: Site) -> None:
    site.manager.workflow_fault("create_snapshot", "disk_full")
    site.fail("snapshot", id="broken")
    told = refuse(site, "broken")
    assert "snapshot broken cannot be used, it is failed: " in told
    assert "No space left on device" in told


def test_snapshot_in_the_making(site: Site) -> None:
    site.manager.worker("down")
    site.run("snapshot", id="young", wait=False)
    assert "snapshot young cannot be used, it is creating" in refuse(site, "young")
    site.manager.worker("up")
    until(lambda: not site.active())


def test_cluster_of_4x_with_replicas(start: Callable[..., Site]) -> None:
    site = start("4.5.5")
    site.run("snapshot", id="backup")
    site.manager.control("POST", "/cluster", {"nodes": 3})
    told = refuse(site)
    assert "refuses a restore on a cluster of 3 nodes" in told
    assert "Restore on the leader before the replicas join" in told


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"no_reboot": True}, "no_reboot needs restore_certificates"),
        ({"ignore_plugin_failure": True}, "would be ignored by version 7.0.5"),
        ({"maintenance": True, "wait": False}, "maintenance=true needs wait=true"),
        ({"content": {"a": 1}}, "content is not a content inventory"),
        ({"content_path": "/nosuch"}, "Cannot read the inventory /nosuch: No such file"),
    ],
)
def test_options_that_cannot_be_meant(
    options: dict[str, Any], why: str, site: Site, backup: Backup
) -> None:
    assert why in refuse(site, **options)


def test_certificates_from_a_format_without_any(site: Site) -> None:
    site.run("snapshot", id="backup", format="new")
    assert "a snapshot in new format has no certificates" in refuse(site, restore_certificates=True)


@pytest.mark.parametrize(
    ("profile", "edition"), [("4.5.5", "premium"), ("7.0.5", "premium"), ("7.0.5", "community")]
)
def test_check_mode_tells_and_touches_nothing(
    profile: str, edition: str, start: Callable[..., Site]
) -> None:
    site = start(profile, edition)
    site.manager.seed(sample="rich")
    backup = site.backup()
    before = site.manager.summary(), len(site.posts())
    refused = site.fail_to_restore(backup, check=True)
    assert "the manager is not empty" in refused["msg"]
    said = site.restore(backup, check=True, diff=True, force=True, maintenance=True)
    assert said["changed"]
    assert "outcome" not in said
    assert said["preflight"]["options"]["force"] is True
    assert said["diff"]["before"]["blueprints"] == 4
    assert said["diff"]["after"] == {"blueprints": "those of the snapshot"}
    assert (site.manager.summary(), len(site.posts())) == before


def test_check_mode_with_the_archive_needs_no_upload(site: Site, backup: Backup) -> None:
    site.run("snapshot", id=backup.id, state="absent")
    assert "the manager has no snapshot" in refuse(site)
    said = site.restore(backup, check=True, archive=str(backup.path))
    assert said["preflight"]["archive"]["format"] == "legacy"
    assert said["warnings_found"] == []


def test_broken_archive_beside_the_module(site: Site, backup: Backup) -> None:
    whole = backup.path.read_bytes()
    for name, data, why in (
        ("empty", b"", "empty"),
        ("text", b"this is no zip", "zip"),
        ("half", whole[: len(whole) // 2], "zip"),
    ):
        path = site.work / f"{name}.zip"
        path.write_bytes(data)
        told = refuse(site, archive=str(path))
        assert told.startswith(f"{path}: ") and why in told
    assert "No such file" in refuse(site, archive=str(site.work / "nosuch.zip"))
