# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ways to break a cluster of three hosts that are everything, and to mend it again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from lab import Host
from lab.testing import wait_until
from product.on_hosts.tiers import Tiers


@dataclass
class Scene:
    """A cluster, who was what in it before, and what has been done to it since."""

    tiers: Tiers
    were: dict[str, str] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    #: who would not let anybody in
    mute: set[str] = field(default_factory=set)
    #: the address that users take, where there is one beside the managers' own
    front: str = ""
    undo: list[Callable[[], object]] = field(default_factory=list)

    @property
    def standby(self) -> bool:
        return self.tiers.cluster.site.version.generation == "active_standby"

    def who(self) -> None:
        if self.standby:
            leader = self.active()[0]
            others = [h for h in self.tiers.cluster.hosts if h != leader]
            self.were = {"leader": leader, "other": others[0], "third": others[1]}
        elif len(self.tiers.cluster.hosts) > 1:
            roles = self.tiers.roles()
            self.were = {
                "leader": roles["leader"][0],
                "sync": roles["sync_replica"][0],
                "async": roles["async_replica"][0],
            }

    def __getitem__(self, role: str) -> Host:
        return self.tiers.host(self.were[role])

    # -- who leads

    def primaries(self, *hosts: str) -> list[str]:
        """Of these hosts, whose Patroni says of itself that it leads."""
        found = []
        for name in hosts:
            url = f"https://{self.tiers.address(name)}:8008/primary"
            argv = ("curl", "-sk", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", url)
            if self.tiers.host(name).exec(*argv, check=False).stdout.endswith("200"):
                found.append(name)
        return found

    def active(self, *hosts: str) -> list[str]:
        """Of these managers, who answers as the active one."""
        names = hosts or self.tiers.cluster.managers
        return [n for n in names if self.tiers.cluster.call(n, "GET", "/status")[0] == 200]

    def wait_leader(self, *roles: str) -> None:
        """One of these leads."""
        names = [self.were[role] for role in roles]
        leads = self.active if self.standby else self.primaries
        wait_until(lambda: leads(*names), timeout=120, what="a leader", every=1)

    def wait_settled(self, *roles: str) -> None:
        """These go on by themselves: one leads, another follows at once, and managers see only the dead ones down."""
        names = [self.were[role] for role in roles]

        def settled() -> bool:
            said = [self._databases(name) for name in names]
            down = [self._seen_down(name) for name in names]
            running = sorted(said[0]) == ["leader", "sync_standby"]
            return running and all(s == said[0] for s in said) and all(d == self.dead for d in down)

        wait_until(settled, timeout=120, what="the others go on", every=1)

    def wait_offline(self, *roles: str) -> None:
        """The active one has missed them, or has stepped down."""
        names = {self.were[role] for role in roles}

        def missed() -> bool:
            status, body = self.tiers.cluster.call(self.were["leader"], "GET", "/cluster/nodes")
            nodes = body["items"] if status == 200 else []
            return names <= {node["name"] for node in nodes if not node["online"]}

        wait_until(missed, timeout=60, what="they are missed", every=1)

    def _databases(self, name: str) -> list[str]:
        url = f"https://{self.tiers.address(name)}:8008/cluster"
        said = self.tiers.host(name).exec("curl", "-sk", "-m", "5", url, check=False).stdout
        return [m["role"] for m in json.loads(said or "{}").get("members", [])]

    def _seen_down(self, name: str) -> set[str]:
        status, body = self.tiers.cluster.call(name, "GET", "/cluster-status")
        tiers = body["services"].values() if status == 200 else []
        return {n for t in tiers for n, how in t["nodes"].items() if how["status"] != "OK"}

    def wait_none(self, role: str) -> None:
        """It leads no more."""
        leads = self.active if self.standby else self.primaries
        wait_until(lambda: not leads(self.were[role]), timeout=120, what="no leader", every=1)

    # -- breaking

    def kill(self, role: str) -> None:
        host = self[role]
        host.kill()
        self.dead.add(host.name)
        self.mute.add(host.name)
        self.undo.append(host.boot)

    def isolate(self, role: str) -> None:
        host = self[role]
        host.isolate()
        self.undo.append(host.rejoin)

    def cut(self, role: str) -> None:
        host = self[role]
        host.cut()
        self.mute.add(host.name)
        self.undo.append(host.heal)

    def pause(self, role: str) -> None:
        host = self[role]
        host.pause()
        self.mute.add(host.name)
        self.undo.append(host.unpause)

    def block(self, role: str, other: str) -> None:
        host = self[role]
        host.block(self[other])
        self.undo.append(host.rejoin)

    def stop(self, role: str, service: str) -> None:
        name = self.were[role]
        self.tiers.control(name, "stop", service)
        self.undo.append(lambda: self.tiers.control(name, "start", service))

    # -- whole again

    def mend(self) -> None:
        for undo in reversed(self.undo):
            undo()
        self.undo.clear()
        self.dead.clear()
        self.mute.clear()
        self.front = ""
        self.wait_whole()

    def wait_whole(self) -> None:
        cluster = self.tiers.cluster
        if not self.standby and len(cluster.hosts) > 1:
            self.tiers.wait_healthy()
            self.tiers.wait_brokers()
        wait_until(self._stays_whole, timeout=180, what="a whole cluster")

    def _stays_whole(self) -> bool:
        """A moment after an election may only look like it."""
        for _second in range(5):
            if not self.is_whole():
                time.sleep(1)
                return False
            time.sleep(1)
        return True

    def is_whole(self) -> bool:
        cluster = self.tiers.cluster
        if self.standby:
            active = self.active()
            if len(active) != 1 or len(cluster.managers) == 1:
                return len(active) == 1
            status, body = cluster.call(active[0], "GET", "/cluster/nodes")
            return bool(status == 200 and all(node["online"] for node in body["items"]))
        said = [cluster.call(name, "GET", "/cluster-status") for name in cluster.managers]
        return all(status == 200 and body["status"] == "OK" for status, body in said)


@dataclass(frozen=True)
class Situation:
    broken: str
    act: Callable[[Scene], object]
    generation: str = "all_active"


def _then(*acts: Callable[[Scene], object]) -> Callable[[Scene], object]:
    def all_of_them(scene: Scene) -> None:
        for act in acts:
            act(scene)

    return all_of_them


def _removed_manager(scene: Scene) -> None:
    name, asked = scene.were["async"], scene.were["leader"]
    assert scene.tiers.cluster.call(asked, "DELETE", f"/managers/{name}")[0] in (200, 204)


def _maintenance(scene: Scene) -> None:
    call, asked = scene.tiers.cluster.call, scene.were["leader"]
    assert call(asked, "POST", "/maintenance/activate", {})[0] == 200
    scene.undo.append(lambda: call(asked, "POST", "/maintenance/deactivate", {}))


def _one_sided_row(scene: Scene) -> None:
    """A row that a replica lacks: its replay stands still."""
    name, leader = scene.were["async"], scene.were["leader"]
    scene.tiers.sql(name, "SELECT pg_wal_replay_pause()")
    scene.undo.append(lambda: scene.tiers.sql(name, "SELECT pg_wal_replay_resume()"))
    scene.tiers.cluster.seed(leader, bulk={"secrets": 3})


NEITHER = ("sync", "async")
SITUATIONS = {
    "healthy": Situation("nothing", lambda scene: None, "any"),
    # -- all_active, the least destructive first
    "broker-stopped": Situation(
        "cloudify-rabbitmq of the asynchronous one is stopped",
        lambda s: s.stop("async", "cloudify-rabbitmq"),
    ),
    "manager-stopped": Situation(
        "cloudify-restservice of the asynchronous one is stopped",
        lambda s: s.stop("async", "cloudify-restservice"),
    ),
    "nginx-stopped": Situation(
        "nginx of the asynchronous one is stopped", lambda s: s.stop("async", "nginx")
    ),
    "mgmtworker-stopped": Situation(
        "cloudify-mgmtworker of the asynchronous one is stopped",
        lambda s: s.stop("async", "cloudify-mgmtworker"),
    ),
    "etcd-stopped": Situation(
        "etcd of the asynchronous one is stopped", lambda s: s.stop("async", "etcd")
    ),
    "maintenance": Situation("maintenance mode is on", _maintenance),
    "replay-paused": Situation("a replica lacks rows that the others have", _one_sided_row),
    "patroni-of-async-stopped": Situation(
        "patroni of the asynchronous one is stopped", lambda s: s.stop("async", "patroni")
    ),
    "patroni-of-leader-stopped": Situation(
        "patroni of the leader is stopped, and another one leads",
        _then(lambda s: s.stop("leader", "patroni"), lambda s: s.wait_leader(*NEITHER)),
    ),
    "no-standby": Situation(
        "patroni of both replicas is stopped: writes block",
        _then(lambda s: s.stop("sync", "patroni"), lambda s: s.stop("async", "patroni")),
    ),
    "leader-killed-now": Situation(
        "the leader's host is killed, a moment ago", lambda s: s.kill("leader")
    ),
    "leader-killed": Situation(
        "the leader's host is killed, and another one leads",
        _then(lambda s: s.kill("leader"), lambda s: s.wait_leader(*NEITHER)),
    ),
    "leader-killed-settled": Situation(
        "the leader's host is killed, and the others go on without it",
        _then(lambda s: s.kill("leader"), lambda s: s.wait_settled(*NEITHER)),
    ),
    "async-killed-settled": Situation(
        "the asynchronous one's host is killed, and the others go on without it",
        _then(lambda s: s.kill("async"), lambda s: s.wait_settled("leader", "sync")),
    ),
    "leader-back": Situation(
        "the leader's host was killed, another one leads, and it has just booted again",
        _then(
            lambda s: s.kill("leader"),
            lambda s: s.wait_leader(*NEITHER),
            lambda s: s["leader"].boot(),
            lambda s: (s.mute.clear(), s.dead.clear(), s.undo.clear()),
        ),
    ),
    "async-killed": Situation("the asynchronous one's host is killed", lambda s: s.kill("async")),
    "sync-paused": Situation("the synchronous one's host is frozen", lambda s: s.pause("sync")),
    "async-cut": Situation("the asynchronous one's cable is pulled", lambda s: s.cut("async")),
    "leader-isolated-now": Situation(
        "the leader is isolated from its peers, a moment ago", lambda s: s.isolate("leader")
    ),
    "leader-isolated": Situation(
        "the leader is isolated from its peers, and another one leads",
        _then(lambda s: s.isolate("leader"), lambda s: s.wait_leader(*NEITHER)),
    ),
    "one-way": Situation(
        "what the leader sends to the synchronous one is lost",
        lambda s: s.block("leader", "sync"),
    ),
    "two-killed": Situation(
        "both replicas' hosts are killed, and nobody leads",
        _then(lambda s: s.kill("sync"), lambda s: s.kill("async"), lambda s: s.wait_none("leader")),
    ),
    "all-apart": Situation(
        "no host reaches another one, and nobody leads",
        _then(
            lambda s: s.isolate("sync"),
            lambda s: s.isolate("async"),
            lambda s: s.wait_none("leader"),
        ),
    ),
    "manager-unregistered": Situation(
        "a manager is not in the register, though it runs", _removed_manager
    ),
    # -- active_standby
    "replica-killed": Situation(
        "a standby's host is killed, and missed",
        _then(lambda s: s.kill("other"), lambda s: s.wait_offline("other")),
        "active_standby",
    ),
    "replica-killed-now": Situation(
        "a standby's host is killed, a moment ago", lambda s: s.kill("other"), "active_standby"
    ),
    "active-killed-now": Situation(
        "the active one's host is killed, a moment ago",
        lambda s: s.kill("leader"),
        "active_standby",
    ),
    "active-killed": Situation(
        "the active one's host is killed, and another one is active",
        _then(lambda s: s.kill("leader"), lambda s: s.wait_leader("other", "third")),
        "active_standby",
    ),
    "active-isolated": Situation(
        "the active one is isolated from its peers, and another one is active",
        _then(lambda s: s.isolate("leader"), lambda s: s.wait_leader("other", "third")),
        "active_standby",
    ),
    "replica-isolated": Situation(
        "a standby is isolated from its peers, and missed",
        _then(lambda s: s.isolate("other"), lambda s: s.wait_offline("other")),
        "active_standby",
    ),
    "nodes-apart": Situation(
        "no host reaches another one, and the active one misses both",
        _then(
            lambda s: s.isolate("other"),
            lambda s: s.isolate("third"),
            lambda s: s.wait_offline("other", "third"),
        ),
        "active_standby",
    ),
    "two-managers-killed": Situation(
        "both standbys' hosts are killed, and missed",
        _then(
            lambda s: s.kill("other"),
            lambda s: s.kill("third"),
            lambda s: s.wait_offline("other", "third"),
        ),
        "active_standby",
    ),
}

__all__ = ["SITUATIONS", "Scene", "Situation"]
