# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Split brains of the lab: how a test makes them, writes to both sides, and looks at what a run has left in the store."""

from __future__ import annotations

import base64
import json
import tarfile
import time
from pathlib import Path
from typing import Any

from lab import Lab
from lab.testing import wait_until
from product.cluster.configs import SECRETS
from product.on_hosts.tiers import Tiers
from runbooks.broken_clusters import Scene
from runbooks.runbook import Runbook

BOOK = "resolve_split_brain"
#: Seconds that Patroni has to make the fork itself.
BY_ITSELF = 45


def made(lab: Lab, version: str, layout: str = "compact") -> tuple[Runbook, Scene]:
    site = Runbook(lab, version=version, layout=layout, form_cluster=True)
    site.cluster.seed(sample="rich")
    scene = Scene(Tiers(site.cluster))
    scene.wait_whole()
    scene.who()
    return site, scene


def write(site: Runbook, host: str, key: str) -> None:
    status, body = site.cluster.call(host, "PUT", f"/secrets/{key}", {"value": "v"})
    assert status in (200, 201), body


def secrets(site: Runbook, host: str) -> set[str]:
    status, body = site.cluster.call(host, "GET", "/secrets?_size=1000")
    assert status == 200, body
    return {item["key"] for item in body["items"]}


def run_folder(site: Runbook) -> Path:
    folder = site.cluster.config_dir / "store" / site.cluster.name / ".runs"
    (found,) = folder.glob(f"{BOOK}-*")
    return found


def comparison(site: Runbook) -> dict[str, Any]:
    path = run_folder(site) / "comparison.json"
    assert path.stat().st_mode & 0o777 == 0o600
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def content_of_set(site: Runbook, side: str) -> dict[str, Any]:
    (path,) = (run_folder(site) / "sides" / side).glob(f"{site.cluster.name}/*/content.json")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def routes(site: Runbook) -> dict[str, str]:
    return {h: site.sh("ip route show type unreachable", h) for h in site.cluster.hosts}


def insert(site: Runbook, host: str, key: str) -> None:
    """A row that no synchronous standby has to acknowledge, as after a promotion by hand."""
    target = (
        f"host={site.cluster.address(host)} user=postgres dbname=cloudify_db sslmode=require "
        f"password={SECRETS['postgres']} connect_timeout=5 options='-c synchronous_commit=local'"
    )
    data = json.dumps({"id": key, "key": key, "tenant_name": "default_tenant"})
    row = f"INSERT INTO items (kind, tenant, id, data) VALUES ('secrets', 'default_tenant', '{key}', '{data}')"
    site.host(host).exec("timeout", "20", "psql", target, "-qAtc", row)


def ids(site: Runbook, host: str) -> set[str]:
    target = (
        f"host={site.cluster.address(host)} user=postgres dbname=cloudify_db sslmode=require "
        f"password={SECRETS['postgres']} connect_timeout=5"
    )
    said = site.host(host).exec("timeout", "20", "psql", target, "-qAtc", "SELECT id FROM items")
    return set(said.stdout.split())


def in_store(site: Runbook) -> set[str]:
    """All rows of table items in all dumps, by pg_restore on a host."""
    found = set()
    for dump in run_folder(site).glob("sides/*/dump-*.tar"):
        assert dump.stat().st_mode & 0o777 == 0o600
        with tarfile.open(dump) as archive:
            member = archive.extractfile("./cloudify_db.dump")
            assert member is not None
            host = site.host(site.cluster.databases[0])
            host.exec(
                "sh", "-c", "base64 -d > /var/tmp/d", input=base64.b64encode(member.read()).decode()
            )
        text = host.exec("pg_restore", "--data-only", "-t", "items", "-f", "-", "/var/tmp/d").stdout
        found |= {part for line in text.splitlines() for part in line.split("\t")}
    return found


def promote_by_hand(site: Runbook, host: str) -> None:
    """Patroni is killed with nobody to stop PostgreSQL, which somebody then promotes."""
    site.sh(
        "supervisorctl -c /etc/supervisord.conf stop patroni; "
        "cd / && runuser -u postgres -- /usr/lib/postgresql/15/bin/pg_ctl -D /var/lib/patroni/data "
        "-w -t 60 start > /dev/null && "
        "runuser -u postgres -- /usr/lib/postgresql/15/bin/pg_ctl -D /var/lib/patroni/data -w promote",
        host,
    )


def patroni(site: Runbook, verb: str, *hosts: str) -> None:
    for host in hosts:
        site.sh(f"supervisorctl -c /etc/supervisord.conf {verb} patroni", host)


def old_one_leads(site: Runbook, scene: Scene, old: str) -> None:
    """Those that have the rows are late, and the old leader leads again, without them.

    Patroni 3.0.2 does so by itself as long as it takes what its own etcd has kept for the truth: the lock is its own there. Where etcd is the quicker one, what
    it knows of the leader is removed, which is what somebody does who wants the cluster to work again.
    """
    began = time.monotonic()
    while time.monotonic() - began < BY_ITSELF:
        if scene.primaries(old) == [old]:
            print(f"the old one led by itself after {time.monotonic() - began:.0f} s")
            return
        time.sleep(1)
    print(f"not by itself within {BY_ITSELF} s: what etcd knows of the leader is removed")
    keys = f"https://{site.cluster.address(old)}:2379/v2/keys/db/postgres"
    wait_until(
        lambda: '"value"' in site.sh(f"curl -sk -m 5 {keys}/initialize; true", old),
        what="etcd has a quorum",
        every=1,
    )
    for key in ("leader", "sync", "status", "history", "optime/leader"):
        site.sh(f"curl -sk -m 5 -X DELETE {keys}/{key}", old)
    wait_until(
        lambda: scene.primaries(old) == [old], what="the old one leads", timeout=120, every=1
    )


__all__ = (
    "BOOK",
    "comparison",
    "content_of_set",
    "ids",
    "in_store",
    "insert",
    "made",
    "old_one_leads",
    "patroni",
    "promote_by_hand",
    "routes",
    "run_folder",
    "secrets",
    "write",
)
