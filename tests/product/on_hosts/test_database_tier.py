# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database tier of a compact cluster of three."""

from __future__ import annotations

from lab.testing import wait_until
from product.on_hosts.tiers import DATABASE, MANAGER, Tiers


def test_each_part_serves_the_configured_certificate(databases: Tiers) -> None:
    for name in databases.cluster.databases:
        host = databases.host(name)
        wanted = (databases.cluster.config_dir / f"{name}.crt").read_text()
        for port, starttls in (
            (2379, ()),
            (2380, ()),
            (8008, ()),
            (5432, ("-starttls", "postgres")),
        ):
            said = host.exec(
                *(
                    "openssl",
                    "s_client",
                    "-connect",
                    f"{databases.address(name)}:{port}",
                    *starttls,
                ),
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


def test_both_a_database_node_and_a_manager_list_it(databases: Tiers) -> None:
    seen = [databases.states("h1"), databases.states("h2", service=MANAGER)]
    assert seen[0] == seen[1]
    assert sorted(seen[0][1].values()) == ["async_replica", "leader", "sync_replica"]


def test_what_is_refused(databases: Tiers) -> None:
    leader, replica = databases.leader(), databases.roles()["async_replica"][0]
    at = {name: databases.address(name) for name in databases.cluster.databases}
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
        code, said = databases.dbs("h1", *words, service=service)
        assert code == 1, words
        assert text in said


def test_the_shell_is_the_managers_own(databases: Tiers) -> None:
    code, said = databases.dbs("h1", "shell", "SELECT 40 + 2", service=MANAGER)
    assert (code, "42" in said) == (0, True), said
    code, said = databases.dbs("h1", "shell", "SELECT 1", service=DATABASE)
    assert (code, "only accessible with the installed manager config" in said) == (0, True)


def test_an_asynchronous_replica_becomes_the_leader_when_told(databases: Tiers) -> None:
    wanted = databases.roles()["async_replica"][0]
    code, said = databases.dbs("h1", "set-master", "-a", databases.address(wanted))
    assert code == 0, said
    databases.wait_healthy()
    assert databases.leader() == wanted
    databases.write()


def test_a_lost_leader_is_replaced_by_a_new_machine(databases: Tiers) -> None:
    lost = databases.leader()
    survivors = [name for name in databases.cluster.databases if name != lost]
    databases.host(lost).kill()
    wait_until(lambda: databases.states(survivors[0])[0] == 1, what="another leader, degraded")
    databases.write()
    databases.fresh(lost)
    databases.replace_database(lost, through=survivors[0])
    databases.wait_healthy()
    for manager in survivors:
        assert databases.states(manager, service=MANAGER)[0] == 0
        listed = databases.cluster.call(manager, "GET", "/db-nodes")[1]["items"]
        assert sorted(n["host"] for n in listed) == [
            databases.address(n) for n in ("h1", "h2", "h3")
        ]
    code, said = databases.dbs(survivors[0], "add", "-a", databases.address(lost), service=MANAGER)
    assert (code, "already part" in said) == (1, True)
