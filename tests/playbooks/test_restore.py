# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook restore: proven, refused or partial, and said so in the last lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from playbooks.cluster import NAME, Cluster

LOOKED_AT = "2026-11-01T02:00:00Z"
KINDS = ("blueprints", "deployments", "sites", "execution-schedules", "node-instances", "plugins")


def held(cluster: Cluster) -> dict[str, list[str]]:
    """Ids of what the manager holds, asked of it directly."""
    key = {"sites": "name"}
    return {
        kind: sorted(each[key.get(kind, "id")] for each in cluster.get(f"/{kind}")["items"])
        for kind in KINDS
    }


def lost(cluster: Cluster) -> dict[str, list[str]]:
    """Back up, then lose the manager. What it held."""
    before = held(cluster)
    cluster.ok("backup")
    cluster.manager.wipe()
    return before


def test_there_and_back_and_once_more(cluster: Cluster) -> None:
    before = lost(cluster)
    report = cluster.ok("restore").report
    assert report[0].startswith(f"RESTORE OK: cluster {NAME} on 127.0.0.1:")
    assert report[2].removeprefix("content: ") == report[3].removeprefix("expected: ")
    assert report[5] == "missing or different: nothing"
    assert held(cluster) == before
    # the manager is not empty any more
    since = len(cluster.manager.requests())
    told = cluster.fail("restore")
    assert "the manager is not empty: it has 4 blueprints" in told
    assert f"cloudify_confirm={NAME}" in told.replace("<cluster name>", NAME)
    told = cluster.fail("restore", cloudify_confirm="another")
    assert 'cloudify_confirm is "another", but the cluster is "production"' in told
    summary = cluster.manager.summary()
    report = cluster.ok("restore", "--check", cloudify_confirm=NAME).report
    assert report[0].startswith(f"PLAN: restore of cluster {NAME} on 127.0.0.1:")
    assert "blueprints 4" in report[2]
    assert "4 blueprints" in report[3]
    assert cluster.manager.summary() == summary
    assert cluster.changes(since) == []
    cluster.manager.seed(kind="blueprints", items=[{"id": "younger"}])
    cluster.ok("restore", cloudify_confirm=NAME)
    assert held(cluster) == before
    assert cluster.get("/maintenance")["status"] == "deactivated"
    assert cluster.snapshots() == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("profile", "edition"), [("4.5.5", "premium"), ("5.2", "premium"), ("7.0.5", "community")]
)
def test_other_kinds_of_managers(profile: str, edition: str, start: Callable[..., Cluster]) -> None:
    cluster = start(profile, edition)
    cluster.manager.seed(sample="rich")
    done = cluster.ok("backup").report
    (name,) = cluster.names()
    manifest = cluster.whole(name)
    community = edition == "community"
    assert manifest["archive"]["format"] == ("new" if community else "legacy")
    assert len(manifest["warnings"]) == (2 if community else 0)
    assert (done[-2] == "warnings: none") == (not community)
    assert cluster.snapshots() == []
    blueprints = cluster.ids("blueprints")
    cluster.manager.wipe()
    # the losses of new format are mended, so Ansible shows no warning
    report = cluster.ok("restore").report
    assert report[0].startswith("RESTORE OK: ")
    mended = report[4].removeprefix("put back from the inventory: ")
    assert (mended == "nothing") == (not community)
    assert cluster.ids("blueprints") == blueprints
    assert cluster.snapshots() == []


@pytest.mark.long
def test_snapshot_that_was_left_on_the_manager_stays_there(cluster: Cluster) -> None:
    cluster.ok("backup", take_snapshot_keep_on_manager=True, take_snapshot_format="new")
    kept = cluster.snapshots()
    assert len(kept) == 1
    cluster.ok("restore", cloudify_confirm=NAME)
    assert cluster.snapshots() == kept
    # one that the restore brings itself goes again
    cluster.manager.wipe()
    cluster.ok("restore")
    assert cluster.snapshots() == []


@pytest.mark.long
def test_partial_restore_fails_and_names_what_is_missing(cluster: Cluster) -> None:
    lost(cluster)
    fault: dict[str, Any] = {"kind": "secrets", "ids": ["region"]}
    cluster.manager.workflow_fault("restore_snapshot", "drop_content", **fault)
    told = cluster.fail("restore")
    assert told.startswith(
        f'RESTORE PARTIAL: cluster {NAME}, at "Restore it and compare the content": '
    )
    assert "lost: secrets region of tenant default_tenant" in told
    assert told.endswith(
        " To go on with what is there, run this again with -e apply_snapshot_accept_partial=true "
        f"and, since the manager has content now, -e cloudify_confirm={NAME}. It restores once more."
    )
    cluster.manager.workflow_fault("restore_snapshot", "drop_content", **fault)
    report = cluster.ok("restore", cloudify_confirm=NAME, apply_snapshot_accept_partial=True).report
    assert report[0].startswith("RESTORE PARTIAL: ")
    assert report[5] == "missing or different: lost: secrets region of tenant default_tenant"


