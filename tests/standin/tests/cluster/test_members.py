# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Leaving an active/standby cluster, and archives on every member of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from standin.tests.cluster.members import Node, healthy, leader_of
from standin.tests.steps import create, until

Form = Callable[..., list[Node]]
REMOVED = "This node was removed from the Cloudify Manager cluster"


def gone(node: Node) -> bool:
    return node.refuses() == "removed_from_cluster"


def test_a_removed_node_is_of_no_use(cluster: Form) -> None:
    one, two, three = cluster()
    answer = one.call("DELETE", "/cluster/nodes/m2")
    assert (answer.status, answer.json["name"]) == (200, "m2")
    assert [n["name"] for n in one.nodes()] == ["m1", "m3"]
    until(lambda: gone(two))
    for method, path in (("GET", "/cluster"), ("GET", "/version"), ("GET", "/secrets")):
        assert two.call(method, path).code == "removed_from_cluster"
    body = {"host_ip": two.address, "node_name": "m2", "credentials": {}, "join_addrs": []}
    assert two.call("PUT", "/cluster", body).json["message"] == REMOVED
    two.kill()
    two.start()
    assert gone(two)
    assert healthy([one, three])
    assert one.call("DELETE", "/cluster/nodes/m2").code == "not_found_error"
    assert one.call("DELETE", "/cluster/nodes/m1").status == 400


def test_a_dead_node_that_was_removed_learns_it_when_it_comes_back(cluster: Form) -> None:
    one, two, three = cluster()
    one.kill()
    leader = until(lambda: leader_of([two, three]))
    assert leader.call("DELETE", "/cluster/nodes/m1").status == 200
    leader.write("later")
    one.start()
    until(lambda: gone(one))
    assert healthy([two, three])
    assert "later" in leader.secrets()


def test_a_removal_is_answered_when_the_others_know(cluster: Form) -> None:
    one, _two, _three = cluster()
    one.cut("m3")
    assert one.call("DELETE", "/cluster/nodes/m2").status == 200
    # it could not be told, so it counts as gone first
    assert one.peers()["alive"] == []


def test_an_isolated_active_that_was_removed_is_out(cluster: Form) -> None:
    one, two, three = cluster()
    one.cut("*")
    leader = until(lambda: leader_of([two, three]))
    leader.call("DELETE", "/cluster/nodes/m1")
    one.write("newest")
    one.heal()
    until(lambda: gone(one))
    assert "newest" not in leader.secrets()


def test_only_a_reinstalled_node_comes_back(cluster: Form) -> None:
    one, two, three = cluster()
    two.wipe()
    # installed anew, but still in the register
    again = two.invitation(one)
    assert (again.status, again.code) == (409, "conflict_error")
    elsewhere = two.invitation(one, name="other")
    assert elsewhere.code == "conflict_error"
    one.write("meanwhile")
    assert one.call("DELETE", "/cluster/nodes/m2").status == 200
    two.join_cluster(one)
    until(lambda: healthy([one, two, three]))
    assert two.peers()["position"] == one.peers()["position"]


def test_node_options(cluster: Form) -> None:
    one, two = cluster(2, standby_shows_cluster=True)
    assert one.call("PATCH", "/cluster/nodes/m2", {"check_fail_fast": False}).status == 200
    assert one.call("PATCH", "/cluster/nodes/m7", {"check_fail_fast": False}).status == 404
    until(lambda: two.node("m2")["options"] == {"check_fail_fast": False})


def test_archives_are_on_every_member(cluster: Form) -> None:
    one, two, three = cluster()
    one.seed(sample="rich")
    create(one, "snap")
    whole = one.call("GET", "/snapshots/snap/archive").body

    def spread(name: str) -> bool:
        path = f"snapshots/{name}/{name}.zip"
        return all((n.state / path).exists() for n in (two, three))

    until(lambda: spread("snap"))
    one.add_snapshot("other")
    until(lambda: spread("other"))
    one.call("DELETE", "/snapshots/other")
    until(lambda: not (two.state / "snapshots/other").exists())
    one.kill()
    leader = until(lambda: leader_of([two, three]))
    assert leader.call("GET", "/snapshots/snap/archive").body == whole


def test_a_new_active_takes_archives_from_whoever_has_them(cluster: Form) -> None:
    one, two, three = cluster()
    one.add_snapshot("snap")
    until((two.state / "snapshots/snap/snap.zip").exists)
    until((three.state / "snapshots/snap/snap.zip").exists)
    one.kill()
    leader = until(lambda: leader_of([two, three]))
    archive = leader.state / "snapshots/snap/snap.zip"
    archive.unlink()
    until(archive.exists)


def test_archives_of_the_losing_side_are_gone(cluster: Form) -> None:
    one, two, three = cluster()
    one.cut("*")
    leader = until(lambda: leader_of([two, three]))
    one.add_snapshot("lost")
    leader.write("newer")
    one.heal()
    until(lambda: healthy([one, two, three]))
    until(lambda: not (one.state / "snapshots/lost").exists())
    assert leader.call("GET", "/snapshots/lost").status == 404


@pytest.mark.parametrize("count", [2000])
def test_much_content(cluster: Form, count: int) -> None:
    one, two = cluster(2)
    one.seed(bulk={"secrets": count, "tenants": 3})
    until(lambda: two.summary()["counts"].get("secrets") == count)
