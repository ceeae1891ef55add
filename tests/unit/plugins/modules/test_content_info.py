# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

#: What is asked for, in this order: path, fields, the first version that has it, premium only.
EVERYWHERE, SITES, SCHEDULES = (4, 5), (5, 0, 5), (5, 2)
LISTS: list[tuple[str, str, tuple[int, ...], bool]] = [
    ("/tenants", "name", EVERYWHERE, False),
    ("/users", "username", EVERYWHERE, True),
    ("/user-groups", "name", EVERYWHERE, True),
    ("/blueprints", "id,labels,tenant_name", EVERYWHERE, False),
    ("/deployments", "id,blueprint_id,site_name,labels,tenant_name", EVERYWHERE, False),
    ("/plugins", "id,package_name,package_version,tenant_name", EVERYWHERE, False),
    ("/secrets", "key,tenant_name", EVERYWHERE, False),
    ("/sites", "name,location,visibility,tenant_name", SITES, False),
    ("/nodes", "deployment_id,id,tenant_name", EVERYWHERE, False),
    ("/node-instances", "id,state,tenant_name", EVERYWHERE, False),
    ("/agents", "id,tenant_name", EVERYWHERE, False),
    (
        "/executions",
        "id,status,workflow_id,deployment_id,scheduled_for,tenant_name",
        EVERYWHERE,
        False,
    ),
    (
        "/execution-schedules",
        "deployment_id,id,workflow_id,since,until,rule,slip,parameters,execution_arguments,"
        "stop_on_fail,enabled,next_occurrence,tenant_name",
        SCHEDULES,
        False,
    ),
]
MANAGER_WIDE = ("/tenants", "/users", "/user-groups")
FIELDS = {path: fields for path, fields, _since, _premium in LISTS}
#: Fields that not every version has.
FIELDS_SINCE = {
    ("/blueprints", "labels"): SCHEDULES,
    ("/deployments", "labels"): (5, 1),
    ("/deployments", "site_name"): SITES,
}


def query(
    path: str, *, whole: bool = False, release: tuple[int, ...] = (7, 0, 5)
) -> dict[str, str]:
    wanted = {} if path in MANAGER_WIDE else {"_all_tenants": "true"}
    fields = [
        each
        for each in FIELDS[path].split(",")
        if release >= FIELDS_SINCE.get((path, each), EVERYWHERE)
    ]
    return wanted if whole else {**wanted, "_include": ",".join(fields)}


def lists(
    manager: t.Any,
    *,
    version: str = "7.0.5",
    edition: str = "premium",
    items: dict[str, list[t.Any]] | None = None,
    until: str | None = None,
) -> None:
    """The conversation of an inventory, up to a list that the test answers itself."""
    manager.version(version, edition)
    release = tuple(int(part) for part in version.split("."))
    for path, _fields, since, premium in LISTS:
        if path == until:
            return
        if release >= since and (edition == "premium" or not premium):
            manager.listed(path, (items or {}).get(path, []), query=query(path, release=release))


@pytest.mark.parametrize("edition", ["premium", "community"])
@pytest.mark.parametrize("version", ["4.5.5", "5.0.5", "5.2", "6.4", "7.0.0", "7.0.5"])
def test_each_kind_that_the_manager_has_is_listed_once(
    version: str, edition: str, manager: t.Any
) -> None:
    lists(manager, version=version, edition=edition)
    said = manager.run("content_info")
    assert not said["changed"]
    inventory = said["content"]
    assert ("users" in inventory["kinds"]) == (edition == "premium")
    assert ("sites" in inventory["kinds"]) == (version != "4.5.5")
    assert ("execution_schedules" in inventory["kinds"]) == (version not in ("4.5.5", "5.0.5"))
    assert inventory["manager"]["edition"] == edition


