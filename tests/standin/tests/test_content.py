# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists, single objects, and the requests that mend what a restore lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from standin.testing import StandIn
from standin.tests.steps import total


@pytest.fixture
def rich(manager: StandIn) -> StandIn:
    manager.seed(sample="rich")
    return manager


def items(manager: StandIn, path: str) -> list[Any]:
    answer = manager.call("GET", path)
    assert answer.status == 200, answer.body
    found: list[Any] = answer.json["items"]
    return found


def test_paging(rich: StandIn) -> None:
    first = rich.call("GET", "/executions?_size=5&_include=id").json
    assert first["metadata"] == {
        "pagination": {"total": 14, "size": 5, "offset": 0},
        "filtered": None,
    }
    ids = [
        i["id"]
        for offset in (0, 5, 10)
        for i in items(rich, f"/executions?_size=5&_offset={offset}")
    ]
    assert len(set(ids)) == 14
    everything = rich.call("GET", "/executions?_get_all_results=true&_size=1").json
    assert (len(everything["items"]), everything["metadata"]["pagination"]["size"]) == (14, 1)
    assert items(rich, "/executions?_size=0") == []


def test_sort_filter_search_include(rich: StandIn) -> None:
    down = [i["id"] for i in items(rich, "/blueprints?_sort=-id&_include=id")]
    assert down == sorted(down, reverse=True)
    assert len(items(rich, "/executions?status=failed")) == 1
    assert len(items(rich, "/executions?status=failed&status=terminated")) == 14
    assert len(items(rich, "/deployments?_search=WEB")) == 2
    (one,) = items(rich, "/secrets?_search=region&_include=key")
    assert one == {"key": "region"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("_size=abc", "bad_parameters_error"),
        ("_size=-1", "bad_parameters_error"),
        ("_sort=nonsense", "bad_parameters_error"),
        ("foo=bar", "bad_parameters_error"),
        ("_include=nope", "no_such_include_field_error"),
        ("status=nonsense", "internal_server_error"),
    ],
)
def test_bad_queries(manager: StandIn, query: str, code: str) -> None:
    assert manager.call("GET", f"/snapshots?{query}").code == code


def test_old_versions_limit_a_page(start: Callable[..., StandIn]) -> None:
    manager = start(profile="5.0.5")
    assert manager.call("GET", "/snapshots?_size=1001").code == "illegal_action_error"
    assert "filtered" not in manager.call("GET", "/snapshots").json["metadata"]


def test_tenants_and_global_visibility(rich: StandIn) -> None:
    assert rich.call("POST", "/tenants/other").status == 201
    rich.seed(tenant="other", kind="secrets", items=[{"key": "mine", "_value": "x"}])
    there = {"Tenant": "other"}
    keys = [s["key"] for s in rich.call("GET", "/secrets", headers=there).json["items"]]
    # what is global shows up in every tenant
    assert keys == ["tls_cert", "mine"]
    assert total(rich, "secrets?_all_tenants=true") == 6
    assert rich.call("GET", "/secrets/region", headers=there).status == 404


def test_community_has_no_users(start: Callable[..., StandIn]) -> None:
    manager = start(edition="community")
    for path in ("/users", "/user-groups", "/license", "/secrets-providers"):
        assert manager.call("GET", path).code == "missing_premium_package_error"
    assert manager.call("GET", "/tenants?_size=1").json["metadata"]["pagination"]["size"] == 1000


def test_users_and_roles(manager: StandIn) -> None:
    body = {"username": "bob", "password": "secret", "role": "default"}
    assert manager.call("PUT", "/users", body).status == 201
    bob = {"Authorization": "Basic Ym9iOnNlY3JldA=="}
    assert manager.call("GET", "/blueprints", headers=bob).status == 200
    assert manager.call("GET", "/snapshots", headers=bob).code == "forbidden_error"
    assert manager.call("GET", "/users", headers=bob).code == "forbidden_error"
    assert manager.call("PUT", "/snapshots/one", {}, headers=bob).code == "forbidden_error"
    assert manager.call("PUT", "/users", body).status == 409
    assert manager.call("DELETE", "/users/admin").code == "illegal_action_error"
    assert manager.call("DELETE", "/users/bob").status == 204


def test_secrets(manager: StandIn) -> None:
    made = manager.call("PUT", "/secrets/a", {"value": "x"}).json
    assert made["value"] != "x"
    assert manager.call("PUT", "/secrets/a", {"value": "y"}).code == "conflict_error"
    again = manager.call("PUT", "/secrets/a", {"value": "y", "update_if_exists": True})
    assert again.status == 200
    assert manager.call("GET", "/secrets/a").json["value"] == "y"
    assert "value" not in items(manager, "/secrets")[0]
    assert manager.call("DELETE", "/secrets/a").status == 204
    assert manager.call("GET", "/secrets/a").code == "not_found_error"


def test_sites_and_set_site(rich: StandIn) -> None:
    made = rich.call("PUT", "/sites/oslo", {"location": "59.9, 10.7"}).json
    assert (made["latitude"], made["location"]) == (59.9, "59.9, 10.7")
    set_site = "/deployments/scale-1/set-site"
    assert rich.call("POST", set_site, {"site_name": "oslo"}).json["site_name"] == "oslo"
    assert rich.call("POST", set_site, {"site_name": "nowhere"}).code == "not_found_error"
    assert rich.call("POST", set_site, {}).code == "bad_parameters_error"
    assert rich.call("POST", set_site, {"detach_site": True}).json["site_name"] is None
    assert rich.call("DELETE", "/sites/paris").status == 204
    assert rich.call("GET", "/deployments/web-prod").json["site_name"] is None


