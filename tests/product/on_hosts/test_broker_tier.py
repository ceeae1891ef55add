# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The broker tier of a cluster of three."""

from __future__ import annotations

from lab.testing import wait_until
from product.cluster.configs import SECRETS
from product.on_hosts.tiers import MANAGER, QUEUE, Tiers

SERVICE = "cloudify-rabbitmq"


def declare(brokers: Tiers, name: str) -> None:
    """A durable queue, which a cluster keeps and a broker that is wiped forgets."""
    body = ("-X", "PUT", "-H", "content-type: application/json", "-d", '{"durable": true}')
    brokers.api(name, f"/queues/%2F/of-{name}", *body)


def test_it_is_a_cluster_with_tls_and_one_user(brokers: Tiers) -> None:
    for name in brokers.cluster.brokers:
        host = brokers.host(name)
        wanted = (brokers.cluster.config_dir / f"{name}.crt").read_text()
        for port in (5671, 15671):
            argv = ("openssl", "s_client", "-connect", f"{brokers.address(name)}:{port}")
            said = host.exec(*argv, input="", check=False).stdout
            assert "".join(wanted.split()) in "".join(said.split())
        listening = host.exec("ss", "-Hltn", "sport = :5672").stdout
        assert not listening.strip()
        assert host.read("/var/lib/rabbitmq/.erlang.cookie") == SECRETS["cookie"]
        assert '"name":"guest"' not in brokers.api(name, "/users")
    declare(brokers, "h2")
    assert "of-h2" in brokers.queues("h3")


def test_what_is_refused(brokers: Tiers) -> None:
    for words, text in (
        (("remove", "-r", "rabbit@h3"), "must be shut down"),
        (("remove", "-r", "rabbit@h9"), "not found in cluster. Valid nodes are: rabbit@h1"),
        (("add", "-j", "h2"), "already in a rabbit cluster"),
    ):
        code, said = brokers.brokers("h1", *words)
        assert code == 1, words
        assert text in said
    done = brokers.run("h1", "brokers", "list", service=MANAGER)
    assert done.returncode == 1
    assert "on nodes with installed brokers" in done.stdout


def test_a_lost_first_broker_is_replaced(brokers: Tiers) -> None:
    declare(brokers, "h1")
    brokers.host("h1").kill()
    wait_until(
        lambda: brokers.running("h2")[1].get("rabbit@h1") is False, what="h1 is seen as down"
    )
    code, said = brokers.brokers("h2", "remove", "-r", "h1")
    assert code == 0, said
    code, said = brokers.brokers("h2", "remove", "-r", "rabbit@h1")
    assert (code, "not found in cluster" in said) == (1, True)
    brokers.fresh("h1")
    # the trap: with its own, blank join_cluster it is a cluster of one
    brokers.install("h1", QUEUE)
    assert brokers.running("h1") == (0, {"rabbit@h1": True})
    assert brokers.running("h2") == (0, {"rabbit@h2": True, "rabbit@h3": True})
    # a name that cannot be resolved, then the way out of it
    code, said = brokers.brokers("h1", "add", "-j", "nobody")
    assert (code, "Could not get address" in said) == (1, True)
    code, said = brokers.brokers("h1", "add", "-j", "h2")
    assert code == 0, said
    brokers.wait_brokers()
    # what the new one had of its own is gone, and the survivors' is there
    assert "of-h2" in brokers.queues("h1")
