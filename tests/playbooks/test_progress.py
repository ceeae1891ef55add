# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whoever waits learns for what, and how far it is, on the terminal and in the log."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from playbooks.cluster import NAME, Cluster
from tooling.played import PLAYBOOK

#: Seconds that something takes here: longer than modules are silent.
LONG = 10


def both(cluster: Cluster, output: str, pattern: str) -> list[str]:
    """Lines of the output like this one, which are in the log too."""
    found = re.findall(rf"^\[localhost\] {pattern}$", output, re.MULTILINE)
    log = cluster.log.read_text()
    assert all(line in log for line in found)
    return found


def left(cluster: Cluster) -> list[Path]:
    home = Path(cluster.environment["ANSIBLE_HOME"])
    return [*home.rglob(".cloudify_ha-*")]


@pytest.mark.smoke
def test_a_wait_is_told(cluster: Cluster) -> None:
    cluster.manager.workflow_fault("create_snapshot", "hang")
    played = cluster.play("backup", take_snapshot_timeout=LONG)
    assert "Gave up waiting" in played.failure
    state = "snapshot creating, execution started"
    assert both(cluster, played.output, rf"snapshot, \d+ s: waiting for snapshot \S+: {state} .*")
    assert left(cluster) == []


def test_a_restore_is_told(cluster: Cluster) -> None:
    cluster.ok("backup")
    cluster.manager.workflow_fault("restore_snapshot", "hang")
    wanted = {"apply_snapshot_timeout": LONG, "cloudify_confirm": NAME}
    played = cluster.play("restore", **wanted)
    assert "Gave up waiting" in played.failure
    state = "execution started, restore flag set"
    pattern = rf"snapshot_restore, \d+ s: waiting for the restore: {state} .*"
    assert both(cluster, played.output, pattern)


def test_a_transfer_is_told(cluster: Cluster, tmp_path: Path) -> None:
    cluster.manager.add_snapshot("big", size=8 << 20)
    stall = {"stall_seconds": LONG, "at_byte": 5 << 20}
    cluster.manager.add_fault(stall, method="GET", path="/archive$")
    done = subprocess.run(
        [
            str(PLAYBOOK.with_name("ansible")),
            *("localhost", "-m", "cloudify_ha.recovery.snapshot_download"),
            *("-a", f"id=big dest={tmp_path}/big.zip"),
        ],
        env=cluster.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    pattern = r"snapshot_download, \d+ s: download snapshot big: [1-5].0 of 8.0 MiB.*"
    assert both(cluster, done.stdout, pattern)
