# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Making an active/standby cluster, as the vendor's client asks for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509

from standin.cluster.active_standby.wire import Link, Refused, Wire
from standin.tests.cluster.members import Node, healthy
from standin.tests.steps import until

Start = Callable[..., Node]


@pytest.mark.parametrize("profile", ["4.5.5", "vnfm"])
def test_three_managers_become_one_cluster(
    cluster: Callable[..., list[Node]], profile: str
) -> None:
    nodes = cluster(3, profile=profile)
    listed = nodes[0].nodes()
    assert [(n["name"], n["master"]) for n in listed] == [
        ("m1", True),
        ("m2", False),
        ("m3", False),
    ]
    assert {n["name"]: n["host_ip"] for n in listed} == {n.name: n.address for n in nodes}
    assert set(listed[0]["checks"]) == {"consul", "services", "database", "heartbeat"}
    for node in nodes:
        assert node.peers()["leader"] == "m1"


def test_a_start_is_told_step_by_step_and_done_once(node: Start) -> None:
    one = node("m1")
    assert one.call("GET", "/cluster").json == {"initialized": False, "error": None, "logs": []}
    assert one.call("GET", "/cluster/nodes").status == 404
    one.start_cluster()
    logs = one.call("GET", "/cluster?_include=logs,initialized").json["logs"]
    assert len(logs) >= 3
    later = one.call("GET", f"/cluster?since={logs[1]['cursor']}").json["logs"]
    assert later == logs[2:]
    again = one.call("PUT", "/cluster", {"host_ip": one.address, "node_name": "m1"})
    assert (again.status, again.code) == (400, "illegal_action_error")
    assert "already part of a Cloudify Manager cluster" in again.json["message"]


def test_a_standby_refuses_what_is_not_about_the_cluster(
    cluster: Callable[..., list[Node]],
) -> None:
    _leader, standby = cluster(2, standby_shows_cluster=True)
    for path in ("/status", "/version", "/snapshots", "/secrets", "/nothing"):
        answer = standby.call("GET", path)
        assert (answer.status, answer.code) == (400, "not_cluster_master"), path
    # the web server refuses before anybody asks who it is
    stranger = {"Authorization": None}
    assert standby.call("GET", "/status", headers=stranger).code == "not_cluster_master"
    assert standby.call("PUT", "/secrets/a", {"value": "x"}).code == "not_cluster_master"
    assert standby.call("DELETE", "/cluster/nodes/m1").code == "not_cluster_master"
    body = {"host_ip": standby.address, "node_name": "m2"}
    assert "already part" in standby.call("PUT", "/cluster", body).json["message"]
    assert standby.call("GET", "/cluster").json["initialized"]


def test_a_standby_is_as_mute_as_the_client_expects(node: Start) -> None:
    one, two = node("m1"), node("m2")
    one.start_cluster()
    two.join_cluster(one)
    assert two.call("GET", "/cluster").code == "not_cluster_master"
    assert two.call("GET", "/cluster/nodes").code == "not_cluster_master"
    body = {"host_ip": two.address, "node_name": "m2"}
    assert two.call("PUT", "/cluster", body).code == "not_cluster_master"


def test_what_a_join_needs(node: Start) -> None:
    one, two = node("m1"), node("m2")
    one.start_cluster()
    body = {"host_ip": two.address, "node_name": "m2", "join_addrs": [one.address]}
    assert two.call("PUT", "/cluster", body).code == "bad_parameters_error"
    assert one.call("PUT", "/cluster/nodes/m2", {"host_ip": two.address}).status == 400

    two.seed(sample="rich")
    refused = two.ask_to_join(one)
    assert (refused.status, refused.code) == (400, "illegal_action_error")
    assert "not empty" in refused.json["message"]
    two.wipe()

    taken = two.invitation(one, name="m1")
    assert (taken.status, taken.code) == (409, "conflict_error")

    two.ask_to_join(one, join_addrs=["127.0.0.1"])
    error = until(lambda: two.call("GET", "/cluster").json["error"])
    assert "No active node could be reached" in error
    assert not two.initialized()
    # it may be tried again
    two.join_cluster(one)


