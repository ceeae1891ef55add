# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""More ways to break a cluster of three hosts that are everything: what a diagnosis has to tell apart."""

from __future__ import annotations

import re
from collections.abc import Callable

from lab.testing import wait_until
from runbooks.broken_clusters import NEITHER, Scene, Situation, _then
from runbooks.front import Front

CONTROLLER = "172.31.78.1"
NOBODY = "172.31.78.99"
ALL = ("leader", "sync", "async")
ALL_STANDBY = ("leader", "other", "third")


def _stop(service: str, *roles: str) -> Callable[[Scene], object]:
    return _then(*(lambda s, r=role: s.stop(r, service) for role in roles))


def _stop_unit(unit: str, role: str) -> Callable[[Scene], object]:
    """Before 5.1 services are systemd's."""

    def act(scene: Scene) -> None:
        scene[role].exec("systemctl", "stop", unit)
        scene.undo.append(lambda: scene[role].exec("systemctl", "start", unit))

    return act


def _kill(*roles: str) -> Callable[[Scene], object]:
    return _then(*(lambda s, r=role: s.kill(r) for role in roles))


def _deafen(*roles: str) -> Callable[[Scene], object]:
    """Only what goes from these to the controller is lost."""

    def act(scene: Scene) -> None:
        for role in roles:
            host = scene[role]
            host.exec("ip", "route", "add", "blackhole", CONTROLLER)
            scene.mute.add(host.name)
            scene.undo.append(lambda h=host: h.exec("ip", "route", "del", "blackhole", CONTROLLER))  # type: ignore[misc]

    return act


def _wait_brokers_gone(*roles: str) -> Callable[[Scene], object]:
    """What is left of the brokers has paused."""

    def act(scene: Scene) -> None:
        listening = ("sh", "-c", "ss -lnt | grep -qE ':(5671|5672) '")
        for role in roles:
            wait_until(
                lambda r=role: scene[r].exec(*listening, check=False).returncode != 0,  # type: ignore[misc]
                timeout=120,
                what="a paused broker",
                every=1,
            )

    return act


def _wait_seen_down(role: str, *by: str) -> Callable[[Scene], object]:
    def act(scene: Scene) -> None:
        gone = {scene.were[role]}
        for name in (scene.were[r] for r in by):
            wait_until(
                lambda n=name: gone <= scene._seen_down(n),  # type: ignore[misc]
                timeout=120,
                what="it is missed",
                every=1,
            )

    return act


def _isolated(scene: Scene) -> None:
    """The asynchronous one is cut off, and the others have gone on without it."""
    scene.isolate("async")
    pair = [scene.were[role] for role in ("leader", "sync")]

    def gone() -> bool:
        running = [scene.tiers.running(name)[1] for name in pair]
        return all(not r.get(f"rabbit@{scene.were['async']}", False) for r in running)

    wait_until(gone, timeout=120, what="the others go on", every=1)
    _wait_seen_down("async", "leader", "sync")(scene)
    wait_until(
        lambda: all(len(scene._databases(n)) == 2 for n in pair), timeout=120, what="two databases"
    )


def _patroni(scene: Scene, role: str, change: str) -> None:
    """Change the settings that all of Patroni shares."""
    conf = scene[role].read("/etc/patroni.conf").partition("authentication:")[2]
    user, password = (re.search(rf"{key}: '?([^\s']+)", conf) for key in ("username", "password"))
    assert user and password
    url = f"https://{scene.tiers.address(scene.were[role])}:8008/config"
    login = ("-u", f"{user[1]}:{password[1]}")
    scene[role].exec("curl", "-sfk", "-m", "10", *login, "-X", "PATCH", "-d", change, url)


def _promoted(scene: Scene) -> None:
    """Somebody has promoted a replica by hand: both write."""
    leader, replica = scene.were["leader"], scene.were["async"]
    _patroni(scene, "leader", '{"pause": true}')
    wait_until(
        lambda: '"pause": true' in _said(scene, "async", "cluster"), timeout=60, what="a pause"
    )
    scene.tiers.sql(replica, "SELECT pg_promote()")
    scene.undo.append(lambda: _patroni(scene, "leader", '{"pause": null}'))
    scene.tiers.sql(leader, "CREATE TABLE one_side (n serial)")
    scene.undo.append(lambda: scene.tiers.sql(leader, "DROP TABLE IF EXISTS one_side"))
    scene.tiers.sql(replica, "SET synchronous_commit TO local; CREATE TABLE other_side (n serial)")


def _said(scene: Scene, role: str, what: str) -> str:
    url = f"https://{scene.tiers.address(scene.were[role])}:8008/{what}"
    return scene[role].exec("curl", "-sk", "-m", "5", url, check=False).stdout


