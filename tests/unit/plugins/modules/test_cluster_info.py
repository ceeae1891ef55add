# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""cluster_info, request by request: what one manager says of itself and of its cluster."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.modules import cluster_info
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.conversation import (
    BOTH,
    HOST,
    SECOND,
    closed,
    no_answer,
    no_connection,
    refused,
    untrusted,
)

STATUS = {"status": "OK", "services": {"Webserver": {"status": "Active"}}}
CLUSTER = {
    "status": "Degraded",
    "services": {
        "manager": {
            "status": "Degraded",
            "nodes": {
                "m1": {"status": "OK", "version": "7.0.5"},
                "m2": {"status": "Fail", "failures": ["nginx is down"], "services": {}},
            },
        }
    },
}
MANAGER = {"hostname": "m1", "private_ip": "10.0.0.1", "version": "7.0.5"}
BROKER = {"name": "m1", "host": "10.0.0.1", "port": 5671, "is_external": False}
NODE = {"name": "m1", "host_ip": "10.0.0.1", "online": True, "master": True, "checks": {}}


def members(manager: t.Any, **more: t.Any) -> None:
    manager.get("/managers", {"items": [{**MANAGER, "ca_cert_content": "PEM"}]}, **more)
    manager.get("/brokers", {"items": [{**BROKER, "password": "secret", "ca": "PEM"}]}, **more)
    manager.get("/db-nodes", {"items": []}, **more)


def view(manager: t.Any, **options: t.Any) -> dict[str, t.Any]:
    said = manager.run("cluster_info", **options)
    assert not said["changed"] and list(said["views"]) == [HOST]
    return t.cast("dict[str, t.Any]", said["views"][HOST])


def well(manager: t.Any) -> None:
    """One of 7.0.5, which says all that it is asked for."""
    manager.version("7.0.5")
    manager.get("/status", STATUS)
    manager.get("/cluster-status", CLUSTER)
    members(manager)
    manager.get("/maintenance", {"status": "deactivated"})
    manager.get("/snapshot-status", {"status": "not-running"})


# -- from 5.0 on -------------------------------------------------------------------------------------


def test_all_that_a_manager_says(manager: t.Any) -> None:
    well(manager)
    assert view(manager) == {
        "answers": True,
        "error": "",
        "hangs": False,
        "version": "7.0.5",
        "edition": "premium",
        "status": "OK",
        "status_code": 200,
        "error_code": None,
        "inactive": [],
        "maintenance": "deactivated",
        "restoring": False,
        "cluster_status": {
            "status": "Degraded",
            "tiers": {
                "manager": {
                    "status": "Degraded",
                    "nodes": {
                        "m1": {"status": "OK", "failures": []},
                        "m2": {"status": "Fail", "failures": ["nginx is down"]},
                    },
                }
            },
        },
        # credentials and certificates stay where they are
        "registers": {"manager": [MANAGER], "broker": [BROKER], "database": []},
    }


def test_services_that_are_down(manager: t.Any) -> None:
    down = {"status": "Fail", "services": {"A": {"status": "Active"}, "B": {"status": "Inactive"}}}
    manager.version("7.0.5")
    manager.get("/status", down)
    manager.get("/cluster-status", CLUSTER)
    members(manager)
    manager.get("/maintenance", {"status": "deactivated"})
    manager.get("/snapshot-status", {"status": "not-running"})
    found = view(manager)
    assert found["status"] == "Fail" and found["inactive"] == ["B"]


def test_in_maintenance_mode_it_is_asked_with_the_bypass(manager: t.Any) -> None:
    manager.version("7.0.5")
    manager.get("/status", STATUS)
    manager.error("GET", "/cluster-status", 503, "maintenance_mode_active")
    manager.get("/cluster-status", CLUSTER, bypass=True)
    members(manager)
    manager.get("/maintenance", {"status": "activated"})
    manager.get("/snapshot-status", {"status": "not-running"})
    found = view(manager)
    assert found["maintenance"] == "activated" and found["cluster_status"]["status"] == "Degraded"


