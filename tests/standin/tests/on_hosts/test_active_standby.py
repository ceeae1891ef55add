# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Managers of 4.5.5 on three hosts that lose their power and their network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lab import Lab
from lab.testing import wait_until
from product.cluster import Cluster, deploy, form
from product.cluster.deploy import prepare

STANDIN = "--speed 20 --no-rate-limit"
PATIENCE = 120.0


@pytest.fixture(scope="module")
def standby_cluster(lab: Lab) -> Iterator[Cluster]:
    lab.down()
    made = deploy(lab, version="4.5.5")
    made.seed(sample="rich")
    yield made
    lab.down()


def active(cluster: Cluster) -> list[str]:
    """Every manager that answers as the active node does."""
    return [h for h in cluster.managers if cluster.call(h, "GET", "/status", timeout=3)[0] == 200]


def nodes(cluster: Cluster, host: str) -> list[dict[str, Any]]:
    status, body = cluster.call(host, "GET", "/cluster/nodes", timeout=3)
    return body["items"] if status == 200 else []


def whole(cluster: Cluster) -> bool:
    """One active node, which sees all of them well; who leads, and what there is, all agree."""
    leaders, managers = active(cluster), cluster.managers
    if len(leaders) != 1:
        return False
    seen = nodes(cluster, leaders[0])
    if len(seen) != len(managers) or not all(
        n["online"] and all(n["checks"].values()) for n in seen
    ):
        return False
    views = [cluster.control(h, "GET", "/peers") for h in managers]
    return all(v["leader"] == leaders[0] and v["position"] == views[0]["position"] for v in views)


def the_active(cluster: Cluster) -> str:
    wait_until(lambda: whole(cluster), timeout=PATIENCE, what="a whole cluster")
    return active(cluster)[0]


def write(cluster: Cluster, host: str, key: str) -> None:
    status, body = cluster.call(host, "PUT", f"/secrets/{key}", {"value": "x"})
    assert status == 200, body


def keys(cluster: Cluster, host: str) -> set[str]:
    status, body = cluster.call(host, "GET", "/secrets")
    assert status == 200, body
    return {item["key"] for item in body["items"]}


def test_the_active_loses_its_power(standby_cluster: Cluster) -> None:
    cluster = standby_cluster
    first = the_active(cluster)
    write(cluster, first, "acknowledged")
    cluster.lab.host(first).kill()
    others = wait_until(
        lambda: [h for h in active(cluster) if h != first],
        timeout=PATIENCE,
        what="another active node",
    )
    second = others[0]
    assert "acknowledged" in keys(cluster, second)
    cluster.lab.host(first).boot()
    assert the_active(cluster) == second


def test_a_network_in_two_parts(standby_cluster: Cluster) -> None:
    cluster = standby_cluster
    first = the_active(cluster)
    cluster.lab.host(first).isolate()
    wait_until(lambda: len(active(cluster)) == 2, timeout=PATIENCE, what="two active nodes")
    second = next(h for h in active(cluster) if h != first)
    write(cluster, second, "by-majority")
    write(cluster, first, "by-minority")
    cluster.lab.host(first).rejoin()
    # the newest database is the minority's
    assert the_active(cluster) == first
    assert "by-minority" in keys(cluster, first) and "by-majority" not in keys(cluster, first)


def test_a_removed_node_is_installed_anew(standby_cluster: Cluster) -> None:
    cluster = standby_cluster
    first = the_active(cluster)
    other = next(h for h in cluster.managers if h != first)
    assert cluster.call(first, "DELETE", f"/cluster/nodes/{other}")[0] == 200

    def code() -> Any:
        body = cluster.call(other, "GET", "/status", timeout=3)[1]
        return body.get("error_code") if isinstance(body, dict) else None

    wait_until(lambda: code() == "removed_from_cluster", timeout=PATIENCE)
    cluster.lab.host(other).fresh()
    prepare(cluster, other, standin=STANDIN, tuning={})
    cluster.cfy_manager(other, "install")
    form.join(cluster, other, first)
    assert the_active(cluster) == first