CONTENT: dict[str, list[t.Any]] = {
    "/tenants": [{"name": "default_tenant"}, {"name": "t2"}],
    "/users": [{"username": "admin"}],
    "/blueprints": [{"id": "bp", "tenant_name": tenant} for tenant in ("default_tenant", "t2")],
    "/deployments": [
        {
            "id": "d1",
            "blueprint_id": "bp",
            "site_name": "berlin",
            "labels": [
                {"key": "env", "value": "prod", "id": 7},
                {"key": "env", "value": "a", "id": 8},
            ],
            "tenant_name": "default_tenant",
        },
        {
            "id": "d2",
            "blueprint_id": "bp",
            "site_name": None,
            "labels": [],
            "tenant_name": "t2",
        },
    ],
    "/secrets": [{"key": "db-password", "tenant_name": "t2"}],
    "/sites": [
        {"name": "berlin", "location": "52, 13", "visibility": "tenant", "tenant_name": "t2"}
    ],
    "/nodes": [
        {"deployment_id": deployment, "id": "vm", "tenant_name": "t2"} for deployment in "ab"
    ],
    "/executions": [
        {"id": "e1", "status": "terminated", "workflow_id": "install", "tenant_name": "t2"},
        {
            "id": "e2",
            "status": "scheduled",
            "workflow_id": "heal",
            "deployment_id": "d2",
            "scheduled_for": "2027-01-01T00:00:00.000Z",
            "tenant_name": "t2",
        },
    ],
    "/execution-schedules": [
        {
            "id": "nightly",
            "deployment_id": "d2",
            "tenant_name": "t2",
            "rule": {"recurrence": "1 day", "rrule": None},
            "workflow_id": "heal",
        }
    ],
}


def test_counts_and_ids_are_told_per_tenant_and_kind(manager: t.Any) -> None:
    lists(manager, items=CONTENT)
    said = manager.run("content_info")
    content = said["content"]["content"]
    assert content["(manager)"]["tenants"] == {"count": 2, "ids": ["default_tenant", "t2"]}
    assert content["default_tenant"]["blueprints"] == {"count": 1, "ids": ["bp"]}
    assert content["t2"]["blueprints"] == {"count": 1, "ids": ["bp"]}
    assert content["t2"]["secrets"] == {"count": 1, "ids": ["db-password"]}
    assert content["t2"]["nodes"] == {"count": 2, "ids": ["a/vm", "b/vm"]}
    assert content["t2"]["execution_schedules"]["ids"] == ["d2/nightly"]
    assert said["counts"]["blueprints"] == 2
    assert said["counts"]["nodes"] == 2
    assert "plugins" not in said["counts"]


def test_what_a_restore_may_lose_is_kept_in_enough_detail_to_mend_it(manager: t.Any) -> None:
    lists(manager, items=CONTENT)
    details = manager.run("content_info")["content"]["details"]
    assert details["placements"] == [
        {
            "tenant": "default_tenant",
            "deployment_id": "d1",
            "site_name": "berlin",
            "labels": [{"env": "a"}, {"env": "prod"}],
        }
    ]
    assert details["sites"] == [
        {"tenant": "t2", "name": "berlin", "location": "52, 13", "visibility": "tenant"}
    ]
    (schedule,) = details["execution_schedules"]
    assert (schedule["tenant"], schedule["deployment_id"]) == ("t2", "d2")
    assert schedule["rule"] == {"recurrence": "1 day", "rrule": None}
    (scheduled,) = details["scheduled_executions"]
    assert (scheduled["id"], scheduled["tenant"]) == ("e2", "t2")
    assert scheduled["scheduled_for"] == "2027-01-01T00:00:00.000Z"


def test_what_new_format_would_lose_is_warned_of(manager: t.Any) -> None:
    lists(manager, items=CONTENT)
    schedules, sites = manager.run("content_info")["warnings_found"]
    assert "schedules without rrule" in schedules and "nightly of deployment d2" in schedules
    assert "which site a deployment has" in sites and "d1 (site berlin)" in sites


def test_without_such_content_there_is_nothing_to_warn_of(manager: t.Any) -> None:
    lists(manager)
    assert manager.run("content_info")["warnings_found"] == []


def test_of_a_secret_only_its_key_is_kept_even_if_the_manager_tells_more(manager: t.Any) -> None:
    told = {"key": "db-password", "value": "hush", "tenant_name": "t2"}
    lists(manager, items={"/secrets": [told]})
    said = manager.run("content_info")
    assert said["counts"]["secrets"] == 1
    assert "hush" not in str(said)


