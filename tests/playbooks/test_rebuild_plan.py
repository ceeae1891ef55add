# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What rebuild_cluster --check says of its second half: what is restored where, and who joins whom."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from playbooks.cluster import Cluster
from playbooks.test_rebuild_partial import Site, lock

Start = Callable[..., Cluster]


def with_others(site: Site) -> Site:
    """In the inventory, with the names of the stand-in's cluster; they never answer."""
    path = site.place / "hosts.json"
    inventory = json.loads(path.read_text())
    others = {name: {"ansible_host": f"127.0.0.{name[1]}"} for name in ("m2", "m3")}
    hosts = inventory["all"]["children"]["cloudify_managers"]["hosts"]
    hosts |= others
    hosts["m1"]["cloudify_hostname"] = "cloudify-manager"
    hosts["m2"]["cloudify_hostname"] = "cloudify-replica-1"
    path.write_text(json.dumps(inventory))
    return site


def plan(site: Site, **variables: str) -> list[str]:
    told = site.again("--check", **variables)
    assert told.code == 0, told.output
    lines = re.findall(r'"msg": "PLAN (m\d: [^"]+)"', told.output)
    return [re.sub(r"backup-[0-9TZ]+", "SET", line) for line in lines]


@pytest.mark.parametrize(
    ("version", "lines"),
    [
        ("4.5.5", ["m1: restore SET", "m1: start the cluster", "m2: join m1", "m3: join m1"]),
        ("5.0.5", ["m1: restore SET"]),
        ("7.0.5", ["m1: restore SET, in maintenance mode"]),
    ],
)
def test_plan_of_each_generation(
    start: Start, tmp_path: Path, version: str, lines: list[str]
) -> None:
    cluster = start(version)
    cluster.manager.seed(sample="rich")
    cluster.ok("backup")
    site = with_others(Site(cluster, tmp_path))
    assert plan(site) == lines


def test_maintenance_mode_is_as_it_was_asked_for(cluster: Cluster, tmp_path: Path) -> None:
    cluster.ok("backup")
    site = Site(cluster, tmp_path)
    assert plan(site, apply_snapshot_maintenance="never") == ["m1: restore SET"]


def test_what_an_earlier_attempt_has_done_is_not_planned(start: Start, tmp_path: Path) -> None:
    cluster = start("4.5.5")
    cluster.manager.seed(sample="rich")
    cluster.ok("backup")
    cluster.manager.wipe()
    site = with_others(Site(cluster, tmp_path))
    assert site.again().code == 0
    cluster.variables["cloudify_take_over"] = lock(site)
    # there is no cluster yet
    assert plan(site) == ["m1: start the cluster", "m2: join m1", "m3: join m1"]
    cluster.manager.call("PUT", "/cluster", {"host_ip": "127.0.0.1", "node_name": "m1"})
    cluster.manager.control("POST", "/cluster", {"nodes": 2})
    assert plan(site) == ["m3: join m1"]
    # a manager that does not answer tells nothing
    cluster.variables["cloudify_connection"]["manager_port"] = 1
    (line,) = plan(site)
    assert line.startswith("m1: whether SET, which an earlier attempt has restored, is there still")