def test_managers_of_another_version_stay_out(node: Start, tmp_path: Path) -> None:
    one, two = node("m1"), node("m2")
    one.start_cluster()
    given = two.invitation(one).json["credentials"]
    wire = Wire(tmp_path)
    wire.cert.write_text(given["cert"])
    wire.key.write_text(given["key"])
    headers = {"X-Cluster": given["cluster_id"], "X-Node": given["node_id"], "X-Member": "m2"}
    link = Link(wire, one.address, 8300, headers, 5.0)
    body = {"name": "m2", "host_ip": two.address, "public_ip": "", "options": {}, "version": "4.4"}
    with pytest.raises(Refused, match="all of the same version"):
        link.ask("POST", "/join", body)
    link.close()
    assert [n["name"] for n in one.nodes()] == ["m1"]


def test_managers_without_credentials_stay_out(node: Start) -> None:
    one, two = node("m1"), node("m2")
    one.start_cluster()
    invited = two.invitation(one).json["credentials"]
    two.ask_to_join(one, credentials={**invited, "node_id": "somebody"})
    error = until(lambda: two.call("GET", "/cluster").json["error"])
    assert "was given no credentials" in error
    assert [n["name"] for n in one.nodes()] == ["m1"]


def test_the_internal_ca_is_the_leaders(node: Start, tmp_path: Path) -> None:
    marker = tmp_path / "cluster-marker"
    one, two = node("m1"), node("m2", marker=str(marker))
    one.start_cluster()
    assert not marker.exists()
    two.join_cluster(one)
    assert marker.exists()
    ours, theirs = one.state / "ssl", two.state / "ssl"
    for name in ("cloudify_internal_ca_cert.pem", "cloudify_internal_ca_key.pem"):
        assert (ours / name).read_bytes() == (theirs / name).read_bytes()
    assert (ours / "ca.pem").read_bytes() != (theirs / "ca.pem").read_bytes()
    ca = x509.load_pem_x509_certificate((theirs / "cloudify_internal_ca_cert.pem").read_bytes())
    own = x509.load_pem_x509_certificate((theirs / "cloudify_internal_cert.pem").read_bytes())
    own.verify_directly_issued_by(ca)
    names = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert two.address in names.get_values_for_type(x509.DNSName)
    two.wipe()
    assert not marker.exists()


def test_content_users_and_settings_are_the_leaders(cluster: Callable[..., list[Node]]) -> None:
    one, two = cluster(2)
    one.seed(sample="rich")
    one.seed(filler=4096)
    one.control("POST", "/security", {"hash_salt": "another"})
    one.control("POST", "/admin-password", {"password": "changed"})
    one.password = two.password = "changed"
    one.write("mine", "value")
    wanted, secret = one.secrets(), one.call("GET", "/secrets/mine").json
    counts = one.summary()["counts"]
    until(lambda: two.peers()["position"] == one.peers()["position"])
    assert two.summary()["counts"] == counts
    one.kill()
    until(two.leads)
    assert two.secrets() == wanted
    assert two.call("GET", "/secrets/mine").json == secret


def test_a_standby_takes_no_content_by_the_back_door(cluster: Callable[..., list[Node]]) -> None:
    _leader, standby = cluster(2)
    with pytest.raises(Exception, match="this is a standby"):
        standby.seed(sample="rich")


def test_a_restore_is_for_a_cluster_of_one(node: Start) -> None:
    one, two = node("m1"), node("m2")
    one.start_cluster()
    one.add_snapshot("snap")
    two.join_cluster(one)
    body = {"recreate_deployments_envs": False, "force": False}
    refused = one.call("POST", "/snapshots/snap/restore", body)
    assert (refused.status, refused.code) == (400, "illegal_action_error")
    assert one.call("DELETE", "/cluster/nodes/m2").status == 200
    assert one.call("POST", "/snapshots/snap/restore", body).status == 200


def test_a_killed_join_goes_on(node: Start) -> None:
    one, two = node("m1"), node("m2")
    one.start_cluster()
    assert two.ask_to_join(one).status == 200
    two.kill()
    two.start()
    until(lambda: one.node("m2").get("online"))
    until(lambda: healthy([one, two]))
