# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vendor's client takes the stand-in for a manager, and does with it what it does with one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from standin import archives
from standin.testing import StandIn
from vendor_client.client import Client, until

Start = Callable[..., StandIn]
# The client of 7.0.5 also works with older managers, but for restores of 5.x (see below).
PROFILES = ("7.0.5", "6.4", "5.2")
EXECUTION = re.compile(r"execution's id is ([0-9a-f-]{36})")


def execution_of(text: str) -> str:
    found = EXECUTION.search(text)
    assert found, text
    return found[1]


def stored(manager: StandIn, snapshot: str) -> Path:
    return manager.state / "snapshots" / snapshot / f"{snapshot}.zip"


def create(cfy: Client, manager: StandIn, snapshot: str, *options: str) -> None:
    text = cfy("snapshots", "create", snapshot, *options)
    assert f"Creating snapshot {snapshot}..." in text
    until(manager, f"/executions/{execution_of(text)}", "terminated")
    assert manager.summary()["snapshots"][snapshot] == "created"


def restore(cfy: Client, manager: StandIn, snapshot: str, *options: str) -> None:
    text = cfy("snapshots", "restore", snapshot, *options)
    assert f"Restoring snapshot {snapshot}..." in text
    until(manager, f"/executions/{execution_of(text)}", "terminated")
    until(manager, "/snapshot-status", "not-running")


def holds(manager: StandIn) -> dict[str, Any]:
    """What the content of a manager can be known by."""
    found: dict[str, Any] = {}
    for path, key in (("blueprints", "id"), ("deployments", "id"), ("secrets", "key")):
        items = manager.call("GET", f"/{path}").json["items"]
        found[path] = sorted(item[key] for item in items)
    found["values"] = [
        manager.call("GET", f"/secrets/{key}").json["value"] for key in found["secrets"]
    ]
    return found


def fill(manager: StandIn) -> dict[str, Any]:
    manager.seed(kind="blueprints", items=[{"id": "web"}])
    manager.seed(kind="deployments", items=[{"id": "shop", "blueprint_id": "web"}])
    manager.seed(kind="secrets", items=[{"key": "password", "_value": "correct horse"}])
    held = holds(manager)
    assert held["values"] == ["correct horse"]
    return held


@pytest.mark.parametrize("profile", PROFILES)
def test_a_snapshot_is_made_listed_downloaded_uploaded_and_deleted(
    cfy: Client, start: Start, tmp_path: Path, profile: str
) -> None:
    manager = start(profile=profile)
    fill(manager)
    assert f"Using manager 127.0.0.1 with port {manager.port}" in cfy.use(manager)

    create(cfy, manager, "daily")
    assert "409:" in cfy("snapshots", "create", "daily", code=1)
    listed = json.loads(cfy("snapshots", "list", "--json"))
    assert [(s["id"], s["status"], s["visibility"]) for s in listed] == [
        ("daily", "created", "private")
    ]

    zipped = tmp_path / "daily.zip"
    assert f"Snapshot downloaded as {zipped}" in cfy(
        "snapshots", "download", "daily", "-o", str(zipped)
    )
    assert zipped.read_bytes() == stored(manager, "daily").read_bytes()
    archive = archives.read(zipped, verify=True)
    assert archive.format == "legacy"
    assert archive.version.startswith(profile)

    text = cfy("snapshots", "upload", str(zipped), "-s", "copy")
    assert "The snapshot's id is copy" in text
    assert manager.summary()["snapshots"] == {"daily": "created", "copy": "uploaded"}
    assert stored(manager, "copy").read_bytes() == zipped.read_bytes()
    text = cfy("snapshots", "list")
    assert "Showing 2 of 2 snapshots" in text
    assert re.search(r"\| +copy +\|.*\| uploaded \|", text)

    assert "Snapshot deleted successfully" in cfy("snapshots", "delete", "copy")
    assert "404:" in cfy("snapshots", "delete", "copy", code=1)
    assert manager.summary()["snapshots"] == {"daily": "created"}
    assert not stored(manager, "copy").exists()
    assert "404:" in cfy("snapshots", "download", "copy", "-o", str(tmp_path / "x.zip"), code=1)


def test_uploading_over_an_existing_snapshot_depends_on_the_version(
    cfy: Client, start: Start, tmp_path: Path
) -> None:
    zipped = tmp_path / "other.zip"
    archives.write_legacy(zipped, content=archives.empty_content(), version="5.2")
    for profile, code, says in (
        ("7.0.5", 0, "The snapshot's id is None"),
        ("6.4", 1, "409:"),
    ):
        manager = start(profile=profile)
        # Another home, since a profile keeps what it was made with.
        client = Client(program=cfy.program, home=tmp_path / profile, python=cfy.python)
        client.home.mkdir()
        client.use(manager)
        create(client, manager, "daily")
        before = stored(manager, "daily").read_bytes()
        assert says in client("snapshots", "upload", str(zipped), "-s", "daily", code=code)
        after = stored(manager, "daily").read_bytes()
        assert after == (before if code else zipped.read_bytes())


