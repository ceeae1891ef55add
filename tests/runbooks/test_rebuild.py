# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rebuild_cluster: the whole cluster loses its power and its disks, and comes back from the store."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from lab import Lab
from runbooks.roles_site import PATIENCE, PLAYBOOK, Played, Site

CONFIRM = "cloudify_confirm=lab"
KINDS = ("blueprints", "deployments", "plugins", "secrets", "executions")


class Runbook(Site):
    """Playbooks on the whole cluster."""

    def words(self, book: str, *more: str) -> list[str]:
        inventory = self.cluster.inventory()
        return [str(PLAYBOOK), "-i", str(inventory), f"cloudify_ha.recovery.{book}", *more]

    def run(self, book: str, *more: str) -> Played:
        done = subprocess.run(
            self.words(book, *more),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Played(done.returncode, done.stdout)

    def good(self, book: str, *more: str) -> str:
        played = self.run(book, *more)
        assert played.code == 0, played.output
        assert "[WARNING]" not in played.output
        return played.output

    def killed(self, book: str, *more: str, at: str, log: Path) -> None:
        """Kill it with all its children once it has printed something."""
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
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def content(self) -> dict[str, list[Any]]:
        first = self.cluster.managers[0]
        found = {}
        for kind in KINDS:
            status, body = self.cluster.call(first, "GET", f"/{kind}?_size=1000")
            assert status == 200, body
            found[kind] = sorted(item.get("id") or item["key"] for item in body["items"])
        return found

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


@pytest.fixture(params=["4.5.5", "7.0.5"])
def site(request: pytest.FixtureRequest, lab: Lab) -> Runbook:
    made = Runbook(lab, version=request.param, layout="compact", form_cluster=True)
    made.cluster.seed(sample="rich")
    return made


def test_all_is_lost_and_comes_back(site: Runbook, tmp_path: Path) -> None:
    before = site.content()
    assert "BACKUP OK: cluster lab" in site.good("backup")
    site.lose()
    refused = site.run("rebuild_cluster")
    assert refused.code == 2 and "say -e cloudify_confirm=lab" in refused.output
    plan = site.good("rebuild_cluster", "--check")
    for host in site.cluster.hosts:
        assert f"PLAN {host}: nothing of the product is there" in plan
        assert f"PLAN {host}: install " in plan
    assert not any(site.lab.host(h).exists("/usr/bin/cfy_manager") for h in site.cluster.hosts)
    site.killed(
        "rebuild_cluster", "-e", CONFIRM, at="cfy_manager install", log=tmp_path / "killed.log"
    )
    told = site.good("rebuild_cluster", "-e", CONFIRM)
    assert "taken up again" in told
    assert "RESTORE OK: cluster lab" in told and "RUN ok: cluster lab" in told
    assert site.content() == before
    site.is_whole()
    again = site.run("rebuild_cluster", "-e", CONFIRM)
    assert again.code == 2 and "the cluster is not down" in again.output
    assert site.content() == before


def test_without_a_verified_set_nothing_is_torn_down(lab: Lab) -> None:
    site = Runbook(lab, version="7.0.5", layout="single")
    played = site.run("rebuild_cluster", "-e", CONFIRM)
    assert played.code == 2
    assert "has no verified set of cluster lab" in played.output
    assert site.lab.host(site.cluster.hosts[0]).exists("/usr/bin/cfy_manager")


def test_a_host_that_is_off_is_named(lab: Lab) -> None:
    site = Runbook(lab, version="7.0.5", layout="single")
    site.lab.host("h1").kill()
    played = site.run("rebuild_cluster", "-e", CONFIRM)
    assert played.code == 2
    assert "h1 cannot be reached by ssh" in played.output
    site.lab.host("h1").boot()
