# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Managers on a database of Patroni's and brokers that can be lost."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from lab.testing import wait_until
from product.cluster import Cluster

COUNTER = itertools.count(1)


def write(cluster: Cluster, host: str) -> int:
    """The status that a write through this manager has."""
    status, _body = cluster.call(
        host, "PUT", f"/secrets/probe{next(COUNTER)}", {"value": "x"}, timeout=120
    )
    return status


def keys(cluster: Cluster, host: str) -> list[str]:
    status, body = cluster.call(host, "GET", "/secrets?_include=key&_sort=key", timeout=120)
    assert status == 200, body
    return [item["key"] for item in body["items"]]


def tiers(cluster: Cluster, host: str) -> dict[str, str]:
    """The state of each tier as this manager tells it; empty when it cannot."""
    status, body = cluster.call(host, "GET", "/cluster-status", timeout=120)
    if status != 200:
        return {}
    return {name: tier["status"] for name, tier in body["services"].items()}


def all_well(cluster: Cluster) -> bool:
    return all(
        set(tiers(cluster, host).values()) == {"OK"} and write(cluster, host) == 200
        for host in cluster.hosts
    )


def leader(cluster: Cluster) -> str:
    """The host of the database's primary, by its own word."""

    def found() -> str:
        for name in cluster.hosts:
            host = cluster.lab.host(name)
            if host.state != "up":
                continue
            url = f"https://{cluster.address(name)}:8008/primary"
            told = ("curl", "-sko", "/dev/null", "-w", "%{http_code}", "-m", "3", url)
            if host.exec(*told, check=False).stdout.strip() == "200":
                return name
        return ""

    return wait_until(found, timeout=90, what="a primary")


@pytest.fixture
def whole(cluster: Cluster) -> Iterator[Cluster]:
    yield cluster
    cluster.lab.reset()
    wait_until(lambda: all_well(cluster), timeout=180, what="the cluster whole again", every=1)


def test_all_tiers_are_told_well(whole: Cluster) -> None:
    wait_until(lambda: all_well(whole), timeout=90, what="all tiers OK", every=0.5)
    _status, body = whole.call("h2", "GET", "/cluster-status")
    database = body["services"]["db"]["nodes"]
    assert set(database) == set(whole.hosts)
    assert set(database["h1"]["services"]) == {
        "Patroni HA Template",
        "Etcd key-value store",
        "PostgreSQL",
    }
    assert whole.call("h2", "GET", "/cluster-status?summary=true") == (
        200,
        {"status": "OK", "services": {}},
    )
    rows = [whole.call(h, "GET", "/blueprints")[1]["items"] for h in whole.hosts]
    assert rows[0] == rows[1] == rows[2] != []


def test_an_archive_comes_to_all_managers(whole: Cluster) -> None:
    status, body = whole.call("h1", "PUT", "/snapshots/spread", {"legacy": True})
    assert status == 201, body
    file = "/var/lib/cloudify-standin/snapshots/spread/spread.zip"
    for host in whole.hosts:
        machine = whole.lab.host(host)
        wait_until(lambda m=machine: m.exists(file), timeout=60, what=f"the archive on {host}")  # type: ignore[misc]
    sums = {whole.lab.host(h).exec("sha256sum", file).stdout for h in whole.hosts}
    assert len(sums) == 1
    assert whole.call("h3", "DELETE", "/snapshots/spread")[0] == 200
    for host in whole.hosts:
        machine = whole.lab.host(host)
        wait_until(lambda m=machine: not m.exists(file), timeout=60, what=f"gone from {host}")  # type: ignore[misc]


def test_the_hosts_own_services(whole: Cluster) -> None:
    host = whole.lab.host("h2")
    supervisor = ("supervisorctl", "-c", "/etc/supervisord.conf")
    host.exec(*supervisor, "stop", "cloudify-stage")
    status = wait_until(lambda: failed(whole, "h2"), what="/status says so")
    assert status["services"]["Cloudify Console"]["status"] == "Inactive"
    assert whole.call("h1", "GET", "/status")[1]["status"] == "OK"
    wait_until(lambda: tiers(whole, "h1").get("manager") == "Degraded", what="peers say so")
    host.exec(*supervisor, "start", "cloudify-stage")


def failed(cluster: Cluster, host: str) -> Any:
    status, body = cluster.call(host, "GET", "/status")
    return body if status == 200 and body["status"] == "Fail" else None


def test_the_power_of_the_databases_leader_is_cut(whole: Cluster) -> None:
    lost = leader(whole)
    others = [h for h in whole.hosts if h != lost]
    before = keys(whole, others[0])
    whole.lab.host(lost).kill()
    wait_until(lambda: write(whole, others[0]) == 200, timeout=180, what="writes again", every=1)
    assert set(before) <= set(keys(whole, others[1]))
    wait_until(
        lambda: tiers(whole, others[1]) == dict.fromkeys(("broker", "db", "manager"), "Degraded"),
        timeout=90,
        what="all tiers degraded",
        every=1,
    )
    assert whole.call(others[0], "GET", "/cluster-status?summary=true")[0] == 200
    assert leader(whole) != lost


def test_no_majority_no_answer_and_nothing_is_lost(whole: Cluster) -> None:
    left = leader(whole)
    before = keys(whole, left)
    for name in whole.hosts:
        if name != left:
            whole.lab.host(name).cut()
    # held up until the leader steps down, refused from then on: 504 and 500, never 200
    codes = {write(whole, left) for _turn in range(3)}
    assert codes <= {500, 504}, codes
    wait_until(
        lambda: whole.call(left, "GET", "/status", timeout=120)[0] in (500, 504),
        timeout=120,
        what="reading fails too",
        every=1,
    )
    whole.lab.reset()
    wait_until(lambda: all_well(whole), timeout=180, what="the cluster whole again", every=1)
    assert set(before) <= set(keys(whole, left))


def test_a_majority_of_brokers_lost(whole: Cluster) -> None:
    for name in ("h1", "h2"):
        told = ("supervisorctl", "-c", "/etc/supervisord.conf", "stop", "cloudify-rabbitmq")
        whole.lab.host(name).exec(*told, timeout=120)
    try:
        wait_until(
            lambda: tiers(whole, "h3").get("broker") == "Fail",
            timeout=90,
            what="the tier fails",
            every=1,
        )
        status, body = whole.call("h3", "GET", "/cluster-status?summary=true")
        assert (status, body["status"]) == (500, "Fail")
    finally:
        for name in ("h1", "h2"):
            told = ("supervisorctl", "-c", "/etc/supervisord.conf", "start", "cloudify-rabbitmq")
            whole.lab.host(name).exec(*told, timeout=180)


def test_registers(whole: Cluster) -> None:
    status, _body = whole.call("h2", "DELETE", "/managers/h3")
    assert status == 200
    listed = [m["hostname"] for m in whole.call("h1", "GET", "/managers")[1]["items"]]
    assert sorted(listed) == ["h1", "h2"]
    # who has been removed goes on using the database, and may be registered again
    row = {"hostname": "h3", "private_ip": whole.address("h3"), "public_ip": whole.address("h3")}
    told = {**row, "version": "7.0.5", "edition": "premium"}
    more = {"distribution": "redhat", "distro_release": "ootpa"}
    assert whole.call("h3", "POST", "/managers", {**told, **more})[0] == 200
    assert whole.call("h3", "POST", "/managers", {**told, **more})[0] == 409
