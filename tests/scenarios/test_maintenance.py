# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Maintenance mode is left as it was found, however the restore ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scenarios.site import Backup, Site
from scenarios.waiting import until

PROFILES = ("4.5.5", "5.0.5", "5.2", "6.4", "7.0.5")
MODES = ("deactivated", "activated")


def prepared(site: Site) -> Backup:
    site.manager.seed(sample="rich")
    made = site.backup()
    site.bring(made)
    return made


@pytest.fixture
def backup(site: Site) -> Backup:
    return prepared(site)


def put(site: Site, mode: str) -> None:
    if mode == "activated":
        site.run("maintenance_mode", state="activated")
    assert site.maintenance() == mode


@pytest.mark.parametrize("found", MODES)
@pytest.mark.parametrize("profile", PROFILES)
def test_after_a_restore_in_maintenance(
    profile: str, found: str, start: Callable[..., Site]
) -> None:
    site = start(profile)
    backup = prepared(site)
    put(site, found)
    assert site.restore(backup, maintenance=True)["outcome"] == "RESTORED"
    assert site.maintenance() == found


def test_after_a_restore_outside_of_it(site: Site, backup: Backup) -> None:
    site.restore(backup)
    assert site.maintenance() == "deactivated"
    assert not any("/maintenance/" in each for each in site.posts())


@pytest.mark.parametrize("found", MODES)
@pytest.mark.parametrize("mode", ["fail", "restore_nothing"])
def test_after_a_failure(mode: str, found: str, site: Site, backup: Backup) -> None:
    put(site, found)
    site.manager.workflow_fault("restore_snapshot", mode)
    site.fail_to_restore(backup, maintenance=True, wait_timeout=3)
    assert site.maintenance() == found


def test_after_a_refusal(site: Site, backup: Backup) -> None:
    site.manager.add_fault({"status": 500, "body": "json"}, method="POST", path="/restore$")
    site.fail_to_restore(backup, maintenance=True)
    assert [each for each in site.posts() if "/maintenance" in each] == [
        "POST /maintenance/activate",
        "POST /maintenance/deactivate",
    ]
    assert site.maintenance() == "deactivated"


def test_that_is_still_beginning_is_waited_for_by_the_operator(site: Site, backup: Backup) -> None:
    busy = site.manager.add_execution(workflow_id="install", status="queued")
    site.run("maintenance_mode", state="activated", wait=False)
    said = site.fail_to_restore(backup)
    assert "still entering maintenance mode" in said["msg"]
    assert site.maintenance() == "activating"
    site.manager.end_execution(busy)
    until(lambda: site.maintenance() == "activated")
    assert site.restore(backup)["outcome"] == "RESTORED"


@pytest.mark.parametrize("status", ["queued", "scheduled"])
def test_that_would_never_begin_is_not_asked_for(status: str, site: Site, backup: Backup) -> None:
    waiting = site.manager.add_execution(
        workflow_id="install", status=status, scheduled_for="2099-01-01T00:00:00.000Z"
    )
    before = len(site.posts())
    said = site.fail_to_restore(backup, maintenance=True)
    assert f"would not begin before the end of install {waiting} ({status})" in said["msg"]
    assert len(site.posts()) == before


def test_that_cannot_be_left_is_a_problem_of_its_own(site: Site, backup: Backup) -> None:
    site.manager.add_fault(
        {"status": 500, "body": "json"}, method="POST", path="/maintenance/deactivate", times=None
    )
    said = site.fail_to_restore(backup, maintenance=True)
    assert said["outcome"] == "PARTIAL"
    assert len(said["problems"]) == 1
    assert "maintenance mode could not be left (Cannot deactivate" in said["problems"][0]


def test_without_waiting_the_restore_goes_on(site: Site, backup: Backup) -> None:
    said = site.restore(backup, wait=False)
    assert said["changed"] and "outcome" not in said
    until(lambda: not site.active() and not site.manager.summary()["flag"])
    assert site.content()["content"] == backup.content["content"]
