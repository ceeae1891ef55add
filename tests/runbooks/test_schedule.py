# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""schedule_backup on a host with systemd: a timer that fires, what is seen of a run that is killed, and nothing left in the end.

The host is the store. It gets the Ansible of these tests; the manager is a stand-in on this side.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab import Host, Lab, network
from lab.testing import wait_until
from runbooks.roles_site import REPO
from standin.testing import StandIn
from tooling.played import PLAYBOOK, Played, environment, play

NAME = "production"
PASSWORD = "S3cr3t/Passw0rd+of-the-stand-in"
UNIT = f"cloudify-ha-backup-{NAME}"
STORE = "/var/lib/cloudify_ha"
COLLECTIONS = "/usr/share/ansible/collections/ansible_collections/cloudify_ha/recovery"
#: A timer may be a minute late, and a run starts Ansible twice.
PATIENCE = 400.0
HERE = "h1"


def bring(host: Host, *places: Path, to: str = "/", base: Path = Path("/")) -> None:
    """Copy directories onto its disk, without what nobody needs there."""
    names = [str(place.relative_to(base)) for place in places]
    left_out = ("__pycache__", "idlelib", "ansible_test", "*.a")
    pack = ["tar", "-C", str(base), *(f"--exclude={each}" for each in left_out), "-cf", "-", *names]
    host.exec("mkdir", "-p", to)
    packed = subprocess.Popen(pack, stdout=subprocess.PIPE)
    subprocess.run(["tar", "-C", f"{host.root}{to}", "-xf", "-"], stdin=packed.stdout, check=True)
    assert packed.wait() == 0


@dataclass
class Site:
    host: Host
    manager: StandIn
    place: Path

    @property
    def inventory(self) -> Path:
        """The controller's; the host gets the same."""
        connection = {
            "manager_hosts": [network.CONTROLLER],
            "manager_port": self.manager.port,
            "username": "admin",
            "password": "{{ lookup('ansible.builtin.env', 'CLOUDIFY_PASSWORD') }}",
            # its certificate is for another address
            "validate_certs": False,
        }
        return Lab().inventory(
            {"cloudify_store": [HERE]},
            {
                "cloudify_cluster_name": NAME,
                "cloudify_store_dir": STORE,
                "cloudify_connection": connection,
                "ansible_become": True,
            },
            path=self.place / "inventory.yml",
        )

    def play(self, *words: str, **variables: Any) -> Played:
        given = {
            "schedule_backup_inventory_src": str(self.inventory),
            "schedule_backup_ansible_playbook": str(PLAYBOOK),
            "schedule_backup_python": sys.executable,
            "schedule_backup_jitter": 0,
            "schedule_backup_rehearse": False,
            "schedule_backup_variables": {"status_min_sets": 1},
            **variables,
        }
        command = [str(PLAYBOOK), "-i", str(self.inventory), "cloudify_ha.recovery.schedule_backup"]
        played = play(
            [*command, "--extra-vars", json.dumps(given), *words],
            environment(self.place / "home", CLOUDIFY_PASSWORD=PASSWORD),
        )
        assert PASSWORD not in played.output
        return played

    def ok(self, *words: str, **variables: Any) -> Played:
        played = self.play(*words, **variables)
        assert played.code == 0, played.output
        assert "[WARNING]" not in played.output, played.output
        return played

    def sh(self, script: str, *, check: bool = True) -> str:
        return self.host.exec("sh", "-c", script, check=check).stdout.strip()

    def status(self) -> dict[str, Any]:
        text = self.sh(f"cat /var/lib/cloudify_ha_schedule/{NAME}/status.json", check=False)
        found: dict[str, Any] = json.loads(text or "{}")
        return found

    def sets(self) -> list[str]:
        return self.sh(f"ls {STORE}/{NAME} 2>/dev/null", check=False).split()

    def left(self) -> str:
        return self.sh(
            "find /etc/cloudify_ha /var/lib/cloudify_ha_schedule /etc/systemd/system /etc/cron.d "
            f"-name '*{NAME}*' 2>/dev/null; true"
        )

    def eventually(self, condition: Callable[[], Any], what: str) -> None:
        wait_until(condition, timeout=PATIENCE, what=what, every=1)


@pytest.fixture
def site(lab: Lab, tmp_path: Path) -> Iterator[Site]:
    lab.down()
    host = lab.up(HERE)[0]
    bring(host, *dict.fromkeys(Path(each).resolve() for each in (sys.prefix, sys.base_prefix)))
    bring(
        host,
        *(REPO / name for name in ("plugins", "roles", "playbooks", "meta", "galaxy.yml")),
        to=COLLECTIONS,
        base=REPO,
    )
    said = host.exec(sys.executable, "-c", "import ansible, requests, ssl", check=False)
    if said.returncode:
        pytest.skip(f"the Ansible of this machine does not run on the hosts: {said.stderr}")
    manager = StandIn(
        state=tmp_path / "manager", speed=40, password=PASSWORD, host=network.CONTROLLER
    )
    with manager:
        manager.seed(sample="rich")
        yield Site(host, manager, tmp_path)


