# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A backup that is killed at any point leaves a whole set or none, and the next run goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from playbooks.cluster import NAME, Cluster, until

SLOW = {"delay": 3}
Prepare = Callable[[Cluster], Any]
Reached = Callable[[Cluster], Any]


def sets(cluster: Cluster, *, kept: bool = False) -> list[str]:
    """The sets in the store, each of which has to be whole."""
    names = [name for name in cluster.names() if not name.startswith(".")]
    for name in names:
        cluster.whole(name, kept=kept)
    return names


def at_rest(cluster: Cluster, *, count: int) -> None:
    assert len(sets(cluster)) == count
    assert [name for name in cluster.names() if name.startswith(".")] == []
    assert cluster.snapshots() == []
    assert cluster.manager.summary()["active"] == []


def held(method: str, path: str) -> tuple[Prepare, Reached]:
    """The manager is slow to answer this request; the kill comes meanwhile."""
    return (
        lambda cluster: cluster.manager.add_fault(SLOW, method=method, path=path),
        lambda cluster: cluster.seen(method, path.strip("$")),
    )


POINTS: dict[str, tuple[Prepare, Reached]] = {
    "when the snapshot is asked for": held("PUT", "/snapshots/"),
    "while the snapshot is made": (
        lambda cluster: cluster.manager.worker("down"),
        lambda cluster: cluster.seen("GET", "/executions/"),
    ),
    "while it is downloaded": (
        lambda cluster: cluster.manager.add_fault(
            {"stall_seconds": 30, "at_byte": 20000}, method="GET", path="/archive$"
        ),
        lambda cluster: any(cluster.folder.glob(".incoming-*/*snapshot.zip*")),
    ),
    "before the set is committed": (
        # a second inventory is taken when everything else is there
        lambda cluster: cluster.manager.add_fault(SLOW, method="GET", path="/secrets$", after=1),
        lambda cluster: cluster.seen("GET", "/secrets", times=2),
    ),
}
AFTER: dict[str, tuple[Prepare, Reached]] = {
    "after the set is committed": (lambda cluster: None, sets),
    "while the snapshot is deleted": held("DELETE", "/snapshots/"),
}


def killed(cluster: Cluster, point: tuple[Prepare, Reached]) -> None:
    prepare, reached = point
    prepare(cluster)
    cluster.kill_when("backup", lambda: reached(cluster))
    cluster.manager.clear_faults()
    cluster.manager.worker("up")


def left(cluster: Cluster) -> list[str]:
    """What a killed run leaves beside its lock, which the next one finds to be void."""
    names = cluster.names()
    assert ".lock" in names
    return [name for name in names if name != ".lock"]


def test_killed_before_there_is_anything(cluster: Cluster) -> None:
    killed(cluster, held("GET", "/secrets$"))
    assert left(cluster) == cluster.snapshots() == []
    cluster.ok("backup")
    at_rest(cluster, count=1)


@pytest.mark.parametrize("point", POINTS)
def test_killed_before_the_set_is_there(point: str, cluster: Cluster) -> None:
    killed(cluster, POINTS[point])
    if point == "when the snapshot is asked for":
        # what the manager was asked for it does, and not when all is over
        until(cluster.snapshots)
    assert sets(cluster) == []
    (unfinished,) = left(cluster)
    cluster.ok("backup")
    # the unfinished one was gone on with
    assert cluster.names() == [unfinished.removeprefix(".incoming-")]
    at_rest(cluster, count=1)


@pytest.mark.long
@pytest.mark.parametrize("point", AFTER)
def test_killed_when_the_set_is_there(point: str, cluster: Cluster) -> None:
    killed(cluster, AFTER[point])
    assert len(sets(cluster)) == 1
    cluster.ok("backup")
    at_rest(cluster, count=2)


@pytest.mark.long
def test_what_is_too_old_to_go_on_with_is_removed(cluster: Cluster) -> None:
    killed(cluster, POINTS["while the snapshot is made"])
    # whatever the manager was asked for comes to its end first
    until(lambda: set(cluster.manager.summary()["snapshots"].values()) == {"created"})
    cluster.ok("backup", take_snapshot_resume_within=0)
    at_rest(cluster, count=1)


@pytest.mark.long
def test_what_is_given_up_is_deleted_by_whichever_run_gets_that_far(cluster: Cluster) -> None:
    cluster.manager.workflow_fault("create_snapshot", "corrupt_archive")
    assert 'at "Download and verify it"' in cluster.fail("backup")
    (first,) = cluster.snapshots()
    cluster.manager.workflow_fault("create_snapshot", "fail")
    assert "make the snapshot" in cluster.fail("backup", take_snapshot_resume_within=0)
    assert len(cluster.names()) == 2 and first in cluster.snapshots()
    cluster.ok("backup", take_snapshot_keep_on_manager=True)
    # the one that is meant to stay
    assert cluster.snapshots() == sets(cluster, kept=True) == cluster.names()
    assert first not in cluster.names()


@pytest.mark.long
def test_manager_that_was_killed_too(cluster: Cluster) -> None:
    """Power cut: the execution stays as it was for ever, and the snapshot creating."""
    cluster.manager.workflow_fault("create_snapshot", "hang")
    cluster.kill_when("backup", lambda: cluster.seen("GET", "/executions/"))
    cluster.manager.kill()
    cluster.manager.start()
    told = cluster.fail("backup", take_snapshot_timeout=2)
    assert "Gave up waiting for snapshot" in told
    (zombie,) = cluster.manager.summary()["active"]
    cluster.manager.call("POST", f"/executions/{zombie['id']}", {"action": "kill"})
    until(lambda: not cluster.manager.summary()["active"])
    cluster.ok("backup")
    at_rest(cluster, count=1)


# -- restores ----------------------------------------------------------------------------------------


@pytest.mark.long
def test_restore_killed_during_the_upload_is_begun_anew(cluster: Cluster) -> None:
    cluster.ok("backup")
    cluster.manager.wipe()
    cluster.manager.add_fault(SLOW, method="PUT", path="/archive$")
    cluster.kill_when("restore", lambda: cluster.seen("PUT", "/archive"))
    cluster.manager.clear_faults()
    assert cluster.ok("restore").report[0].startswith("RESTORE OK: ")
    at_rest(cluster, count=1)


def test_restore_killed_in_the_middle_goes_on_by_itself(cluster: Cluster) -> None:
    blueprints = cluster.ids("blueprints")
    cluster.ok("backup")
    cluster.manager.wipe()
    cluster.kill_when("restore", lambda: cluster.manager.summary()["flag"])
    # in the manager it runs on
    until(lambda: not cluster.manager.summary()["active"] and not cluster.manager.summary()["flag"])
    assert "the manager is not empty" in cluster.fail("restore")
    report = cluster.ok("restore", warned=True, cloudify_confirm=NAME).report
    assert report[0].startswith("RESTORE OK: ")
    assert report[-1].startswith("maintenance mode: deactivated, it was left over")
    assert cluster.get("/maintenance")["status"] == "deactivated"
    assert cluster.ids("blueprints") == blueprints
    at_rest(cluster, count=1)
