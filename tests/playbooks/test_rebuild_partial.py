# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The play of rebuild_cluster that restores: what came back in part is not restored over and over, each time over what people wrote since."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from playbooks.cluster import NAME, Cluster
from tooling.played import PLAYBOOK, Played, play

PLAYBOOKS = Path(__file__).resolve().parents[2] / "playbooks"
BEGIN = {
    "hosts": "localhost",
    "gather_facts": False,
    "roles": [
        {
            "role": "cloudify_ha.recovery.begin_run",
            "begin_run_runbook": "rebuild_cluster",
            "begin_run_node": "",
            "begin_run_of_the_dead": True,
            "begin_run_is_lost": True,
            "begin_run_needs_hosts": [],
        }
    ],
}


class Site:
    def __init__(self, cluster: Cluster, place: Path) -> None:
        self.cluster, self.place = cluster, place
        cluster.connect_with_variables()
        plays = {each["name"]: each for each in yaml.safe_load(restoring())}
        restore = plays["Restore on the first manager, then have the others join it"]
        # there are no others here, but in a plan
        restore["tasks"][-1]["when"] = "ansible_check_mode"
        (end,) = plays["End"]["roles"]
        say = {"ansible.builtin.debug": {"msg": end["end_run_report"]["lines"]}}
        known = {"vars_files": [str(PLAYBOOKS / "vars" / "runbook.yml")]}
        ends = {"hosts": "localhost", "gather_facts": False, "tasks": [say], **known}
        book = [BEGIN, {**restore, **known}, ends]
        (place / "play.yml").write_text(yaml.safe_dump(book, sort_keys=False))
        hosts = {"localhost": {"ansible_connection": "local"}}
        managers = {"cloudify_managers": {"hosts": {"m1": {"ansible_host": "127.0.0.1"}}}}
        (place / "hosts.json").write_text(
            json.dumps({"all": {"hosts": hosts, "children": managers}})
        )

    def again(self, *more: str, **variables: Any) -> Played:
        given = {**self.cluster.variables, "cloudify_confirm": NAME, **variables}
        words = ["-i", str(self.place / "hosts.json"), str(self.place / "play.yml"), *more]
        return play(
            [str(PLAYBOOK), *words, "-e", json.dumps(given)],
            self.cluster.environment,
        )

    def secrets(self) -> list[str]:
        return sorted(each["key"] for each in self.cluster.get("/secrets")["items"])


def restoring() -> str:
    return (PLAYBOOKS / "rebuild_cluster.yml").read_text()


@pytest.fixture
def site(cluster: Cluster, tmp_path: Path) -> Site:
    cluster.ok("backup")
    cluster.manager.wipe()
    return Site(cluster, tmp_path)


def test_what_came_back_in_part_stays(site: Site) -> None:
    fault: dict[str, Any] = {"kind": "secrets", "ids": ["region"]}
    site.cluster.manager.workflow_fault("restore_snapshot", "drop_content", **fault)
    told = site.again()
    assert told.code == 2 and told.failure.startswith("RESTORE PARTIAL: "), told.output
    assert "-e apply_snapshot_accept_partial=true" in told.failure
    kept = site.secrets()
    assert kept and "region" not in kept
    # people go on with it
    site.cluster.manager.call("PUT", "/secrets/since", {"value": "new"})
    site.cluster.variables["cloudify_take_over"] = lock(site)
    told = site.again()
    assert told.code == 2 and "was restored in part by an earlier attempt" in told.failure
    assert "region" in told.failure and "-e apply_snapshot_accept_partial=true" in told.failure
    assert site.secrets() == sorted([*kept, "since"])
    site.cluster.variables["cloudify_take_over"] = lock(site)
    done = site.again(apply_snapshot_accept_partial=True)
    assert done.code == 0 and "is not restored again" in done.output, done.output
    assert site.secrets() == sorted([*kept, "since"])
    assert "region" in done.report[-1] and done.report[-1].endswith(" That was accepted.")
    # somebody has emptied it, and nothing is missing of what is restored now
    site.cluster.manager.wipe()
    for anew in ("RESTORE OK", "is not restored again"):
        site.cluster.variables["cloudify_take_over"] = lock(site)
        done = site.again()
        assert done.code == 0 and anew in done.output, done.output
        assert "That was accepted." not in done.output
    assert "region" in site.secrets()


def test_what_failed_altogether_is_restored_again(site: Site) -> None:
    site.cluster.manager.workflow_fault("restore_snapshot", "restore_nothing")
    told = site.again()
    assert told.code == 2 and told.failure.startswith("RESTORE FAILED: "), told.output
    assert "accept_partial" not in told.failure
    site.cluster.variables["cloudify_take_over"] = lock(site)
    done = site.again()
    assert done.code == 0 and "RESTORE OK" in done.output, done.output


def test_what_is_told_is_of_the_set_that_was_restored(site: Site) -> None:
    """Whichever is asked for later."""
    (restored,) = [each.name for each in site.cluster.folder.glob("backup-*")]
    fault: dict[str, Any] = {"kind": "secrets", "ids": ["region"]}
    site.cluster.manager.workflow_fault("restore_snapshot", "drop_content", **fault)
    assert site.again().code == 2
    other = "backup-20990101T000000Z"
    shutil.copytree(site.cluster.folder / restored, site.cluster.folder / other)
    manifest = site.cluster.folder / other / "manifest.json"
    manifest.write_text(manifest.read_text().replace(restored, other))
    site.cluster.variables["cloudify_take_over"] = lock(site)
    told = site.again(cloudify_set=other)
    assert told.code == 2 and f"The set {restored} was restored in part" in told.failure
    assert other not in told.failure


def test_what_had_nothing_in_it_is_not_restored_again(cluster: Cluster, tmp_path: Path) -> None:
    """Else it would be refused for ever once the cluster is formed."""
    cluster.manager.wipe()
    cluster.ok("backup")
    site = Site(cluster, tmp_path)
    done = site.again()
    assert done.code == 0 and "RESTORE OK" in done.output, done.output
    site.cluster.variables["cloudify_take_over"] = lock(site)
    done = site.again()
    assert done.code == 0 and "is not restored again" in done.output, done.output
    assert "RESTORE OK" not in done.output


def test_another_set_than_the_empty_one_is_restored(cluster: Cluster, tmp_path: Path) -> None:
    """Else whoever asks for it gets a run that ends well, and an empty cluster."""
    cluster.ok("backup")
    (full,) = [each.name for each in cluster.folder.glob("backup-*")]
    cluster.manager.wipe()
    cluster.ok("backup")
    (empty,) = [each.name for each in cluster.folder.glob("backup-*") if each.name != full]
    site = Site(cluster, tmp_path)
    done = site.again(cloudify_set=empty)
    assert done.code == 0 and not site.secrets(), done.output
    site.cluster.variables["cloudify_take_over"] = lock(site)
    done = site.again(cloudify_set=full)
    assert done.code == 0 and "RESTORE OK" in done.output, done.output
    assert site.secrets()


def lock(site: Site) -> str:
    held = json.loads((site.cluster.folder / ".lock").read_text())
    attempt = held["attempt"]
    return held["run"] if attempt == 1 else f"{held['run']}:{attempt}"
