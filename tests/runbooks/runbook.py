# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runbooks on a whole cluster: how a test plays them, loses the cluster, and looks at what came back."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runbooks.roles_site import PATIENCE, Site
from tooling.played import PLAYBOOK, Played

CONFIRM = "cloudify_confirm=lab"
#: diagnose on hosts of the lab, several of which share few cores with other tests.
PATIENT = ("-e", "diagnose_deadline=20", "-e", "diagnose_connect_timeout=10")
# One whose services are down answers nothing.
PRIMARY = "curl -sk -o /dev/null -w '%{http_code}' https://$(hostname -I | cut -d' ' -f1):8008/primary; true"
KINDS = ("blueprints", "deployments", "plugins", "secrets", "executions")


class Runbook(Site):
    """Playbooks on the whole cluster."""

    def words(self, book: str, *more: str) -> list[str]:
        inventory = self.cluster.inventory()
        return [str(PLAYBOOK), "-i", str(inventory), f"cloudify_ha.recovery.{book}", *more]

    def run(self, book: str, *more: str) -> Played:
        return self.played(self.words(book, *more))

    def good(self, book: str, *more: str) -> str:
        played = self.run(book, *more)
        assert played.code == 0, played.output
        assert "[WARNING]" not in played.output
        return played.output

    def killed(self, book: str, *more: str, at: str, log: Path) -> None:
        """Kill it with all its children once it has printed something."""
        child = self._until(at, book, *more, log=log)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def good_with(self, book: str, *more: str, at: str, then: Callable[[], object]) -> str:
        """Do something once it has printed a text, and see it end well."""
        log = self.cluster.config_dir / f"{book}.log"
        child = self._until(at, book, *more, log=log)
        then()
        code = child.wait()
        told = log.read_text()
        assert code == 0, told
        assert "[WARNING]" not in told
        return told

    def _until(self, at: str, book: str, *more: str, log: Path) -> subprocess.Popen[bytes]:
        with log.open("wb") as out:
            child = subprocess.Popen(
                self.words(book, *more),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        end = time.monotonic() + PATIENCE * 3
        while at not in log.read_text() and child.poll() is None and time.monotonic() < end:
            time.sleep(0.1)
        assert child.poll() is None and at in log.read_text(), log.read_text()
        return child

    def content(self) -> dict[str, list[Any]]:
        first = self.cluster.managers[0]
        found = {}
        for kind in KINDS:
            status, body = self.cluster.call(first, "GET", f"/{kind}?_size=1000")
            assert status == 200, body
            found[kind] = sorted(item.get("id") or item["key"] for item in body["items"])
        return found

    def active(self) -> str:
        """The manager, or the host of the database, that leads."""
        if self.cluster.site.version.generation == "active_standby":
            managers = self.cluster.managers
            (found,) = [m for m in managers if self.cluster.call(m, "GET", "/status")[0] == 200]
            return str(found)
        (leader,) = [h for h in self.cluster.databases if self.sh(PRIMARY, h) == "200"]
        return str(leader)

    def lose(self) -> None:
        """Power cut, and new hosts with empty disks in their place."""
        for host in self.cluster.hosts:
            self.lab.host(host).kill()
        for host in self.cluster.hosts:
            self.lab.host(host).fresh()

    def is_whole(self) -> None:
        """As every member sees it, over TLS with the CA from before."""
        managers = self.cluster.managers
        if self.cluster.site.version.generation == "active_standby":
            status, body = self.cluster.call(managers[0], "GET", "/cluster/nodes")
            assert status == 200
            assert sorted((n["name"], n["online"]) for n in body["items"]) == [
                (name, True) for name in sorted(managers)
            ]
            assert [n["name"] for n in body["items"] if n["master"]] == [managers[0]]
            return
        end = time.monotonic() + PATIENCE
        while True:
            seen = [self.cluster.call(host, "GET", "/cluster-status") for host in managers]
            if [(s, b["status"] if s == 200 else b) for s, b in seen] == [(200, "OK")] * len(seen):
                return
            assert time.monotonic() < end, seen
            time.sleep(1)


__all__ = ("CONFIRM", "PATIENT", "Runbook")
