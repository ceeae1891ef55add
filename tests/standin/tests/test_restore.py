# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""restore_snapshot: what comes back, what is lost, and what a client sees meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from standin.testing import StandIn
from standin.tests.steps import create, ended, restore, total, until, upload


def archive_of(manager: StandIn, **body: Any) -> bytes:
    create(manager, "source", **body)
    return manager.call("GET", "/snapshots/source/archive").body


def flag(manager: StandIn) -> bool:
    return bool(manager.summary()["flag"])


def only_rrule(manager: StandIn) -> None:
    """The sample, with schedules that new format can restore."""
    manager.seed(sample="rich")
    for item in manager.call("GET", "/execution-schedules").json["items"]:
        path = f"/execution-schedules/{item['id']}?deployment_id={item['deployment_id']}"
        assert manager.call("DELETE", path).status == 204
    body = {"workflow_id": "check_status", "since": "2026-01-01T00:00:00Z", "rrule": "FREQ=DAILY"}
    path = "/execution-schedules/daily?deployment_id=web-prod"
    assert manager.call("PUT", path, body).status == 201


def test_legacy_keeps_everything(manager: StandIn) -> None:
    manager.seed(sample="rich")
    kinds = ("blueprints", "deployments", "secrets", "sites", "execution-schedules", "executions")
    counts = {kind: total(manager, kind) for kind in kinds}
    before = manager.call("GET", "/deployments/web-prod").json
    secret = manager.call("GET", "/secrets/db_password").json
    data = archive_of(manager, legacy=True)
    manager.wipe()
    assert total(manager, "blueprints") == 0
    upload(manager, "back", data)
    execution = restore(manager, "back")
    assert execution["status"] == "terminated"
    assert execution["parameters"] is None
    assert {kind: total(manager, kind) for kind in kinds} == counts
    after = manager.call("GET", "/deployments/web-prod").json
    assert {k: v for k, v in after.items() if k != "labels"} == {
        k: v for k, v in before.items() if k != "labels"
    }
    assert manager.call("GET", "/secrets/db_password").json == secret
    # the rows of all snapshots are gone, and the archive with them
    assert total(manager, "snapshots") == 0
    assert manager.call("GET", "/snapshots/back/archive").status == 404
    until(lambda: not flag(manager))


def test_legacy_takes_the_service_down_and_forgets_passwords(start: Callable[..., StandIn]) -> None:
    manager = start(speed=20)
    data = archive_of(manager, legacy=True)
    manager.wipe()
    upload(manager, "back", data)
    execution = manager.call("POST", "/snapshots/back/restore", {"force": False}).json["id"]
    seen: set[int] = set()

    def over() -> bool:
        answer = manager.call("GET", f"/executions/{execution}")
        seen.add(answer.status)
        return answer.status == 200 and answer.json["status"] == "terminated"

    until(over)
    assert seen == {200, 401, 502}
    assert flag(manager)
    until(lambda: not flag(manager))


def test_password_becomes_the_archives(start: Callable[..., StandIn]) -> None:
    source = start(password="first")
    data = archive_of(source, legacy=True)
    target = start(password="second")
    upload(target, "back", data)
    execution = target.call("POST", "/snapshots/back/restore", {"force": False}).json["id"]
    target.password = "first"
    assert ended(target, execution)["status"] == "terminated"
    target.password = "second"
    assert target.call("GET", "/version").status == 401


def test_before_the_flag_the_password_becomes_the_archives_after_the_end(
    start: Callable[..., StandIn],
) -> None:
    manager = start(profile="4.5.5", password="first", speed=20)
    create(manager, "back")
    manager.control("POST", "/admin-password", {"password": "second"})
    manager.password = "second"
    assert restore(manager, "back", recreate_deployments_envs=False)["status"] == "terminated"
    seen: set[int] = set()

    def refused() -> bool:
        seen.add(manager.call("GET", "/version").status)
        return 401 in seen

    until(refused)
    assert 502 in seen
    manager.password = "first"
    assert manager.call("GET", "/version").status == 200


def test_new_format_loses_sites_and_breaks_on_schedules(manager: StandIn) -> None:
    manager.seed(sample="rich")
    data = archive_of(manager, legacy=False)
    manager.wipe()
    upload(manager, "back", data)
    execution = restore(manager, "back")
    assert execution["status"] == "failed"
    assert execution["error"].endswith("KeyError: 'rrule'\n")
    assert not flag(manager)
    assert total(manager, "deployments") == 5
    assert total(manager, "execution-schedules") == 0
    assert manager.call("GET", "/deployments/web-prod").json["site_name"] is None
    assert manager.call("GET", "/snapshots/back").json["status"] == "uploaded"
    versions = {i["version"] for i in manager.call("GET", "/node-instances").json["items"]}
    assert versions == {1}


def test_new_format_with_rrules_only(manager: StandIn) -> None:
    only_rrule(manager)
    data = archive_of(manager, legacy=False)
    manager.wipe()
    upload(manager, "back", data)
    assert restore(manager, "back")["status"] == "terminated"
    assert total(manager, "execution-schedules") == 1


