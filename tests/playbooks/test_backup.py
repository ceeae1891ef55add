# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook backup, as an operator or a timer runs it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from playbooks.cluster import NAME, Cluster

ID = r"backup-\d{8}T\d{6}Z"


def test_day_after_day(cluster: Cluster) -> None:
    first = cluster.ok("backup")
    assert first.report[0] == f"BACKUP OK: cluster {NAME} (7.0.5, premium)"
    assert first.report[-2] == "warnings: none"
    cluster.ok("backup")
    names = cluster.names()
    assert len(names) == 2
    assert all(re.fullmatch(ID, name) for name in names)
    for name in names:
        cluster.whole(name)
    assert cluster.snapshots() == []
    assert cluster.get("/maintenance")["status"] == "deactivated"
    # the oldest goes when that is asked for, and the snapshot stays on the manager
    third = cluster.ok("backup", take_snapshot_keep=2, take_snapshot_keep_on_manager=True)
    assert third.report[-1] == f"old sets removed: {names[0]}"
    assert cluster.names()[0] == names[1] and len(cluster.names()) == 2
    kept = cluster.names()[1:]
    assert cluster.snapshots() == kept
    # which a later run leaves alone
    cluster.ok("backup")
    assert cluster.snapshots() == kept


def test_check_mode_says_what_would_be_done_and_does_nothing(cluster: Cluster) -> None:
    before = cluster.manager.summary()
    report = cluster.ok("backup", "--check").report
    assert report[0].startswith(f"PLAN: backup of cluster {NAME} (7.0.5, premium) from ")
    assert "in legacy format: it keeps schedules, sites and timestamps" in report[1]
    assert "blueprints 4" in report[2]
    assert cluster.changes() == []
    assert cluster.manager.summary() == before
    assert not cluster.store.exists()


# -- bad input and bad luck ---------------------------------------------------------------------------


def refused(cluster: Cluster, **variables: Any) -> str:
    """A failure that comes before anything has changed anywhere."""
    told = cluster.fail("backup", **variables)
    assert told.startswith(f"BACKUP FAILED: cluster {NAME}, at ")
    assert cluster.changes() == []
    assert cluster.names() == []
    return told


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({"CLOUDIFY_PASSWORD": "wrong"}, "HTTP 401"),
        ({"CLOUDIFY_CA_PATH": "/etc/hostname"}, "has no certificate in PEM form"),
        ({"CLOUDIFY_MANAGER_HOSTS": "127.0.0.1:1"}, "connection refused"),
    ],
)
def test_bad_connection(variables: dict[str, str], why: str, cluster: Cluster) -> None:
    cluster.environment.update(variables)
    assert why in refused(cluster)


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({"take_snapshot_id": "a b"}, "begin with a letter"),
        ({"cloudify_cluster_name": "../up"}, "'../up'"),
        ({"take_snapshot_format": "zip"}, "take_snapshot_format"),
        ({"take_snapshot_keep": -1}, "take_snapshot_keep is -1"),
        ({"take_snapshot_timeout": 0}, "take_snapshot_timeout has to be more than 0 seconds"),
    ],
)
def test_bad_variables(variables: dict[str, Any], why: str, cluster: Cluster) -> None:
    played = cluster.play("backup", **variables)
    assert played.code == 2
    assert why in played.failure
    assert cluster.changes() == []
    assert cluster.names() == []


