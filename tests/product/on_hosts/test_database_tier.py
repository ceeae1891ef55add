# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database tier of a compact cluster of three."""

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


def test_each_part_serves_the_configured_certificate(tiers: Tiers) -> None:
    for name in tiers.cluster.databases:
        host = tiers.host(name)
        wanted = (tiers.cluster.config_dir / f"{name}.crt").read_text()
        for port, starttls in (
            (2379, ()),
            (2380, ()),
            (8008, ()),
            (5432, ("-starttls", "postgres")),
        ):
            said = host.exec(
                *("openssl", "s_client", "-connect", f"{tiers.address(name)}:{port}", *starttls),
                input="",
                check=False,
            ).stdout
            assert "".join(wanted.split()) in "".join(said.split()), port
        modes = host.exec(
            *("stat", "-c", "%a %U %n", "/etc/etcd/etcd.key", "/var/lib/patroni/rest.key"),
            *("/var/lib/patroni/db.key", "/var/lib/patroni/ca.crt"),
        ).stdout
        assert modes.splitlines() == [
            "400 etcd /etc/etcd/etcd.key",
            "400 postgres /var/lib/patroni/rest.key",
            "400 postgres /var/lib/patroni/db.key",
            "444 postgres /var/lib/patroni/ca.crt",
        ]


def test_both_a_database_node_and_a_manager_list_it(tiers: Tiers) -> None:
    seen = [tiers.states("h1"), tiers.states("h2", service=MANAGER)]
    assert seen[0] == seen[1]
    assert sorted(seen[0][1].values()) == ["async_replica", "leader", "sync_replica"]


def test_what_is_refused(tiers: Tiers) -> None:
    leader, replica = tiers.leader(), tiers.roles()["async_replica"][0]
    at = {name: tiers.address(name) for name in tiers.cluster.databases}
    refusals = (
        (DATABASE, ("add", "-a", "172.31.78.99"), "should be added to the cluster during install"),
        (DATABASE, ("remove", "-a", at[leader]), "set the master to a different node"),
        (DATABASE, ("remove", "-a", "172.31.78.99"), "Cannot find node"),
        (DATABASE, ("reinit", "-a", at[leader]), "cannot be reinitialised"),
        (DATABASE, ("set-master", "-a", "172.31.78.99"), "not part of the cluster"),
        (MANAGER, ("add", "-a", at[replica]), "already part of the cluster"),
        (MANAGER, ("add", "-a", "172.31.78.99"), "does not appear to be operational"),
        (MANAGER, ("remove", "-a", at[leader]), "set the master to a different node"),
        (MANAGER, ("reinit", "-a", at[replica]), "only be run from a DB node"),
        (MANAGER, ("set-master", "-a", at[replica]), "only be run from a DB node"),
    )
    for service, words, text in refusals:
        code, said = tiers.dbs("h1", *words, service=service)
        assert code == 1, words
        assert text in said


def test_the_shell_is_the_managers_own(tiers: Tiers) -> None:
    code, said = tiers.dbs("h1", "shell", "SELECT 40 + 2", service=MANAGER)
    assert (code, "42" in said) == (0, True), said
    code, said = tiers.dbs("h1", "shell", "SELECT 1", service=DATABASE)
    assert (code, "only accessible with the installed manager config" in said) == (0, True)


def test_an_asynchronous_replica_becomes_the_leader_when_told(tiers: Tiers) -> None:
    wanted = tiers.roles()["async_replica"][0]
    code, said = tiers.dbs("h1", "set-master", "-a", tiers.address(wanted))
    assert code == 0, said
    tiers.wait_healthy()
    assert tiers.leader() == wanted
    tiers.write()


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


def test_a_lost_leader_is_replaced_by_a_new_machine(tiers: Tiers) -> None:
    lost = tiers.leader()
    survivors = [name for name in tiers.cluster.databases if name != lost]
    tiers.host(lost).kill()
    wait_until(lambda: tiers.states(survivors[0])[0] == 1, what="another leader, degraded")
    tiers.write()
    tiers.fresh(lost)
    tiers.replace_database(lost, through=survivors[0])
    tiers.wait_healthy()
    for manager in survivors:
        assert tiers.states(manager, service=MANAGER)[0] == 0
        listed = tiers.cluster.call(manager, "GET", "/db-nodes")[1]["items"]
        assert sorted(n["host"] for n in listed) == [tiers.address(n) for n in ("h1", "h2", "h3")]
    code, said = tiers.dbs(survivors[0], "add", "-a", tiers.address(lost), service=MANAGER)
    assert (code, "already part" in said) == (1, True)


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
