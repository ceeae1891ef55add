# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whoever waits learns for what, and how far it is, on the terminal and in the log."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from playbooks.cluster import NAME, Cluster
from tooling.played import PLAYBOOK, environment, longest_silence, play

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


@pytest.mark.parametrize("no_log", [False, True])
def test_a_command_on_hosts_is_told_by_each_of_them(tmp_path: Path, no_log: bool) -> None:
    task = {
        "name": "Look at it",
        "cloudify_ha.recovery.host_command": {"argv": ["sleep", f"{LONG + 7}"]},
        "no_log": no_log,
    }
    book = tmp_path / "book.json"
    book.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [task]}]))
    log = tmp_path / "log"
    words = ["-i", "h1,h2,", "-c", "local", "--forks", "2", str(book)]
    told = play([str(PLAYBOOK), *words], environment(tmp_path / "home", ANSIBLE_LOG_PATH=str(log)))
    assert told.code == 0, told.output
    assert longest_silence(log) < LONG
    for host in ("h1", "h2"):
        what = "running" if no_log else "Look at it"
        for seconds in (8, 16):
            assert f"[{host}] host_command, {seconds} s: {what}\n" in told.output, told.output


def test_a_pause_between_two_looks_is_told(tmp_path: Path) -> None:
    """It grows with the time that a cluster takes to be healthy."""
    role = Path(__file__).parents[2] / "roles" / "check_health" / "tasks" / "look.yml"
    (again,) = [each for each in yaml.safe_load(role.read_text()) if each["name"] == "Look again"]
    (wait,) = [each for each in again["block"] if each["name"] == "Wait a little"]
    book, log = tmp_path / "book.json", tmp_path / "log"
    book.write_text(json.dumps([{"hosts": "h1", "gather_facts": False, "tasks": [wait]}]))
    result = {"seconds": 600, "problems": ["h2 does not answer"]}
    given = {"check_health_result": result, "check_health_store_host": "h1"}
    words = ["-i", "h1,", "-c", "local", "-e", json.dumps(given), str(book)]
    told = play([str(PLAYBOOK), *words], environment(tmp_path / "home", ANSIBLE_LOG_PATH=str(log)))
    assert told.code == 0, told.output
    assert longest_silence(log) < LONG
    what = "waiting for a healthy cluster: h2 does not answer"
    found = re.findall(rf"host_command, (\d+) s: {what}$", told.output, re.MULTILINE)
    assert found == ["8", "16"], told.output