def test_what_it_cannot_be_asked_for_is_none_and_told(manager: t.Any) -> None:
    manager.version("7.0.5")
    manager.get("/status", STATUS)
    manager.error("GET", "/cluster-status", 500, "internal_server_error")
    manager.error("GET", "/managers", 403, "forbidden_error")
    manager.broken("GET", "/brokers", no_answer())
    manager.get("/db-nodes", {"items": []})
    manager.page("GET", "/maintenance", 502)
    manager.get("/snapshot-status", {"status": "not-running"})
    found = view(manager)
    assert found["answers"] and found["cluster_status"] is None and found["maintenance"] is None
    assert found["registers"] == {"database": [], "manager": None, "broker": None}
    assert set(found["errors"]) == {"cluster_status", "manager", "broker", "maintenance"}
    assert "HTTP 500" in found["errors"]["cluster_status"]
    assert "HTTP 502" in found["errors"]["maintenance"]


@pytest.mark.parametrize(
    "nonsense", [{}, [], "no", {"status": "OK"}, {"status": 1, "services": {}}]
)
def test_nonsense_for_the_status_of_the_cluster(nonsense: t.Any, manager: t.Any) -> None:
    manager.version("7.0.5")
    manager.get("/status", STATUS)
    manager.get("/cluster-status", nonsense)
    for path in ("/managers", "/brokers", "/db-nodes"):
        manager.get(path, nonsense)
    manager.get("/maintenance", {"status": "deactivated"})
    manager.get("/snapshot-status", {"status": "not-running"})
    found = view(manager)
    assert found["answers"] and found["cluster_status"] is None
    assert "is not the manager's JSON" in found["errors"]["cluster_status"]


# -- before 5.0 --------------------------------------------------------------------------------------

UNITS = {"status": "running", "services": [{"display_name": "A", "instances": []}]}


def test_the_active_one(manager: t.Any) -> None:
    manager.version("4.5.5")
    manager.get("/status", UNITS)
    manager.get("/cluster", {"initialized": True})
    manager.get("/cluster/nodes", {"items": [{**NODE, "credentials": {"key": "k"}}]})
    manager.get("/maintenance", {"status": "deactivated"})
    found = view(manager)
    assert found["status_code"] == 200 and found["initialized"] is True
    assert found["nodes"] == [{**NODE, "initialized": None}]
    assert "registers" not in found


def active(manager: t.Any, maintenance: str = "deactivated") -> None:
    manager.version("4.5.5")
    manager.get("/status", UNITS)
    manager.get("/cluster", {"initialized": True})
    manager.get("/cluster/nodes", {"items": [NODE]})
    manager.get("/maintenance", {"status": maintenance})


WRITE = "/secrets/cloudify_ha_write_check"
#: It says what it is, and takes the place of one that a killed run has left.
WRITTEN = {
    "value": "cloudify_ha.recovery tries whether a write is acknowledged; this can be deleted",
    "visibility": "private",
    "update_if_exists": True,
}


@pytest.mark.parametrize("status", [200, 204])
def test_a_write_that_is_tried_leaves_nothing(status: int, manager: t.Any) -> None:
    active(manager)
    manager.put(WRITE, {"key": "cloudify_ha_write_check"}, sent=WRITTEN)
    if status == 200:
        manager.delete(WRITE, {"key": "cloudify_ha_write_check"})
    else:
        manager.delete(WRITE, status=204)
    assert view(manager, write=True)["write"] == "ok"


def test_a_write_that_somebody_else_has_deleted_already(manager: t.Any) -> None:
    """Who proves that the same cluster is well."""
    active(manager)
    manager.put(WRITE, {}, sent=WRITTEN)
    manager.error("DELETE", WRITE, 404, "not_found_error")
    assert view(manager, write=True)["write"] == "ok"


def test_a_write_that_fails_is_deleted_all_the_same(manager: t.Any) -> None:
    """Nobody knows whether it has been made."""
    active(manager)
    manager.broken("PUT", WRITE, no_answer(), sent=WRITTEN)
    manager.error("DELETE", WRITE, 500, "internal_server_error")
    told = view(manager, write=True)["write"]
    assert "write a secret and delete it again" in told and "PUT" in told


