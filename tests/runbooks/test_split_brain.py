# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""resolve_split_brain: both sides are written to, before connectivity returns and after; nothing of either is gone from the store."""

from __future__ import annotations

import base64
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from lab import Lab
from lab.testing import wait_until
from product.cluster.configs import SECRETS
from product.on_hosts.tiers import Tiers
from runbooks.broken_clusters import Scene
from runbooks.runbook import CONFIRM, Runbook

BOOK = "resolve_split_brain"


def made(lab: Lab, version: str) -> tuple[Runbook, Scene]:
    site = Runbook(lab, version=version, layout="compact", form_cluster=True)
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


@pytest.mark.parametrize("survivor", ["minority", "majority"])
def test_two_active_managers(lab: Lab, survivor: str) -> None:
    site, scene = made(lab, "4.5.5")
    whole = site.run(BOOK)
    assert whole.code == 2 and "No split brain is seen" in whole.output
    old = scene.were["leader"]
    others = [scene.were["other"], scene.were["third"]]
    scene.isolate("leader")
    scene.wait_leader("other", "third")
    (new,) = scene.active(*others)
    write(site, old, "of-minority")
    write(site, new, "of-majority")

    before = routes(site)
    plan = site.good(BOOK, "--check")
    assert f"PLAN {old}: fence it off" in plan
    assert routes(site) == before and not any(before.values())
    assert site.cluster.call(old, "GET", "/maintenance")[1]["status"] == "deactivated"

    told = site.good(BOOK)
    assert "SPLIT BRAIN FROZEN: cluster lab" in told
    compared = comparison(site)
    assert compared["only"][old]["secrets"] == ["of-minority of tenant default_tenant"]
    assert compared["only"][new]["secrets"] == ["of-majority of tenant default_tenant"]
    assert compared["last_writes"][old]["secrets"] and compared["last_writes"][new]["secrets"]
    for side, key in ((old, "of-minority"), (new, "of-majority")):
        kept = content_of_set(site, side)["content"]["default_tenant"]["secrets"]["ids"]
        assert key in kept
        status = site.cluster.call(side, "GET", "/maintenance")[1]["status"]
        assert status == "activated"

    # connectivity returns, and still each side is as it was
    scene.undo.clear()
    site.lab.host(old).rejoin()
    site.good(BOOK)
    assert sorted(scene.active()) == sorted([old, new])
    plan = site.good(BOOK, "-e", f"survivor={old}", "--check")
    assert f"PLAN {old}: stays, with its database as it is" in plan

    refused = site.run(BOOK, "-e", "survivor=h9", "-e", CONFIRM)
    assert refused.code == 2 and "h9 cannot be the survivor" in refused.output
    unconfirmed = site.run(BOOK, "-e", f"survivor={old}")
    assert unconfirmed.code == 2 and "cloudify_confirm=lab" in unconfirmed.output
    assert sorted(scene.active()) == sorted([old, new])

    stays, goes = (old, new) if survivor == "minority" else (new, old)
    log = site.cluster.config_dir / "killed.log"
    site.killed(BOOK, "-e", f"survivor={stays}", "-e", CONFIRM, at="Take the fences away", log=log)
    told = site.good(BOOK, "-e", f"survivor={stays}", "-e", CONFIRM)
    assert f"SPLIT BRAIN HEALED towards {stays}" in told
    lost = "of-majority" if survivor == "minority" else "of-minority"
    assert f"to be done again by hand: only {goes} has secrets: {lost}" in told
    wait_until(lambda: scene.active() == [stays], what="one active manager", every=1)
    kept = {"of-minority", "of-majority"} - {lost}
    assert secrets(site, stays) & {"of-minority", "of-majority"} == kept
    assert not any(routes(site).values())
    write(site, stays, "afterwards")
    # what is gone from the cluster is in the set of the other side
    assert lost in content_of_set(site, goes)["content"]["default_tenant"]["secrets"]["ids"]


# -- all_active


def sql(site: Runbook, host: str, statement: str, *, seconds: int = 20) -> str:
    """On the product's database of this very host."""
    tiers = Tiers(site.cluster)
    return tiers.sql(host, statement, seconds=seconds)


def insert(site: Runbook, host: str, key: str) -> None:
    """A row that no synchronous standby has to acknowledge, as after a promotion by hand."""
    target = (
        f"host={site.cluster.address(host)} user=postgres dbname=cloudify_db sslmode=require "
        f"password={SECRETS['postgres']} connect_timeout=5 options='-c synchronous_commit=local'"
    )
    row = f"INSERT INTO items (kind, tenant, id, data) VALUES ('secrets', 'default_tenant', '{key}', '{{}}')"
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
            host = site.host(site.cluster.hosts[0])
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


