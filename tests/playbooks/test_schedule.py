# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""schedule_backup, and what it has put in place, as cron runs it; systemd is on hosts of the lab (tests/runbooks)."""

from __future__ import annotations

import json
import os
import pwd
import re
import signal
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bad_input.test_disks import NAMESPACES
from playbooks.cluster import NAME, Cluster, descendants, until
from tooling.played import Played

CRON = {"PATH": os.defpath, "HOME": "/root", "LOGNAME": "root"}


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@dataclass
class Host:
    """Where everything of the schedule goes."""

    cluster: Cluster
    place: Path

    def __post_init__(self) -> None:
        self.cron_dir.mkdir(parents=True)
        self.metrics_dir.mkdir()

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
            "schedule_backup_environment": {"ANSIBLE_HOME": str(self.place.parent / "home")},
            "schedule_backup_jitter": 0,
            "schedule_backup_rehearse": False,
            **more,
        }

    def ok(self, *words: str, **more: Any) -> Played:
        return self.cluster.ok("schedule_backup", *words, **self.variables(**more))

    def fail(self, *words: str, **more: Any) -> str:
        told = self.cluster.fail("schedule_backup", *words, **self.variables(**more))
        assert told.startswith(
            f"SCHEDULE FAILED: cluster {more.get('cloudify_cluster_name', NAME)} on localhost, "
        )
        return told

    def line(self) -> list[str]:
        """What cron would run."""
        last = self.cron_file.read_text().splitlines()[-1].split()
        assert last[:6] == ["15", "2", "*", "*", "*", "root"]
        return last[6:]

    def fire(self, *wrapper: str) -> subprocess.CompletedProcess[str]:
        """As cron does."""
        return subprocess.run(
            [*wrapper, *self.line()],
            env=CRON,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self) -> subprocess.Popen[bytes]:
        quiet = subprocess.DEVNULL
        return subprocess.Popen(
            self.line(), env=CRON, cwd="/", stdin=quiet, stdout=quiet, stderr=quiet
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

    def files(self) -> list[Path]:
        return sorted(path for path in self.place.rglob("*") if path.is_file())

    def everything(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in self.files() if path.name != "lock"}

    def place_now(self) -> list[str]:
        return sorted(str(path) for path in self.place.rglob("*"))

    def keeps_secrets(self, *texts: str) -> None:
        kept = [path.read_text() for path in self.files() if path.name != "secrets.json"]
        for text in (*texts, *kept, self.cluster.log.read_text()):
            assert self.cluster.manager.password not in text and "uuid-of-mine" not in text


@pytest.fixture
def host(cluster: Cluster, tmp_path: Path) -> Host:
    return Host(cluster, tmp_path / "host")


@pytest.mark.long
def test_it_is_scheduled_and_backs_up_until_it_is_no_more(host: Host) -> None:
    played = host.ok()
    title = f"SCHEDULED: backup of cluster {NAME} on localhost by cron, 15 2 * * *, up to 0 seconds later"
    assert played.report[0].startswith(title)
    assert stat.S_IMODE((host.config / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(host.config.stat().st_mode) == 0o700
    written = host.everything()
    again = host.ok("--diff", schedule_backup_rehearse=True)
    assert again.count("changed") == 0 and host.everything().items() >= written.items()
    for night in (1, 2):
        fired = host.fire()
        assert (fired.returncode, fired.stdout, fired.stderr) == (0, "", "")
        status = host.status()
        assert status["state"] == "ok" and status["exit_code"] == 0
        assert status["message"].startswith(f"BACKUP OK: cluster {NAME}")
        assert status["sets"]["verified"] == night == len(host.cluster.names())
    metrics = host.metrics()
    assert metrics["backup_success"] == 1 and metrics["backup_exit_code"] == 0
    assert metrics["verified_sets"] == 2 and metrics["status"] == 0
    assert metrics["newest_verified_set_size_bytes"] > 0
    assert len(list(host.logs.iterdir())) == 2
    plan = host.ok("--check", schedule_backup_state="absent")
    assert plan.count("changed") > 0 and host.status()["state"] == "ok"
    gone = host.ok(schedule_backup_state="absent")
    assert gone.report[0] == f"UNSCHEDULED: backup of cluster {NAME} on localhost"
    assert [path.parent for path in host.files()] == [host.logs] * 2
    assert len(host.cluster.names()) == 2
    assert host.ok(schedule_backup_state="absent").count("changed") == 0


def test_check_mode_shows_what_would_be_and_writes_nothing(host: Host) -> None:
    before = host.place_now()
    plan = host.ok(
        "--check", "--diff", schedule_backup_ping_url="https://ping.invalid/uuid-of-mine"
    )
    assert plan.report[0].startswith(
        f"PLAN: SCHEDULED: backup of cluster {NAME} on localhost by cron"
    )
    assert plan.count("changed") > 0 and host.place_now() == before
    # what goes into its settings is seen, and what goes into its secrets is not
    assert '"keep_logs": 30' in plan.output.replace("\\", "")
    host.keeps_secrets(plan.output)


@pytest.mark.long
def test_it_is_proved_at_once(host: Host) -> None:
    played = host.ok(schedule_backup_run_now=True, schedule_backup_variables={"status_min_sets": 1})
    assert played.report[-1].startswith(f"run now: BACKUP OK: cluster {NAME}")
    assert host.status()["sets"]["state"] == "ok" and len(host.cluster.names()) == 1


# -- bad input, before anything is touched --------------------------------------------------------------


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        (
            {
                "cloudify_cluster_name": "a b",
                "cloudify_store_dir": "here",
                "schedule_backup_log_dir": "/with a blank",
                "schedule_backup_timeout": 0,
                "schedule_backup_jitter": "long",
                "schedule_backup_keep_logs": 0,
                "schedule_backup_ping_url": "file:///etc/uuid-of-mine",
                "schedule_backup_calendar": "2; reboot",
                "schedule_backup_user": "a:b",
                "schedule_backup_inventory_src": "/nowhere/inventory.yml",
            },
            [
                "the name of the cluster is a b",
                "schedule_backup_store has to be an absolute path",
                "schedule_backup_log_dir has to be an absolute path",
                "schedule_backup_timeout",
                "schedule_backup_jitter",
                "schedule_backup_keep_logs has to be at least 1",
                "a URL for pings has to begin with http",
                "schedule_backup_calendar is no time",
                "schedule_backup_user is no name",
                "there is no /nowhere/inventory.yml",
            ],
        ),
        (
            {
                "schedule_backup_cron": "61 2 * * *",
                "schedule_backup_metrics_dir": "/nowhere/metrics",
                "schedule_backup_user": "nobody-of-that-name",
                "schedule_backup_python": "/nowhere/python",
                "schedule_backup_ansible_playbook": "/nowhere/ansible-playbook",
            },
            [
                "schedule_backup_cron is 61 2 * * *, which is not five fields",
                "it has no directory /nowhere/metrics",
                "it has no user nobody-of-that-name",
                "it has no Python of version 3.9",
                "it has no ansible-playbook",
            ],
        ),
        ({"schedule_backup_calendar": "Mon 02:15"}, ["schedule_backup_cron is not given"]),
        ({"schedule_backup_with": "systemd"}, ["it does not run systemd"]),
        ({"schedule_backup_with": "anacron"}, ["schedule_backup_with"]),
        ({"schedule_backup_inventories": ["/nowhere/inventory.yml"]}, ["/nowhere/inventory.yml"]),
    ],
    ids=["settings", "host", "calendar", "systemd", "kind", "inventory"],
)
def test_bad_input(variables: dict[str, Any], says: list[str], host: Host) -> None:
    before = host.place_now()
    told = host.fail(**variables)
    for words in says:
        assert words in told
    assert "Nothing was touched." in told
    host.keeps_secrets(told)
    assert host.place_now() == before and host.cluster.changes() == []


def test_sets_of_another_user(host: Host) -> None:
    """Who has made those by hand could restore none of the night."""
    host.cluster.folder.mkdir(parents=True)
    os.chown(host.cluster.folder, 1, -1)
    owner = pwd.getpwuid(1).pw_name
    told = host.fail()
    assert f"{host.cluster.folder} belongs to {owner}, and of the sets that root makes" in told
    assert f"say -e schedule_backup_user={owner}, or give" in told
    assert "Nothing was touched." in told and not host.cron_file.exists()
    os.chown(host.cluster.folder, 0, -1)
    assert host.ok("--check").code == 0


# -- bad nights --------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_wrong_password_is_seen_everywhere_and_told_nowhere(host: Host) -> None:
    host.ok()
    host.cluster.manager.control("POST", "/admin-password", {"password": "An0ther/one"})
    fired = host.fire()
    assert fired.returncode == 2 and fired.stdout == ""
    assert fired.stderr.count("\n") == 1 and "HTTP 401" in fired.stderr
    status = host.status()
    assert status["state"] == "failed" and status["message"].startswith(
        f"BACKUP FAILED: cluster {NAME}"
    )
    assert host.metrics()["backup_success"] == 0 and host.metrics()["status"] == 2
    (log,) = host.logs.iterdir()
    assert "HTTP 401" in log.read_text()
    # the role would have said so at once
    assert "The backup is scheduled, but would fail: BACKUP FAILED: " in host.fail(
        schedule_backup_rehearse=True
    )
    host.keeps_secrets(fired.stderr)


@pytest.mark.long
def test_killed_and_never_two(host: Host) -> None:
    host.ok()
    host.cluster.manager.worker("down")
    first = host.start()
    until(lambda: host.cluster.seen("GET", "/executions/"))
    second = host.fire()
    assert second.returncode == 75 and "REFUSED: a backup of cluster" in second.stderr
    assert "A backup is running that was begun by this schedule" in host.fail(
        schedule_backup_state="absent"
    )
    children = descendants(first.pid)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    until(lambda: not any(running(pid) for pid in children[:1]))
    assert host.status()["state"] == "running"
    host.cluster.manager.worker("up")
    assert host.fire().returncode == 0
    assert host.status()["state"] == "ok" and host.status()["before"]["state"] == "killed"
    (name,) = host.cluster.names()
    host.cluster.whole(name)
    assert host.cluster.snapshots() == []


@pytest.mark.long
def test_a_disk_that_is_full(host: Host) -> None:
    """The store's; the status and the logs are on another."""
    host.ok()
    host.cluster.store.mkdir()
    mount = f"mount -t tmpfs -o size=64k tmpfs {host.cluster.store}"
    fired = subprocess.CompletedProcess[str]([], 1)
    for namespace in NAMESPACES:
        wrapper = [*namespace, "sh", "-c", f'{mount} && exec "$@"', "sh"]
        if subprocess.run([*wrapper, "true"], capture_output=True, check=False).returncode == 0:
            fired = host.fire(*wrapper)
            break
    else:
        pytest.skip("no disk of one's own can be mounted here")
    assert fired.returncode == 2 and "MiB free" in fired.stderr
    status = host.status()
    assert status["state"] == "failed" and "Make room there" in status["message"]
    assert status["sets"]["state"] == "critical"
    assert host.metrics()["verified_sets"] == 0 and host.cluster.changes() == []
