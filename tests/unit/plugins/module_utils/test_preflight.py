# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is looked at before a restore, and each thing that keeps it from being asked for."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _preflight, _remote
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import ACTIVE_STATES
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ApiError,
    RecoveryError,
    Refused,
    Unauthorized,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._preflight import (
    OF_OPERATORS,
    Preflight,
    look,
    restore_body,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import conversation as c
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import uploading
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.module_utils.restore_talk import (
    OPTIONS,
    SENT,
    archive,
    capabilities,
    client,
    content,
    executions,
    flag_is_out_of_reach,
    of_manager,
    preflight,
)

INSTALL = {"id": "e9", "workflow_id": "install", "status": "started", "deployment_id": "d1"}
QUEUED = {"id": "e8", "workflow_id": "heal", "status": "queued"}


def found(archive_path: str | None, **more: t.Any) -> Preflight:
    options = {**OPTIONS, **more.pop("options", {})}
    return look(client(), "s1", options=options, archive_path=archive_path, **more)


def refused(archive_path: str | None, **more: t.Any) -> str:
    with pytest.raises(Refused) as caught:
        found(archive_path, **more)
    return str(caught.value)


def test_all_is_well(manager: t.Any, tmp_path: pathlib.Path) -> None:
    preflight(manager, maintenance="activated")
    seen = found(archive(tmp_path))
    assert seen.body == SENT
    assert seen.archive and seen.archive.format == "legacy"
    assert (sum(seen.content.values()), seen.maintenance, seen.inactive_services) == (
        0,
        "activated",
        [],
    )
    assert seen.warnings == []


@pytest.mark.parametrize("same", [True, False])
def test_archive_given_has_to_be_the_managers_own(
    same: bool, manager: t.Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_preflight, "same_archive", _remote.same_archive)
    here = archive(tmp_path)
    data = pathlib.Path(here).read_bytes()
    theirs = data if same else data[:-30] + bytes(30)
    manager.version()
    manager.get("/snapshots/s1", {"id": "s1", "status": "uploaded"})
    uploading.same(manager, data, theirs=theirs)
    if not same:
        told = refused(here)
        assert told.startswith(f"the manager's snapshot s1 is not the archive {here}. Give the")
        return
    rest_of_a_look(manager)
    assert found(here).archive


def test_services_that_are_down_before_are_noted(manager: t.Any, tmp_path: pathlib.Path) -> None:
    services = {"nginx": {"status": "Active"}, "stage": {"status": "Inactive"}}
    preflight(manager, status={"status": "Fail", "services": services})
    assert found(archive(tmp_path)).inactive_services == ["stage"]


def test_archive_on_the_manager_that_cannot_be_looked_at_is_a_warning(manager: t.Any) -> None:
    manager.version()
    manager.get("/snapshots/s1", {"id": "s1", "status": "uploaded"})
    manager.error("HEAD", "/snapshots/s1/archive", 403, "forbidden_error")
    rest_of_a_look(manager)
    seen = found(None)
    assert seen.archive is None
    assert seen.warnings[0].startswith("the archive on the manager could not be looked at: ")


@pytest.mark.parametrize("status", [404, 500])
def test_archive_that_has_not_come_to_this_manager_yet_is_waited_for(
    status: int, manager: t.Any, tmp_path: pathlib.Path, clock: t.Any
) -> None:
    """No other one is turned to: it is this one that will restore."""
    data = pathlib.Path(archive(tmp_path)).read_bytes()
    manager.version()
    manager.get("/snapshots/s1", {"id": "s1", "status": "uploaded"})
    manager.page("HEAD", uploading.ARCHIVE, status)
    manager.page("HEAD", uploading.ARCHIVE, status)
    uploading.head(manager, len(data))

    def part(request: t.Any) -> t.Any:
        first, last = map(int, request.headers["Range"].removeprefix("bytes=").split("-"))
        return 206, {"Content-Range": f"bytes {first}-{last}/{len(data)}"}, data[first : last + 1]

    manager.serve("GET", uploading.ARCHIVE, part)
    rest_of_a_look(manager, others=[c.SECOND])
    asking = client(*c.BOTH["manager_hosts"])
    asking.http.pin()
    seen = look(asking, "s1", options=OPTIONS, archive_path=None)
    assert seen.archive and seen.archive.format == "legacy"
    assert clock.slept == [1.5, 1.5]


def test_archive_that_does_not_come_is_told(manager: t.Any, clock: t.Any) -> None:
    manager.version()
    manager.get("/snapshots/s1", {"id": "s1", "status": "uploaded"})
    for _look in range(16):
        manager.page("HEAD", uploading.ARCHIVE, 404)
    assert refused(None) == (
        "Cannot restore snapshot s1: the manager lists it, but its archive is gone: it did not "
        "come from another manager in 22 s either. Delete it and upload it again."
    )
    assert sum(clock.slept) == 22.5


MISSING = (
    "Internal error occurred in manager REST server - OSError: [Errno 2] No such file or directory: "
    "'/opt/manager/resources/snapshots/s1/s1.zip'"
)


@pytest.mark.parametrize(
    "why", [MISSING, "OSError: [Errno 13] Permission denied: '/opt/snapshots/s1'"]
)
def test_500_is_an_archive_that_does_not_come_where_the_manager_says_so(
    why: str, manager: t.Any, clock: t.Any
) -> None:
    """Up to 5.0.5; a HEAD has no body to say it in."""
    manager.version("5.0.5")
    manager.get("/snapshots/s1", {"id": "s1", "status": "uploaded"})
    for _look in range(16):
        manager.page("HEAD", uploading.ARCHIVE, 500)
    manager.error("GET", uploading.ARCHIVE, 500, "internal_server_error", why)
    if why == MISSING:
        assert "its archive is gone: it did not come from another manager" in refused(None)
        return
    rest_of_a_look(manager, version="5.0.5")
    seen = found(None)
    assert seen.archive is None
    assert seen.warnings[0].startswith("the archive on the manager could not be looked at: ")


def rest_of_a_look(manager: t.Any, others: t.Sequence[str] = (), version: str = "7.0.5") -> None:
    """What comes after the archive."""
    executions(manager, ACTIVE_STATES)
    manager.get("/snapshot-status", {"status": "not-running"})
    for host in others:
        flag_is_out_of_reach(manager, host)
    manager.get("/maintenance", {"status": "deactivated"})
    content(manager, {}, version=version)
    of_manager(manager, ["s1"])
    manager.get("/status", {"status": "OK", "services": {}})


@pytest.mark.parametrize(
    ("snapshot", "why"),
    [
        ({"status": "failed", "error": "a\nb: no space"}, "it is failed: b: no space. Take or"),
        ({"status": "creating"}, "it is creating. Wait until it is created"),
    ],
)
def test_snapshot_that_is_not_whole(
    snapshot: dict[str, str], why: str, manager: t.Any, tmp_path: pathlib.Path
) -> None:
    manager.version()
    manager.get("/snapshots/s1", {"id": "s1", **snapshot})
    assert why in refused(archive(tmp_path))


def test_snapshot_that_is_not_there(manager: t.Any, tmp_path: pathlib.Path) -> None:
    manager.version()
    manager.error("GET", "/snapshots/s1", 404, "not_found_error")
    assert refused(None).startswith("the manager has no snapshot s1. Upload it first")
    manager.version()
    manager.error("GET", "/snapshots/s1", 404, "not_found_error")
    assert "has no snapshot s1" in refused(archive(tmp_path))


def test_snapshot_that_is_still_to_be_uploaded(manager: t.Any, tmp_path: pathlib.Path) -> None:
    manager.version()
    manager.error("GET", "/snapshots/s1", 404, "not_found_error")
    rest_of_a_look(manager)
    assert found(archive(tmp_path), may_be_absent=True).body == SENT


@pytest.mark.parametrize(
    ("metadata", "version", "why"),
    [
        ({"snapshot_version": "7.1.0"}, "7.0.5", "newer than the manager's 7.0.5"),
        ({"snapshot_version": "3.4.0"}, "7.0.5", "older than 4.0.0, the oldest"),
        ({"new": True}, "6.4.0", "new format, which version 6.4.0 does not know"),
    ],
)
def test_archive_of_the_wrong_version(
    metadata: dict[str, t.Any], version: str, why: str, manager: t.Any, tmp_path: pathlib.Path
) -> None:
    manager.version(version)
    manager.get("/snapshots/s1", {"id": "s1", "status": "uploaded"})
    assert why in refused(archive(tmp_path, **metadata))


def test_running_execution_is_named(manager: t.Any, tmp_path: pathlib.Path) -> None:
    manager.version()
    manager.get("/snapshots/s1", {"id": "s1", "status": "uploaded"})
    executions(manager, ACTIVE_STATES, [INSTALL])
    told = refused(archive(tmp_path))
    assert "while executions are active: install e9 (started, deployment d1)" in told


@pytest.mark.parametrize(
    ("version", "path"),
    [
        ("7.0.5", "/tmp/cloudify/snapshot_restoring"),
        ("7.0.0", "/opt/manager/snapshot_status/snapshot_restoring"),
    ],
)
def test_flag_that_was_left_behind(
    version: str, path: str, manager: t.Any, tmp_path: pathlib.Path
) -> None:
    manager.version(version)
    manager.get("/snapshots/s1", {"id": "s1", "status": "uploaded"})
    executions(manager, ACTIVE_STATES)
    manager.get("/snapshot-status", {"status": "running"})
    assert f"delete {path} on the manager" in refused(archive(tmp_path, snapshot_version="7.0.0"))


def test_maintenance_mode_that_is_still_beginning(manager: t.Any, tmp_path: pathlib.Path) -> None:
    manager.version()
    manager.get("/snapshots/s1", {"id": "s1", "status": "uploaded"})
    executions(manager, ACTIVE_STATES)
    manager.get("/snapshot-status", {"status": "not-running"})
    manager.get("/maintenance", {"status": "activating"})
    assert "still entering maintenance mode" in refused(archive(tmp_path))


def test_maintenance_mode_that_would_not_begin(manager: t.Any, tmp_path: pathlib.Path) -> None:
    manager.version()
    manager.get("/snapshots/s1", {"id": "s1", "status": "uploaded"})
    executions(manager, ACTIVE_STATES)
    manager.get("/snapshot-status", {"status": "not-running"})
    manager.get("/maintenance", {"status": "deactivated"})
    executions(manager, ("queued", "scheduled"), [QUEUED])
    told = refused(archive(tmp_path), into_maintenance=True)
    assert "maintenance mode would not begin before the end of heal e8 (queued)" in told


def test_waiting_executions_do_not_matter_in_maintenance_mode(
    manager: t.Any, tmp_path: pathlib.Path
) -> None:
    preflight(manager, maintenance="activated")
    assert found(archive(tmp_path), into_maintenance=True).maintenance == "activated"


@pytest.mark.parametrize(
    ("new", "effect"),
    [(False, "would be deleted"), (True, "would be mixed with the snapshot's")],
)
@pytest.mark.parametrize("kind", sorted(OF_OPERATORS))
def test_manager_with_anything_on_it_needs_force(
    kind: str, new: bool, effect: str, manager: t.Any, tmp_path: pathlib.Path
) -> None:
    preflight(manager, has={kind: 3}, snapshots=None if new else ["s1"], end=False)
    told = refused(archive(tmp_path, new=new))
    words = f"it has 3 {kind.replace('_', ' ')}, which {effect}"
    assert f"the manager is not empty: {words}" in told
    assert "say force=true" in told


@pytest.mark.parametrize("force", [True, False])
@pytest.mark.parametrize(
    ("edition", "has", "deleted"),
    [
        ("premium", {"blueprints": 3}, False),
        ("community", {"secrets": 3}, False),
        ("community", {"blueprints": 3}, True),
    ],
)
def test_what_an_archive_from_before_4_does_to_the_managers_own(
    edition: str,
    has: dict[str, int],
    deleted: bool,
    force: bool,
    manager: t.Any,
    tmp_path: pathlib.Path,
) -> None:
    manager.version("4.5.5", edition)
    manager.get("/snapshots/s1", {"id": "s1", "status": "uploaded"})
    executions(manager, ACTIVE_STATES)
    manager.get("/cluster/nodes", {"items": [{"id": 1}]})
    manager.get("/maintenance", {"status": "deactivated"})
    content(manager, has, version="4.5.5", edition=edition)
    if deleted:
        of_manager(manager, ["daily", "s1"])
    here = archive(tmp_path, snapshot_version="3.4.2")
    if force:
        manager.get("/status", {"status": "running", "services": []})
        assert found(here, options={"force": True}).snapshots == (["daily"] if deleted else [])
        return
    told = refused(here)
    assert ("which would be deleted" in told) == ("would be removed: daily" in told) == deleted
    assert ("which would be mixed with the snapshot's" in told) != deleted


def test_other_snapshots_are_lost_too(manager: t.Any, tmp_path: pathlib.Path) -> None:
    preflight(manager, snapshots=["daily", "s1"], end=False)
    assert "its other snapshots would be removed: daily" in refused(archive(tmp_path))


@pytest.mark.parametrize("force", [True, False])
def test_those_of_other_tenants_are_lost_too(
    force: bool, manager: t.Any, tmp_path: pathlib.Path
) -> None:
    """Be it one of the same name."""
    there = ["s1", "daily", ("t2", "theirs"), ("t2", "s1")]
    preflight(manager, snapshots=there, end=force)
    lost = ["daily", "theirs of tenant t2", "s1 of tenant t2"]
    if force:
        assert found(archive(tmp_path), options={"force": True}).snapshots == lost
    else:
        told = refused(archive(tmp_path))
        assert f"its other snapshots would be removed: {', '.join(lost)}." in told


def test_manager_with_content_and_force(manager: t.Any, tmp_path: pathlib.Path) -> None:
    preflight(manager, has={"blueprints": 3, "secrets": 1}, snapshots=["daily", "s1"])
    seen = found(archive(tmp_path), options={"force": True})
    assert (seen.content["blueprints"], seen.content["secrets"]) == (3, 1)
    assert seen.snapshots == ["daily"]
    assert seen.body["force"] is True


RUNNING = {
    "id": "e1",
    "workflow_id": "restore_snapshot",
    "status": "started",
    "parameters": {"snapshot_id": "s1"},
}


def test_restore_of_it_that_runs_is_joined(manager: t.Any, tmp_path: pathlib.Path) -> None:
    manager.version()
    manager.get("/snapshots/s1", {"id": "s1", "status": "uploaded"})
    executions(manager, ACTIVE_STATES, [RUNNING])
    manager.get("/maintenance", {"status": "activated"})
    seen = found(archive(tmp_path))
    assert (seen.running, seen.maintenance) == ("e1", "activated")
    assert "runs already" in seen.warnings[0]


@pytest.mark.parametrize(
    "other",
    [
        {"status": "pending"},
        {"parameters": {"snapshot_id": "s2"}},
        {"workflow_id": "create_snapshot"},
    ],
)
def test_what_only_looks_like_it_is_not_joined(
    other: t.Any, manager: t.Any, tmp_path: pathlib.Path
) -> None:
    manager.version()
    manager.get("/snapshots/s1", {"id": "s1", "status": "uploaded"})
    executions(manager, ACTIVE_STATES, [{**RUNNING, **other}])
    assert "while executions are active" in refused(archive(tmp_path))


@pytest.mark.parametrize("parameters", [None, {}])
def test_restore_that_does_not_say_of_what_is_to_be_waited_for(
    parameters: t.Any, manager: t.Any, tmp_path: pathlib.Path
) -> None:
    """As one in legacy format is, once it has restored its own execution."""
    manager.version()
    manager.get("/snapshots/s1", {"id": "s1", "status": "uploaded"})
    executions(manager, ACTIVE_STATES, [{**RUNNING, "parameters": parameters}])
    told = refused(archive(tmp_path))
    assert "while a restore is running: restore_snapshot e1 (started). Wait for its end" in told
    assert "cancel" not in told


def test_one_of_two_is_not_joined(manager: t.Any, tmp_path: pathlib.Path) -> None:
    manager.version()
    manager.get("/snapshots/s1", {"id": "s1", "status": "uploaded"})
    executions(manager, ACTIVE_STATES, [RUNNING, {**RUNNING, "id": "e2"}])
    assert "while executions are active" in refused(archive(tmp_path))


def test_cluster_of_4x(manager: t.Any, tmp_path: pathlib.Path) -> None:
    manager.version("4.5.5")
    manager.get("/snapshots/s1", {"id": "s1", "status": "uploaded"})
    executions(manager, ACTIVE_STATES)
    manager.get("/cluster/nodes", {"items": [{"id": 1}, {"id": 2}]})
    told = refused(archive(tmp_path, snapshot_version="4.5.5"))
    assert "version 4.5.5 refuses a restore on a cluster of 2 nodes" in told


def test_nodes_of_4x_that_cannot_be_listed(manager: t.Any, tmp_path: pathlib.Path) -> None:
    """The manager itself would refuse, and leave an execution that never ends."""
    manager.version("4.5.5")
    manager.get("/snapshots/s1", {"id": "s1", "status": "uploaded"})
    executions(manager, ACTIVE_STATES)
    manager.error("GET", "/cluster/nodes", 403, "forbidden_error", "no")
    manager.error("GET", "/cluster", 403, "forbidden_error", "no")
    with pytest.raises(ApiError, match="Cannot list the cluster's nodes: .*HTTP 403"):
        found(archive(tmp_path, snapshot_version="4.5.5"))


def test_login_that_is_refused_is_told_as_such(manager: t.Any) -> None:
    manager.error("GET", "/version", 401, "unauthorized_error", "Wrong credentials")
    with pytest.raises(Unauthorized, match="HTTP 401"):
        found(None)


# -- the body of the request -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "options", "more"),
    [
        ("4.4.1", {}, {"recreate_deployments_envs": True}),
        ("4.5.5", {}, {"recreate_deployments_envs": True}),
        (
            "5.0.5",
            {"recreate_deployments_envs": False},
            {"recreate_deployments_envs": False},
        ),
        (
            "4.5.5",
            {"ignore_plugin_failure": True},
            {"recreate_deployments_envs": True, "ignore_plugin_failure": True},
        ),
        ("5.2.7", {}, {"recreate_deployments_envs": True}),
        ("5.3.0", {}, {}),
        ("7.0.5", {"timeout": 900}, {"timeout": 900}),
        (
            "7.0.5",
            {"restore_certificates": True, "no_reboot": True},
            {"restore_certificates": True, "no_reboot": True},
        ),
    ],
)
def test_options_are_sent_as_the_version_takes_them(
    version: str, options: dict[str, t.Any], more: dict[str, t.Any]
) -> None:
    warnings: list[str] = []
    sent = restore_body(
        capabilities(version),
        options={**OPTIONS, **options},
        archive_format="legacy",
        warnings=warnings,
    )
    assert sent == {**SENT, **more}
    assert warnings == []