def test_a_write_that_cannot_be_deleted(manager: t.Any) -> None:
    active(manager)
    manager.put(WRITE, {}, sent=WRITTEN)
    manager.error("DELETE", WRITE, 500, "internal_server_error")
    assert "DELETE" in view(manager, write=True)["write"]


@pytest.mark.parametrize("mode", ["activated", "activating"])
def test_in_maintenance_mode_no_write_is_tried(mode: str, manager: t.Any) -> None:
    active(manager, mode)
    assert "write" not in view(manager, write=True)


def test_in_check_mode_no_write_is_tried(manager: t.Any) -> None:
    active(manager)
    assert "write" not in view(manager, write=True, check=True)


def test_a_standby_is_not_written_to(manager: t.Any) -> None:
    manager.error("GET", "/version", 400, "not_cluster_master", "the active is m2")
    assert "write" not in view(manager, write=True)


def test_from_5_0_on_the_database_is_written_to_and_not_the_manager(manager: t.Any) -> None:
    well(manager)
    assert "write" not in view(manager, write=True)


def test_a_standby(manager: t.Any) -> None:
    manager.error("GET", "/version", 400, "not_cluster_master", "the active is m2")
    found = view(manager)
    assert found["answers"] and not found["hangs"]
    assert (found["status_code"], found["error_code"]) == (400, "not_cluster_master")


def test_a_standby_that_tells_its_version(manager: t.Any) -> None:
    manager.version("4.5.5")
    for path in ("/status", "/cluster", "/cluster/nodes", "/maintenance"):
        manager.error("GET", path, 400, "not_cluster_master")
    found = view(manager)
    assert (found["status_code"], found["error_code"]) == (400, "not_cluster_master")
    assert found["nodes"] is None and found["initialized"] is None


def test_a_page_in_the_place_of_the_status_makes_nobody_active(manager: t.Any) -> None:
    """A load balancer's or proxy's own answer is 200, too."""
    manager.version("4.5.5")
    manager.page("GET", "/status", 200)
    manager.page("GET", "/cluster", 200)
    manager.get("/cluster/nodes", {"nodes": []})
    manager.get("/maintenance", {})
    found = view(manager)
    assert found["status_code"] == 0 and found["status"] is None
    assert found["nodes"] is None and "it has no items" in found["errors"]["nodes"]
    assert "it has no status" in found["errors"]["maintenance"]


def test_a_page_in_the_place_of_the_version(manager: t.Any) -> None:
    manager.page("GET", "/version", 200)
    found = view(manager)
    assert found["status_code"] == 0 and "is not the manager's JSON" in found["error"]


@pytest.mark.parametrize("answer", [{}, {"version": None}, []])
def test_a_version_that_is_none(answer: t.Any, manager: t.Any) -> None:
    manager.get("/version", answer)
    assert "is not the manager's JSON" in view(manager)["error"]


# -- no answer ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "hangs", "words"),
    [
        (refused, False, "connection refused"),
        (no_connection, False, "no connection within connect_timeout"),
        (closed, False, "closed"),
        (untrusted, False, "certificate is not trusted"),
        (no_answer, True, "no answer within request_timeout"),
    ],
)
def test_why_it_does_not_answer(error: t.Any, hangs: bool, words: str, manager: t.Any) -> None:
    """It hangs only when it took the request, and it is asked once."""
    manager.broken("GET", "/version", error())
    found = view(manager)
    assert not found["answers"] and found["hangs"] is hangs and words in found["error"]


@pytest.mark.parametrize("status", [401, 500, 502, 503])
def test_an_error_is_an_answer(status: int, manager: t.Any) -> None:
    manager.page("GET", "/version", status)
    found = view(manager)
    assert found["answers"] and found["status_code"] == status
    assert f"HTTP {status}" in found["error"]


