# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A restore that goes wrong in the manager gets its verdict, and the manager is left usable."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _preflight
from scenarios.site import Backup, Site
from scenarios.waiting import until

FLAG = "delete /tmp/cloudify/snapshot_restoring on the manager"


@pytest.fixture(params=["legacy", "new"])
def backup(request: pytest.FixtureRequest, site: Site) -> Backup:
    """Of a manager that is lost meanwhile; the fresh one has the snapshot."""
    site.manager.seed(sample="rich")
    made = site.backup(format=request.param)
    site.bring(made)
    return made


def test_worker_that_dies_in_the_middle(site: Site, backup: Backup) -> None:
    site.manager.workflow_fault("restore_snapshot", "die")
    said = site.fail_to_restore(backup, wait_timeout=3, maintenance=True)
    assert said["last_seen"] == "execution started, restore flag set"
    assert said["changed"]
    assert said["execution_id"] in said["msg"]
    assert "maintenance mode stays on meanwhile, leave it afterwards" in said["msg"]
    assert site.maintenance() == "activated"
    # it looks like one that goes on, and may be none; once it is gone its flag is in the way
    again = site.fail_to_restore(backup, wait_timeout=2)
    assert again["execution_id"] == said["execution_id"]
    assert "only the action kill removes it" in again["msg"]
    site.run("maintenance_mode", state="deactivated")
    site.manager.call("POST", f"/executions/{said['execution_id']}", {"action": "kill"})
    until(lambda: not site.active())
    again = site.fail_to_restore(backup)
    assert "no execution of one is active" in again["msg"] and FLAG in again["msg"]
    site.manager.flag("clear")
    assert site.restore(backup, mend=True)["outcome"] == "RESTORED"


def test_restore_that_hangs_is_left_to_itself_after_the_time_out(
    site: Site, backup: Backup
) -> None:
    site.manager.workflow_fault("restore_snapshot", "hang")
    said = site.fail_to_restore(backup, wait_timeout=2, maintenance=True)
    assert said["msg"].startswith("Gave up waiting for the restore after 2 s; last seen: ")
    assert site.maintenance() == "activated"
    assert [each["id"] for each in site.active()] == [said["execution_id"]]


def test_terminated_that_restored_nothing(site: Site, backup: Backup) -> None:
    site.manager.workflow_fault("restore_snapshot", "restore_nothing")
    said = site.fail_to_restore(backup, accept_partial=True, mend=True)
    assert (said["outcome"], said["execution_status"]) == ("FAILED", "terminated")
    assert "mended" not in said


@pytest.mark.parametrize(
    ("kind", "ids"),
    [("secrets", ["db_password", "region"]), ("blueprints", ["bp-web"]), ("plugins", [])],
)
def test_lost_content_is_named(kind: str, ids: list[str], site: Site, backup: Backup) -> None:
    site.manager.workflow_fault("restore_snapshot", "drop_content", kind=kind, ids=ids)
    said = site.fail_to_restore(backup, mend=True)
    assert said["outcome"] == ("FAILED" if backup.format == "new" else "PARTIAL")
    lost = [each for each in said["problems"] if each.startswith("lost: ")]
    if ids:
        assert lost == [f"lost: {kind} {each} of tenant default_tenant" for each in ids]
    else:
        assert len(lost) == 1 and lost[0].startswith(f"lost: {kind} ")


@pytest.mark.parametrize(
    ("error", "cause", "hint"),
    [
        (
            "Snapshot networks {'lan'} are not in the manager's networks",
            "the manager lacks networks that the snapshot's agents use",
            "Add these networks",
        ),
        (
            "The current user is not authorized ... Only the bootstrap admin is allowed",
            "only the user that installed the manager may restore",
            "Log in as that user",
        ),
        ("something nobody has seen", "NonRecoverableError: something nobody has seen", ""),
    ],
)
def test_failure_is_named_by_its_cause(
    error: str, cause: str, hint: str, site: Site, backup: Backup
) -> None:
    site.manager.workflow_fault("restore_snapshot", "fail", error=error)
    said = site.fail_to_restore(backup)
    assert (said["outcome"], said["execution_status"]) == ("FAILED", "failed")
    assert cause in said["msg"] and hint in said["msg"]


def test_full_disk_of_the_manager(site: Site, backup: Backup) -> None:
    site.manager.workflow_fault("restore_snapshot", "disk_full")
    said = site.fail_to_restore(backup)
    assert said["outcome"] == "FAILED"
    assert "the manager's disk is full" in said["msg"] and "Make room" in said["msg"]


BROKEN = {
    "garbage": lambda whole: b"this is no zip",
    "truncated": lambda whole: whole[: len(whole) // 2],
}


@pytest.mark.parametrize("how", BROKEN)
def test_broken_archive_on_the_manager_is_not_even_tried(
    how: str, site: Site, backup: Backup
) -> None:
    put_broken(site, backup, how)
    before = len(site.posts())
    said = site.fail("snapshot_restore", id="broken")
    assert "would leave the manager's restore flag set for ever" in said["msg"]
    assert len(site.posts()) == before


@pytest.mark.parametrize("how", BROKEN)
def test_broken_archive_that_is_tried_leaves_the_flag_and_that_is_told(
    how: str, site: Site, backup: Backup, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_broken(site, backup, how)
    monkeypatch.setattr(_preflight, "_describe", lambda *args: None)
    said = site.fail("snapshot_restore", id="broken", settle_timeout=1, force=True)
    assert said["outcome"] == "FAILED"
    assert "the archive is damaged or has no metadata" in said["msg"]
    assert FLAG in said["msg"]
    assert FLAG in site.fail("snapshot_restore", id=backup.id)["msg"]


def put_broken(site: Site, backup: Backup, how: str) -> None:
    """As somebody with curl could, since the product takes anything."""
    site.manager.call(
        "PUT",
        "/snapshots/broken/archive",
        data=BROKEN[how](backup.path.read_bytes()),
        headers={"Content-Type": "application/octet-stream"},
    )


def test_service_that_was_down_before_is_not_blamed_on_the_restore(
    site: Site, backup: Backup
) -> None:
    site.manager.control("POST", "/monitoring", {"state": "down"})
    said = site.restore(backup, mend=True)
    assert said["outcome"] == "RESTORED"
    assert said["preflight"]["inactive_services"]


def test_service_that_does_not_come_back_is_a_problem(site: Site, backup: Backup) -> None:
    with meanwhile(site, lambda: site.manager.control("POST", "/monitoring", {"state": "down"})):
        said = site.fail_to_restore(backup, mend=True, settle_timeout=3)
    assert said["outcome"] == "PARTIAL"
    assert len(said["problems"]) >= 1
    assert "services are not active: " in said["msg"]


class meanwhile:
    """Do something once the restore has set its flag."""

    def __init__(self, site: Site, action: Callable[[], Any]) -> None:
        self._site = site
        self._action = action
        self._thread = threading.Thread(target=self._wait)

    def _wait(self) -> None:
        until(lambda: self._site.manager.summary()["flag"])
        self._action()

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        self._thread.join()


def test_power_cut_in_the_middle_of_a_restore(site: Site, backup: Backup) -> None:
    def cut() -> None:
        site.manager.kill()
        site.manager.start()

    with meanwhile(site, cut):
        # long enough for it to be up again on a busy machine
        said = site.fail_to_restore(backup, wait_timeout=15)
    assert said["last_seen"] == "execution started, restore flag set"
