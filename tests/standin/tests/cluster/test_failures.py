# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An active/standby cluster through failures."""

from __future__ import annotations

from collections.abc import Callable

from standin.tests.cluster.members import Node, healthy, leader_of
from standin.tests.steps import until

Form = Callable[..., list[Node]]


def test_the_active_is_killed(cluster: Form) -> None:
    one, two, three = cluster()
    one.write("acknowledged")
    one.kill()
    leader = until(lambda: leader_of([two, three]))
    assert "acknowledged" in leader.secrets()
    dead = leader.node("m1")
    assert not dead["online"] and not dead["master"]
    assert not any(dead["checks"].values())
    leader.write("later")
    # it finds its way back, as a replica
    one.start()
    until(lambda: healthy([one, two, three]))
    assert leader_of([one, two, three]) is leader
    leader.kill()
    other = until(lambda: leader_of([n for n in (one, two, three) if n is not leader]))
    assert {"acknowledged", "later"} <= other.secrets()


def test_a_write_is_answered_when_a_standby_has_it(cluster: Form) -> None:
    one, two, three = cluster()
    two.cut("m1")
    three.cut("m1")
    one.write("alone")
    # nobody could have it, so it was answered once nobody was there
    assert one.peers()["alive"] == []


def test_a_standby_is_killed(cluster: Form) -> None:
    one, two, three = cluster()
    two.kill()
    until(lambda: not one.node("m2")["online"])
    assert one.leads()
    one.write("while-away")
    two.start()
    until(lambda: healthy([one, two, three]))
    assert leader_of([one, two, three]) is one
    assert two.peers()["position"] == one.peers()["position"]


def test_all_are_killed(cluster: Form) -> None:
    nodes = cluster()
    nodes[0].write("kept")
    for node in nodes:
        node.kill()
    for node in reversed(nodes):
        node.start()
    until(lambda: healthy(nodes))
    leader = leader_of(nodes)
    assert leader and "kept" in leader.secrets()


def test_an_isolated_active_goes_on_alone_and_loses_what_it_took(cluster: Form) -> None:
    one, two, three = cluster()
    one.cut("*")
    leader = until(lambda: leader_of([two, three]))
    # two that answer as the active, and each calls the others offline
    assert one.leads() and leader.leads()
    until(lambda: one.peers()["minority"])
    assert [n["name"] for n in one.nodes() if n["online"]] == ["m1"]
    assert not one.node("m1")["checks"]["consul"]
    assert leader.node(leader.name)["checks"]["consul"]
    one.write("minority")
    leader.write("majority")
    one.heal()
    until(lambda: healthy([one, two, three]))
    assert leader_of([one, two, three]) is leader
    assert "majority" in leader.secrets() and "minority" not in leader.secrets()
    assert one.peers()["position"] == leader.peers()["position"]


def test_the_newest_database_wins_though_it_is_the_minoritys(cluster: Form) -> None:
    one, two, three = cluster()
    one.cut("*")
    leader = until(lambda: leader_of([two, three]))
    leader.write("majority")
    one.write("minority")
    one.heal()
    until(lambda: healthy([one, two, three]))
    assert leader_of([one, two, three]) is one
    assert "minority" in one.secrets() and "majority" not in one.secrets()
    for other in (two, three):
        assert other.peers()["position"] == one.peers()["position"]


def test_an_isolated_standby_becomes_active_too(cluster: Form) -> None:
    one, two, three = cluster()
    three.cut("*")
    until(three.leads)
    assert one.leads()
    assert three.peers()["minority"] and not one.peers()["minority"]
    one.write("majority")
    three.heal()
    until(lambda: healthy([one, two, three]))
    assert leader_of([one, two, three]) is one


def test_everybody_apart(cluster: Form) -> None:
    nodes = cluster()
    for node in nodes:
        node.cut("*")
    until(lambda: all(n.leads() for n in nodes))
    for node in nodes:
        node.write(f"by-{node.name}")
    for node in nodes:
        node.heal()
    until(lambda: healthy(nodes))
    leader = leader_of(nodes)
    assert leader is nodes[2]
    assert leader.secrets() == {"by-m3"}


def test_two_nodes_have_no_majority(cluster: Form) -> None:
    one, two = cluster(2)
    two.kill()
    until(lambda: one.peers()["minority"])
    one.write("alone")
    two.start()
    until(lambda: healthy([one, two]))
    one.kill()
    until(two.leads)
    assert two.peers()["minority"]
    assert "alone" in two.secrets()


def test_set_active(cluster: Form) -> None:
    one, two, three = cluster()
    one.write("kept")
    assert one.call("PATCH", "/cluster", {"master": "m1"}).status == 400
    assert one.call("PATCH", "/cluster", {"master": "m9"}).status == 404
    assert two.call("PATCH", "/cluster", {"master": "m2"}).code == "not_cluster_master"
    assert one.call("PATCH", "/cluster", {"master": "m2"}).status == 200
    until(lambda: leader_of([one, two, three]) is two)
    until(lambda: healthy([one, two, three]))
    assert "kept" in two.secrets()
    assert one.refuses() == "not_cluster_master"


def test_an_active_whose_services_fail_gives_way(cluster: Form) -> None:
    one, two, three = cluster()
    one.control("POST", "/service", {"name": "cloudify-mgmtworker", "state": "down"})
    until(lambda: not one.node("m1")["checks"]["services"])
    leader = until(lambda: leader_of([one, two, three]) not in (None, one))
    assert leader
    assert one.refuses() == "not_cluster_master"


def test_executions_of_a_dead_active_are_nobodys(cluster: Form) -> None:
    one, two, three = cluster()
    execution = one.add_execution(workflow_id="install", status="started")
    one.kill()
    leader = until(lambda: leader_of([two, three]))
    assert leader.call("GET", f"/executions/{execution}").json["status"] == "started"


def test_a_login_is_counted_as_no_write(cluster: Form) -> None:
    one, _two = cluster(2)
    before = one.peers()["position"]
    for path in ("/status", "/secrets", "/maintenance", "/cluster/nodes"):
        one.call("GET", path)
    assert one.peers()["position"] == before
