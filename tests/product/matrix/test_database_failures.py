# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database tier when hosts die, are cut off, or come back wrongly."""

from __future__ import annotations

from lab.testing import wait_until
from product.on_hosts.tiers import DATABASE, MANAGER, Tiers


def test_a_replica_is_made_anew(databases: Tiers) -> None:
    replica = databases.roles()["async_replica"][0]
    before = (
        databases.host(replica).exec("stat", "-c", "%W", "/var/lib/patroni/data/PG_VERSION").stdout
    )
    code, said = databases.dbs("h1", "reinit", "-a", databases.address(replica))
    assert code == 0, said

    def copied() -> bool:
        argv = ("stat", "-c", "%W", "/var/lib/patroni/data/PG_VERSION")
        done = databases.host(replica).exec(*argv, check=False)
        return done.returncode == 0 and done.stdout != before

    wait_until(copied, what="a new copy of the data")
    databases.wait_healthy()


def test_a_dead_replica_makes_it_degraded_and_two_make_it_down(databases: Tiers) -> None:
    leader = databases.leader()
    dead = [name for name in databases.cluster.databases if name != leader]
    databases.host(dead[0]).kill()
    wait_until(lambda: databases.states(leader)[0] == 1, what="degraded")
    assert databases.states(leader)[1][dead[0]] == "dead"
    # the manager's own services are on these hosts too, and it still sees the database
    assert databases.states(leader, service=MANAGER)[0] == 1
    code, said = databases.dbs(leader, "remove", "-a", "172.31.78.99")
    assert (code, "Cannot find node" in said) == (1, True)
    databases.host(dead[1]).kill()
    code, said = databases.dbs(leader, "list")
    assert (code, "Etcd is not responding on this node" in said) == (1, True)
    code, said = databases.dbs(leader, "list", service=MANAGER)
    assert (code, "consensus lost" in said) == (2, True)
    for name in dead:
        databases.host(name).boot()


def test_a_dead_leader_is_followed_by_the_synchronous_standby(databases: Tiers) -> None:
    leader, standby = databases.leader(), databases.roles()["sync_replica"][0]
    databases.write()
    rows = databases.rows(leader)
    databases.host(leader).kill()
    wait_until(lambda: databases.states(standby)[1].get(standby) == "leader", what="another leader")
    assert databases.rows(standby) == rows
    wait_until(lambda: databases.states(standby)[0] == 1, what="a new synchronous standby")
    databases.write()
    databases.host(leader).boot()
    databases.wait_healthy()


def test_a_new_machine_beside_its_own_stale_entry(databases: Tiers) -> None:
    """The trap: `dbs remove` was forgotten. The installation ends well, and etcd does not run."""
    lost = databases.roles()["async_replica"][0]
    other = databases.leader()
    databases.fresh(lost)
    databases.install(lost, DATABASE)
    assert databases.states(other)[0] == 1
    assert databases.states(other)[1][lost] == "dead"
    # and the way out of it
    databases.run(lost, "remove")
    code, said = databases.dbs(other, "remove", "-a", databases.address(lost))
    assert code == 0, said
    databases.fresh(lost)
    databases.install(lost, DATABASE)
    databases.wait_healthy()


def test_it_is_configured_again_stopped_and_started(databases: Tiers) -> None:
    rows = int(databases.rows("h1"))
    for name in (databases.roles()["async_replica"][0], databases.leader()):
        done = databases.run(name, "configure")
        assert done.returncode == 0, done.stdout
        databases.wait_healthy()
    leader = databases.leader()
    for command in ("stop", "start"):
        done = databases.run(leader, command)
        assert done.returncode == 0, done.stdout
    databases.wait_healthy()
    databases.write()
    assert int(databases.rows("h1")) == rows + 1


def test_an_isolated_leader_does_not_know_what_the_others_do(databases: Tiers) -> None:
    leader = databases.leader()
    others = [name for name in databases.cluster.databases if name != leader]
    databases.host(leader).isolate()
    code, said = databases.dbs(leader, "list")
    assert (code, "Etcd is not responding on this node" in said) == (1, True)
    wait_until(lambda: databases.states(others[0])[0] == 1, what="another leader", timeout=120)
    assert databases.states(others[0])[1][leader] == "dead"
    databases.write()
    databases.host(leader).rejoin()
    databases.wait_healthy()
