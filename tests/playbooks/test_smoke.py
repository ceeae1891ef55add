# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backup, plan and restore, on every ansible-core."""

from __future__ import annotations

import pytest

from playbooks.cluster import NAME, Cluster


@pytest.mark.smoke
def test_there_and_back(cluster: Cluster) -> None:
    blueprints = cluster.ids("blueprints")
    report = cluster.ok("backup").report
    assert report[0] == f"BACKUP OK: cluster {NAME} (7.0.5, premium)"
    (name,) = cluster.names()
    cluster.whole(name)
    cluster.manager.wipe()
    since = len(cluster.manager.requests())
    report = cluster.ok("restore", "--check").report
    assert report[0].startswith(f"PLAN: restore of cluster {NAME} on 127.0.0.1:")
    assert report[1].startswith(f"set {name} of ")
    assert cluster.changes(since) == []
    report = cluster.ok("restore").report
    assert report[0].startswith(f"RESTORE OK: cluster {NAME} on 127.0.0.1:")
    assert report[2].removeprefix("content: ") == report[3].removeprefix("expected: ")
    assert report[5] == "missing or different: nothing"
    assert cluster.ids("blueprints") == blueprints
    assert cluster.snapshots() == []
    told = cluster.fail("backup", take_snapshot_id="a b")
    assert told.startswith(f"BACKUP FAILED: cluster {NAME}, at ")