def _no_failover(scene: Scene) -> None:
    """The leader dies while nobody follows it synchronously."""
    for role in NEITHER:
        scene.tiers.control(scene.were[role], "stop", "patroni")
    leader = scene.were["leader"]
    wait_until(
        lambda: "sync_standby" not in scene._databases(leader), timeout=90, what="no standby"
    )
    scene.kill("leader")
    for role in NEITHER:
        scene.tiers.control(scene.were[role], "start", "patroni")
    names = [scene.were[role] for role in NEITHER]
    # the lock of the dead one runs out
    wait_until(
        lambda: all(scene._databases(n) == ["replica", "replica"] for n in names),
        timeout=90,
        what="nobody leads",
        every=1,
    )


def _double_partition(scene: Scene) -> None:
    """The leader is cut off, another one takes writes, then all are apart, and the old one comes back first."""
    scene.isolate("leader")
    scene.wait_leader(*NEITHER)
    names = [scene.were[role] for role in NEITHER]
    new = scene.primaries(*names)[0]
    wait_until(
        lambda: "sync_standby" in scene._databases(new), timeout=60, what="a standby", every=1
    )
    wait_until(
        lambda: scene.tiers.cluster.call(new, "GET", "/status")[0] == 200,
        timeout=60,
        what="a manager",
        every=1,
    )
    scene.tiers.cluster.seed(new, bulk={"secrets": 5})
    for role in NEITHER:
        scene.isolate(role)
    wait_until(lambda: not scene.primaries(*names), timeout=120, what="nobody leads", every=1)
    for name in names:
        scene.tiers.control(name, "stop", "patroni")
    for role in ALL:
        scene[role].rejoin()
    scene.wait_leader("leader")
    for name in names:
        scene.tiers.control(name, "start", "patroni")
    wait_until(
        lambda: "sync_standby" in scene._databases(scene.were["leader"]),
        timeout=120,
        what="a standby again",
        every=1,
    )


def _old_certificate(role: str) -> Callable[[Scene], object]:
    """A certificate has run out; who runs has read it before."""
    place = "/etc/cloudify/ssl/cloudify_internal_cert.pem"

    def act(scene: Scene) -> None:
        host = scene[role]
        was = host.read(place)
        scene.undo.append(lambda: host.write(place, was))
        key = place.replace("cert.pem", "key.pem")
        ask = f"openssl req -new -key {key} -subj /CN=old -out /root/old.csr"
        sign = f"openssl x509 -req -in /root/old.csr -signkey {key} -days -1 -out {place}"
        host.exec("sh", "-c", f"{ask} && {sign}")

    return act


def _full_disk(role: str) -> Callable[[Scene], object]:
    place = "/var/log/cloudify"

    def act(scene: Scene) -> None:
        host = scene[role]
        host.fill_disk(place)
        scene.undo.append(lambda: host.free_disk(place))

    return act


def _left_flag(role: str) -> Callable[[Scene], object]:
    place = "/tmp/cloudify/snapshot_restoring"

    def act(scene: Scene) -> None:
        host = scene[role]
        host.exec("sh", "-c", f"mkdir -p /tmp/cloudify && touch {place}")
        scene.undo.append(lambda: host.exec("rm", "-f", place))

    return act


def _set_clock(role: str, seconds: float) -> Callable[[Scene], object]:
    """For what is started from now on, such as what looks at the host."""

    def act(scene: Scene) -> None:
        host = scene[role]
        scene.undo.append(lambda: host.set_clock(0))
        host.set_clock(seconds)

    return act


def _front(*, backends: bool) -> Callable[[Scene], object]:
    """Users take a load balancer; with backends, the managers are behind it."""

    def act(scene: Scene) -> None:
        cluster = scene.tiers.cluster
        behind = [cluster.address(name) for name in cluster.managers] if backends else []
        front = Front(cluster.config_dir, behind)
        scene.undo.append(front.close)
        scene.front = front.address

    return act


def _dead_front(scene: Scene) -> None:
    scene.front = NOBODY


def _isolated_active(scene: Scene) -> None:
    scene.isolate("leader")
    scene.wait_leader("other", "third")
    new = scene.active(scene.were["other"], scene.were["third"])[0]
    scene.tiers.cluster.seed(scene.were["leader"], bulk={"secrets": 3})
    scene.tiers.cluster.seed(new, bulk={"secrets": 5})


def _healed_active(scene: Scene) -> None:
    _isolated_active(scene)
    scene["leader"].rejoin()
    wait_until(lambda: len(scene.active()) == 1, timeout=120, what="one active", every=1)


