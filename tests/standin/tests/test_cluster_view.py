# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What /cluster-status makes of what the nodes say."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from standin.cluster.probes import Report, ask_broker, ask_database
from standin.cluster.view import cluster_view
from standin.tests.postgres import free_port

UP = Report(services={"x": True})
DOWN = Report(services={"x": True, "y": False})
SILENT = Report()


def registers(count: int) -> dict[str, list[dict[str, Any]]]:
    return {
        tier: [
            {
                "name": f"{tier}{n}",
                "private_ip": f"10.0.0.{n}",
                "public_ip": f"10.0.0.{n}",
                "version": "7.0.5",
                "node_id": f"id{n}",
            }
            for n in range(count)
        ]
        for tier in ("broker", "db", "manager")
    }


def view(reports: dict[str, list[Report]], *, old: bool = False) -> dict[str, Any]:
    def found(tier: str, host: str) -> Report:
        return reports.get(tier, [UP] * 3)[int(host.rpartition(".")[2])]

    return cluster_view(registers=registers(3), reports=found, by_reporters=old, failures=not old)


@pytest.mark.parametrize(
    ("tier", "reports", "expected"),
    [
        ("manager", [UP, UP, UP], "OK"),
        ("manager", [UP, DOWN, UP], "Degraded"),
        # one manager is enough
        ("manager", [SILENT, SILENT, UP], "Degraded"),
        ("manager", [SILENT, DOWN, SILENT], "Fail"),
        ("db", [UP, SILENT, UP], "Degraded"),
        ("db", [SILENT, SILENT, UP], "Fail"),
        ("broker", [UP, UP, DOWN], "Degraded"),
        ("broker", [UP, DOWN, DOWN], "Fail"),
    ],
)
def test_quorum_by_tier(tier: str, reports: list[Report], expected: str) -> None:
    found = view({tier: reports})
    assert found["services"][tier]["status"] == expected
    assert found["status"] == expected
    others = {"manager", "db", "broker"} - {tier}
    assert all(found["services"][o]["status"] == "OK" for o in others)


def test_the_worst_tier_counts() -> None:
    found = view({"db": [UP, UP, SILENT], "broker": [SILENT, SILENT, UP]})
    assert found["status"] == "Fail"


def test_a_node_says_what_is_wrong() -> None:
    nodes = view({"manager": [UP, DOWN, SILENT]})["services"]["manager"]["nodes"]
    assert nodes["manager0"]["failures"] == []
    assert nodes["manager1"]["failures"] == ["service y is down"]
    assert nodes["manager1"]["services"]["y"]["status"] == "Inactive"
    assert nodes["manager2"]["failures"] == ["No services.", "No metrics"]
    assert nodes["manager2"]["services"] == {}


def leader(*roles: str, state: str = "running") -> Report:
    members = [{"role": r, "state": state} for r in ("leader", *roles)]
    return Report(services={"x": True}, role="master", members=members)


REPLICA = Report(services={"x": True}, role="replica")


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        ([leader("sync_standby", "replica"), REPLICA, REPLICA], "OK"),
        ([leader("sync_standby"), REPLICA, REPLICA], "Degraded"),
        ([leader("replica", "replica"), REPLICA, REPLICA], "Fail"),
        ([leader("sync_standby", "replica", state="starting"), REPLICA, REPLICA], "Degraded"),
        ([REPLICA, REPLICA, REPLICA], "Fail"),
    ],
)
def test_the_oldest_looks_at_how_replicas_follow(reports: list[Report], expected: str) -> None:
    assert view({"db": reports}, old=True)["services"]["db"]["status"] == expected
    assert view({"db": reports})["services"]["db"]["status"] == "OK"


def test_the_oldest_compares_the_brokers_views() -> None:
    def seen(*names: str) -> Report:
        return Report(services={"RabbitMQ": True}, seen=frozenset(names))

    database = {"db": [leader("sync_standby", "replica"), REPLICA, REPLICA]}
    apart = {**database, "broker": [seen("a"), seen("b", "c"), seen("b", "c")]}
    assert view(apart, old=True)["status"] == "Fail"
    alike = {**database, "broker": [seen("a", "b")] * 3}
    found = view(alike, old=True)
    assert found["status"] == "OK"
    assert found["services"]["broker"]["nodes"]["broker1"]["node_id"] == "id1"
    assert "failures" not in found["services"]["broker"]["nodes"]["broker1"]


# -- asking
class Answers:
    """A server that gives fixed answers by path."""

    def __init__(self, answers: dict[str, tuple[int, Any]]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = answers.get(self.path, (404, None))
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        told = {"poll_interval": 0.02}
        threading.Thread(target=self.server.serve_forever, kwargs=told, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def answering() -> Iterator[Callable[..., int]]:
    made: list[Answers] = []

    def make(answers: dict[str, tuple[int, Any]]) -> int:
        made.append(Answers(answers))
        return made[-1].port

    yield make
    for one in made:
        one.close()


def test_a_leader_of_the_database(answering: Callable[..., int]) -> None:
    members = [{"role": "leader", "state": "running"}, {"role": "sync_standby"}]
    patroni = answering(
        {
            "/patroni": (200, {"state": "running", "role": "master"}),
            "/cluster": (200, {"members": members}),
        }
    )
    etcd = answering({"/health": (200, {"health": "true"})})
    settings = {"patroni": {"port": patroni}, "etcd": {"port": etcd}}
    report = ask_database("127.0.0.1", settings)
    assert report.good
    assert report.members == members


@pytest.mark.parametrize(
    ("patroni", "etcd", "services"),
    [
        # a replica answers 503 where it is asked for health
        ((503, {"state": "running", "role": "replica"}), "true", {"PostgreSQL": True}),
        ((503, {"state": "stopped", "role": "replica"}), "true", {"PostgreSQL": False}),
        ((200, {"state": "running", "role": "replica"}), "false", {"Etcd key-value store": False}),
        ((404, None), "true", {"Patroni HA Template": False, "Etcd key-value store": True}),
    ],
)
def test_other_database_nodes(
    answering: Callable[..., int], patroni: tuple[int, Any], etcd: str, services: dict[str, bool]
) -> None:
    settings = {
        "patroni": {"port": answering({"/patroni": patroni})},
        "etcd": {"port": answering({"/health": (200, {"health": etcd})})},
    }
    report = ask_database("127.0.0.1", settings)
    assert services.items() <= report.services.items()
    assert report.good == all(services.values())


def test_a_database_node_that_is_off() -> None:
    settings = {"patroni": {"port": free_port()}, "etcd": {"port": free_port()}}
    assert ask_database("127.0.0.1", settings).services == {}


def test_brokers(answering: Callable[..., int]) -> None:
    nodes = [
        {"name": "rabbit@h1", "running": True, "partitions": []},
        {"name": "rabbit@h2", "running": False, "partitions": []},
    ]
    port = answering({"/api/nodes": (200, nodes)})
    settings = {"brokers": {"port": port, "management_port": port}}
    report = ask_broker("127.0.0.1", settings)
    assert report.good
    assert report.seen == {"rabbit@h1"}
    assert ask_broker("127.0.0.1", {"brokers": {"port": free_port()}}).services == {}
    assert ask_broker("127.0.0.1", {"brokers": {"port": port}}).good


def test_a_partitioned_broker(answering: Callable[..., int]) -> None:
    nodes = [{"name": "rabbit@h1", "running": True, "partitions": ["rabbit@h2"]}]
    port = answering({"/api/nodes": (200, nodes)})
    report = ask_broker("127.0.0.1", {"brokers": {"port": port, "management_port": port}})
    assert not report.good
