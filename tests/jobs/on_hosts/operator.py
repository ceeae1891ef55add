# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Somebody who launches job templates for a cluster of the lab, and looks for secrets in whatever is left."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runbooks.runbook import Runbook

from jobs.awx import Awx, Ended
from jobs.launch import Machine
from jobs.surveys import answered, injected
from lab import Lab
from product.cluster import Cluster

REPO = Path(__file__).parents[3]
STORE, PLACE, PORT = "h4", "/var/lib/cloudify_ha", 8099
PASSPHRASE = "p4ssphrase of the lab's key"
#: What a container has of its own: processes, a name, mounts, and nothing of whoever started it in the home of root and of ssh.
CONTAINER = (
    *("unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"),
    *("sh", "-c"),
    'hostname "$0" && mount -t tmpfs none /root/.ssh && mount -t tmpfs none /etc/ssh/ssh_config.d && exec "$@"',
    "awx-job-{number}",
)


class Operator:
    def __init__(self, lab: Lab, place: Path) -> None:
        self.site = Runbook(lab, version="7.0.5", layout="compact", form_cluster=True)
        self.cluster: Cluster = self.site.cluster
        self.cluster.seed(sample="rich")
        self.store = lab.up(STORE)[0]
        self._serve_the_package()
        self.key = self._key(place, lab.key)
        self.secrets = self._secrets()
        self.awx = Awx(
            place=place,
            project=self._project(place),
            groups=self._groups(),
            variables={
                "cloudify_cluster_name": self.cluster.name,
                "cloudify_store_dir": PLACE,
                "cloudify_connection": {
                    "manager_hosts": [self.cluster.address(h) for h in self.cluster.managers]
                },
                "cloudify_install_package": self.package,
                "cloudify_command": self.cluster.site.version.command,
                # several hosts share few cores with other tests
                "diagnose_deadline": 20,
                "diagnose_connect_timeout": 10,
            },
            machine=Machine(username="ops", key=self.key, passphrase=PASSPHRASE),
            credentials=(
                injected(
                    {
                        "manager_hosts": ",".join(
                            self.cluster.address(h) for h in self.cluster.managers
                        ),
                        "username": self.cluster.username,
                        "password": self.cluster.password,
                        "ca": self.cluster.ca.read_text(),
                    }
                ),
            ),
            container=CONTAINER,
            environment={"ANSIBLE_FORKS": "10"},
        )

    # -- jobs

    def launch(
        self,
        runbook: str,
        *,
        rc: int | None = 0,
        how: Mapping[str, Any] | None = None,
        **answers: Any,
    ) -> Ended:
        """
        :param rc: which it has to end with; None for a job that is cancelled
        :param answers: to the survey's questions, by variable
        """
        given = answered(
            runbook, answers, cluster=self.cluster.name, nodes=list(self.cluster.hosts)
        )
        ended = self.awx.run(f"{runbook}.yml", answers=given, **(how or {}))
        told = ended.output
        if rc is not None:
            assert ended.rc == rc, told
            assert ended.status == ("failed" if rc else "successful"), told
        assert ended.tells(self.secrets) == []
        assert "Traceback" not in told
        return ended

    def plan(self, runbook: str, *, at_rest: bool = True, **answers: Any) -> str:
        """Job type check: what the approver is shown. Nothing may have changed by it.

        :param at_rest: False while a failover may change hosts by itself: then the store alone is looked at
        """
        before = self.looks()
        ended = self.launch(runbook, how={"check": True}, **answers)
        for name, text in self.looks().items():
            if at_rest or name == STORE:
                assert text == before[name], name
        plan = ended.stats["cloudify_plan"][runbook]["plan"]
        return "\n".join(plan)

    # -- what there is

    def looks(self) -> dict[str, str]:
        """All that a job could have changed, and that does not change by itself: on hosts that are up, and in the store."""
        up = [h for h in self.cluster.hosts if self.site.lab.host(h).state == "up"]
        found = {name: self.site.look(name) for name in up}
        script = f"find {PLACE} -type f ! -name .guard -exec sha256sum {{}} + 2>/dev/null | sort"
        found[STORE] = self.store.exec("sh", "-c", script).stdout
        return found

    def sets(self) -> list[str]:
        script = f"ls -d {PLACE}/lab/*/manifest.json 2>/dev/null || true"
        return self.store.exec("sh", "-c", script).stdout.split()

    def journal(self, run: str) -> list[dict[str, Any]]:
        """Of the newest run whose name begins so."""
        script = (
            f"cat $(ls -d {PLACE}/lab/.runs/{run}* | tail -n 1)/journal.jsonl 2>/dev/null || true"
        )
        lines = self.store.exec("sh", "-c", script).stdout.splitlines()
        return [json.loads(line) for line in lines]

    def holder(self) -> dict[str, Any]:
        """What the lock says; empty where nobody has the cluster."""
        done = self.store.exec("cat", f"{PLACE}/lab/.lock", check=False)
        found: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {}
        return found

    # -- what it takes

    def _groups(self) -> dict[str, dict[str, dict[str, Any]]]:
        def host(name: str) -> dict[str, Any]:
            return {
                "ansible_host": self.site.lab.host(name).address,
                "ansible_python_interpreter": "/usr/bin/python3",
            }

        groups = {
            "cloudify_managers": self.cluster.managers,
            "cloudify_brokers": self.cluster.brokers,
            "cloudify_databases": self.cluster.databases,
            "cloudify_store": (STORE,),
        }
        found = {group: {name: host(name) for name in names} for group, names in groups.items()}
        found["cloudify_store"][STORE]["ansible_connection"] = "ssh"
        return found

    def _project(self, place: Path) -> Path:
        """The one that is in the repository for users."""
        return Path(shutil.copytree(REPO / "awx", place / "project"))

    def _serve_the_package(self) -> None:
        """By URL: a job's container has no files of anybody."""
        name = self.cluster.package.name
        shutil.copyfile(self.cluster.package, self.store.root / "srv" / name)
        self.store.exec(
            *("systemd-run", "--unit", "packages", "python3", "-m", "http.server"),
            *("--directory", "/srv", str(PORT)),
        )
        self.store.exec("install", "-d", "-m", "0700", "-o", "ops", PLACE)
        self.package = f"http://{self.store.address}:{PORT}/{name}"

    def _key(self, place: Path, key: Path) -> str:
        """The lab's key with a passphrase."""
        copy = place / "key"
        shutil.copy(key, copy)
        words = ("ssh-keygen", "-q", "-p", "-P", "", "-N", PASSPHRASE, "-f", str(copy))
        subprocess.run(words, check=True)
        text = copy.read_text()
        copy.unlink()
        return text

    def _secrets(self) -> dict[str, str]:
        found = {
            "password": self.cluster.password,
            "passphrase": PASSPHRASE,
            "ssh key": self.key,
            "clear ssh key": self.site.lab.key.read_text(),
        }
        for host in self.cluster.hosts:
            names = self.site.sh("ls /etc/cloudify/ssl/*key.pem", host).split()
            for name in names:
                found[f"{host}:{name}"] = self.site.sh(f"cat {name}", host)
        return found


__all__ = ["STORE", "Operator"]
