# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Members of an active/standby cluster, side by side on addresses of the loopback of their own."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from standin.testing import Answer, StandIn
from standin.tests.steps import until

# fast enough for tests, slow enough for a busy machine
HEARTBEAT = 0.15
FAILURE = 2.5


class Node(StandIn):
    """One member: its REST port is on 127.0.0.1, its peers find it on an address of its own."""

    def __init__(self, name: str, *, state: Path, profile: str, **settings: Any) -> None:
        super().__init__(profile=profile, state=state, speed=50)
        self.name = name
        self.address = (
            f"127.{random.randint(1, 254)}.{random.randint(0, 255)}.{random.randint(1, 254)}"
        )
        self.config = state / "standin.json"
        self.configure(heartbeat_seconds=HEARTBEAT, failure_seconds=FAILURE, **settings)
        self._options += [
            *("--cluster-config", str(self.config)),
            *("--hostname", name),
            *("--private-ip", self.address),
        ]

    def configure(self, **settings: Any) -> None:
        self.config.parent.mkdir(parents=True, exist_ok=True)
        self.config.write_text(json.dumps(settings))

    # -- as the vendor's client does it
    def start_cluster(self) -> None:
        body = {"host_ip": self.address, "node_name": self.name, "options": None}
        answer = self.call("PUT", "/cluster", body)
        assert answer.status == 200, answer.body
        until(self.initialized)

    def invitation(self, leader: Node, *, name: str = "") -> Answer:
        """Room for this node in the leader's cluster."""
        name = name or self.name
        body = {"host_ip": self.address, "node_name": name}
        return leader.call("PUT", f"/cluster/nodes/{name}", body)

    def ask_to_join(self, leader: Node, **changes: Any) -> Answer:
        given = self.invitation(leader)
        assert given.status == 200, given.body
        body = {
            "host_ip": self.address,
            "node_name": self.name,
            "credentials": given.json["credentials"],
            "required": given.json["required"],
            "join_addrs": [n["host_ip"] for n in leader.nodes()],
            "options": None,
            **changes,
        }
        return self.call("PUT", "/cluster", body)

    def join_cluster(self, leader: Node) -> None:
        answer = self.ask_to_join(leader)
        assert answer.status == 200, answer.body
        until(lambda: leader.node(self.name).get("online"))

    def initialized(self) -> bool:
        answer = self.call("GET", "/cluster")
        return answer.status == 200 and answer.json["initialized"]

    # -- looking
    def nodes(self) -> list[dict[str, Any]]:
        answer = self.call("GET", "/cluster/nodes")
        found: list[dict[str, Any]] = answer.json["items"] if answer.status == 200 else []
        return found

    def node(self, name: str) -> dict[str, Any]:
        return next((n for n in self.nodes() if n["name"] == name), {})

    def leads(self) -> bool:
        return self.call("GET", "/status").status == 200

    def refuses(self) -> str | None:
        return self.call("GET", "/status").code

    def peers(self) -> dict[str, Any]:
        found: dict[str, Any] = self.control("GET", "/peers")
        return found

    def cut(self, *names: str) -> None:
        self.control("POST", "/peers", {"cut": list(names)})

    def heal(self) -> None:
        self.cut()

    # -- content
    def write(self, key: str, value: str = "x") -> None:
        answer = self.call("PUT", f"/secrets/{key}", {"value": value})
        assert answer.status in (200, 201), answer.body

    def secrets(self) -> set[str]:
        answer = self.call("GET", "/secrets")
        assert answer.status == 200, answer.body
        return {s["key"] for s in answer.json["items"]}


def leader_of(nodes: list[Node]) -> Node | None:
    """The only one that leads, with everybody on the same page."""
    leaders = [n for n in nodes if n.leads()]
    if len(leaders) != 1:
        return None
    agreed = all(n.peers()["leader"] == leaders[0].name for n in nodes)
    return leaders[0] if agreed else None


def healthy(nodes: list[Node]) -> bool:
    """One leader, who sees everybody online with good checks; nobody misses anybody, and all have the same database."""
    leader = leader_of(nodes)
    if leader is None:
        return False
    seen, views = leader.nodes(), [n.peers() for n in nodes]
    return (
        len(seen) == len(nodes)
        and all(each["online"] and all(each["checks"].values()) for each in seen)
        and all(len(v["alive"]) == len(nodes) - 1 and v["synced"] for v in views)
        and all(v["position"] == views[0]["position"] for v in views)
    )
