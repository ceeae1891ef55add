# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is backed up comes back, on every version and edition."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scenarios.site import Site

PROFILES = (
    ("4.5.5", "premium"),
    ("vnfm", "premium"),
    ("5.0.5", "premium"),
    ("5.2", "premium"),
    ("6.4", "premium"),
    ("7.0.0", "premium"),
    ("7.0.5", "premium"),
    ("7.0.0", "community"),
    ("7.0.5", "community"),
)


@pytest.mark.parametrize(("profile", "edition"), PROFILES)
def test_backup_wipe_restore_gives_equal_content(
    profile: str, edition: str, start: Callable[..., Site]
) -> None:
    site = start(profile, edition)
    site.manager.seed(sample="rich")
    backup = site.backup()
    before = site.content()
    site.bring(backup)
    assert sum(site.run("content_info")["counts"].values()) <= 3
    said = site.restore(backup, mend=True)
    assert said["outcome"] == "RESTORED", said
    assert said["problems"] == []
    assert said["comparison"]["complete"]
    assert said["counts"] == said["expected_counts"]
    after = site.content()
    assert after["content"] == before["content"]
    for detail in ("placements", "sites"):
        assert after["details"][detail] == before["details"][detail]
    assert site.maintenance() == "deactivated"
    assert site.active() == []


def test_rate_limit_of_the_manager_is_lived_with(paced: None, start: Callable[..., Site]) -> None:
    """Ten requests a second and a burst of thirty: one module keeps to it, several at once are
    held off now and then, and go on."""
    site = start(rate_limit=True, speed=20)
    site.manager.seed(sample="rich")
    backup = site.backup()
    site.bring(backup)
    # as often as a module may ask
    assert site.restore(backup, wait_interval=0.001)["outcome"] == "RESTORED"