def test_store_that_cannot_be_written(cluster: Cluster, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    told = cluster.fail("backup", cloudify_store_dir=str(in_the_way))
    assert "is no directory" in told
    assert cluster.changes() == []


def test_format_that_its_manager_could_not_restore(start: Callable[..., Cluster]) -> None:
    told = refused(start(edition="community"), take_snapshot_format="legacy")
    assert told.endswith("restores nothing from them. Leave it at auto.")


def test_while_a_restore_is_running(cluster: Cluster) -> None:
    cluster.manager.flag("set")
    assert "says that a restore is running" in refused(cluster)


def test_create_that_fails_is_made_good_by_the_next_run(cluster: Cluster) -> None:
    cluster.manager.workflow_fault("create_snapshot", "disk_full")
    told = cluster.fail("backup")
    assert told.startswith(
        f'BACKUP FAILED: cluster {NAME}, at "Have the manager make the snapshot"'
    )
    assert "No space left on device" in told
    assert sets(cluster) == []
    cluster.ok("backup")
    (name,) = cluster.names()
    cluster.whole(name)
    assert cluster.snapshots() == []


def test_certificates_that_cannot_be_saved_are_no_reason_for_no_backup(
    cluster: Cluster, tmp_path: Path
) -> None:
    """Not even where the node is the host of the store."""
    local = {"ansible_connection": "local"}
    groups = {name: {"hosts": {"h1": local}} for name in ("cloudify_managers", "cloudify_store")}
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"all": {"children": groups}}))
    played = cluster.play(
        *("backup", "-i", str(inventory)),
        save_certificates_become=False,
        save_certificates_paths=["/etc/hostname"],
        save_certificates_max_bytes=1,
    )
    assert played.code == 2, played.output
    (name,) = [each for each in cluster.names() if each != ".nodes"]
    cluster.whole(name)
    assert f"BACKUP OK: cluster {NAME}" in played.output
    assert played.failure.startswith("The backup is taken, but not the certificates of h1: h1: its")
    assert "more than the 1 that certificates and configuration can have" in played.failure


def test_manager_that_dies_after_the_download_takes_no_set_with_it(cluster: Cluster) -> None:
    for method, path, after in (("GET", "/secrets$", 1), ("DELETE", "/snapshots/", 0)):
        broken = {"status": 500, "body": "json"}
        cluster.manager.add_fault(broken, method=method, path=path, after=after, times=None)
    report = cluster.ok("backup", warned=True).report
    assert report[0].startswith("BACKUP OK: ")
    (name,) = sets(cluster)
    (told,) = cluster.whole(name)["warnings"]
    assert told.startswith("what changed while the snapshot was made is not known: Cannot list sec")
    assert told in report[-2] and f"could not delete snapshot {name}" in report[-2]


@pytest.mark.parametrize("damaged", [False, True])
def test_copy_that_was_left_on_the_manager_goes_unless_its_set_is_damaged(
    damaged: bool, cluster: Cluster
) -> None:
    refusal = {"status": 500, "body": "json"}
    cluster.manager.add_fault(refusal, method="DELETE", path="/snapshots/")
    cluster.ok("backup")
    (name,) = cluster.snapshots()
    if damaged:
        (cluster.folder / name / "snapshot.zip").write_bytes(b"")
    cluster.ok("backup")
    assert cluster.snapshots() == ([name] if damaged else [])


def test_damaged_archive_never_becomes_a_set(cluster: Cluster) -> None:
    cluster.manager.workflow_fault("create_snapshot", "corrupt_archive")
    told = cluster.fail("backup")
    assert told.startswith(f'BACKUP FAILED: cluster {NAME}, at "Download and verify it"')
    assert sets(cluster) == []


def test_a_create_that_never_runs_spoils_no_later_backup(start: Callable[..., Cluster]) -> None:
    """The broker was down at the request: its execution stays pending, and only a kill removes it."""
    cluster = start(edition="community")
    cluster.manager.control("POST", "/broker", {"state": "down"})
    cluster.fail("backup")
    cluster.manager.control("POST", "/broker", {"state": "up"})
    (stuck,) = cluster.snapshots()
    pending = "/executions?_include_system_workflows=true&status=pending"
    (execution,) = [each["id"] for each in cluster.get(pending)["items"]]
    kill = f"If execution {execution} stays pending, it never runs, and only the action kill removes it"
    assert kill in cluster.fail("backup", take_snapshot_timeout=1)
    done = cluster.ok("backup", take_snapshot_resume_within=0)
    assert f"could not delete snapshot {stuck} from the manager: " in done.report[-2]
    assert kill in done.report[-2]
    (name,) = sets(cluster)
    cluster.whole(name)
    # what tells of it stays until it is gone
    assert [each for each in cluster.names() if stuck in each]
    cluster.manager.call("POST", f"/executions/{execution}", {"action": "kill"})
    said = cluster.ok("backup", take_snapshot_resume_within=0).report[-2]
    assert "could not delete" not in said
    assert cluster.snapshots() == [] and not [each for each in cluster.names() if stuck in each]


def sets(cluster: Cluster) -> list[str]:
    """Whole sets in the store."""
    return [name for name in cluster.names() if not name.startswith(".")]
