# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database tier when hosts die, are cut off, or come back wrongly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab import Lab
from lab.testing import wait_until
from product.cluster import deploy
from product.on_hosts.tiers import DATABASE, MANAGER, Tiers


@pytest.fixture(scope="module")
def formed(lab: Lab) -> Iterator[Tiers]:
    lab.down()
    tiers = Tiers(deploy(lab, version="7.0.5"))
    tiers.wait_healthy()
    tiers.write()
    yield tiers
    lab.down()


@pytest.fixture
def tiers(formed: Tiers) -> Iterator[Tiers]:
    """A healthy cluster, before and after."""
    yield formed
    formed.cluster.lab.reset()
    formed.wait_healthy()


def test_a_replica_is_made_anew(tiers: Tiers) -> None:
    replica = tiers.roles()["async_replica"][0]
    before = tiers.host(replica).exec("stat", "-c", "%W", "/var/lib/patroni/data/PG_VERSION").stdout
    code, said = tiers.dbs("h1", "reinit", "-a", tiers.address(replica))
    assert code == 0, said

    def copied() -> bool:
        argv = ("stat", "-c", "%W", "/var/lib/patroni/data/PG_VERSION")
        done = tiers.host(replica).exec(*argv, check=False)
        return done.returncode == 0 and done.stdout != before

    wait_until(copied, what="a new copy of the data")
    tiers.wait_healthy()


def test_a_dead_replica_makes_it_degraded_and_two_make_it_down(tiers: Tiers) -> None:
    leader = tiers.leader()
    dead = [name for name in tiers.cluster.databases if name != leader]
    tiers.host(dead[0]).kill()
    wait_until(lambda: tiers.states(leader)[0] == 1, what="degraded")
    assert tiers.states(leader)[1][dead[0]] == "dead"
    # the manager's own services are on these hosts too, and it still sees the database
    assert tiers.states(leader, service=MANAGER)[0] == 1
    code, said = tiers.dbs(leader, "remove", "-a", "172.31.78.99")
    assert (code, "Cannot find node" in said) == (1, True)
    tiers.host(dead[1]).kill()
    code, said = tiers.dbs(leader, "list")
    assert (code, "Etcd is not responding on this node" in said) == (1, True)
    code, said = tiers.dbs(leader, "list", service=MANAGER)
    assert (code, "consensus lost" in said) == (2, True)
    for name in dead:
        tiers.host(name).boot()


def test_a_dead_leader_is_followed_by_the_synchronous_standby(tiers: Tiers) -> None:
    leader, standby = tiers.leader(), tiers.roles()["sync_replica"][0]
    tiers.write()
    rows = tiers.rows(leader)
    tiers.host(leader).kill()
    wait_until(lambda: tiers.states(standby)[1].get(standby) == "leader", what="another leader")
    assert tiers.rows(standby) == rows
    wait_until(lambda: tiers.states(standby)[0] == 1, what="a new synchronous standby")
    tiers.write()
    tiers.host(leader).boot()
    tiers.wait_healthy()


def test_a_new_machine_beside_its_own_stale_entry(tiers: Tiers) -> None:
    """The trap: `dbs remove` was forgotten. The installation ends well, and etcd does not run."""
    lost = tiers.roles()["async_replica"][0]
    other = tiers.leader()
    tiers.fresh(lost)
    tiers.install(lost, DATABASE)
    assert tiers.states(other)[0] == 1
    assert tiers.states(other)[1][lost] == "dead"
    # and the way out of it
    tiers.run(lost, "remove")
    code, said = tiers.dbs(other, "remove", "-a", tiers.address(lost))
    assert code == 0, said
    tiers.fresh(lost)
    tiers.install(lost, DATABASE)
    tiers.wait_healthy()


def test_it_is_configured_again_stopped_and_started(tiers: Tiers) -> None:
    rows = int(tiers.rows("h1"))
    for name in (tiers.roles()["async_replica"][0], tiers.leader()):
        done = tiers.run(name, "configure")
        assert done.returncode == 0, done.stdout
        tiers.wait_healthy()
    leader = tiers.leader()
    for command in ("stop", "start"):
        done = tiers.run(leader, command)
        assert done.returncode == 0, done.stdout
    tiers.wait_healthy()
    tiers.write()
    assert int(tiers.rows("h1")) == rows + 1


def test_an_isolated_leader_does_not_know_what_the_others_do(tiers: Tiers) -> None:
    leader = tiers.leader()
    others = [name for name in tiers.cluster.databases if name != leader]
    tiers.host(leader).isolate()
    code, said = tiers.dbs(leader, "list")
    assert (code, "Etcd is not responding on this node" in said) == (1, True)
    wait_until(lambda: tiers.states(others[0])[0] == 1, what="another leader", timeout=120)
    assert tiers.states(others[0])[1][leader] == "dead"
    tiers.write()
    tiers.host(leader).rejoin()
    tiers.wait_healthy()
