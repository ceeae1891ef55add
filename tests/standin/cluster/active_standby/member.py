# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One member: who it is, whom it knows, and what it says to them. `roles` and `replica` do the rest."""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from standin.cluster.active_standby import election, health
from standin.cluster.active_standby.archives import Archives
from standin.cluster.active_standby.changelog import ChangeLog, Position
from standin.cluster.active_standby.election import Claim
from standin.cluster.active_standby.memory import MEMBER, REMOVED, Json, Memory
from standin.cluster.active_standby.peer import FAILURES, Peer
from standin.cluster.active_standby.replica import Replica
from standin.cluster.active_standby.roles import Roles
from standin.cluster.active_standby.wire import Gone, Link, Listener, Wire

if TYPE_CHECKING:
    from standin.cluster.config import ClusterConfig
    from standin.cluster.services import HostServices
    from standin.manager import Manager

PEER_PORT = 8300
HEARTBEAT_SECONDS = 1.0
# the default makes a failover take 10 to 15 seconds
FAILURE_SECONDS = 10.0
CALL_SECONDS = 2.0


class StandbyMember:
    def __init__(self, manager: Manager, services: HostServices, config: ClusterConfig) -> None:
        self.manager = manager
        self.services = services
        self.config = config
        self.folder = manager.state_dir / "cluster"
        self.memory = Memory(self.folder)
        self.wire = Wire(self.folder)
        self.log = ChangeLog(manager.store, manager.state_dir / "state.sqlite")  # type: ignore[arg-type]
        self.archives = Archives(manager, self.folder)
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.leads = False
        self.minority = False
        # the name of the leader that is followed
        self.leader: str | None = None
        # while another is made the leader nothing may be written here
        self.handing_over = False
        self.following = False
        self.trouble = ""
        self.peers: dict[str, Peer] = {}
        self.acknowledged: dict[str, int] = {}
        self.cut: set[str] = set()
        self.ending = False
        self._listener: Listener | None = None
        self.roles = Roles(self)
        self.replica = Replica(self)
        self._threads: dict[str, threading.Thread] = {}
        self.seconds: dict[str, float] = {}

    # -- settings
    @property
    def heartbeat(self) -> float:
        return self._seconds("heartbeat_seconds", HEARTBEAT_SECONDS)

    @property
    def failure(self) -> float:
        options = self.memory.nodes.get(self.memory.name, {}).get("options") or {}
        times = float(options.get("check_ttl_multiplier") or 1)
        return self._seconds("failure_seconds", FAILURE_SECONDS) * times

    def _seconds(self, name: str, default: float) -> float:
        return float(self.seconds.get(name) or self.config.settings.get(name) or default)

    @property
    def port(self) -> int:
        return int(self.config.settings.get("peer_port") or PEER_PORT)

    @property
    def ssl_dir(self) -> Path:
        return Path(str(self.config.settings.get("ssl_dir") or self.manager.ssl_dir))

    @property
    def clustered(self) -> bool:
        return self.memory.clustered

    @property
    def synced(self) -> bool:
        """Whether the database is a whole copy of a leader's."""
        return bool(self.memory["synced"])

    # -- beginning and end
    def begin(self, *, leads: bool = False) -> None:
        """Take part: after a start or join, and whenever a member's process starts again."""
        from standin.cluster.active_standby.serving import Serving

        me = self.memory.nodes[self.memory.name]
        with self.lock:
            self.manager.store.clear_queue()
            self.roles.begin()
            self.log.begin()
            if self._listener is None:
                self._listener = Listener(self.wire, me["host_ip"], self.port, Serving(self).handle)
            # only now: who cannot be reached by peers is no member
            self.leads = leads
            self.memory.change(state=MEMBER, job=None)
            self.meet()
        threads = {
            "consul": self.roles.watch,
            "replication": self.replica.follow,
            "syncthing": self.replica.spread,
        }
        for name, body in threads.items():
            if name not in self._threads:
                self._threads[name] = threading.Thread(target=body, name=name, daemon=True)
                self._threads[name].start()

    def begin_again(self) -> None:
        """After the process started: the address may not be there yet."""
        while not self.ending:
            try:
                self.begin()
                return
            except OSError as error:
                self.trouble = f"{type(error).__name__}: {error}"
                time.sleep(self.heartbeat)

    def close(self) -> None:
        with self.lock:
            self.ending = True
            listener, self._listener = self._listener, None
            self.changed.notify_all()
        if listener:
            listener.close()

    def forget(self) -> None:
        """The manager is installed anew: it was never in a cluster."""
        with self.lock:
            self.leads, self.leader, self.minority = False, None, False
            self.peers.clear()
            self.memory.forget()
            self.log.end()
            listener, self._listener = self._listener, None
        if listener:
            listener.close()

    # -- what it says about itself
    def position(self) -> Position:
        """Where the database is; one that is not yet a copy of the leader's counts for nothing."""
        return self.log.position() if self.synced else Position()

    def own_claim(self) -> Claim:
        return Claim(
            name=self.memory.name,
            leads=self.leads,
            majority=self.has_majority(),
            term=self.memory["term"],
            position=self.position(),
        )

    def report(self) -> Json:
        claim = self.own_claim()
        nodes = self.memory.nodes
        return {
            "name": claim.name,
            "leads": claim.leads,
            "majority": claim.majority,
            "term": claim.term,
            "position": claim.position.as_json(),
            "leader": self.leader_name(),
            "voted": self.memory["voted"],
            "synced": self.synced,
            "checks": health.own_checks(self),
            "options": nodes.get(claim.name, {}).get("options") or {},
            "nodes": nodes if claim.leads else None,
            "removed": self.memory["removed"],
        }

    def leader_name(self) -> str | None:
        return self.memory.name if self.leads else self.leader

    def alive(self) -> list[Peer]:
        with self.lock:
            end = time.monotonic() - self.failure
            return [p for p in self.peers.values() if p.seen >= end]

    def has_majority(self) -> bool:
        return election.is_majority(len(self.alive()) + 1, len(self.memory.nodes))

    def is_cut(self, name: str) -> bool:
        return "*" in self.cut or name in self.cut or self._host(name) in self.cut

    def _host(self, name: str) -> str:
        return str(self.memory.nodes.get(name, {}).get("host_ip", ""))

    # -- talking
    def connect(self, name: str, *, seconds: float = CALL_SECONDS) -> Link:
        if self.is_cut(name):
            raise ConnectionError(f"{name} is cut off")
        return self.link_to(self._host(name), seconds=seconds)

    def link_to(self, host: str, *, seconds: float = CALL_SECONDS) -> Link:
        headers = {
            "X-Member": self.memory.name,
            "X-Node": self.memory["node_id"],
            "X-Cluster": self.memory["cluster_id"],
        }
        return Link(self.wire, host, self.port, headers, seconds)

    def heard(self, report: Json) -> None:
        with self.lock:
            peer = self.peers.get(str(report.get("name")))
            if peer is None:
                return
            peer.seen = time.monotonic()
            peer.report = report
            if self.leads:
                self._acknowledge(peer)

    def _acknowledge(self, peer: Peer) -> None:
        theirs = Position.of(peer.report["position"])
        if theirs.timeline == self.position().timeline:
            self.acknowledged[peer.name] = theirs.n
            self.changed.notify_all()

    def meet(self) -> None:
        """A thread that sends heartbeats for each peer there is now."""
        with self.lock:
            wanted = self.memory.peers
            for name in list(self.peers):
                if name not in wanted:
                    del self.peers[name]
                    self.acknowledged.pop(name, None)
            for name, node in wanted.items():
                if name in self.peers and self.peers[name].host == node["host_ip"]:
                    continue
                peer = self.peers[name] = Peer(name, node["host_ip"])
                threading.Thread(
                    target=self._beat, args=(peer,), name=f"beat-{name}", daemon=True
                ).start()

    def _beat(self, peer: Peer) -> None:
        link: Link | None = None
        while not self.ending and self.peers.get(peer.name) is peer and self.clustered:
            try:
                link = link or self.connect(peer.name)
                if self.is_cut(peer.name):
                    raise ConnectionError
                self.heard(link.ask("POST", "/beat", self.report()))
                peer.trouble = ""
            except Gone:
                self.told_gone()
            except FAILURES as error:
                peer.trouble = f"{type(error).__name__}: {error}"
                if link:
                    link.close()
                link = None
            time.sleep(self.heartbeat)
        if link:
            link.close()

    def told_gone(self) -> None:
        """A peer says that this node was removed. Who still leads a majority knows better."""
        with self.lock:
            if self.clustered and not (self.leads and self.has_majority()):
                self.become_removed()

    # -- members
    def admit(self, node: Json) -> None:
        """The leader takes a node in."""
        with self.lock:
            nodes = {**self.memory.nodes, node["name"]: node}
            invited = {k: v for k, v in self.memory["invited"].items() if k != node["name"]}
            self.memory.change(nodes=nodes, invited=invited)
            self.memory.log(f"Node {node['name']} joined the cluster")
            self.meet()
            # it was heard just now
            self.peers[node["name"]].seen = time.monotonic()

    def expel(self, name: str) -> Json:
        """The leader throws a node out. It is told so, now or when it comes back."""
        with self.lock:
            node = self.memory.nodes[name]
            link = None
            with contextlib.suppress(ConnectionError):
                link = self.connect(name)
            nodes = {k: v for k, v in self.memory.nodes.items() if k != name}
            removed = [*self.memory["removed"], node["node_id"]]
            self.memory.change(nodes=nodes, removed=removed)
            self.memory.log(f"Node {name} was removed from the cluster")
            self.meet()
        if link:
            threading.Thread(
                target=self._dismiss, args=(link, node["node_id"]), daemon=True
            ).start()
        self._wait_until_known(node["node_id"])
        return node

    def _wait_until_known(self, node_id: str) -> None:
        """Else the removed node might come back to one that still takes it for a member."""
        end = time.monotonic() + self.failure
        with self.lock:
            while time.monotonic() < end:
                if all(node_id in p.report["removed"] for p in self.alive()):
                    return
                self.changed.wait(timeout=self.heartbeat / 4)

    def _dismiss(self, link: Link, node_id: str) -> None:
        with contextlib.suppress(*FAILURES):
            link.ask("POST", "/dismiss", {"node_id": node_id})
        link.close()

    def become_removed(self) -> None:
        with self.lock:
            self.memory.change(state=REMOVED)
            self.memory.log("This node was removed from the cluster")
            self.roles.step_down(None)
            self.peers.clear()
            listener, self._listener = self._listener, None
        if listener:
            threading.Thread(target=listener.close, daemon=True).start()


__all__ = ["StandbyMember"]
