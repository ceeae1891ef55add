# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""begin_run takes a cluster for lost only where nobody says that it is there: not REST, and not the host itself."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from playbooks.cluster import NAME, Cluster
from tooling.played import PLAYBOOK, Played, play

PLAY = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/cloudify_ha.recovery.manager: "{{ cloudify_connection }}"
  roles:
    - role: cloudify_ha.recovery.begin_run
      begin_run_runbook: rebuild_cluster
      begin_run_of_the_dead: true
      begin_run_needs_hosts: []
      begin_run_is_lost: "{{ cloudify_cluster_is_lost | default(false) }}"
  tasks:
    - ansible.builtin.debug:
        msg: "PLACES {{ begin_run_result.places | join(' ') }}"
"""
CLOSED = 1
NOT_CERTAIN = "not certain that the cluster is down"


class Site:
    """One manager in the inventory, a set of it, and somebody who would rebuild it."""

    def __init__(self, cluster: Cluster, place: Path) -> None:
        self.cluster, self.place = cluster, place
        cluster.connect_with_variables()
        self.connection: dict[str, Any] = cluster.variables.pop("cloudify_connection")
        # what is asked beside it is off
        self.connection["manager_hosts"] = ["127.0.0.1", f"127.0.0.1:{CLOSED}"]
        (place / "play.yml").write_text(PLAY)

    def begin(
        self, *words: str, serves: bool | None, playbook: str = "", **variables: Any
    ) -> Played:
        """
        :param playbook: in place of the role alone
        :param serves: what the host says by ssh
        """
        told: dict[str, Any] = {"ansible_host": "127.0.0.1", "ansible_connection": "local"}
        told["look_at_nodes_answers"] = True
        host = told if serves is None else {**told, "look_at_nodes_serves": serves}
        groups = {"cloudify_managers": {"hosts": {"m1": host}}}
        hosts = self.place / "hosts.json"
        local = {"localhost": {"ansible_connection": "local"}}
        hosts.write_text(json.dumps({"all": {"hosts": local, "children": groups}}))
        given = {
            **self.cluster.variables,
            "cloudify_connection": self.connection,
            "cloudify_confirm": NAME,
            **variables,
        }
        return play(
            [str(PLAYBOOK), "-i", str(hosts)]
            + [playbook or str(self.place / "play.yml")]
            + ["-e", json.dumps(given), *words],
            {**self.cluster.environment, "COLUMNS": "1000"},
        )

    def runs(self) -> list[list[dict[str, Any]]]:
        """The journals."""
        return [
            [json.loads(line) for line in path.open()]
            for path in sorted(self.cluster.folder.glob(".runs/rebuild*/journal.jsonl"))
        ]


@pytest.fixture
def site(cluster: Cluster, tmp_path: Path) -> Site:
    cluster.ok("backup")
    return Site(cluster, tmp_path)


def refused(site: Site, played: Played) -> str:
    """It says so, and nothing of it looks unfinished."""
    assert played.code == 2, played.output
    last = site.runs()[-1][-1]
    assert (last["state"], last["outcome"]) == ("ended", "refused")
    assert not (site.cluster.folder / ".lock").exists()
    assert played.failure.endswith("Nothing was touched.")
    return played.failure


def test_the_wrong_port_makes_no_cluster_a_lost_one(site: Site) -> None:
    site.connection["manager_port"] = CLOSED
    told = refused(site, site.begin(serves=True))
    assert NOT_CERTAIN in told and "REST does not reach m1 from here" in told
    assert "Check manager_port of cloudify_connection (1) and the firewall" in told
    assert "-e cloudify_cluster_is_lost=true" in told
    said = site.begin(serves=True, cloudify_cluster_is_lost=True)
    assert said.code == 0, said.output


def test_an_empty_set_is_not_taken_by_itself(site: Site) -> None:
    """Managers were installed anew by hand, and the backup of that night is of nothing."""
    site.connection["manager_port"] = CLOSED
    played = site.begin("--check", serves=None)
    assert played.code == 0 and " blueprints, " in played.output, played.output
    (full,) = [each.name for each in site.cluster.folder.glob("backup-*")]
    site.cluster.manager.wipe()
    time.sleep(1.1)  # a set is named by its second
    site.cluster.variables["cloudify_connection"] = {
        **site.connection,
        "manager_port": site.cluster.manager.port,
    }
    site.cluster.ok("backup")
    told = refused(site, site.begin(serves=None))
    assert f"has no content, and {full}, which is older, has" in told
    assert "say which one with -e cloudify_set=" in told
    for wanted in sorted(each.name for each in site.cluster.folder.glob("backup-*")):
        played = site.begin("--check", serves=None, cloudify_set=wanted)
        words = "no content" if wanted != full else " blueprints, "
        assert played.code == 0 and words in played.output, played.output


def test_newer_sets_that_cannot_be_used_are_not_passed_over_in_silence(site: Site) -> None:
    """Such as those of another user, who runs the backups of the night."""
    site.connection["manager_port"] = CLOSED
    (whole,) = [each.name for each in site.cluster.folder.glob("backup-*")]
    looked_at = "2026-11-01T02:00:00Z"
    site.cluster.edit_manifest(whole, content_taken_at=looked_at)
    newer = site.cluster.folder / "backup-20990101T000000Z"
    newer.mkdir()
    (newer / "snapshot.zip").touch()
    for given in ({}, {"cloudify_cluster_is_lost": True}):
        told = refused(site, site.begin(serves=None, **given))
        assert f"{whole} of {looked_at}, but there are newer ones: {newer.name}: manifest" in told
        assert f"-e cloudify_set={whole}" in told
    played = site.begin("--check", serves=None)
    assert played.code == 2 and newer.name in played.failure
    # else it is what there is to come back to, and nothing is restored from it
    played = site.begin("--check", serves=None, begin_run_of_the_dead=False)
    assert played.code == 0 and f"cannot be used: {newer.name}" in played.output, played.output
    # what was older, or is not there yet, is none of them
    newer.rename(newer.with_name("backup-20200101T000000Z"))
    (site.cluster.folder / ".incoming-backup-20990101T000000Z").mkdir()
    assert site.begin("--check", serves=None).code == 0
    newer.mkdir()
    played = site.begin(serves=None, cloudify_set=whole)
    assert played.code == 0 and f"set: {whole} of {looked_at}, " in played.output, played.output
    # that one was killed, and is gone on with
    taken = json.loads((site.cluster.folder / ".lock").read_text())["run"]
    played = site.begin(serves=None, cloudify_take_over=taken)
    assert played.code == 0 and "taken up again" in played.output, played.output


@pytest.mark.parametrize("serves", [False, None])
def test_a_host_that_says_nothing_is_no_evidence_of_life(site: Site, serves: bool | None) -> None:
    """And nobody is waited for."""
    site.connection["manager_port"] = CLOSED
    kept = {"node": "m1", "action": "fix"}
    played = site.begin(serves=serves, begin_run_patience=3600, begin_run_keep=kept)
    assert played.code == 0 and "RUN rebuild_cluster" in played.output, played.output
    begun, told = site.runs()[-1]
    assert (begun["state"], told["state"]) == ("begun", "kept")
    # for whoever goes on with it
    assert told["facts"].pop("set").startswith("backup-") and told["facts"] == kept


@pytest.mark.parametrize(("path", "serves"), [("/version", True), ("/status", None)])
def test_a_service_that_fails_for_a_while_is_waited_for(
    site: Site, path: str, serves: bool | None
) -> None:
    """Whatever ssh says: somebody serves there."""
    site.cluster.manager.add_fault({"status": 500, "body": "html"}, path=path, times=1)
    told = refused(site, site.begin(serves=serves))
    assert "answers and holds" in told and "the cluster is not down" in told


def test_one_that_does_not_come_back_is_lost(site: Site) -> None:
    site.cluster.manager.add_fault({"status": 503, "body": "html"}, times=None)
    played = site.begin(serves=True, begin_run_patience=6)
    assert played.code == 0, played.output


def test_where_somebody_answers_nothing_else_is_looked_at(site: Site) -> None:
    site.connection["password"] = "wrong"
    told = refused(site, site.begin(serves=False))
    assert NOT_CERTAIN in told
    played = site.begin("--check", serves=False)
    assert played.code == 2 and NOT_CERTAIN in played.failure


def test_the_playbook_is_about_the_whole_cluster(site: Site) -> None:
    """A node that is named is somebody's mistake, and makes it no other run."""
    playbook = "cloudify_ha.recovery.rebuild_cluster"
    told = refused(site, site.begin(serves=None, playbook=playbook, node="m1"))
    assert "answers and holds" in told
    assert site.runs()[-1][0]["about"] == ""


def test_one_of_long_ago_is_gone_on_with_but_not_over_what_is_there(site: Site) -> None:
    lost = {"serves": False, "cloudify_cluster_is_lost": True}
    assert site.begin(**lost).code == 0
    (path,) = site.cluster.folder.glob(".runs/rebuild*/journal.jsonl")
    steps = [{"state": state, "step": "tear down"} for state in ("step", "done")]
    old = {"at": "2026-01-01T00:00:00Z"}
    with path.open("a") as journal:
        journal.write("".join(json.dumps({**old, **step}) + "\n" for step in steps))
    run = path.parent.name
    # within a day, what answers is what it has installed
    assert site.begin(serves=False, cloudify_take_over=run).code == 0
    path.write_text(path.read_text().replace('"at": "2', '"at": "1'))
    told = refused(site, site.begin(serves=False, cloudify_take_over=f"{run}:2"))
    assert "answers and holds" in told and f"say -e cloudify_give_up={run}." in told
    other = site.begin(**lost, cloudify_give_up=run)
    assert other.code == 0, other.output
    places = other.output[other.output.index("PLACES ") :].split('"')[0].split()
    assert places[1] != str(path.parent) and places[2] == str(path.parent)