def test_a_timer_fires_is_killed_and_goes(site: Site) -> None:
    before = site.left()
    refused = site.play(schedule_backup_calendar="Blursday 02:15")
    assert refused.code == 2 and "schedule_backup_calendar is 'Blursday 02:15': " in refused.output
    assert site.left() == before
    plan = site.ok("--check", "--diff")
    assert "PLAN: SCHEDULED: backup of cluster production on h1 by systemd" in plan.output
    assert "OnCalendar=*-*-* 02:15:00" in plan.output and site.left() == before

    # a timer that fires at once, and at every minute
    site.ok(schedule_backup_calendar="*-*-* *:*:00")
    site.eventually(lambda: site.status().get("state") == "ok", "a backup by the timer")
    assert site.status()["message"].startswith(f"BACKUP OK: cluster {NAME}")
    # as it should be: at night, up to half an hour later, and proven once
    nightly = site.ok(
        schedule_backup_jitter=1800, schedule_backup_rehearse=True, schedule_backup_run_now=True
    )
    assert f"SCHEDULED: backup of cluster {NAME} on h1 by systemd" in nightly.output
    assert "run now: BACKUP OK: " in nightly.output
    sets = site.sets()
    assert len(sets) >= 2
    timer = site.sh(f"systemctl cat {UNIT}.timer; systemctl is-enabled {UNIT}.timer")
    assert "RandomizedDelaySec=1800" in timer and "Persistent=true" in timer
    assert timer.endswith("enabled")
    assert "BACKUP OK: " in site.sh(f"journalctl --no-pager -u {UNIT}.service")
    again = site.ok("--diff", schedule_backup_jitter=1800)
    assert again.changed == 0
    assert site.ok("--check", schedule_backup_jitter=1800).changed == 0
    # nobody but root reads the password, and no unit has it
    told = site.sh(f"systemctl show {UNIT}.service; cat /etc/systemd/system/{UNIT}.*")
    journal = site.sh("journalctl --no-pager")
    assert PASSWORD not in told + journal
    kept = site.sh(f"grep -rl '{PASSWORD}' /etc /var/lib /var/log --include='*[!p]' || true")
    assert kept == f"/etc/cloudify_ha/schedule/{NAME}/secrets.json"
    assert site.sh(f"stat -c '%a %U' {kept}") == "600 root"

    # killed by force in the middle: systemd tells
    site.manager.worker("down")
    asked = len(site.manager.requests())
    site.sh(f"systemctl start --no-block {UNIT}.service")
    site.eventually(
        lambda: any("/executions/" in each["path"] for each in site.manager.requests(asked)),
        "that it waits for the snapshot",
    )
    second = site.sh(
        f"{sys.executable} /etc/cloudify_ha/schedule/{NAME}/scheduled_backup.py "
        f"/etc/cloudify_ha/schedule/{NAME}/settings.json; echo ended with $?"
    )
    assert second.endswith("ended with 75")
    busy = site.play(schedule_backup_state="absent")
    assert busy.code == 2 and "A backup is running" in busy.output
    site.sh(f"systemctl kill --kill-who=main --signal=KILL {UNIT}.service")
    site.eventually(lambda: site.status()["state"] == "killed", "the note of it")
    assert site.sh(f"systemctl is-failed {UNIT}.service") == "failed"
    site.manager.worker("up")
    site.sh(f"systemctl start {UNIT}.service || systemctl status {UNIT}.service")
    assert site.status()["state"] == "ok" and len(site.sets()) == len(sets) + 1

    # cron instead, and back
    site.sh("mkdir -p /etc/cron.d")
    site.ok(schedule_backup_with="cron")
    assert f"/etc/cron.d/{UNIT}" in site.left() and f"{UNIT}.timer" not in site.left()
    site.ok()
    assert f"/etc/cron.d/{UNIT}" not in site.left() and f"{UNIT}.timer" in site.left()

    gone = site.ok(schedule_backup_state="absent")
    assert f"UNSCHEDULED: backup of cluster {NAME} on h1" in gone.output
    assert site.left() == before and len(site.sets()) == len(sets) + 1
    assert site.sh(f"systemctl list-timers --all --no-legend {UNIT}.timer") == ""
    assert site.sh(f"ls /var/log/cloudify_ha/{NAME}").count(".log") >= 4
    assert site.ok(schedule_backup_state="absent").changed == 0