def test_new_format_adds(manager: StandIn) -> None:
    only_rrule(manager)
    data = archive_of(manager, legacy=False)
    manager.seed(kind="secrets", items=[{"key": "later", "_value": "x"}])
    upload(manager, "back", data)
    assert restore(manager, "back")["status"] == "terminated"
    assert total(manager, "secrets") == 6
    assert total(manager, "deployments") == 5


def test_community_legacy_restores_nothing(start: Callable[..., StandIn]) -> None:
    manager = start(edition="community")
    manager.seed(sample="rich")
    data = archive_of(manager, legacy=True)
    manager.wipe()
    upload(manager, "back", data)
    assert restore(manager, "back")["status"] == "terminated"
    assert total(manager, "deployments") == 0


def test_status_flag_starts_late(start: Callable[..., StandIn]) -> None:
    manager = start(speed=2)
    upload(manager, "back", b"nothing")
    manager.call("POST", "/snapshots/back/restore", {"force": False})
    nobody = {"Authorization": None, "Tenant": None}
    first = manager.call("GET", "/snapshot-status", headers=nobody)
    assert first.json == {"status": "not-running"}
    until(lambda: manager.call("GET", "/snapshot-status").json == {"status": "running"})


@pytest.mark.parametrize("what", ["garbage", "truncated", "corrupt"])
def test_unreadable_archive_leaves_the_flag(manager: StandIn, what: str) -> None:
    manager.seed(sample="rich")
    data = archive_of(manager, legacy=True)
    middle = len(data) // 2
    broken = {
        "garbage": b"this is no archive",
        "truncated": data[:middle],
        "corrupt": data[:middle]
        + bytes(b ^ 0xFF for b in data[middle : middle + 64])
        + data[middle + 64 :],
    }[what]
    upload(manager, "bad", broken)
    execution = restore(manager, "bad", force=True)
    assert execution["status"] == "failed"
    assert "NoneType" in execution["error"]
    assert flag(manager)
    assert total(manager, "deployments") == 5
    manager.flag("clear")
    assert manager.call("GET", "/snapshot-status").json == {"status": "not-running"}


def test_refusals_of_the_workflow(manager: StandIn) -> None:
    manager.seed(sample="rich")
    manager.add_snapshot("newer", version="99.0.0")
    manager.add_snapshot("same")
    manager.add_snapshot("ancient", version="3.4.0")
    cases = (
        ("newer", True, "[99.0.0 > 7.0.5]"),
        ("same", False, "non-empty manager"),
        ("ancient", True, "from version 3.4.0 is not supported"),
    )
    for name, force, text in cases:
        execution = restore(manager, name, force=force)
        assert execution["status"] == "failed"
        assert text in execution["error"]
        until(lambda: not flag(manager))
    assert total(manager, "deployments") == 5


def test_refusals_of_the_request(manager: StandIn) -> None:
    def post(name: str, body: Any) -> tuple[int, str | None]:
        answer = manager.call("POST", f"/snapshots/{name}/restore", body)
        return answer.status, answer.code

    manager.add_snapshot("one")
    assert post("nosuch", {"force": False}) == (404, "not_found_error")
    assert post("one", {}) == (500, "internal_server_error")
    assert post("one", {"force": "perhaps"}) == (400, "bad_parameters_error")
    assert post("one", {"force": False, "no_reboot": True}) == (400, "bad_parameters_error")
    manager.add_snapshot("failed", status="failed")
    assert post("failed", {"force": False}) == (400, "snapshot_action_error")


def test_refused_restore_leaves_an_execution_that_only_kill_ends(manager: StandIn) -> None:
    manager.add_snapshot("one")
    busy = manager.add_execution(workflow_id="install")
    answer = manager.call("POST", "/snapshots/one/restore", {"force": True})
    assert answer.code == "existing_running_execution_error"
    manager.end_execution(busy)
    (left,) = manager.summary()["active"]
    assert (left["workflow_id"], left["status"]) == ("restore_snapshot", "pending")
    assert manager.call("DELETE", "/snapshots/one").code == "snapshot_action_error"
    assert manager.call("PUT", "/snapshots/two", {"legacy": True}).status == 400
    path = f"/executions/{left['id']}"
    assert manager.call("POST", path, {"action": "cancel"}).json["status"] == "cancelling"
    assert (
        manager.call("POST", path, {"action": "force-cancel"}).json["status"] == "force_cancelling"
    )
    assert manager.call("DELETE", "/snapshots/one").status == 400
    manager.call("POST", path, {"action": "kill"})
    assert ended(manager, left["id"])["status"] == "cancelled"
    assert manager.call("DELETE", "/snapshots/one").status == 200


