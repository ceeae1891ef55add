# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A member as the REST service sees it: what is refused, and the resources below /cluster."""

from __future__ import annotations

import re
import secrets
import string
import threading
import uuid
from typing import TYPE_CHECKING, Any

from standin import errors
from standin.cluster.active_standby import health
from standin.cluster.active_standby.jobs import Jobs
from standin.cluster.active_standby.member import StandbyMember
from standin.cluster.active_standby.memory import ALONE, REMOVED, STARTING, Json
from standin.cluster.active_standby.serving import REMOVED as REMOVED_WORDS
from standin.cluster.services import HostServices

if TYPE_CHECKING:
    from standin.cluster.config import ClusterConfig, Settings
    from standin.front import Front
    from standin.manager import Manager
    from standin.wire import Request

ALREADY = "This manager machine is already part of a Cloudify Manager cluster"
CLUSTER_UNITS = {
    "PostgreSQL": "cloudify-postgresql.service",
    "Consul": "consul.service",
    "Syncthing": "cloudify-syncthing.service",
}
_STATUS_PATH = re.compile(r"^/api/[^/]+/cluster(/nodes(/[^/]+)?)?$")
_JOIN_PATH = re.compile(r"^/api/[^/]+/cluster$")


class StandbyRest:
    """Guards the REST service of one member, and answers for its cluster."""

    def __init__(self, manager: Manager, front: Front, config: ClusterConfig) -> None:
        self.services = HostServices(manager, front)
        self._apply(config.settings)
        config.on_change(self._apply)
        self.member = StandbyMember(manager, self.services, config)
        self._jobs = Jobs(self.member)
        if self.member.clustered:
            threading.Thread(target=self.member.begin_again, name="begin", daemon=True).start()
        else:
            self._jobs.resume()

    def _apply(self, settings: Settings) -> None:
        self.services.follow(settings.get("services") or {})

    def close(self) -> None:
        self.services.close()
        self.member.close()

    def wiped(self) -> None:
        """The manager is about to be installed anew."""
        self.member.forget()
        self._jobs.unmark()

    # -- guarding
    def gate(self, request: Request) -> None:
        state = self.member.memory["state"]
        if state == REMOVED:
            raise errors.RestError(400, "removed_from_cluster", REMOVED_WORDS)
        if not self.member.clustered or (self.member.leads and not self.member.handing_over):
            return
        if self._is_about_the_cluster(request):
            return
        leader = self.member.leader_name() or "not known"
        raise errors.RestError(
            400,
            "not_cluster_master",
            f"This node is not the active of its cluster; the active is {leader}",
        )

    def _is_about_the_cluster(self, request: Request) -> bool:
        """A standby is as mute as its web server makes it, unless it is to tell what it sees of the cluster."""
        if not self.member.config.settings.get("standby_shows_cluster", False):
            return False
        if request.method in ("GET", "HEAD"):
            return bool(_STATUS_PATH.match(request.path))
        return request.method == "PUT" and bool(_JOIN_PATH.match(request.path))

    def settle(self, request: Request) -> None:
        if request.method not in ("GET", "HEAD"):
            self.settle_now()

    def settle_now(self) -> None:
        """What was acknowledged outlives the active node, if there is another to have it."""
        self.member.replica.settle()

    def writable(self) -> bool:
        return not self.member.clustered or self.member.leads

    def size(self) -> int:
        """How many nodes; one that is being made into a cluster counts as several."""
        if self.member.memory["state"] == STARTING:
            return 2
        return len(self.member.memory.nodes) if self.member.clustered else 1

    def units(self, alone: dict[str, str]) -> dict[str, str]:
        """What /status lists: a cluster's node runs more than a manager of its own."""
        return {**alone, **CLUSTER_UNITS} if self.member.clustered else alone

    # -- /cluster
    def status(self, since: str | None = None) -> Json:
        memory = self.member.memory
        logs = [e for e in memory["logs"] if since is None or int(e["cursor"]) > int(since)]
        initialized = self.member.clustered and self.member.synced
        return {"initialized": initialized, "error": memory["error"], "logs": logs}

    def start_or_join(self, body: Json) -> Json:
        host_ip, name = body["host_ip"], body.get("node_name") or _random_name()
        if self.member.memory["state"] != ALONE:
            raise errors.illegal_action(ALREADY)
        job: Json = {"host_ip": host_ip, "node_name": name, "options": body.get("options") or {}}
        if body.get("join_addrs") is None:
            self._jobs.start(job)
            return self.status()
        if self.member.manager.store.count("blueprints"):
            raise errors.illegal_action(
                "Cannot join a cluster: this manager is not empty, it has blueprints"
            )
        given = body.get("credentials")
        wanted = ("cluster_id", "node_id", "cert", "key")
        if not isinstance(given, dict) or any(not given.get(k) for k in wanted):
            raise errors.bad_parameters("`credentials` are none that a cluster has given out")
        self._jobs.join({**job, "join_addrs": list(body["join_addrs"]), "credentials": given})
        return self.status()

    def set_active(self, name: str) -> Json:
        node = self.node(name)
        if not node["online"]:
            raise errors.illegal_action(f"Can't set node {name} as the active, it's offline")
        if node["master"]:
            raise errors.illegal_action(f"{name} is already the current active node!")
        self.member.roles.hand_over(name)
        return self.status()

    # -- /cluster/nodes
    def nodes(self) -> list[Json]:
        if not self.member.clustered:
            raise errors.RestError(
                404, "not_found_error", "This manager is not part of a Cloudify Manager cluster"
            )
        return [self._shown(node) for node in self.member.memory.nodes.values()]

    def node(self, name: str) -> Json:
        for node in self.nodes():
            if node["name"] == name:
                return node
        raise errors.not_found("ClusterNode", name)

    def add(self, name: str, host_ip: str) -> Json:
        """Room for a node that is about to join: the answer has what it needs to be let in."""
        memory = self.member.memory
        with self.member.lock:
            for node in self.nodes():
                if node["name"] == name:
                    raise errors.conflict(f"Node {name} is already a member of the cluster")
                if node["host_ip"] == host_ip:
                    raise errors.conflict(
                        f"Node {node['name']} of the cluster has the address {host_ip} already"
                    )
            node_id = str(uuid.uuid4())
            invited = {**memory["invited"], name: {"node_id": node_id, "host_ip": host_ip}}
            memory.change(invited=invited)
        wire = self.member.wire
        return {
            "name": name,
            "host_ip": host_ip,
            "public_ip": None,
            "online": False,
            "master": False,
            "initialized": False,
            "checks": {},
            "remote_database": False,
            "options": {},
            "required": {"version": self.member.manager.profile.version},
            "credentials": {
                "cluster_id": memory["cluster_id"],
                "node_id": node_id,
                "cert": wire.cert.read_text(),
                "key": wire.key.read_text(),
            },
        }

    def update(self, name: str, options: Json) -> Json:
        with self.member.lock:
            self.node(name)
            nodes = self.member.memory.nodes
            nodes[name]["options"] = {**nodes[name]["options"], **options}
            self.member.memory.change(nodes=nodes)
        return self.status()

    def remove(self, name: str) -> Json:
        node = self.node(name)
        if node["master"]:
            raise errors.illegal_action(f"Node {name} is the active node and cannot be removed")
        self.member.expel(name)
        return node

    def _shown(self, node: Json) -> Json:
        member, name = self.member, node["name"]
        me = name == member.memory.name
        peer = member.peers.get(name)
        checks = health.own_checks(member) if me else health.peer_checks(member, peer)
        heard = peer is not None and peer in member.alive()
        synced = member.synced if me else bool(heard and peer and peer.report.get("synced"))
        return {
            "name": name,
            "host_ip": node["host_ip"],
            "public_ip": node["public_ip"],
            "online": True if me else bool(heard and synced),
            "master": name == member.leader_name(),
            "initialized": synced,
            "checks": checks,
            "remote_database": False,
            "options": node["options"],
        }

    # -- the control API
    def seen(self) -> Json:
        """Everything about this member, for tests."""
        member = self.member
        return {
            "state": member.memory["state"],
            "name": member.memory.name,
            "leads": member.leads,
            "leader": member.leader_name(),
            "minority": member.minority,
            "term": member.memory["term"],
            "synced": member.synced,
            "position": member.position().as_json() if member.clustered else None,
            "alive": sorted(p.name for p in member.alive()),
            "cut": sorted(member.cut),
            "trouble": member.trouble,
            "peers": {p.name: p.trouble for p in list(member.peers.values())},
            "stopped": health.stopped_services(member),
        }

    def set_peers(self, body: dict[str, Any]) -> Json:
        """`cut`: names or addresses, or `*`; `seconds`: heartbeat_seconds, failure_seconds."""
        if "cut" in body:
            self.member.cut = {str(name) for name in body["cut"]}
        for name in ("heartbeat_seconds", "failure_seconds"):
            if name in body:
                self.member.seconds[name] = float(body[name])
        return self.seen()


def _random_name() -> str:
    letters = string.ascii_uppercase + string.digits
    return "cloudify_manager_" + "".join(secrets.choice(letters) for dummy in range(6))


__all__ = ["StandbyRest"]
