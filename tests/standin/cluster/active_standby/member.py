# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One member: its role, its peers, its threads; what the REST service asks of it is in `rest`."""

from __future__ import annotations

import contextlib
import functools
import http.client
import json
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from standin.cluster.active_standby import election, health
from standin.cluster.active_standby.archives import Archives
from standin.cluster.active_standby.changelog import ChangeLog, Position
from standin.cluster.active_standby.election import Claim
from standin.cluster.active_standby.memory import MEMBER, REMOVED, Json, Memory
from standin.cluster.active_standby.wire import Gone, Link, Listener, Refused, Wire

if TYPE_CHECKING:
    from standin.cluster.config import ClusterConfig
    from standin.cluster.services import HostServices
    from standin.manager import Manager

PEER_PORT = 8300
HEARTBEAT_SECONDS = 1.0
# the default makes a failover take 10 to 15 seconds
FAILURE_SECONDS = 10.0
CALL_SECONDS = 2.0
# between two pieces of a long answer: a peer without power says nothing at all
PULL_SECONDS = 5.0
HAND_OVER_SECONDS = 30.0
FAILURES = (OSError, http.client.HTTPException, ValueError, Refused, Gone)


@dataclass
class Peer:
    """What is known of another member; to begin with, that it says nothing of interest."""

    name: str
    host: str
    seen: float = float("-inf")
    report: Json = field(default_factory=dict)
    trouble: str = ""

    def __post_init__(self) -> None:
        self.report = {
            "name": self.name,
            "leads": False,
            "majority": False,
            "term": 0,
            "checks": {},
            "position": Position().as_json(),
            "synced": False,
        }

    @property
    def claim(self) -> Claim:
        return Claim.of(self.report)


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
        self._since = time.monotonic()
        self._leaderless: float | None = None
        self._patience = 0.0
        self._unwell: float | None = None
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

    # -- beginning and end
    def begin(self, *, leads: bool = False) -> None:
        """Take part: after a start or join, and whenever a member's process starts again."""
        from standin.cluster.active_standby.serving import Serving

        me = self.memory.nodes[self.memory.name]
        with self.lock:
            self.manager.store.clear_queue()
            self._since = time.monotonic()
            self._leaderless = None
            self.log.begin()
            if self._listener is None:
                self._listener = Listener(self.wire, me["host_ip"], self.port, Serving(self).handle)
            # only now: who cannot be reached by peers is no member
            self.leads = leads
            self.memory.change(state=MEMBER, job=None)
            self._meet()
        threads = {"consul": self._watch, "replication": self._follow, "syncthing": self._spread}
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
            "synced": bool(self.memory["synced"]),
            "checks": health.own_checks(self),
            "options": nodes.get(claim.name, {}).get("options") or {},
            "nodes": nodes if claim.leads else None,
            "removed": self.memory["removed"] if claim.leads else None,
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

    def _meet(self) -> None:
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
                self._told_gone()
            except FAILURES as error:
                peer.trouble = f"{type(error).__name__}: {error}"
                if link:
                    link.close()
                link = None
            time.sleep(self.heartbeat)
        if link:
            link.close()

    def _told_gone(self) -> None:
        """A peer says that this node was removed. Who still leads a majority knows better."""
        with self.lock:
            if self.clustered and not (self.leads and self.has_majority()):
                self.become_removed()

    # -- roles
    def _watch(self) -> None:
        while not self.ending:
            time.sleep(self.heartbeat / 2)
            if not self.clustered:
                continue
            try:
                if self.leads:
                    self._as_leader()
                else:
                    self._as_replica()
            except Exception as error:  # the member must not stop looking because of one bad moment
                self.memory.log(f"{type(error).__name__}: {error}")

    def _as_leader(self) -> None:
        with self.lock:
            alive = self.alive()
            own = self.own_claim()
            rival = election.leader_among(p.claim for p in alive)
            if rival and rival.rank > own.rank:
                self.memory.log(f"{rival.name} has the newest database and is the active node")
                self._step_down(rival.name)
                return
            highest = max((p.claim.term for p in alive), default=0)
            if highest > own.term or (rival and highest == own.term):
                self.memory.change(term=highest + 1)
            minority = not own.majority
            if minority != self.minority:
                self.minority = minority
                words = "Active minority mode" if minority else "The majority is back"
                self.memory.log(words)
        self._hand_over_if_unwell()

    def _hand_over_if_unwell(self) -> None:
        """A leader whose checks fail for long lets the next one lead."""
        if all(health.own_checks(self).values()) or self.minority:
            self._unwell = None
            return
        now = time.monotonic()
        self._unwell = self._unwell or now
        if now - self._unwell < self.failure or self.handing_over:
            return
        able = [
            p
            for p in self.alive()
            if p.report.get("synced") and p.report["checks"] and all(p.report["checks"].values())
        ]
        if able:
            best = max(able, key=lambda p: (p.claim.position.n, p.name))
            self.memory.log(f"Health checks fail here; {best.name} is to be the active node")
            self.hand_over(best.name)

    def _as_replica(self) -> None:
        with self.lock:
            alive = self.alive()
            best = election.leader_among(p.claim for p in alive)
            if best:
                self._accept(best)
                return
            self.leader = None
            now = time.monotonic()
            if self._leaderless is None:
                self._leaderless = now
                self._patience = self.heartbeat * (1 + random.random())
            due = self._leaderless + self._patience
            if not self.has_majority():
                # peers may be about to start, or to be heard again
                due = max(due, self._since + self.failure) + self.failure / 4
            if now < due or not self.memory["synced"]:
                return
            self._leaderless = now
            self._patience = self.heartbeat * (1 + 2 * random.random())
        self._stand()

    def _accept(self, best: Claim) -> None:
        self._leaderless = None
        if self.leader != best.name:
            self.memory.log(f"Following {best.name}")
        self.leader = best.name
        report = self.peers[best.name].report
        changes: Json = {}
        if best.term > self.memory["term"]:
            changes["term"] = best.term
        for name in ("nodes", "removed"):
            if report.get(name) is not None and report[name] != self.memory[name]:
                changes[name] = report[name]
        if self.memory.name not in (report.get("nodes") or {self.memory.name: None}):
            # being removed is told in so many words
            changes.pop("nodes", None)
        if changes:
            self.memory.change(**changes)
            self._meet()

    def _stand(self) -> None:
        """Ask for votes; with enough of them, lead."""
        with self.lock:
            alive = self.alive()
            voted = [int(p.report.get("voted", 0)) for p in alive]
            term = max([self.memory["term"], self.memory["voted"], *voted]) + 1
            self.memory.change(voted=term)
            own = self.own_claim()
            needed = election.votes_needed(len(alive) + 1, len(self.memory.nodes))
            request = {**self.report(), "term": term}
        votes = 1
        if alive:
            with ThreadPoolExecutor(len(alive)) as pool:
                votes += sum(pool.map(lambda p: self._ask_vote(p.name, request), alive))
        with self.lock:
            if votes >= needed and not self.leads and self.memory["voted"] == term:
                others = election.leader_among(p.claim for p in self.alive())
                if others is None and self.position() == own.position:
                    self.promote(term)

    def _ask_vote(self, name: str, request: Json) -> bool:
        try:
            link = self.connect(name)
            try:
                return bool(link.ask("POST", "/vote", request)["granted"])
            finally:
                link.close()
        except Gone:
            self._told_gone()
        except FAILURES:
            pass
        return False

    def vote(self, request: Json) -> bool:
        with self.lock:
            candidate = Claim.of(request)
            sees = any(p.claim.leads for p in self.alive() if p.name != candidate.name)
            granted = election.may_vote_for(
                candidate=candidate,
                own=self.own_claim(),
                voted=self.memory["voted"],
                sees_leader=sees,
            )
            if granted:
                self.memory.change(voted=candidate.term)
                self._leaderless = time.monotonic()
            return granted

    def promote(self, term: int) -> None:
        with self.lock:
            self.log.promote()
            self.memory.change(term=max(term, self.memory["term"]), synced=True)
            self.leads, self.leader, self.handing_over = True, None, False
            self.minority = not self.has_majority()
            self.acknowledged.clear()
            mode = " in active minority mode" if self.minority else ""
            self.memory.log(f"{self.memory.name} is the active node{mode}")
            self.changed.notify_all()
        self.manager.worker.wake()

    def _step_down(self, leader: str | None) -> None:
        with self.lock:
            self.leads, self.minority, self.leader = False, False, leader
            self._leaderless = None
            self.manager.worker.kill_all()
            self.manager.store.clear_queue()

    def hand_over(self, target: str) -> None:
        """Let another lead, once it has everything; what is under way here ends."""
        with self.lock:
            if self.handing_over or not self.leads:
                return
            self.handing_over = True
        threading.Thread(target=self._hand_over, args=(target,), daemon=True).start()

    def _hand_over(self, target: str) -> None:
        try:
            self.manager.worker.kill_all()
            end = time.monotonic() + HAND_OVER_SECONDS
            with self.lock:
                while self.acknowledged.get(target, -1) < self.position().n:
                    if time.monotonic() > end:
                        raise ConnectionError(f"{target} did not catch up")
                    self.changed.wait(timeout=0.1)
                term = self.memory["term"] + 1
            link = self.connect(target, seconds=HAND_OVER_SECONDS)
            self.heard(link.ask("POST", "/promote", {"term": term}))
            link.close()
            self._step_down(target)
        except FAILURES as error:
            self.memory.log(f"{target} could not be made the active node: {error}")
        finally:
            self.handing_over = False

    # -- members
    def admit(self, node: Json) -> None:
        """The leader takes a node in."""
        with self.lock:
            nodes = {**self.memory.nodes, node["name"]: node}
            invited = {k: v for k, v in self.memory["invited"].items() if k != node["name"]}
            self.memory.change(nodes=nodes, invited=invited)
            self.memory.log(f"Node {node['name']} joined the cluster")
            self._meet()
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
            self._meet()
        if link:
            threading.Thread(
                target=self._dismiss, args=(link, node["node_id"]), daemon=True
            ).start()
        return node

    def _dismiss(self, link: Link, node_id: str) -> None:
        with contextlib.suppress(*FAILURES):
            link.ask("POST", "/dismiss", {"node_id": node_id})
        link.close()

    def become_removed(self) -> None:
        with self.lock:
            self.memory.change(state=REMOVED)
            self.memory.log("This node was removed from the cluster")
            self._step_down(None)
            self.peers.clear()
            listener, self._listener = self._listener, None
        if listener:
            threading.Thread(target=listener.close, daemon=True).start()

    # -- replication
    def _follow(self) -> None:
        link: Link | None = None
        followed: tuple[str, str] | None = None
        while not self.ending:
            leader = self.leader
            if not self.clustered or self.leads or leader is None:
                self.following = False
                time.sleep(self.heartbeat / 4)
                continue
            try:
                # installed anew meanwhile, it is another node
                now = (leader, self.memory["node_id"])
                if link is None or followed != now:
                    if link:
                        link.close()
                    link, followed = self.connect(leader, seconds=PULL_SECONDS), now
                if self.is_cut(leader):
                    raise ConnectionError
                self.pull(link)
                self.following, self.trouble = True, ""
            except Gone:
                self._told_gone()
            except FAILURES as error:
                self.following = False
                self.trouble = f"{type(error).__name__}: {error}"
                if link:
                    link.close()
                link = None
                time.sleep(self.heartbeat / 4)
        if link:
            link.close()

    def pull(self, link: Link) -> None:
        """One round: wait for changes, and take them."""
        at = self.position()
        query = urlencode(
            {"timeline": at.timeline, "n": at.n, "wait": self.heartbeat, "fresh": not self.synced}
        )
        spool = self.folder / "changes"
        link.fetch(f"/changes?{query}", spool)
        with self.lock, spool.open("rb") as stream:
            if self.leads or not self.clustered:
                return
            whole = self.log.apply(json.loads(line) for line in stream)
            if whole:
                self.memory.log("The database is a copy of the active node's")
            if not self.synced:
                self.memory.change(synced=True)

    def _spread(self) -> None:
        """Archives, beside everything else: a large one takes its time."""
        while not self.ending:
            time.sleep(self.heartbeat)
            if not self.clustered:
                continue
            try:
                if self.leads:
                    self.archives.fill(
                        [functools.partial(self.connect, p.name) for p in self.alive()]
                    )
                elif self.leader and self.synced:
                    with contextlib.closing(
                        self.connect(self.leader, seconds=PULL_SECONDS)
                    ) as link:
                        self.archives.follow(link)
            except FAILURES:
                # the next round finds out why, or the heartbeats do
                continue

    @property
    def synced(self) -> bool:
        return bool(self.memory["synced"])

    def settle(self) -> None:
        """After a write on the leader: one replica has it, too, unless there is none to have it."""
        if not self.leads:
            return
        with self.lock:
            wanted = self.position().n
            end = time.monotonic() + min(self.failure, 5.0)
            self.changed.notify_all()
            while time.monotonic() < end and self.leads:
                able = [p.name for p in self.alive() if p.report.get("synced")]
                if not able or any(self.acknowledged.get(n, -1) >= wanted for n in able):
                    return
                self.changed.wait(timeout=0.1)


__all__ = ["FAILURES", "StandbyMember"]