def test_creating_snapshot_hangs_the_restore(manager: StandIn) -> None:
    manager.control("POST", "/broker", {"state": "down"})
    manager.call("PUT", "/snapshots/stuck", {})
    manager.control("POST", "/broker", {"state": "up"})
    (left,) = manager.summary()["active"]
    manager.call("POST", f"/executions/{left['id']}", {"action": "kill"})
    ended(manager, left["id"])
    answer = manager.call("POST", "/snapshots/stuck/restore", {"force": True})
    assert answer.status == 200
    path = f"/executions/{answer.json['id']}"
    until(lambda: manager.call("GET", path).json["status"] == "started" and flag(manager))
    manager.call("POST", path, {"action": "kill"})
    assert ended(manager, answer.json["id"])["status"] == "cancelled"
    assert flag(manager)


@pytest.mark.parametrize(
    ("profile", "statuses", "schedules"),
    [
        ("7.0.5", {"past": "failed", "future": "failed"}, 1),
        ("5.2", {"past": "failed", "future": "scheduled"}, 0),
        ("4.5.5", {"past": "scheduled", "future": "scheduled"}, 0),
    ],
)
def test_scheduled_executions_by_version(
    start: Callable[..., StandIn], profile: str, statuses: dict[str, str], schedules: int
) -> None:
    manager = start(profile=profile)
    manager.seed(kind="blueprints", items=[{"id": "bp"}])
    manager.seed(kind="deployments", items=[{"id": "dep", "blueprint_id": "bp"}])
    times = {"past": "2020-01-01T00:00:00.000Z", "future": "2099-01-01T00:00:00.000Z"}
    for name, when in times.items():
        manager.add_execution(
            id=name,
            deployment_id="dep",
            workflow_id="install",
            status="scheduled",
            scheduled_for=when,
        )
    data = archive_of(manager, legacy=True)
    manager.wipe()
    upload(manager, "back", data)
    restore(manager, "back", recreate_deployments_envs=False)
    found = {n: manager.call("GET", f"/executions/{n}").json["status"] for n in times}
    assert found == statuses
    if manager.profile != "4.5.5":
        items = manager.call("GET", "/execution-schedules").json["items"]
        assert len(items) == schedules
        assert all(i["id"].startswith("install_restored_") for i in items)


def test_workflow_faults(manager: StandIn) -> None:
    only_rrule(manager)
    data = archive_of(manager, legacy=False)
    manager.wipe()
    upload(manager, "back", data)
    manager.workflow_fault("restore_snapshot", "restore_nothing")
    assert restore(manager, "back")["status"] == "terminated"
    assert total(manager, "secrets") == 0
    manager.workflow_fault("restore_snapshot", "drop_content", kind="secrets", ids=["region"])
    assert restore(manager, "back")["status"] == "terminated"
    keys = [s["key"] for s in manager.call("GET", "/secrets").json["items"]]
    assert "region" not in keys and len(keys) == 4
    manager.workflow_fault("restore_snapshot", "disk_full")
    assert "No space left on device" in restore(manager, "back")["error"]
    until(lambda: not flag(manager))
    manager.workflow_fault("restore_snapshot", "die")
    answer = manager.call("POST", "/snapshots/back/restore", {"force": True})
    until(lambda: flag(manager))
    assert manager.call("GET", f"/executions/{answer.json['id']}").json["status"] == "started"


def test_4x_refuses_on_several_nodes(start: Callable[..., StandIn]) -> None:
    manager = start(profile="4.5.5")
    manager.add_snapshot("one")
    manager.control("POST", "/cluster", {"nodes": 2})
    body = {"force": True, "recreate_deployments_envs": True}
    answer = manager.call("POST", "/snapshots/one/restore", body)
    assert (answer.status, answer.code) == (400, "illegal_action_error")
    assert len(manager.call("GET", "/cluster/nodes").json["items"]) == 2
    missing = manager.call("POST", "/snapshots/one/restore", {"force": True})
    assert (missing.status, missing.code) == (400, "bad_parameters_error")


@pytest.mark.parametrize("legacy", [True, False])
def test_tenants_users_and_groups_come_back(manager: StandIn, legacy: bool) -> None:
    only_rrule(manager)
    assert manager.call("POST", "/tenants/other").status == 201
    user = {"username": "bob", "password": "secret", "role": "default"}
    assert manager.call("PUT", "/users", user).status == 201
    member = {"tenant_name": "other", "username": "bob", "role": "user"}
    assert manager.call("PUT", "/tenants/users", member).status == 200
    assert manager.call("POST", "/user-groups", {"group_name": "friends"}).status == 201
    manager.seed(tenant="other", kind="secrets", items=[{"key": "theirs", "_value": "x"}])
    data = archive_of(manager, legacy=legacy)
    manager.wipe()
    upload(manager, "back", data)
    assert restore(manager, "back")["status"] == "terminated"
    until(lambda: not flag(manager))
    names = {t["name"] for t in manager.call("GET", "/tenants").json["items"]}
    assert names == {"default_tenant", "other"}
    theirs = manager.call("GET", "/secrets/theirs", headers={"Tenant": "other"})
    assert theirs.json["value"] == "x"
    assert {u["username"] for u in manager.call("GET", "/users").json["items"]} == {"admin", "bob"}
    assert [g["name"] for g in manager.call("GET", "/user-groups").json["items"]] == ["friends"]
    assert manager.call("GET", "/snapshots", headers={"Tenant": None}).status == 403
