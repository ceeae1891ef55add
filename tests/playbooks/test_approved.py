# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan is left for its approval, and what was approved is done, or nothing. As in a workflow of AWX: the stats of
one run are variables of the next."""

from __future__ import annotations

import json
from typing import Any

import pytest

from playbooks.cluster import NAME, Cluster
from tooling.played import Played


def stats(played: Played) -> dict[str, Any]:
    """What was left with set_stats."""
    text = played.output[played.output.rindex("\tRUN: ") + len("\tRUN: ") :]
    found: dict[str, Any]
    found, _end = json.JSONDecoder().raw_decode(text)
    return found


@pytest.mark.long
def test_what_was_planned_is_restored_though_there_is_something_newer(cluster: Cluster) -> None:
    cluster.environment["ANSIBLE_SHOW_CUSTOM_STATS"] = "true"
    cluster.ok("backup", take_snapshot_id="backup-1")
    planned = cluster.ok("restore", "--check", cloudify_confirm=NAME)
    handed_on = stats(planned)
    plan = handed_on["cloudify_plan"]["restore"]
    assert plan["pins"] == {"cluster": NAME, "set": "backup-1"}
    assert plan["plan"] == planned.report
    assert plan["plan"][0].startswith(f"PLAN: restore of cluster {NAME}")
    cluster.ok("backup", take_snapshot_id="backup-2")
    since = len(cluster.manager.requests())

    # it was planned for another cluster
    plan["pins"]["cluster"] = "other"
    told = cluster.fail("restore", cloudify_confirm=NAME, **handed_on)
    assert "What was approved is cluster other, and now it would be cluster production." in told
    assert "Nothing was touched. Plan it again" in told
    assert cluster.changes(since) == []

    plan["pins"]["cluster"] = NAME
    done = cluster.ok("restore", cloudify_confirm=NAME, cloudify_set="newest", **handed_on)
    assert done.report[1].startswith("set: backup-1 of ")
    assert "CUSTOM STATS" not in done.output
    done = cluster.ok("restore", cloudify_confirm=NAME)
    assert done.report[1].startswith("set: backup-2 of ")
    done = cluster.ok("restore", cloudify_confirm=NAME, cloudify_set="backup-1")
    assert done.report[1].startswith("set: backup-1 of ")


def test_a_diagnosis_is_left_too_however_bad_it_is(cluster: Cluster) -> None:
    cluster.environment["ANSIBLE_SHOW_CUSTOM_STATS"] = "true"
    played = cluster.ok("diagnose")
    found = stats(played)["cloudify_diagnosis"]
    assert (found["class"], found["state"], found["confidence"]) == ("healthy", "healthy", "low")
    assert "evidence" not in found

    cluster.environment["CLOUDIFY_MANAGER_HOSTS"] = "127.0.0.1:1"
    played = cluster.play("diagnose")
    found = stats(played)["cloudify_diagnosis"]
    assert (played.code, found["state"]) in ((2, "unknown"), (4, "down"))
    assert found["class"] != "healthy"


def test_a_store_in_the_container_of_a_job_is_refused(cluster: Cluster) -> None:
    cluster.environment["AWX_PRIVATE_DATA_DIR"] = "/tmp/awx_61_ifxztvul"
    for playbook in ("backup", "restore"):
        told = cluster.fail(playbook)
        assert f"the store {cluster.store} would be in the container of this AWX job" in told
    assert not cluster.store.exists()
