# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restores that must not even begin."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bad_input.batch import Batch, Case, Place, check, check_nothing_happened, run

FORCE = "Restore onto an empty manager, or say force=true"
OTHER = "Choose another snapshot, or a manager of its version"
SOUND = "Delete it and upload a sound one"
INVENTORY = "Use what content_info returns as content, or a recovery set's content.json"
OUT = "Leave it out"


def restore(snapshot_id: str, says: str, todo: str, **args: object) -> Case:
    name = f"{snapshot_id}: {says}"
    return Case(name, "snapshot_restore", {"id": snapshot_id, **args}, (says,), todo)


CASES = [
    restore("unknown", "the manager has no snapshot unknown", "Upload it first"),
    restore("failed", "snapshot failed cannot be used, it is failed", "Take or upload another one"),
    restore("creating", "it is creating", "Wait until it is created"),
    restore("garbage", "Cannot restore snapshot garbage: not a zip archive", SOUND),
    restore("torn", "Cannot restore snapshot torn: not a zip archive, or cut short", SOUND),
    restore("lost", "its archive is gone", "upload it again"),
    restore("newer", "of version 9.1.0, newer than the manager's 7.0.5", OTHER),
    restore("old", "of version 3.4.2, older than 4.0.0", OTHER),
    restore("community", "restore nothing", OTHER),
    restore("there", "its other snapshots would be removed: lost", FORCE),
    restore("new_format", "2 sites, which would be mixed with the snapshot's", FORCE),
    restore("there", "no_reboot needs restore_certificates", OUT, no_reboot=True),
    restore("new_format", "has no certificates", OUT, restore_certificates=True),
    restore("there", "ignored by version 7.0.5", OUT, ignore_plugin_failure=True),
    restore("there", "maintenance=true needs wait", "Wait", maintenance=True, wait=False),
    restore("there", "settle_timeout", "cannot be less than 0", settle_timeout=-1),
    restore("there", "none.json: No such", "Check the path", content_path="{{ files }}/none.json"),
    restore("there", "torn.json is not JSON", INVENTORY, content_path="{{ files }}/torn.json"),
    restore("there", "is not a content inventory", INVENTORY, content={"secrets": 5}),
]


@pytest.fixture(scope="module")
def ready(place: Place) -> Place:
    manager = place.manager
    manager.seed(sample="rich")
    for name in ("there", "lost"):
        manager.add_snapshot(name)
    manager.add_snapshot("new_format", format="new")
    manager.add_snapshot("newer", version="9.1.0")
    manager.add_snapshot("old", version="3.4.2")
    manager.add_snapshot("community", with_revisions=False)
    for name in ("failed", "creating"):
        manager.add_snapshot(name, status=name)
    snapshots = manager.state / "snapshots"
    (snapshots / "lost/lost.zip").unlink()
    place.upload("garbage", b"this is no zip")
    place.upload("torn", (snapshots / "there/there.zip").read_bytes()[:9999])
    (place.files / "torn.json").write_text('{"content": {')
    return place


@pytest.fixture(scope="module")
def batch(ready: Place) -> Batch:
    return run(ready, CASES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_one_clear_line(case: Case, batch: Batch) -> None:
    check(case, batch)


def test_nothing_happened(batch: Batch) -> None:
    check_nothing_happened(batch, CASES)


def an_execution(place: Place) -> Callable[[], object]:
    running = place.manager.add_execution(workflow_id="install", deployment_id="web-prod")
    return lambda: place.manager.end_execution(running)


def a_flag(place: Place) -> Callable[[], object]:
    place.manager.flag("set")
    return lambda: place.manager.flag("clear")


def half_a_maintenance_mode(place: Place) -> Callable[[], object]:
    end = an_execution(place)
    place.manager.call("POST", "/maintenance/activate", {})
    return lambda: (end(), place.manager.call("POST", "/maintenance/deactivate", {}))


@pytest.mark.parametrize(
    ("prepare", "says", "todo"),
    [
        (an_execution, "while executions are active: install", "Wait for them or cancel them"),
        (a_flag, "says that a restore is running", "delete /tmp/cloudify/snapshot_restoring"),
        (half_a_maintenance_mode, "while executions are active: install", "Wait for them"),
    ],
    ids=["execution", "flag", "maintenance"],
)
def test_a_manager_that_is_busy(
    prepare: Callable[[Place], Callable[[], object]], says: str, todo: str, ready: Place
) -> None:
    undo = prepare(ready)
    try:
        case = restore("there", says, todo, force=True)
        batch = run(ready, [case])
        check(case, batch)
        check_nothing_happened(batch, [case])
    finally:
        undo()