def test_thousands_of_items_are_read_a_thousand_at_a_time(manager: t.Any) -> None:
    lists(manager, until="/executions")
    many = [
        {"id": f"e{number:05}", "status": "terminated", "tenant_name": "t2"}
        for number in range(5001)
    ]
    for offset in range(0, 5001, 1000):
        page = {
            "items": many[offset : offset + 1000],
            "metadata": {"pagination": {"total": 5001, "size": 1000, "offset": offset}},
        }
        paging = {**query("/executions"), "_size": 1000, "_offset": offset}
        manager.get("/executions", page, query=paging)
    manager.listed("/execution-schedules", [], query=query("/execution-schedules"))
    found = manager.run("content_info")["content"]["content"]["t2"]["executions"]
    assert found["count"] == 5001
    assert found["ids"][0] == "e00000" and found["ids"][-1] == "e05000"


def test_a_version_without_one_of_the_fields_is_asked_for_whole_items(manager: t.Any) -> None:
    path = "/deployments"
    release = (4, 5, 5)
    lists(manager, version="4.5.5", until=path)
    manager.error(
        "GET",
        path,
        400,
        "no_such_include_field_error",
        query={**query(path, release=release), "_size": 1000, "_offset": 0},
    )
    whole = {"id": "d1", "tenant_name": "t2", "description": "more than was asked for"}
    manager.listed(path, [whole], query=query(path, whole=True))
    rest = [entry for entry in LISTS if entry[2] == EVERYWHERE]
    begin = [entry[0] for entry in rest].index(path) + 1
    for entry in rest[begin:]:
        manager.listed(entry[0], [], query=query(entry[0], release=release))
    said = manager.run("content_info")
    assert said["content"]["content"]["t2"]["deployments"] == {"count": 1, "ids": ["d1"]}


def test_what_the_edition_has_not_is_left_out(manager: t.Any) -> None:
    manager.version("7.0.5", "community")
    manager.error(
        "GET",
        "/tenants",
        404,
        "missing_premium_package_error",
        query={**query("/tenants"), "_size": 1000, "_offset": 0},
    )
    for path, _fields, _since, premium in LISTS[1:]:
        if not premium:
            manager.listed(path, [], query=query(path))
    said = manager.run("content_info")
    assert "tenants" not in said["content"]["kinds"]


def test_a_kind_that_cannot_be_read_is_an_error_and_not_a_gap(manager: t.Any) -> None:
    lists(manager, until="/plugins")
    manager.error(
        "GET",
        "/plugins",
        500,
        "internal_server_error",
        "the database is down",
        query={**query("/plugins"), "_size": 1000, "_offset": 0},
    )
    said = manager.run("content_info")
    assert said["failed"]
    assert "Cannot list plugins" in said["msg"] and "the database is down" in said["msg"]


def test_in_maintenance_mode_it_is_read_with_the_bypass(manager: t.Any) -> None:
    manager.version()
    for path, _fields, _since, _premium in LISTS:
        paging = {**query(path), "_size": 1000, "_offset": 0}
        manager.error("GET", path, 503, "maintenance_mode_active", query=paging)
        manager.listed(path, [], query=query(path), bypass=True)
    assert not manager.run("content_info").get("failed")


def test_a_version_without_the_bypass_says_to_leave_maintenance_mode(manager: t.Any) -> None:
    manager.version("4.5.5")
    paging = {**query("/tenants"), "_size": 1000, "_offset": 0}
    for bypass in (False, True):
        manager.error(
            "GET", "/tenants", 503, "maintenance_mode_active", query=paging, bypass=bypass
        )
    said = manager.run("content_info")
    assert said["failed"]
    assert "Leave maintenance mode first" in said["msg"]


def test_the_tenant_option_does_not_narrow_it(manager: t.Any) -> None:
    manager.version(tenant="t2")
    for path, _fields, _since, _premium in LISTS:
        manager.listed(path, [], query=query(path), tenant="t2")
    assert not manager.run("content_info", tenant="t2").get("failed")