@pytest.mark.parametrize(
    ("profile", "options", "layout"),
    [("7.0.5", (), "legacy"), ("7.0.5", ("--no-legacy",), "new"), ("6.4", (), "legacy")],
)
def test_a_restore_brings_the_content_back(
    cfy: Client,
    start: Start,
    tmp_path: Path,
    profile: str,
    options: tuple[str, ...],
    layout: str,
) -> None:
    manager = start(profile=profile)
    held = fill(manager)
    cfy.use(manager)
    create(cfy, manager, "daily", *options)
    zipped = tmp_path / "daily.zip"
    cfy("snapshots", "download", "daily", "-o", str(zipped))
    assert archives.read(zipped).format == layout

    manager.wipe()
    assert holds(manager)["blueprints"] == []
    cfy("snapshots", "upload", str(zipped), "-s", "back")
    restore(cfy, manager, "back")
    assert holds(manager) == held
    # A legacy restore forgets every snapshot, its own too.
    assert manager.summary()["snapshots"] == ({} if layout == "legacy" else {"back": "uploaded"})


def test_a_manager_with_content_is_restored_only_by_force(cfy: Client, start: Start) -> None:
    manager = start()
    fill(manager)
    cfy.use(manager)
    create(cfy, manager, "daily")
    execution = execution_of(cfy("snapshots", "restore", "daily"))
    until(manager, f"/executions/{execution}", "failed")
    error = manager.call("GET", f"/executions/{execution}").json["error"]
    assert "non-empty manager" in error
    until(manager, "/snapshot-status", "not-running")
    restore(cfy, manager, "daily", "--force")


def test_a_restore_on_5_2_is_refused_since_this_client_leaves_out_a_parameter(
    cfy: Client, start: Start
) -> None:
    manager = start(profile="5.2")
    cfy.use(manager)
    create(cfy, manager, "daily")
    assert "recreate_deployments_envs" in cfy("snapshots", "restore", "daily", code=1)
    assert manager.summary()["active"] == []


@pytest.mark.parametrize("profile", PROFILES)
def test_the_state_of_the_manager_and_of_a_restore_is_told(
    cfy: Client, start: Start, profile: str
) -> None:
    manager = start(profile=profile)
    cfy.use(manager)
    text = cfy("status")
    assert re.search(r"\| Manager Rest-Service +\| Active \|", text)
    manager.worker("down")
    assert re.search(r"\| Management Worker +\| Inactive \|", cfy("status"))
    manager.worker("up")
    assert "Current cluster status is OK" in cfy("cluster", "status")

    assert "No snapshot is currently being restored" in cfy("snapshots", "status")
    manager.flag("set")
    assert "Snapshot restore in progress" in cfy("snapshots", "status")
    manager.flag("clear")


@pytest.mark.parametrize("profile", PROFILES)
def test_in_and_out_of_maintenance(cfy: Client, start: Start, profile: str) -> None:
    manager = start(profile=profile)
    cfy.use(manager)
    text = cfy("maintenance-mode", "activate", "--wait")
    assert "Manager is in maintenance mode." in text
    assert manager.summary()["maintenance"] == "activated"
    assert re.search(r"Status:\s+activated", cfy("maintenance-mode", "status"))
    assert "currently in maintenance mode" in cfy("executions", "list", code=1)
    create_text = cfy("snapshots", "create", "quiet")
    assert "Started workflow execution" in create_text
    until(manager, "/snapshots/quiet", "created")
    assert "Nothing to modify" in cfy("maintenance-mode", "activate", code=1)

    cfy("maintenance-mode", "deactivate")
    assert manager.summary()["maintenance"] == "deactivated"
    assert "Nothing to modify" in cfy("maintenance-mode", "deactivate", code=1)
    cfy("executions", "list")


def test_maintenance_waits_for_what_runs(cfy: Client, start: Start) -> None:
    manager = start()
    cfy.use(manager)
    running = manager.add_execution(workflow_id="install", status="started")
    cfy("maintenance-mode", "activate")
    text = cfy("maintenance-mode", "status")
    assert re.search(r"Status:\s+activating", text)
    assert "one running or pending execution" in text
    manager.end_execution(running)
    assert re.search(r"Status:\s+activated", cfy("maintenance-mode", "status"))


def test_a_wrong_password_and_a_wrong_ca_are_refused(cfy: Client, start: Start) -> None:
    manager, other = start(), start()
    assert "401:" in cfy.use(manager, password="wrong", code=1)
    assert "CERTIFICATE_VERIFY_FAILED" in cfy.use(manager, ca=str(other.ca), code=1)
    cfy.use(manager)
