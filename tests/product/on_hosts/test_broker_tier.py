# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The broker tier of a cluster of three."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab import Lab
from lab.testing import wait_until
from product.cluster import deploy
from product.cluster.configs import SECRETS
from product.on_hosts.tiers import MANAGER, QUEUE, Tiers

SERVICE = "cloudify-rabbitmq"


@pytest.fixture(scope="module")
def formed(lab: Lab) -> Iterator[Tiers]:
    lab.down()
    tiers = Tiers(deploy(lab, version="7.0.5", services=(QUEUE,)))
    tiers.wait_brokers()
    yield tiers
    lab.down()


@pytest.fixture
def tiers(formed: Tiers) -> Iterator[Tiers]:
    """A whole cluster, before and after."""
    yield formed
    formed.cluster.lab.reset()
    formed.wait_brokers()


def api(tiers: Tiers, name: str, path: str, *words: str) -> str:
    """The management service's answer, by the configured user."""
    return (
        tiers.host(name)
        .exec(
            *("curl", "-sS", "--max-time", "20", "--cacert", "/etc/cloudify/ssl/rabbitmq-ca.pem"),
            *("-u", f"cloudify:{SECRETS['rabbit']}", *words),
            f"https://{tiers.address(name)}:15671/api{path}",
        )
        .stdout
    )


def declare(tiers: Tiers, name: str) -> None:
    """A durable queue, which a cluster keeps and a broker that is wiped forgets."""
    body = ("-X", "PUT", "-H", "content-type: application/json", "-d", '{"durable": true}')
    api(tiers, name, f"/queues/%2F/of-{name}", *body)


def queues(tiers: Tiers, name: str) -> str:
    return api(tiers, name, "/queues/%2F?columns=name")


def test_it_is_a_cluster_with_tls_and_one_user(tiers: Tiers) -> None:
    for name in tiers.cluster.brokers:
        host = tiers.host(name)
        wanted = (tiers.cluster.config_dir / f"{name}.crt").read_text()
        for port in (5671, 15671):
            argv = ("openssl", "s_client", "-connect", f"{tiers.address(name)}:{port}")
            said = host.exec(*argv, input="", check=False).stdout
            assert "".join(wanted.split()) in "".join(said.split())
        listening = host.exec("ss", "-Hltn", "sport = :5672").stdout
        assert not listening.strip()
        assert host.read("/var/lib/rabbitmq/.erlang.cookie") == SECRETS["cookie"]
        assert '"name":"guest"' not in api(tiers, name, "/users")
    declare(tiers, "h2")
    assert "of-h2" in queues(tiers, "h3")


def test_what_is_refused(tiers: Tiers) -> None:
    for words, text in (
        (("remove", "-r", "rabbit@h3"), "must be shut down"),
        (("remove", "-r", "rabbit@h9"), "not found in cluster. Valid nodes are: rabbit@h1"),
        (("add", "-j", "h2"), "already in a rabbit cluster"),
    ):
        code, said = tiers.brokers("h1", *words)
        assert code == 1, words
        assert text in said
    done = tiers.run("h1", "brokers", "list", service=MANAGER)
    assert done.returncode == 1
    assert "on nodes with installed brokers" in done.stdout


def test_a_lost_first_broker_is_replaced(tiers: Tiers) -> None:
    declare(tiers, "h1")
    tiers.host("h1").kill()
    wait_until(lambda: tiers.running("h2")[1].get("rabbit@h1") is False, what="h1 is seen as down")
    code, said = tiers.brokers("h2", "remove", "-r", "h1")
    assert code == 0, said
    code, said = tiers.brokers("h2", "remove", "-r", "rabbit@h1")
    assert (code, "not found in cluster" in said) == (1, True)
    tiers.fresh("h1")
    # the trap: with its own, blank join_cluster it is a cluster of one
    tiers.install("h1", QUEUE)
    assert tiers.running("h1") == (0, {"rabbit@h1": True})
    assert tiers.running("h2") == (0, {"rabbit@h2": True, "rabbit@h3": True})
    # a name that cannot be resolved, then the way out of it
    code, said = tiers.brokers("h1", "add", "-j", "nobody")
    assert (code, "Could not get address" in said) == (1, True)
    code, said = tiers.brokers("h1", "add", "-j", "h2")
    assert code == 0, said
    tiers.wait_brokers()
    # what the new one had of its own is gone, and the survivors' is there
    assert "of-h2" in queues(tiers, "h1")
