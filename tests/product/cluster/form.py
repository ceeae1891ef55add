# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""active_standby: start the cluster on the first manager and join the others, over REST."""

from __future__ import annotations

import time
from typing import Any

from product.cluster.site import Cluster

SECONDS = 120.0


def form(cluster: Cluster) -> None:
    first, *others = cluster.managers
    start(cluster, first)
    for host in others:
        join(cluster, host, first)


def start(cluster: Cluster, host: str) -> None:
    body = {"host_ip": cluster.address(host), "node_name": host}
    _expect(cluster.call(host, "PUT", "/cluster", body))
    wait(cluster, host, lambda nodes: any(n["name"] == host and n["online"] for n in nodes))


def join(cluster: Cluster, host: str, leader: str) -> None:
    invitation = _expect(
        cluster.call(
            leader,
            "PUT",
            f"/cluster/nodes/{host}",
            {"host_ip": cluster.address(host), "node_name": host},
        )
    )
    body: dict[str, Any] = {
        "host_ip": cluster.address(host),
        "node_name": host,
        "join_addrs": [cluster.address(leader)],
        "credentials": invitation["credentials"],
    }
    _expect(cluster.call(host, "PUT", "/cluster", body))
    wait(cluster, leader, lambda nodes: any(n["name"] == host and n["online"] for n in nodes))


def nodes(cluster: Cluster, host: str) -> list[dict[str, Any]]:
    status, body = cluster.call(host, "GET", "/cluster/nodes")
    return list(body["items"]) if status == 200 else []


def wait(cluster: Cluster, host: str, done: Any) -> None:
    deadline = time.monotonic() + SECONDS
    while not done(nodes(cluster, host)):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{host} does not show what is waited for: {nodes(cluster, host)}")
        time.sleep(0.2)


def _expect(answer: tuple[int, Any]) -> Any:
    if answer[0] >= 300 or answer[0] == 0:
        raise RuntimeError(f"the manager answered {answer[0]}: {answer[1]}")
    return answer[1]


__all__ = ["form", "join", "nodes", "start", "wait"]