@pytest.mark.parametrize("survivor", ["promoted", "quorum"])
def test_a_database_that_was_promoted_by_hand(lab: Lab, survivor: str) -> None:
    site, scene = made(lab, "7.0.5")
    site.good("backup")
    leader, forced = scene.were["leader"], scene.were["async"]
    scene.isolate("async")
    promote_by_hand(site, forced)
    write(site, leader, "of-quorum")
    insert(site, forced, "of-promoted")

    site.good(BOOK, "--check")
    assert site.sh("supervisorctl -c /etc/supervisord.conf status patroni; true", leader).count(
        "RUNNING"
    )
    assert "of-promoted" in ids(site, forced)

    told = site.good(BOOK)
    assert "SPLIT BRAIN FROZEN: cluster lab" in told
    compared = comparison(site)
    assert any("of-promoted" in i for i in compared["only"][forced]["items"])
    assert any("of-quorum" in i for i in compared["only"][leader]["items"])
    assert {"of-promoted", "of-quorum"} <= in_store(site)
    scene.undo.clear()
    site.lab.host(forced).rejoin()
    site.good(BOOK)

    stays, lost = (forced, "of-quorum") if survivor == "promoted" else (leader, "of-promoted")
    log = site.cluster.config_dir / "killed.log"
    at = "Have the others follow it"
    site.killed(BOOK, "-e", f"survivor={stays}", "-e", CONFIRM, at=at, log=log)
    told = site.good(BOOK, "-e", f"survivor={stays}", "-e", CONFIRM)
    assert f"SPLIT BRAIN HEALED towards {stays}" in told and lost in told
    kept = {"of-promoted", "of-quorum"} - {lost}
    for host in site.cluster.databases:
        assert ids(site, host) & {"of-promoted", "of-quorum"} == kept
    scene.wait_whole()
    write(site, leader, "afterwards")
    assert {"of-promoted", "of-quorum"} <= in_store(site)


def patroni(site: Runbook, verb: str, *hosts: str) -> None:
    for host in hosts:
        site.sh(f"supervisorctl -c /etc/supervisord.conf {verb} patroni", host)


def forget_the_leader(site: Runbook, host: str) -> None:
    """What etcd knows of it, and what would keep another one from leading."""
    keys = f"https://{site.cluster.address(host)}:2379/v2/keys/db/postgres"
    wait_until(
        lambda: '"value"' in site.sh(f"curl -sk -m 5 {keys}/initialize; true", host),
        what="etcd has a quorum",
        every=1,
    )
    for key in ("leader", "sync", "status", "history", "optime/leader"):
        site.sh(f"curl -sk -m 5 -X DELETE {keys}/{key}", host)


@pytest.mark.parametrize("moment", ["apart", "together"])
def test_double_partition(lab: Lab, moment: str) -> None:
    """The leader is isolated, another one acknowledges writes, then all are apart for longer than a leader's lease."""
    site, scene = made(lab, "7.0.5")
    old = scene.were["leader"]
    others = [scene.were["sync"], scene.were["async"]]
    scene.isolate("leader")
    scene.wait_leader("sync", "async")
    (new,) = scene.primaries(*others)
    keys = {f"acknowledged-{n}" for n in range(5)}
    wait_until(
        lambda: site.cluster.call(new, "PUT", "/secrets/first", {"value": "v"})[0] in (200, 201),
        what="writes are acknowledged again",
        timeout=90,
        every=1,
    )
    for key in keys:
        write(site, new, key)
    for host in others:
        site.host(host).isolate()
    wait_until(lambda: not scene.primaries(*site.cluster.hosts), what="nobody leads", timeout=120)
    scene.undo.clear()
    if moment == "together":
        # Patroni 3.0.2 does so by itself at times, when both that have the rows are late: here it is made to
        patroni(site, "stop", *others)
        for host in site.cluster.hosts:
            site.host(host).rejoin()
        forget_the_leader(site, old)
        wait_until(
            lambda: scene.primaries(old) == [old], what="the old one leads", timeout=120, every=1
        )
        # started now, Patroni would make the others' databases copies of this one, and the rows were gone
        assert not keys & ids(site, old)
    told = site.good(BOOK)
    assert "SPLIT BRAIN FROZEN: cluster lab" in told
    assert keys <= in_store(site)
    if moment == "apart":
        for host in site.cluster.hosts:
            site.host(host).rejoin()
    told = site.good(BOOK, "-e", f"survivor={new}", "-e", CONFIRM)
    assert f"SPLIT BRAIN HEALED towards {new}" in told
    for host in site.cluster.databases:
        assert keys <= ids(site, host)
    scene.wait_whole()
    assert keys <= secrets(site, old)


def test_unfreezing_undoes_the_freezing(lab: Lab) -> None:
    site, scene = made(lab, "7.0.5")
    leader, forced = scene.were["leader"], scene.were["async"]
    scene.isolate("async")
    promote_by_hand(site, forced)
    insert(site, forced, "of-promoted")
    site.good(BOOK)
    stopped = "pgrep -x postgres > /dev/null && echo runs; true"
    assert site.sh(stopped, forced) == ""
    told = site.good(BOOK, "-e", "cloudify_action=unfreeze")
    assert "SPLIT BRAIN UNFROZEN: cluster lab" in told
    assert "of-promoted" in ids(site, forced)
    assert "frozen by cloudify_ha" not in site.sh("cat /etc/supervisord.d/*", forced)
    insert(site, forced, "afterwards")
    write(site, leader, "afterwards")
