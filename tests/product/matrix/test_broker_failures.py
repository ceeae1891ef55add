# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The broker tier when hosts die, are cut off, or come back wrongly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab import Lab
from lab.testing import wait_until
from product.cluster import deploy
from product.cluster.configs import SECRETS
from product.on_hosts.tiers import QUEUE, Tiers

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


def queues(tiers: Tiers, name: str) -> str:
    return api(tiers, name, "/queues/%2F?columns=name")


def test_the_first_broker_has_others_partitions_handled_as_the_product_has(tiers: Tiers) -> None:
    said = tiers.host("h1").read("/etc/cloudify/rabbitmq/rabbitmq.config")
    assert "{cluster_partition_handling, pause_minority}" in said
    ctl = ("rabbitmqctl", "-q", "eval", "application:get_env(rabbit, cluster_partition_handling).")
    assert tiers.host("h1").exec(*ctl).stdout.strip() == "{ok,pause_minority}"


def test_a_minority_pauses_and_comes_back(tiers: Tiers) -> None:
    tiers.host("h3").cut()
    seen = {"rabbit@h1": True, "rabbit@h2": True, "rabbit@h3": False}
    wait_until(lambda: tiers.running("h1") == (0, seen), what="the others see it", timeout=120)
    wait_until(lambda: tiers.brokers("h3", "list")[0] == 1, what="it pauses", timeout=120)
    assert "recover enough cluster nodes" in tiers.brokers("h3", "list")[1]
    tiers.host("h3").heal()
    tiers.wait_brokers()


def test_a_replacement_joins_a_survivor_by_its_configuration(tiers: Tiers) -> None:
    tiers.host("h1").kill()
    wait_until(lambda: tiers.running("h2")[1].get("rabbit@h1") is False, what="h1 is seen as down")
    code, said = tiers.brokers("h2", "remove", "-r", "h1")
    assert code == 0, said
    tiers.fresh("h1")
    tiers.reconfigure("h1", QUEUE, rabbitmq__join_cluster="rabbit@h2")
    tiers.install("h1", QUEUE)
    tiers.wait_brokers()


def test_who_cannot_join_runs_alone_and_says_why(tiers: Tiers) -> None:
    tiers.control("h3", "stop", SERVICE)
    wait_until(lambda: tiers.running("h2")[1].get("rabbit@h3") is False, what="h3 is seen as down")
    code, said = tiers.brokers("h2", "remove", "-r", "h3")
    assert code == 0, said
    for cookie, peer, text in (
        ("ANOTHERCOOKIE", "rabbit@h2", "cookie"),
        (SECRETS["cookie"], "rabbit@h1", "start rabbit on that node"),
    ):
        if peer == "rabbit@h1":
            tiers.control("h1", "stop", SERVICE)
        tiers.fresh("h3")
        tiers.reconfigure("h3", QUEUE, rabbitmq__erlang_cookie=cookie, rabbitmq__join_cluster=peer)
        done = tiers.run("h3", "install", service=QUEUE)
        assert done.returncode == 1
        assert text in done.stdout, done.stdout
    tiers.control("h1", "start", SERVICE)
    wait_until(lambda: tiers.running("h2")[1].get("rabbit@h1"), what="h1 is back")
    tiers.fresh("h3")
    tiers.install("h3", QUEUE)
    tiers.wait_brokers()


def test_configured_again_it_keeps_its_cluster_from_7_0_on(tiers: Tiers) -> None:
    before = queues(tiers, "h3")
    assert tiers.run("h3", "configure", service=QUEUE).returncode == 0
    tiers.wait_brokers()
    assert queues(tiers, "h3") == before


def test_a_removed_broker_leaves_nothing(tiers: Tiers) -> None:
    done = tiers.run("h3", "remove", service=QUEUE)
    assert done.returncode == 0, done.stdout
    for path in ("/var/lib/rabbitmq", "/etc/rabbitmq"):
        assert not tiers.host("h3").exists(path)
    wait_until(lambda: tiers.running("h2")[1].get("rabbit@h3") is False, what="h3 is seen as down")
    code, said = tiers.brokers("h2", "remove", "-r", "h3")
    assert code == 0, said
    tiers.install("h3", QUEUE)
    tiers.wait_brokers()


def test_the_last_of_three_goes_on_once_restarted_and_forgets_the_others(tiers: Tiers) -> None:
    for name in ("h2", "h3"):
        tiers.host(name).kill()
    wait_until(lambda: tiers.brokers("h1", "list")[0] == 1, what="it pauses", timeout=120)
    tiers.control("h1", "restart", SERVICE)
    alone = {"rabbit@h1": True, "rabbit@h2": False, "rabbit@h3": False}
    wait_until(lambda: tiers.running("h1") == (0, alone), what="it is back", timeout=120)
    for name in ("h2", "h3"):
        code, said = tiers.brokers("h1", "remove", "-r", name)
        assert code == 0, said
    assert tiers.running("h1") == (0, {"rabbit@h1": True})
    for name in ("h2", "h3"):
        tiers.fresh(name)
        tiers.install(name, QUEUE)
    tiers.wait_brokers()
