# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""snapshot_restore, request by request: from the first look to the verdict."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._content import build_inventory
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._preflight import OF_OPERATORS
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.conversation import (
    BOTH,
    HOST,
    SECOND,
    refused,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.module_utils.restore_talk import (
    ACTIVE_STATES,
    OK_STATUS,
    SENT,
    archive,
    executions,
    flag_is_out_of_reach,
    inventory,
    preflight,
    restores,
)

Items = dict[str, list[dict[str, t.Any]]]

HERE = {"tenant_name": "default_tenant"}
DEPLOYMENT = {"id": "d1", "site_name": "paris", "labels": [], **HERE}
SCHEDULE = {
    "id": "daily",
    "deployment_id": "d1",
    "workflow_id": "heal",
    "since": "2026-01-01T00:00:00.000Z",
    "rule": {"count": 3, "recurrence": "1 days"},
    **HERE,
}
ITEMS: Items = {
    "tenants": [{"name": "default_tenant"}],
    "blueprints": [{"id": "bp", **HERE}],
    "deployments": [DEPLOYMENT],
    "secrets": [{"key": "k1", **HERE}, {"key": "k2", **HERE}],
    "execution_schedules": [SCHEDULE],
}
WITHOUT_SITE: Items = {**ITEMS, "deployments": [{**DEPLOYMENT, "site_name": None}]}
#: As a restore in new format leaves it.
NEW_FORMAT: Items = {**WITHOUT_SITE, "execution_schedules": []}
EXPECTED = build_inventory(
    items=ITEMS, manager={"version": "7.0.5", "edition": "premium"}, now="then"
)
RRULE = "File ...\n  code\nKeyError: 'rrule'\n"


def post(manager: t.Any, sent: t.Any = None) -> None:
    restores(manager)
    manager.post("/snapshots/s1/restore", {"id": "e1", "status": "pending"}, sent=sent or SENT)


def poll(manager: t.Any, status: str, flag: str = "running", **more: t.Any) -> None:
    manager.get("/executions/e1", {"id": "e1", "status": status, "error": more.pop("error", None)})
    manager.get("/snapshot-status", {"status": flag})


def end(manager: t.Any, status: str = "terminated", **more: t.Any) -> None:
    """The restore runs, and ends."""
    post(manager)
    poll(manager, "pending", "not-running")
    poll(manager, "started")
    poll(manager, status, "not-running", **more)


def services(manager: t.Any, **more: t.Any) -> None:
    manager.get("/status", OK_STATUS, **more)


def row(manager: t.Any, status: str | None = None) -> None:
    """The snapshot's own row afterwards; None where the restore removed it."""
    if status:
        manager.get("/snapshots/s1", {"id": "s1", "status": status})
    else:
        manager.error("GET", "/snapshots/s1", 404, "not_found_error")


NOTHING_YET = dict.fromkeys(OF_OPERATORS, 0)


@pytest.fixture
def legacy(tmp_path: pathlib.Path) -> dict[str, t.Any]:
    return {"id": "s1", "archive": archive(tmp_path), "content": EXPECTED}


@pytest.fixture
def new(tmp_path: pathlib.Path) -> dict[str, t.Any]:
    return {"id": "s1", "archive": archive(tmp_path, new=True), "content": EXPECTED}


def test_legacy_restore_is_followed_through_its_outages_and_proven(
    manager: t.Any, legacy: t.Any
) -> None:
    preflight(manager)
    post(manager)
    poll(manager, "pending", "not-running")
    poll(manager, "started")
    manager.page("GET", "/executions/e1", 502)
    manager.error("GET", "/executions/e1", 401, "unauthorized_error")
    poll(manager, "started")
    manager.error("GET", "/executions/e1", 404, "not_found_error")
    manager.get("/snapshot-status", {"status": "running"})
    poll(manager, "terminated")
    poll(manager, "terminated", "not-running")
    services(manager)
    row(manager)
    inventory(manager, ITEMS)
    said = manager.run("snapshot_restore", diff=True, **legacy)
    assert said["changed"]
    assert said["outcome"] == "RESTORED"
    assert said["problems"] == []
    assert (said["execution_id"], said["execution_status"]) == ("e1", "terminated")
    assert said["outages"] == 1
    assert said["comparison"]["complete"]
    assert said["counts"] == said["expected_counts"]
    assert said["diff"] == {"before": NOTHING_YET, "after": said["counts"]}
    assert said["manager_host"] == "m1.example"
    assert not said["password_switched"]
    assert said["duration"] >= 0
    assert "mended" not in said
    assert said["scheduled_executions"]["kept"] == []


def test_check_mode_looks_and_does_nothing(manager: t.Any, legacy: t.Any) -> None:
    preflight(manager, has={"blueprints": 2}, snapshots=["daily"])
    said = manager.run("snapshot_restore", check=True, diff=True, force=True, **legacy)
    assert said["changed"]
    assert said["diff"] == {
        "before": {**NOTHING_YET, "blueprints": 2},
        "after": {"blueprints": "those of the snapshot"},
    }
    assert said["preflight"]["options"] == {**SENT, "force": True}
    assert said["preflight"]["archive"]["format"] == "legacy"
    assert (said["preflight"]["version"], said["preflight"]["edition"]) == ("7.0.5", "premium")
    assert said["preflight"]["snapshots_before"] == ["daily"]
    assert any("removes the manager's other snapshots: daily" in w for w in said["warnings_found"])
    assert "outcome" not in said


def test_check_mode_fails_where_the_restore_would_be_refused(manager: t.Any, legacy: t.Any) -> None:
    manager.version()
    manager.error("GET", "/snapshots/s1", 404, "not_found_error")
    executions(
        manager,
        ["pending", "started", "cancelling", "force_cancelling", "kill_cancelling"],
        [{"id": "e9", "workflow_id": "install", "status": "started"}],
    )
    said = manager.run("snapshot_restore", check=True, **legacy)
    assert said["failed"]
    assert "while executions are active: install e9" in said["msg"]


def test_new_format_that_failed_over_schedules_is_mended(manager: t.Any, new: t.Any) -> None:
    preflight(manager, snapshots=None)
    end(manager, "failed", error=RRULE)
    services(manager)
    inventory(manager, NEW_FORMAT)
    site = {"site_name": "paris", "detach_site": False}
    manager.post("/deployments/d1/set-site", {}, sent=site)
    manager.put(
        "/execution-schedules/daily",
        {},
        query={"deployment_id": "d1"},
        sent={
            "workflow_id": "heal",
            "since": "2026-01-01T00:00:00.000Z",
            "count": 3,
            "recurrence": "1 days",
        },
    )
    inventory(manager, ITEMS)
    said = manager.run("snapshot_restore", mend=True, **new)
    assert said["outcome"] == "RESTORED"
    assert said["execution_status"] == "failed"
    assert said["problems"] == []
    assert said["losses_before_mending"] == [
        "lost: execution_schedules d1/daily of tenant default_tenant",
        "changed: deployments d1 of tenant default_tenant (site paris became none)",
    ]
    assert said["mended"] == ["site of deployment d1", "schedule d1/daily"]
    assert said["not_mended"] == []
    assert len(said["warnings_found"]) == 2


def test_what_cannot_be_mended_stays_a_loss(manager: t.Any, new: t.Any) -> None:
    preflight(manager, snapshots=None)
    end(manager)
    services(manager)
    inventory(manager, WITHOUT_SITE)
    site = {"site_name": "paris", "detach_site": False}
    manager.error("POST", "/deployments/d1/set-site", 404, "not_found_error", sent=site)
    inventory(manager, WITHOUT_SITE)
    said = manager.run("snapshot_restore", mend=True, **new)
    assert said["failed"]
    assert said["outcome"] == "PARTIAL"
    (why,) = said["not_mended"]
    assert f". Not mended: {why}. Put right by hand" in said["msg"]
    assert "HTTP 404" in why
    assert said["msg"].endswith(
        ". Put right by hand what is named, or do without it: accept_partial=true takes such a "
        "restore for a success."
    )
    assert said["problems"] == [
        "changed: deployments d1 of tenant default_tenant (site paris became none)"
    ]


def test_without_mend_the_loss_is_told_with_the_way_out(manager: t.Any, new: t.Any) -> None:
    preflight(manager, snapshots=None)
    end(manager)
    services(manager)
    inventory(manager, WITHOUT_SITE)
    said = manager.run("snapshot_restore", **new)
    assert said["failed"]
    assert said["msg"].startswith("the restore of snapshot s1 is PARTIAL: changed: deployments d1")
    assert "mend=true puts back" in said["msg"]
    assert said["msg"].endswith("; accept_partial=true takes such a restore for a success.")


def test_partial_restore_can_be_accepted(manager: t.Any, legacy: t.Any) -> None:
    preflight(manager)
    end(manager)
    services(manager)
    row(manager)
    inventory(manager, {**ITEMS, "secrets": [{"key": "k1", **HERE}]})
    said = manager.run("snapshot_restore", accept_partial=True, **legacy)
    assert not said.get("failed")
    assert said["outcome"] == "PARTIAL"
    assert said["problems"] == ["lost: secrets k2 of tenant default_tenant"]


@pytest.mark.parametrize("content", [EXPECTED, None])
def test_terminated_that_left_the_snapshot_restored_nothing(
    content: t.Any, manager: t.Any, legacy: t.Any
) -> None:
    preflight(manager)
    end(manager)
    services(manager)
    row(manager, "uploaded")
    if content:
        inventory(manager, {"tenants": ITEMS["tenants"]})
    said = manager.run("snapshot_restore", **{**legacy, "content": content}, accept_partial=True)
    assert said["failed"] and said["changed"]
    assert said["outcome"] == "FAILED"
    assert "the manager restored nothing" in said["msg"]


def test_new_format_that_brought_nothing_back_is_failed_and_not_mended(
    manager: t.Any, new: t.Any
) -> None:
    preflight(manager, snapshots=None)
    end(manager)
    services(manager)
    inventory(manager, {"tenants": ITEMS["tenants"]})
    said = manager.run("snapshot_restore", mend=True, **new)
    assert said["outcome"] == "FAILED"
    assert "nothing of the expected content is there" in said["msg"]
    assert "mended" not in said


def test_without_an_inventory_there_is_no_proof_and_that_is_said(
    manager: t.Any, legacy: t.Any
) -> None:
    preflight(manager)
    end(manager)
    services(manager)
    row(manager)
    said = manager.run("snapshot_restore", **{**legacy, "content": None})
    assert said["outcome"] == "RESTORED"
    assert "comparison" not in said
    assert said["warnings_found"] == [
        "no inventory is given, so the content cannot be compared afterwards"
    ]


def test_content_that_cannot_be_read_is_no_proof(manager: t.Any, legacy: t.Any) -> None:
    preflight(manager)
    end(manager)
    services(manager)
    row(manager)
    query = {"_size": 1000, "_offset": 0, "_include": "name"}
    manager.error("GET", "/tenants", 400, "bad_parameters_error", query=query)
    said = manager.run("snapshot_restore", **legacy)
    assert said["outcome"] == "PARTIAL"
    assert "the content could not be compared: Cannot list tenants: " in said["problems"][0]


@pytest.mark.parametrize("status", [500, 502])
def test_one_bad_answer_afterwards_is_no_verdict(
    status: int, manager: t.Any, legacy: t.Any
) -> None:
    preflight(manager)
    end(manager)
    manager.error("GET", "/status", status, "internal_server_error")
    services(manager)
    row(manager)
    query = {"_size": 1000, "_offset": 0, "_include": "name"}
    manager.error("GET", "/tenants", 500, "internal_server_error", query=query)
    inventory(manager, ITEMS)
    assert manager.run("snapshot_restore", **legacy)["outcome"] == "RESTORED"


def test_manager_that_does_not_come_to_rest_is_compared_all_the_same(
    manager: t.Any, legacy: t.Any
) -> None:
    preflight(manager)
    end(manager)
    manager.error("GET", "/status", 400, "bad_parameters_error")
    inventory(manager, ITEMS)
    said = manager.run("snapshot_restore", **legacy)
    assert (said["outcome"], said["changed"], said["execution_id"]) == ("PARTIAL", True, "e1")
    assert said["problems"][0].startswith("the manager does not come to rest: Cannot read the")
    assert said["comparison"]["complete"]


# -- what cannot be looked at afterwards, and what was seen before ---------------------------------

SCHEDULED = {
    "id": "e7",
    "workflow_id": "heal",
    "deployment_id": "d1",
    "status": "scheduled",
    "scheduled_for": "2026-11-23T05:46:25.173Z",
}
AND_SCHEDULED: Items = {**ITEMS, "executions": [{**SCHEDULED, **HERE}]}
EXPECTED_TOO = build_inventory(
    items=AND_SCHEDULED, manager={"version": "7.0.5", "edition": "premium"}, now="then"
)


def test_a_scheduled_execution_that_cannot_be_looked_up_takes_no_loss_away(
    manager: t.Any, legacy: t.Any
) -> None:
    preflight(manager)
    end(manager)
    services(manager)
    row(manager)
    inventory(manager, {**ITEMS, "secrets": [{"key": "k1", **HERE}]})
    manager.error("GET", "/executions/e7", 400, "bad_parameters_error")
    said = manager.run("snapshot_restore", **{**legacy, "content": EXPECTED_TOO})
    assert said["outcome"] == "PARTIAL"
    assert said["problems"][0].startswith("not all could be looked at: Cannot look up execution e7")
    assert "lost: secrets k2 of tenant default_tenant" in said["problems"]
    assert not said["comparison"]["complete"]
    assert said["counts"]["secrets"] == 1


def test_nothing_that_is_there_stays_failed_whatever_cannot_be_looked_up(
    manager: t.Any, new: t.Any
) -> None:
    preflight(manager, snapshots=None)
    end(manager)
    services(manager)
    inventory(manager, {"tenants": ITEMS["tenants"]})
    manager.error("GET", "/executions/e7", 400, "bad_parameters_error")
    said = manager.run("snapshot_restore", **{**new, "content": EXPECTED_TOO})
    assert said["outcome"] == "FAILED"
    assert "nothing of the expected content is there" in said["msg"]


def test_scheduled_execution_gets_time_to_be_looked_up(manager: t.Any, legacy: t.Any) -> None:
    preflight(manager)
    end(manager)
    services(manager)
    row(manager)
    inventory(manager, AND_SCHEDULED | {"executions": [{**SCHEDULED, **HERE, "status": "failed"}]})
    manager.error("GET", "/executions/e7", 500, "internal_server_error")
    manager.get("/executions/e7", {"id": "e7", "status": "failed"})
    said = manager.run("snapshot_restore", **{**legacy, "content": EXPECTED_TOO})
    assert said["outcome"] == "RESTORED"
    assert [each["id"] for each in said["scheduled_executions"]["failed"]] == ["e7"]


def test_what_was_mended_is_told_though_it_cannot_be_compared_again(
    manager: t.Any, new: t.Any
) -> None:
    preflight(manager, snapshots=None)
    end(manager)
    services(manager)
    inventory(manager, WITHOUT_SITE)
    site = {"site_name": "paris", "detach_site": False}
    manager.post("/deployments/d1/set-site", {}, sent=site)
    query = {"_size": 1000, "_offset": 0, "_include": "name"}
    manager.error("GET", "/tenants", 400, "bad_parameters_error", query=query)
    said = manager.run("snapshot_restore", mend=True, **new)
    assert said["outcome"] == "PARTIAL"
    assert said["mended"] == ["site of deployment d1"]
    assert said["losses_before_mending"] == said["problems"][1:]
    assert said["problems"][0].startswith("not all could be looked at: Cannot list tenants: ")


def test_what_was_there_before_is_told_when_it_was_mixed(manager: t.Any, new: t.Any) -> None:
    preflight(manager, has={"secrets": 1}, snapshots=None)
    restores(manager)
    sent = {**SENT, "force": True}
    manager.post("/snapshots/s1/restore", {"id": "e1", "status": "pending"}, sent=sent)
    poll(manager, "terminated", "not-running")
    services(manager)
    inventory(manager, {**ITEMS, "secrets": [*ITEMS["secrets"], {"key": "old", **HERE}]})
    said = manager.run("snapshot_restore", force=True, **new)
    assert said["outcome"] == "RESTORED"
    assert said["besides"] == ["gained: secrets old of tenant default_tenant"]


def test_restore_that_runs_already_is_followed(manager: t.Any, legacy: t.Any) -> None:
    running = {
        "id": "e1",
        "workflow_id": "restore_snapshot",
        "status": "started",
        "parameters": {"snapshot_id": "s1"},
    }
    manager.version()
    manager.get("/snapshots/s1", {"id": "s1", "status": "uploaded"})
    executions(manager, ACTIVE_STATES, [running])
    manager.get("/maintenance", {"status": "deactivated"})
    poll(manager, "started")
    poll(manager, "terminated", "not-running")
    services(manager)
    row(manager)
    inventory(manager, ITEMS)
    said = manager.run("snapshot_restore", **legacy)
    assert (said["outcome"], said["execution_id"]) == ("RESTORED", "e1")


def test_from_the_post_on_the_tenant_may_be_gone(manager: t.Any, legacy: t.Any) -> None:
    """In legacy format the execution moves to the default tenant, which is the one to ask."""
    ops = {"tenant": "ops"}
    preflight(manager, **ops)
    restores(manager, **ops)
    manager.post(
        "/snapshots/s1/restore", {"id": "e1", "status": "pending"}, sent=SENT, tenant="ops"
    )
    manager.error("GET", "/executions/e1", 404, "not_found_error")
    manager.get("/executions/e1", {"id": "e1", "status": "started"}, **ops)
    manager.get("/snapshot-status", {"status": "running"})
    poll(manager, "terminated", "not-running")
    services(manager)
    manager.error("GET", "/snapshots/s1", 403, "forbidden_error", **ops)
    inventory(manager, ITEMS)
    said = manager.run("snapshot_restore", tenant="ops", settle_timeout=0.5, **legacy)
    assert said["outcome"] == "RESTORED"


def test_services_get_time_to_come_up(manager: t.Any, legacy: t.Any) -> None:
    preflight(manager)
    end(manager)
    down = {"status": "Fail", "services": {"stage": {"status": "Inactive"}}}
    manager.get("/status", down)
    manager.page("GET", "/status", 502)
    manager.get("/status", down)
    services(manager)
    row(manager)
    inventory(manager, ITEMS)
    assert manager.run("snapshot_restore", **legacy)["outcome"] == "RESTORED"


def test_services_that_stay_down_are_a_problem(manager: t.Any, legacy: t.Any) -> None:
    preflight(manager)
    end(manager)
    down = {"status": "Fail", "services": {"stage": {"status": "Inactive"}}}
    for _each in range(3):
        manager.get("/status", down)
    row(manager)
    inventory(manager, ITEMS)
    said = manager.run("snapshot_restore", settle_timeout=1, **legacy)
    assert said["outcome"] == "PARTIAL"
    assert said["problems"] == ["services are not active: stage"]


def test_without_waiting_it_ends_with_the_post(manager: t.Any, legacy: t.Any) -> None:
    preflight(manager)
    post(manager)
    said = manager.run("snapshot_restore", wait=False, **legacy)
    assert said["changed"]
    assert said["execution_id"] == "e1"
    assert "outcome" not in said


def test_time_out_tells_the_execution(manager: t.Any, legacy: t.Any) -> None:
    preflight(manager)
    post(manager)
    for _each in range(3):
        poll(manager, "started")
    said = manager.run("snapshot_restore", wait_timeout=1, **legacy)
    assert said["failed"] and said["changed"]
    assert said["execution_id"] == "e1"
    assert said["last_seen"] == "execution started, restore flag set"


def test_it_stays_with_the_manager_that_answered_first(manager: t.Any, legacy: t.Any) -> None:
    """Another one's answer would be another truth, but for the flag, which the first one cannot tell."""
    manager.broken("GET", "/version", refused())
    preflight(manager, host=SECOND, others=[HOST])
    restores(manager, host=SECOND)
    manager.post("/snapshots/s1/restore", {"id": "e1"}, sent=SENT, host=SECOND)
    manager.page("GET", "/executions/e1", 502, host=SECOND)
    manager.broken("GET", "/executions/e1", refused(), host=SECOND)
    manager.get("/executions/e1", {"id": "e1", "status": "terminated"}, host=SECOND)
    manager.get("/snapshot-status", {"status": "not-running"}, host=SECOND)
    flag_is_out_of_reach(manager, HOST)
    manager.get("/status", OK_STATUS, host=SECOND)
    manager.error("GET", "/snapshots/s1", 404, "not_found_error", host=SECOND)
    del legacy["content"]
    said = manager.run("snapshot_restore", **BOTH, **legacy)
    assert said["outcome"] == "RESTORED"
    assert said["manager_host"] == SECOND


def test_inventory_from_a_file(manager: t.Any, legacy: t.Any, tmp_path: pathlib.Path) -> None:
    bad = tmp_path / "content.json"
    bad.write_text("{")
    del legacy["content"]
    options = {**legacy, "content_path": str(bad)}
    assert "is not JSON" in manager.run("snapshot_restore", **options)["msg"]
    bad.write_text('{"files": {}}')
    assert "is not a content inventory" in manager.run("snapshot_restore", **options)["msg"]
