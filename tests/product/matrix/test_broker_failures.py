# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The broker tier when hosts die, are cut off, or come back wrongly."""

from __future__ import annotations

from lab.testing import wait_until
from product.cluster.configs import SECRETS
from product.on_hosts.tiers import QUEUE, Tiers

SERVICE = "cloudify-rabbitmq"


def test_the_first_broker_has_others_partitions_handled_as_the_product_has(brokers: Tiers) -> None:
    said = brokers.host("h1").read("/etc/cloudify/rabbitmq/rabbitmq.config")
    assert "{cluster_partition_handling, pause_minority}" in said
    ctl = ("rabbitmqctl", "-q", "eval", "application:get_env(rabbit, cluster_partition_handling).")
    assert brokers.host("h1").exec(*ctl).stdout.strip() == "{ok,pause_minority}"


def test_a_minority_pauses_and_comes_back(brokers: Tiers) -> None:
    brokers.host("h3").cut()
    seen = {"rabbit@h1": True, "rabbit@h2": True, "rabbit@h3": False}
    wait_until(lambda: brokers.running("h1") == (0, seen), what="the others see it", timeout=120)
    wait_until(lambda: brokers.brokers("h3", "list")[0] == 1, what="it pauses", timeout=120)
    assert "recover enough cluster nodes" in brokers.brokers("h3", "list")[1]
    brokers.host("h3").heal()
    brokers.wait_brokers()


def test_a_replacement_joins_a_survivor_by_its_configuration(brokers: Tiers) -> None:
    brokers.host("h1").kill()
    wait_until(
        lambda: brokers.running("h2")[1].get("rabbit@h1") is False, what="h1 is seen as down"
    )
    code, said = brokers.brokers("h2", "remove", "-r", "h1")
    assert code == 0, said
    brokers.fresh("h1")
    brokers.reconfigure("h1", QUEUE, rabbitmq__join_cluster="rabbit@h2")
    brokers.install("h1", QUEUE)
    brokers.wait_brokers()


def test_who_cannot_join_runs_alone_and_says_why(brokers: Tiers) -> None:
    brokers.control("h3", "stop", SERVICE)
    wait_until(
        lambda: brokers.running("h2")[1].get("rabbit@h3") is False, what="h3 is seen as down"
    )
    code, said = brokers.brokers("h2", "remove", "-r", "h3")
    assert code == 0, said
    for cookie, peer, text in (
        ("ANOTHERCOOKIE", "rabbit@h2", "cookie"),
        (SECRETS["cookie"], "rabbit@h1", "start rabbit on that node"),
    ):
        if peer == "rabbit@h1":
            brokers.control("h1", "stop", SERVICE)
        brokers.fresh("h3")
        brokers.reconfigure(
            "h3", QUEUE, rabbitmq__erlang_cookie=cookie, rabbitmq__join_cluster=peer
        )
        done = brokers.run("h3", "install", service=QUEUE)
        assert done.returncode == 1
        assert text in done.stdout, done.stdout
    brokers.control("h1", "start", SERVICE)
    wait_until(lambda: brokers.running("h2")[1].get("rabbit@h1"), what="h1 is back")
    brokers.fresh("h3")
    brokers.install("h3", QUEUE)
    brokers.wait_brokers()


def test_configured_again_it_keeps_its_cluster_from_7_0_on(brokers: Tiers) -> None:
    before = brokers.queues("h3")
    assert brokers.run("h3", "configure", service=QUEUE).returncode == 0
    brokers.wait_brokers()
    assert brokers.queues("h3") == before


def test_a_removed_broker_leaves_nothing(brokers: Tiers) -> None:
    done = brokers.run("h3", "remove", service=QUEUE)
    assert done.returncode == 0, done.stdout
    for path in ("/var/lib/rabbitmq", "/etc/rabbitmq"):
        assert not brokers.host("h3").exists(path)
    wait_until(
        lambda: brokers.running("h2")[1].get("rabbit@h3") is False, what="h3 is seen as down"
    )
    code, said = brokers.brokers("h2", "remove", "-r", "h3")
    assert code == 0, said
    brokers.install("h3", QUEUE)
    brokers.wait_brokers()


def test_the_last_of_three_goes_on_once_restarted_and_forgets_the_others(brokers: Tiers) -> None:
    for name in ("h2", "h3"):
        brokers.host(name).kill()
    wait_until(lambda: brokers.brokers("h1", "list")[0] == 1, what="it pauses", timeout=120)
    brokers.control("h1", "restart", SERVICE)
    alone = {"rabbit@h1": True, "rabbit@h2": False, "rabbit@h3": False}
    wait_until(lambda: brokers.running("h1") == (0, alone), what="it is back", timeout=120)
    for name in ("h2", "h3"):
        code, said = brokers.brokers("h1", "remove", "-r", name)
        assert code == 0, said
    assert brokers.running("h1") == (0, {"rabbit@h1": True})
    for name in ("h2", "h3"):
        brokers.fresh(name)
        brokers.install(name, QUEUE)
    brokers.wait_brokers()