@pytest.mark.long
def test_restore_of_nothing_fails(cluster: Cluster) -> None:
    lost(cluster)
    cluster.manager.workflow_fault("restore_snapshot", "restore_nothing")
    told = cluster.fail("restore")
    assert told.startswith(f"RESTORE FAILED: cluster {NAME}, at ")
    assert cluster.get("/maintenance")["status"] == "deactivated"
    # the next try is not hindered by the first
    assert cluster.ok("restore").report[0].startswith("RESTORE OK: ")


def test_damaged_set_is_passed_over_only_when_told_so(cluster: Cluster) -> None:
    cluster.ok("backup")
    cluster.ok("backup")
    older, newer = cluster.names()
    with (cluster.folder / newer / "snapshot.zip").open("r+b") as archive:
        archive.seek(500)
        archive.write(b"damage")
    # what was changed since its content was looked at may not be in it, whenever it was done
    cluster.edit_manifest(older, content_taken_at=LOOKED_AT)
    cluster.manager.wipe()
    told = cluster.fail("restore", apply_snapshot_set=newer)
    assert newer in told
    for words in ([], ["--check"]):
        told = cluster.fail("restore", *words)
        assert f"{older} of {LOOKED_AT}, but there are newer ones: {newer}: " in told
        assert f"-e cloudify_set={older}" in told and told.endswith("Nothing was touched.")
    assert cluster.changes() == [each for each in cluster.changes() if "restore" not in each]
    (cluster.folder / newer / "manifest.json").unlink()
    assert "manifest.json cannot be used" in cluster.fail("restore")
    plan = cluster.ok("restore", "--check", cloudify_set=older).report
    assert plan[1].startswith(f"set {older} of {LOOKED_AT}, ")
    report = cluster.ok("restore", cloudify_set=older).report
    assert report[1] == f"set: {older} of {LOOKED_AT}; all changes since then are lost"


def test_without_a_set(cluster: Cluster) -> None:
    told = cluster.fail("restore", cloudify_confirm=NAME)
    assert "has no verified set of cluster production" in told
    assert told.endswith(
        "It has none at all. Check cloudify_store_dir and cloudify_cluster_name, or take a backup."
    )
    assert cluster.changes() == []


def test_set_of_a_newer_manager(cluster: Cluster, start: Callable[..., Cluster]) -> None:
    cluster.ok("backup")
    older = start("6.4")
    told = older.fail("restore", cloudify_store_dir=str(cluster.store))
    assert "newer than the manager's 6.4.0" in told
    assert older.changes() == []


def test_password_of_the_set(cluster: Cluster) -> None:
    before = lost(cluster)
    password = cluster.manager.password
    cluster.manager.control("POST", "/admin-password", {"password": "of-the-fresh-manager"})
    cluster.connect_with_variables()
    cluster.variables["cloudify_connection"]["password"] = "of-the-fresh-manager"
    report = cluster.ok("restore", apply_snapshot_restored_password=password).report
    assert report[0].startswith("RESTORE OK: ")
    assert held(cluster) == before


def test_token_that_does_not_outlive_the_restore(cluster: Cluster) -> None:
    """A restore in legacy format brings the snapshot's tokens; the password takes over."""
    before = lost(cluster)
    cluster.connect_with_variables()
    made = cluster.manager.call("POST", "/tokens", {"description": "of the fresh manager"})
    cluster.variables["cloudify_connection"]["token"] = made.json["value"]
    report = cluster.ok("restore").report
    assert report[0].startswith("RESTORE OK: ")
    assert held(cluster) == before
    assert cluster.snapshots() == []


def test_what_was_deleted_before_a_backup_went_on_stays_deleted(
    start: Callable[..., Cluster],
) -> None:
    cluster = start()
    secret, site = {"key": "kept", "_value": "x"}, {"name": "deleted", "visibility": "tenant"}
    for kind, item in (("secrets", secret), ("sites", site)):
        cluster.manager.seed(kind=kind, items=[item])
    cluster.manager.workflow_fault("create_snapshot", "disk_full")
    cluster.fail("backup")
    cluster.manager.wipe()
    cluster.manager.seed(kind="secrets", items=[secret])
    before = held(cluster)
    assert cluster.ok("backup").report[-2] == "warnings: none"
    cluster.manager.wipe()
    report = cluster.ok("restore").report
    assert report[4:6] == ["put back from the inventory: nothing", "missing or different: nothing"]
    assert held(cluster) == before
