# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""schedule_backup, and what it has put in place, as cron runs it; systemd is on hosts of the lab (tests/runbooks)."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from playbooks.cluster import NAME, Cluster, Played


@dataclass
class Host:
    """Where everything of the schedule goes."""

    cluster: Cluster
    place: Path

    def __post_init__(self) -> None:
        self.cron_dir.mkdir(parents=True)
        self.metrics_dir.mkdir()
        # as users start it
        self.cluster.python = sys.executable

    @property
    def cron_dir(self) -> Path:
        return self.place / "cron.d"

    @property
    def cron_file(self) -> Path:
        return self.cron_dir / f"cloudify-ha-backup-{NAME}"

    @property
    def config(self) -> Path:
        return self.place / "etc" / NAME

    @property
    def state(self) -> Path:
        return self.place / "state" / NAME

    @property
    def logs(self) -> Path:
        return self.place / "log" / NAME

    @property
    def metrics_dir(self) -> Path:
        return self.place / "metrics"

    def variables(self, **more: Any) -> dict[str, Any]:
        return {
            "schedule_backup_with": "cron",
            "schedule_backup_config_dir": str(self.place / "etc"),
            "schedule_backup_state_dir": str(self.place / "state"),
            "schedule_backup_log_dir": str(self.place / "log"),
            "schedule_backup_cron_dir": str(self.cron_dir),
            "schedule_backup_metrics_dir": str(self.metrics_dir),
            "schedule_backup_environment": {"ANSIBLE_HOME": str(self.place / "home")},
            "schedule_backup_jitter": 0,
            "schedule_backup_rehearse": False,
            **more,
        }

    def ok(self, *words: str, **more: Any) -> Played:
        return self.cluster.ok("schedule_backup", *words, **self.variables(**more))

    def fail(self, *words: str, **more: Any) -> str:
        told = self.cluster.fail("schedule_backup", *words, **self.variables(**more))
        assert told.startswith(f"SCHEDULE FAILED: cluster {more.get('cloudify_cluster_name', NAME)} on localhost, ")
        return told

    def line(self) -> list[str]:
        """What cron would run."""
        last = self.cron_file.read_text().splitlines()[-1].split()
        assert last[:6] == ["15", "2", "*", "*", "*", "root"]
        return last[6:]

    def fire(self) -> subprocess.CompletedProcess[str]:
        """As cron does."""
        return subprocess.run(
            self.line(),
            env={"PATH": os.defpath, "HOME": "/root", "LOGNAME": "root"},
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def status(self) -> dict[str, Any]:
        path = self.state / "status.json"
        assert stat.S_IMODE(path.stat().st_mode) == 0o644
        found: dict[str, Any] = json.loads(path.read_text())
        return found

    def metrics(self) -> dict[str, float]:
        found = {}
        for file in self.metrics_dir.glob("*"):
            assert re.fullmatch(rf"cloudify_ha_(backup|sets)_{NAME}\.prom", file.name)
            assert stat.S_IMODE(file.stat().st_mode) == 0o644
            for line in file.read_text().splitlines():
                if not line.startswith("#"):
                    name, value = line.split(f'{{cluster="{NAME}"}} ')
                    found[name.removeprefix("cloudify_ha_")] = float(value)
        return found

    def everything(self) -> dict[str, bytes]:
        return {
            str(path): path.read_bytes() for path in self.place.rglob("*") if path.is_file()
        }


@pytest.fixture
def host(cluster: Cluster, tmp_path: Path) -> Host:
    return Host(cluster, tmp_path / "host")


def test_it_is_scheduled_and_backs_up(host: Host) -> None:
    report = host.ok().report
    assert report[0].startswith(f"SCHEDULED: backup of cluster {NAME} on localhost by cron, 15 2 * * *,")
    assert stat.S_IMODE((host.config / "secrets.json").stat().st_mode) == 0o600
    for night in (1, 2):
        fired = host.fire()
        assert (fired.returncode, fired.stdout, fired.stderr) == (0, "", ""), host.logs
        status = host.status()
        assert status["state"] == "ok" and status["exit_code"] == 0
        assert status["message"].startswith(f"BACKUP OK: cluster {NAME}")
        assert status["sets"]["verified"] == night == len(host.cluster.names())
    metrics = host.metrics()
    assert metrics["backup_success"] == 1 and metrics["backup_exit_code"] == 0
    assert metrics["verified_sets"] == 2 and metrics["status"] == 0
    assert metrics["newest_verified_set_size_bytes"] > 0
    assert len(list(host.logs.iterdir())) == 2