WORSE = {
    # -- all_active
    "two-brokers-stopped": Situation(
        "cloudify-rabbitmq of both replicas is stopped, and the third has paused",
        _then(_stop("cloudify-rabbitmq", *NEITHER), _wait_brokers_gone("leader")),
    ),
    "all-brokers-stopped": Situation(
        "cloudify-rabbitmq of all is stopped", _stop("cloudify-rabbitmq", *ALL)
    ),
    "two-managers-stopped": Situation(
        "nginx of both replicas is stopped", _stop("nginx", *NEITHER)
    ),
    "all-managers-stopped": Situation("nginx of all is stopped", _stop("nginx", *ALL)),
    "two-tiers-stopped": Situation(
        "nginx and cloudify-rabbitmq of the asynchronous one are stopped",
        _then(_stop("nginx", "async"), _stop("cloudify-rabbitmq", "async")),
    ),
    "several-stopped": Situation(
        "nginx of the synchronous one, and cloudify-rabbitmq of the asynchronous one are stopped",
        _then(_stop("nginx", "sync"), _stop("cloudify-rabbitmq", "async")),
    ),
    "two-etcd-stopped": Situation(
        "etcd of both replicas is stopped, and nobody leads",
        _then(_stop("etcd", *NEITHER), lambda s: s.wait_none("leader")),
    ),
    "all-databases-stopped": Situation("patroni of all is stopped", _stop("patroni", *ALL)),
    "async-unreachable": Situation(
        "the controller does not reach the asynchronous one, and its peers do", _deafen("async")
    ),
    "leader-unreachable": Situation(
        "the controller does not reach the leader, and its peers do", _deafen("leader")
    ),
    "two-unreachable": Situation("the controller reaches the leader only", _deafen(*NEITHER)),
    "all-unreachable": Situation("the controller reaches nobody", _deafen(*ALL)),
    "async-isolated": Situation("the asynchronous one is isolated, and missed", _isolated),
    "promoted": Situation("a replica was promoted by hand: two databases take writes", _promoted),
    "no-failover": Situation("the leader died without a synchronous standby", _no_failover),
    "all-killed": Situation("all hosts are killed", _kill(*ALL)),
    "double-partition-healed": Situation(
        "the network broke twice, is whole again, and rows that were acknowledged are only on one side",
        _double_partition,
    ),
    "disk-full": Situation("the disk with a manager's logs is full", _full_disk("async")),
    "certificate-expired": Situation(
        "a manager's certificate has run out", _old_certificate("async")
    ),
    "flag-left": Situation("a restore has left its flag", _left_flag("leader")),
    "clock-ahead": Situation(
        "the clock of the asynchronous one is seven minutes ahead", _set_clock("async", 420)
    ),
    "clocks-behind": Situation(
        "the clocks of all hosts are a minute behind the controller's",
        _then(*(_set_clock(role, -60) for role in ALL)),
    ),
    "front-dead": Situation("nobody answers at the load balancer's address", _dead_front),
    "front-empty": Situation("the load balancer has no manager behind it", _front(backends=False)),
    "front-well": Situation("the load balancer works", _front(backends=True)),
    # -- active_standby
    "active-stopped": Situation(
        "nginx of the active one is stopped", _stop_unit("nginx", "leader"), "active_standby"
    ),
    "replica-stopped": Situation(
        "nginx of a standby is stopped", _stop_unit("nginx", "other"), "active_standby"
    ),
    "active-and-replica-killed": Situation(
        "the hosts of the active one and of a standby are killed, a moment ago",
        _kill("leader", "other"),
        "active_standby",
    ),
    "both-sides-written": Situation(
        "the active one is isolated, another one is active, and both were written to",
        _isolated_active,
        "active_standby",
    ),
    "both-sides-healed": Situation(
        "two were active and written to, and the network is whole again",
        _healed_active,
        "active_standby",
    ),
    "active-unreachable": Situation(
        "the controller does not reach the active one", _deafen("leader"), "active_standby"
    ),
    "replica-clock-behind": Situation(
        "the clock of a standby is a minute and a half behind",
        _set_clock("other", -90),
        "active_standby",
    ),
    "replica-unreachable": Situation(
        "the controller does not reach a standby", _deafen("other"), "active_standby"
    ),
    "managers-all-unreachable": Situation(
        "the controller reaches nobody", _deafen(*ALL_STANDBY), "active_standby"
    ),
    "managers-all-killed": Situation("all hosts are killed", _kill(*ALL_STANDBY), "active_standby"),
}

__all__ = ["WORSE"]
