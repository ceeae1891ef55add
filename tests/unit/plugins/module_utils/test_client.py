# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that differ from version to version; the rest is pinned with the modules that ask."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import CloudifyClient
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ApiError,
    RecoveryError,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._http import (
    Connection,
    ManagerHttp,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import conversation as c


@pytest.fixture
def client(manager: t.Any) -> CloudifyClient:
    connection = Connection(hosts=[c.HOST], port=443, username=c.USERNAME, password=c.PASSWORD)
    return CloudifyClient(ManagerHttp(connection))


def unit(name: str, *states: str) -> dict[str, t.Any]:
    return {"display_name": name, "instances": [{"state": state} for state in states]}


def service(status: str) -> dict[str, t.Any]:
    return {"status": status, "extra_info": {}}


@pytest.mark.parametrize(
    ("answer", "inactive"),
    [
        ({"status": "running", "services": [unit("REST", "running"), unit("Web")]}, []),
        (
            {"status": "running", "services": [unit("REST", "stop"), unit("AMQP", "failed")]},
            ["AMQP", "REST"],
        ),
        ({"status": "running", "services": [unit("REST", "running", "stop")]}, ["REST"]),
        ({"status": "OK", "services": {"REST": service("Active")}}, []),
        (
            {"status": "Fail", "services": {"b": service("Inactive"), "a": service("Inactive")}},
            ["a", "b"],
        ),
        ({"status": "Fail", "services": {"REST": service("Active")}}, ["unnamed"]),
        ({"status": "OK", "services": {}}, []),
        ({"status": "OK", "services": None}, []),
        ({"status": "running"}, []),
        ({"status": "Fail", "services": {}}, ["unnamed"]),
    ],
)
def test_services_that_are_down_are_named_whatever_the_version(
    answer: t.Any, inactive: list[str], manager: t.Any, client: CloudifyClient
) -> None:
    manager.get("/status", answer)
    assert client.inactive_services() == inactive


def test_what_a_manager_can_do_is_asked_once(manager: t.Any, client: CloudifyClient) -> None:
    manager.version("6.4.2", "community")
    for _time in range(3):
        assert str(client.capabilities().version) == "6.4.2"
        assert client.capabilities().edition == "community"


@pytest.mark.parametrize("edition", [None, ""])
def test_a_manager_without_an_edition_is_taken_for_a_community_one(
    edition: t.Any, manager: t.Any, client: CloudifyClient
) -> None:
    manager.version("4.3", edition)
    assert not client.capabilities().premium


def test_a_version_that_is_none_is_told(manager: t.Any, client: CloudifyClient) -> None:
    manager.version("latest")
    with pytest.raises(RecoveryError, match="Cannot read the manager's version: not a version"):
        client.capabilities()


def test_a_cluster_has_nodes(manager: t.Any, client: CloudifyClient) -> None:
    nodes = [{"name": "m1", "online": True}, {"name": "m2", "online": False}]
    manager.get("/cluster/nodes", {"items": nodes})
    assert client.cluster_nodes() == nodes


@pytest.mark.parametrize("code", ["missing_premium_package_error", "not_found_error"])
def test_where_there_is_no_cluster_there_are_no_nodes(
    code: str, manager: t.Any, client: CloudifyClient
) -> None:
    manager.error("GET", "/cluster/nodes", 404, code)
    assert client.cluster_nodes() == []


@pytest.mark.parametrize(
    ("status", "code"), [(400, "illegal_action_error"), (500, "internal_server_error")]
)
def test_a_manager_that_is_in_no_cluster_says_so_itself(
    status: int, code: str, manager: t.Any, client: CloudifyClient
) -> None:
    manager.error("GET", "/cluster/nodes", status, code)
    manager.get("/cluster", {"initialized": False})
    assert client.cluster_nodes() == []


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "unauthorized_error"), (403, "forbidden_error"), (500, "internal_server_error")],
)
def test_nodes_that_cannot_be_listed_are_no_sign_that_there_are_none(
    status: int, code: str, manager: t.Any, client: CloudifyClient
) -> None:
    manager.error("GET", "/cluster/nodes", status, code)
    manager.get("/cluster", {"initialized": True})
    with pytest.raises(ApiError, match=f"Cannot list the cluster's nodes: .*HTTP {status}"):
        client.cluster_nodes()
    manager.error("GET", "/cluster/nodes", status, code)
    manager.error("GET", "/cluster", status, code)
    with pytest.raises(ApiError, match=f"Cannot list the cluster's nodes: .*HTTP {status}"):
        client.cluster_nodes()


def test_a_page_in_place_of_the_nodes_is_no_answer(manager: t.Any, client: CloudifyClient) -> None:
    manager.page("GET", "/cluster/nodes", 404)
    manager.page("GET", "/cluster", 404)
    with pytest.raises(ApiError, match="HTTP 404"):
        client.cluster_nodes()


@pytest.mark.parametrize(("status", "news"), [(200, True), (304, False)])
def test_maintenance_mode_tells_whether_it_was_so_already(
    status: int, news: bool, manager: t.Any, client: CloudifyClient
) -> None:
    answer = {"status": "activated"} if news else c.NOTHING
    manager.post("/maintenance/activate", answer, sent={}, status=status)
    assert client.set_maintenance(activate=True) is news


def test_an_execution_in_a_state_that_was_not_asked_for_is_left_out(
    manager: t.Any, client: CloudifyClient
) -> None:
    query = {
        "_include_system_workflows": "true",
        "_all_tenants": "true",
        "status": ["pending", "started"],
    }
    told = [{"id": "e1", "status": "terminated"}, {"id": "e2", "status": "started"}]
    manager.listed("/executions", told, query=query)
    assert client.executions(statuses=("pending", "started")) == told[1:]


@pytest.mark.parametrize("pagination", [{}, {"metadata": {}}, {"metadata": {"pagination": {}}}])
def test_a_list_that_does_not_tell_its_length_is_read_to_an_empty_page(
    pagination: dict[str, t.Any], manager: t.Any, client: CloudifyClient
) -> None:
    for offset, items in ((0, [{"id": "a"}]), (1, [{"id": "b"}]), (2, [])):
        query = {"_size": 1000, "_offset": offset, "_sort": "created_at"}
        manager.get("/snapshots", {"items": items, **pagination}, query=query)
    assert [each["id"] for each in client.snapshots()] == ["a", "b"]


def test_a_list_that_repeats_itself_is_not_read_for_ever(
    manager: t.Any, client: CloudifyClient
) -> None:
    for offset in (0, 1):
        query = {"_size": 1000, "_offset": offset, "_sort": "created_at"}
        manager.get("/snapshots", {"items": [{}], "metadata": {}}, query=query)
    with pytest.raises(RecoveryError, match="gives the same page again and again"):
        client.snapshots()


def test_the_bypass_is_tried_once_and_not_for_other_errors(
    manager: t.Any, client: CloudifyClient
) -> None:
    manager.error("GET", "/status", 503, "maintenance_mode_active")
    manager.error("GET", "/status", 500, "internal_server_error", bypass=True)
    with pytest.raises(RecoveryError, match="HTTP 500"):
        client.inactive_services()
    manager.error("GET", "/status", 500, "internal_server_error")
    with pytest.raises(RecoveryError, match="HTTP 500"):
        client.inactive_services()