def test_labels(rich: StandIn) -> None:
    old = rich.call("GET", "/deployments/web-prod").json["labels"]
    wanted = [{label["key"]: label["value"]} for label in old] + [{"cost": "7"}]
    new = rich.call("PATCH", "/deployments/web-prod", {"labels": wanted}).json["labels"]
    assert new[:-1] == old
    assert (new[-1]["key"], new[-1]["value"]) == ("cost", "7")
    assert "cost" in items(rich, "/labels/deployments")
    assert items(rich, "/labels/deployments/cost")[0]["value"] == "7"
    assert rich.call("PATCH", "/deployments/web-prod", {"labels": "x"}).status == 400


def test_schedules(rich: StandIn) -> None:
    path = "/execution-schedules/often?deployment_id=web-prod"
    body = {"workflow_id": "check_status", "since": "2020-01-01T00:00:00", "recurrence": "2 hours"}
    made = rich.call("PUT", path, body)
    assert made.status == 201
    assert made.json["rule"] == {"recurrence": "2 hours", "count": None, "weekdays": None}
    assert len(made.json["all_next_occurrences"]) == 1000
    assert rich.call("PUT", path, body).code == "conflict_error"
    # the same id on another deployment is another schedule
    other = "/execution-schedules/often?deployment_id=web-test"
    assert rich.call("PUT", other, body).status == 201
    assert rich.call("PATCH", path, {"enabled": False}).json["enabled"] is False
    assert rich.call("GET", other).json["enabled"] is True
    assert rich.call("DELETE", path).status == 204
    assert rich.call("GET", other).status == 200
    both = {**body, "rrule": "FREQ=DAILY"}
    assert rich.call("PUT", path, both).code == "bad_parameters_error"
    nowhere = "/execution-schedules/x?deployment_id=nope"
    assert rich.call("PUT", nowhere, body).code == "not_found_error"
    unknown = {**body, "workflow_id": "nope"}
    assert rich.call("PUT", path, unknown).code == "nonexistent_workflow_error"
    dry = {**body, "execution_arguments": {"dry_run": True, "is_dry_run": False}}
    assert rich.call("PUT", path, dry).json["execution_arguments"] == {
        "allow_custom_parameters": False,
        "force": False,
        "is_dry_run": True,
        "wait_after_fail": 600,
    }
    rich.call("DELETE", path)
    over = {**body, "since": "2020-01-01T00:00:00", "recurrence": None, "count": 1}
    assert rich.call("PUT", path, over).json["next_occurrence"] is None


def test_summary_and_events(rich: StandIn) -> None:
    rows = items(rich, "/summary/deployments?_target_field=blueprint_id")
    assert {"blueprint_id": "bp-web", "deployments": 2} in rows
    assert rich.call("GET", "/summary/deployments?_target_field=nope").status == 400
    execution = items(rich, "/executions?workflow_id=install&_sort=created_at")[0]["id"]
    found = rich.call("GET", f"/events?execution_id={execution}&_size=3&_sort=timestamp").json
    assert len(found["items"]) == 3
    assert found["metadata"]["pagination"]["total"] > 3
    assert {e["execution_id"] for e in found["items"]} == {execution}


def test_files_of_objects(rich: StandIn) -> None:
    answer = rich.call("GET", "/blueprints/bp-web/archive")
    assert answer.body.startswith(b"PK")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="bp-web.zip"'


def test_blueprints_and_deployments_in_simple_form(manager: StandIn) -> None:
    assert manager.call("PUT", "/blueprints/bp", data=b"PK").status == 201
    made = manager.call("PUT", "/deployments/dep", {"blueprint_id": "bp"})
    assert made.status == 201
    assert manager.call("DELETE", "/blueprints/bp").code == "dependent_exists_error"
    assert manager.call("DELETE", "/deployments/dep").status == 204
    assert manager.call("DELETE", "/blueprints/bp").status == 204


def test_thousands(manager: StandIn) -> None:
    added = manager.seed(bulk={"secrets": 3000, "executions": 2000, "tenants": 4})
    assert added["added"] == {"secrets": 3000, "executions": 2000}
    assert len(added["tenants"]) == 5
    assert total(manager, "secrets?_all_tenants=true") == 3000
    assert total(manager, "secrets") == 600


@pytest.mark.parametrize(
    ("profile", "path", "status"),
    [
        ("4.5.5", "/snapshot-status", 404),
        ("4.5.5", "/cluster-status", 404),
        ("4.5.5", "/cluster", 200),
        ("5.0.5", "/cluster", 404),
        ("5.0.5", "/snapshot-status", 200),
        ("5.0.5", "/execution-schedules", 404),
        ("5.2", "/execution-schedules", 200),
        ("5.2", "/ok", 404),
        ("6.4", "/ok", 200),
        ("vnfm", "/cluster", 200),
    ],
)
def test_endpoints_by_version(
    start: Callable[..., StandIn], profile: str, path: str, status: int
) -> None:
    assert start(profile=profile).call("GET", path).status == status


def test_standby(start: Callable[..., StandIn]) -> None:
    answer = start(profile="4.5.5", standby=True).call("GET", "/status")
    assert (answer.status, answer.code) == (400, "not_cluster_master")