@pytest.mark.parametrize(
    ("version", "options", "more", "warning"),
    [
        (
            "7.0.5",
            {"tenant_name": "t"},
            {"tenant_name": "t"},
            "tenant_name is sent, but no version",
        ),
        ("5.3.0", {"recreate_deployments_envs": True}, {}, "is not read by version 5.3.0"),
    ],
)
def test_option_without_effect_is_warned_of(
    version: str, options: dict[str, t.Any], more: dict[str, t.Any], warning: str
) -> None:
    warnings: list[str] = []
    sent = restore_body(
        capabilities(version),
        options={**OPTIONS, **options},
        archive_format="legacy",
        warnings=warnings,
    )
    assert sent == {**SENT, **more}
    assert len(warnings) == 1 and warning in warnings[0]


@pytest.mark.parametrize(
    ("version", "options", "archive_format", "why"),
    [
        ("7.0.5", {"no_reboot": True}, "legacy", "no_reboot needs restore_certificates"),
        ("7.0.5", {"restore_certificates": True}, "new", "has no certificates"),
        ("5.1.0", {"ignore_plugin_failure": True}, "legacy", "ignored by version 5.1.0"),
        ("4.4.1", {"ignore_plugin_failure": False}, "legacy", "from 4.5.0 on and before 5.1.0"),
    ],
)
def test_option_that_would_be_ignored_is_refused(
    version: str, options: dict[str, t.Any], archive_format: str, why: str
) -> None:
    with pytest.raises(RecoveryError) as caught:
        restore_body(
            capabilities(version),
            options={**OPTIONS, **options},
            archive_format=archive_format,
            warnings=[],
        )
    assert why in str(caught.value)
