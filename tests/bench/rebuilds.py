# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Loses clusters of the lab and times how they are rebuilt. Runs inside a lab; `make bench ARGS=--runbooks` starts it.

Each way of rebuilding gets the same: fresh hosts, the package, the certificates, the same snapshot.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench.floor import floor
from bench.measure import CommandFailed
from bench.rebuild_table import GUIDE, RUNBOOK, Rebuilds, Timed
from lab import Lab
from product.cluster import Cluster, deploy
from product.cluster.configs import FILES, LICENSE, configurations, staged, text
from product.cluster.deploy import QUICK
from product.cluster.layout import DATABASE, MANAGER, QUEUE

VERSION = "7.0.5"
NODES = {"compact": 3, "nine": 9}
# Snapshot workflows take a twentieth of what a real manager takes: less of a floor, so less of an allowance.
OPTIONS = "--speed 20 --no-rate-limit\n"
TAIL = 15
PATIENCE = 1800.0


class Bench:
    """One layout, whose cluster is lost again and again."""

    def __init__(self, lab: Lab, layout: str) -> None:
        self.lab = lab
        lab.down()
        _tell(f"installing a cluster of {NODES[layout]} nodes")
        self.cluster: Cluster = deploy(
            lab, version=VERSION, layout=layout, standin_options=OPTIONS.strip(), name=layout
        )
        self.cluster.seed(sample="rich")
        self._inventory = str(self.cluster.inventory(cloudify_confirm=self.cluster.name))
        self._play("backup")
        self._place = self._for_the_guide()

    def run(self, runs: int) -> Rebuilds:
        ways: dict[str, Callable[[], None]] = {
            RUNBOOK: lambda: self._play("rebuild_cluster"),
            GUIDE: self._guide,
        }
        layout = self.cluster.site.layout.name
        found: dict[str, list[Timed]] = {way: [] for way in ways}
        for number in range(runs):
            for way, rebuild in ways.items():
                _tell(f"{way} of {NODES[layout]} nodes, {number + 1} of {runs}")
                self._lose()
                found[way].append(self._timed(rebuild))
        return Rebuilds(layout, NODES[layout], {way: tuple(each) for way, each in found.items()})

    def _timed(self, rebuild: Callable[[], None]) -> Timed:
        since = time.time()
        rebuild()
        until = time.time()
        self._is_back()
        worked = floor(self.cluster.work(), since=since, until=until)
        _tell(f"that took {until - since:.1f} s, {worked.seconds:.1f} s of it the product's own")
        return Timed(until - since, worked.seconds, worked.parts)

    def _is_back(self) -> None:
        """A rebuild that did not bring everything back is not worth its time."""
        for host in self.cluster.managers:
            status, found = self.cluster.call(host, "GET", "/deployments")
            if status != 200 or len(found["items"]) != 5:
                raise CommandFailed(f"{host} answered {status} after the rebuild: {found}")

    def _lose(self) -> None:
        self.lab.each(lambda host: host.kill(), self.cluster.hosts)
        self.lab.each(lambda host: host.fresh(), self.cluster.hosts)
        for name in self.cluster.hosts:
            host = self.lab.host(name)
            host.write("/etc/cloudify-standin/standin-options", OPTIONS)
            host.write("/etc/cloudify-standin/tiers.json", json.dumps(QUICK))

    # -- the ways

    def _play(self, book: str) -> None:
        words = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", self._inventory]
        environment = {
            **os.environ,
            "ANSIBLE_HOST_KEY_CHECKING": "false",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_FORKS": "10",
            "ANSIBLE_NOCOLOR": "true",
        }
        _do([*words, f"cloudify_ha.recovery.{book}"], environment)

    def _for_the_guide(self) -> Path:
        """What an operator has at hand: certificates, configurations, license, package and snapshot."""
        cluster, place = self.cluster, self.cluster.config_dir / "guide"
        for host in cluster.hosts:
            files = dict(staged(cluster.site, cluster.config_dir, host))
            for name, config in configurations(cluster.site, host).items():
                files[f"/etc/cloudify/{name}"] = text(config)
            if host in cluster.managers:
                files[LICENSE] = "license: of the lab\n"
            for path, content in files.items():
                target = place / host / path.lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(content)
        shutil.copyfile(cluster.package, place / "package.rpm")
        shutil.copyfile(cluster.ca, place / "ca.crt")
        archive = next((cluster.config_dir / "store").glob("*/*/snapshot.zip"))
        shutil.copyfile(archive, place / "snapshot.zip")
        return place

    def _guide(self) -> None:
        cluster = self.cluster
        compact = cluster.site.layout.name == "compact"
        config = {s: FILES[s] if compact else "config.yaml" for s in (DATABASE, QUEUE, MANAGER)}
        environment = {
            **os.environ,
            "PLACE": str(self._place),
            "HOSTS": " ".join(cluster.hosts),
            "DATABASES": " ".join(cluster.databases),
            "BROKERS": " ".join(cluster.brokers),
            "MANAGERS": " ".join(cluster.managers),
            "DATABASE_CONFIG": f"/etc/cloudify/{config[DATABASE]}",
            "BROKER_CONFIG": f"/etc/cloudify/{config[QUEUE]}",
            "MANAGER_CONFIG": f"/etc/cloudify/{config[MANAGER]}",
            "ADDRESS": cluster.address(cluster.managers[0]),
            "LOGIN": f"{cluster.username}:{cluster.password}",
        }
        _do(["sh", str(Path(__file__).with_name("guide.sh"))], environment)


def _do(words: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        words,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=PATIENCE,
        check=False,
    )
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-TAIL:])
        raise CommandFailed(
            f"{Path(words[0]).name} {words[-1]} ended with {done.returncode}:\n{tail}"
        )


def _tell(what: str) -> None:
    print(f"measuring: {what}", file=sys.stderr, flush=True)


def rebuilds(layouts: list[str], *, runs: int) -> list[Rebuilds]:
    with Lab() as lab:
        return [Bench(lab, layout).run(runs) for layout in layouts]


__all__ = ["NODES", "rebuilds"]