# -- options -----------------------------------------------------------------------------------------


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, t.Any]:
    """Whom it would ask, by name, and with what patience."""
    found: dict[str, t.Any] = {}

    def ask_all(clients: t.Any, *, deadline: float) -> dict[str, t.Any]:
        found.update({name: client.http.connection for name, client in clients.items()})
        found["deadline"] = deadline
        return {}

    monkeypatch.setattr(cluster_info, "ask_all", ask_all)
    return found


def test_each_is_asked_by_itself(asked: dict[str, t.Any], manager: t.Any) -> None:
    manager.run("cluster_info", **BOTH)
    assert [asked[name].hosts for name in BOTH["manager_hosts"]] == [[HOST], [SECOND]]
    assert asked["deadline"] == 5.0 and asked[HOST].connect_timeout == 3.0


def test_names_and_addresses(asked: dict[str, t.Any], manager: t.Any) -> None:
    manager.run("cluster_info", managers={"a": "10.0.0.1:8443", "b": "fd00::1"}, deadline=100)
    assert asked["a"].hosts == ["10.0.0.1:8443"] and asked["b"].hosts == ["fd00::1"]
    assert asked["a"].connect_timeout == 5.0


@pytest.mark.parametrize("address", [None, "", "a b", 7])
def test_an_address_that_is_none(address: t.Any, asked: dict[str, t.Any], manager: t.Any) -> None:
    said = manager.run("cluster_info", managers={"a": "10.0.0.1", "b": address})
    assert said["failed"] and not asked
    assert "managers: b has no address" in said["msg"] or "'a b' is not an address" in said["msg"]


@pytest.mark.parametrize("deadline", [0, -1])
def test_no_time_at_all(deadline: int, manager: t.Any) -> None:
    assert "deadline has to be more than 0" in manager.run("cluster_info", deadline=deadline)["msg"]


# -- patience ----------------------------------------------------------------------------------------

FAILS = {"answers": True, "status_code": 502}
ABSENT = {"answers": False, "absent": True}
THERE = {"answers": True, "status_code": 200}
STANDBY = {"answers": True, "status_code": 400}
SILENT = {"answers": False, "hangs": True}


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., list[t.Any]]:
    """What is seen, look by look, the last for ever."""
    from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _wait

    def make(*seen: dict[str, t.Any]) -> list[t.Any]:
        made: list[t.Any] = []
        slept: list[float] = []

        def ask_all(_clients: t.Any, *, deadline: float) -> dict[str, t.Any]:
            made.append(seen[min(len(made), len(seen) - 1)])
            return t.cast("dict[str, t.Any]", made[-1])

        def ticker(**options: t.Any) -> _wait.Ticker:
            return _wait.Ticker(**options, clock=lambda: sum(slept), sleep=slept.append)

        monkeypatch.setattr(cluster_info, "ask_all", ask_all)
        monkeypatch.setattr(cluster_info, "Ticker", ticker)
        return made

    return make


@pytest.mark.parametrize("there", [THERE, STANDBY, SILENT])
def test_a_service_that_fails_may_come_back(there: t.Any, looks: t.Any, manager: t.Any) -> None:
    made = looks({"a": FAILS, "b": ABSENT}, {"a": FAILS, "b": FAILS}, {"a": there, "b": FAILS})
    said = manager.run("cluster_info", **BOTH, patience=90)
    assert said["views"] == made[-1] and len(made) == 3


def test_not_for_ever(looks: t.Any, manager: t.Any) -> None:
    made = looks({"a": FAILS, "b": ABSENT})
    assert manager.run("cluster_info", **BOTH, patience=90)["views"] == made[-1]
    assert len(made) == 1 + 90 / 5
    made = looks({"a": FAILS})
    manager.run("cluster_info", **BOTH)
    assert len(made) == 1


@pytest.mark.parametrize(
    "seen", [{"a": ABSENT, "b": ABSENT}, {"a": THERE, "b": FAILS}, {"a": SILENT}, {}]
)
def test_nobody_is_waited_for(seen: t.Any, looks: t.Any, manager: t.Any) -> None:
    made = looks(seen)
    manager.run("cluster_info", **BOTH, patience=90)
    assert len(made) == 1
