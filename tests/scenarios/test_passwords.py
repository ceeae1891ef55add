# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The admin's password becomes the snapshot's: which is known, unknown or wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _restore
from scenarios.site import Backup, Site

NOW = "Another-Passw0rd"


@pytest.fixture
def backup(site: Site, monkeypatch: pytest.MonkeyPatch) -> Backup:
    """Made when the password was another one than the fresh manager has."""
    monkeypatch.setattr(_restore, "PASSWORD_INTERVAL", 0.2)
    site.manager.seed(sample="rich")
    made = site.backup()
    site.manager.wipe()
    site.manager.control("POST", "/admin-password", {"password": NOW})
    site.password = NOW
    site.upload(made.id, made.path)
    return made


def test_password_of_the_snapshot_is_turned_to(site: Site, backup: Backup) -> None:
    said = site.restore(backup, restored_password=site.manager.password, maintenance=True)
    assert said["outcome"] == "RESTORED"
    assert said["password_switched"]
    assert site.maintenance() == "deactivated"


def test_password_is_not_turned_to_where_the_old_one_stays(site: Site, backup: Backup) -> None:
    site.password = site.manager.password
    site.manager.control("POST", "/admin-password", {"password": site.password})
    said = site.restore(backup, restored_password="never-asked-for")
    assert said["outcome"] == "RESTORED"
    assert not said["password_switched"]


@pytest.mark.parametrize("restored", [None, "a-third-one"])
def test_unknown_password_is_told_when_the_restore_is_over(
    restored: str | None, site: Site, backup: Backup
) -> None:
    said = site.fail_to_restore(
        backup, restored_password=restored, maintenance=True, settle_timeout=2, wait_timeout=600
    )
    assert said["msg"].startswith("the manager has refused the login for ")
    assert "give it as restored_password" in said["msg"]
    assert "maintenance mode could not be left" in said["msg"]
    assert said["changed"] and said["execution_id"]


def test_password_that_changes_after_the_end_is_turned_to(
    start: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    """4.x: the execution is over, and nothing tells that a shell goes on."""
    monkeypatch.setattr(_restore, "PASSWORD_INTERVAL", 0.2)
    site = start("4.5.5", speed=10)
    made = site.backup()
    site.manager.control("POST", "/admin-password", {"password": NOW})
    site.password = NOW
    said = site.restore(made, restored_password=site.manager.password)
    assert said["outcome"] == "RESTORED"
    assert said["password_switched"]
    site.password = site.manager.password
    assert site.content()
