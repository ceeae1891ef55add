# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which format a backup takes and why, and what is said of the losses of the new one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scenarios.site import Site, with_metadata

KEEPS = "it keeps schedules, sites and timestamps, which the new format loses"
ONLY = "version {} has no other"
COMMUNITY = "a restore of it would bring back nothing"


@pytest.mark.parametrize(
    ("profile", "edition", "chosen", "why"),
    [
        ("4.5.5", "premium", "legacy", ONLY.format("4.5.5")),
        ("vnfm", "premium", "legacy", ONLY.format("4.5.5")),
        ("5.0.5", "premium", "legacy", ONLY.format("5.0.5")),
        ("5.2", "premium", "legacy", ONLY.format("5.2.0")),
        ("6.4", "premium", "legacy", ONLY.format("6.4.0")),
        ("6.4", "community", "legacy", ONLY.format("6.4.0")),
        ("7.0.0", "premium", "legacy", KEEPS),
        ("7.0.5", "premium", "legacy", KEEPS),
        ("7.0.0", "community", "new", COMMUNITY),
        ("7.0.5", "community", "new", COMMUNITY),
    ],
)
def test_auto_takes_the_format_that_keeps_everything(
    profile: str, edition: str, chosen: str, why: str, start: Callable[..., Site]
) -> None:
    site = start(profile, edition)
    backup = site.backup()
    assert backup.format == chosen
    assert backup.made["format"] == chosen
    assert why in backup.made["format_reason"]


def test_new_format_is_warned_of_before_the_restore(site: Site) -> None:
    site.manager.seed(sample="rich")
    backup = site.backup(format="new")
    site.bring(backup)
    said = site.restore(backup, check=True)
    schedules, places = said["warnings_found"]
    assert "a restore in new format fails over schedules without rrule" in schedules
    assert "future-daily of deployment web-prod" in schedules
    assert "web-prod (site paris), db-prod (site tokyo)" in places
    assert len(said["warnings"]) == 2


def test_legacy_format_needs_no_warning(site: Site) -> None:
    site.manager.seed(sample="rich")
    backup = site.backup(format="legacy")
    site.bring(backup)
    assert site.restore(backup, check=True)["warnings_found"] == []


def test_staged_set_names_what_new_format_would_lose(site: Site) -> None:
    site.manager.seed(sample="rich")
    store = {"store": str(site.work / "store"), "cluster": "c", "id": "s1"}
    said = site.run("recovery_set", state="staged", **store)
    assert len(said["warnings_found"]) == 2


def test_archive_from_before_4_is_put_beside_what_the_manager_has(
    start: Callable[..., Site],
) -> None:
    """It has no dump to put in the place of the manager's own."""
    site = start("4.5.5")
    site.manager.seed(sample="rich")
    backup = site.backup()
    old = with_metadata(backup.path, site.work / "old.zip", snapshot_version="3.4.2")
    site.manager.wipe()
    site.manager.add_snapshot("daily")
    site.upload(backup.id, old)
    said = site.restore(backup)
    assert said["outcome"] == "RESTORED", said
    assert said["comparison"]["complete"]
    left = {each["id"] for each in site.get("/snapshots")["items"]}
    assert left == {"daily", backup.id}
