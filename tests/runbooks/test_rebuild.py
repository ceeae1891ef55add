# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rebuild_cluster: the whole cluster loses its power and its disks, and comes back from the store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab import Lab
from runbooks.runbook import CONFIRM, Runbook


@pytest.fixture(params=["4.5.5", pytest.param("7.0.5", marks=pytest.mark.core)])
def site(request: pytest.FixtureRequest, lab: Lab) -> Runbook:
    made = Runbook(lab, version=request.param, layout="compact", form_cluster=True)
    made.cluster.seed(sample="rich")
    return made


def test_all_is_lost_and_comes_back(site: Runbook, tmp_path: Path) -> None:
    before = site.content()
    assert "BACKUP OK: cluster lab" in site.good("backup")
    site.lose()
    refused = site.run("rebuild_cluster")
    assert refused.code == 2 and "say -e cloudify_confirm=lab" in refused.output
    plan = site.good("rebuild_cluster", "--check")
    for host in site.cluster.hosts:
        assert f"PLAN {host}: nothing of the product is there" in plan
        assert f"PLAN {host}: install " in plan
    assert not any(site.lab.host(h).exists("/usr/bin/cfy_manager") for h in site.cluster.hosts)
    site.killed(
        "rebuild_cluster", "-e", CONFIRM, at="cfy_manager install", log=tmp_path / "killed.log"
    )
    site.killed("rebuild_cluster", "-e", CONFIRM, at="Form the cluster", log=tmp_path / "again.log")
    log = (tmp_path / "again.log").read_text()
    assert "taken up again" in log and "RESTORE OK: cluster lab" in log
    backup = site.run("backup")
    assert backup.code == 0, backup.output
    # what was written since then is not restored over
    status, _body = site.cluster.call(
        site.cluster.managers[0], "PUT", "/secrets/since", {"value": "new"}
    )
    assert status in (200, 201)
    told = site.good("rebuild_cluster", "-e", CONFIRM)
    assert "was restored by an earlier attempt of this run, and is not restored again" in told
    assert "RUN ok: cluster lab" in told
    before["secrets"] = sorted([*before["secrets"], "since"])
    assert site.content() == before
    site.is_whole()
    again = site.run("rebuild_cluster", "-e", CONFIRM)
    assert again.code == 2 and "the cluster is not down" in again.output
    # what keeps us out is there
    written = json.loads(site.cluster.inventory().read_text())["all"]["vars"]
    wrong = {"cloudify_connection": {**written["cloudify_connection"], "password": "wrong"}}
    locked_out = site.run("rebuild_cluster", "-e", CONFIRM, "-e", json.dumps(wrong))
    assert locked_out.code == 2
    assert "It is not certain that the cluster is down" in locked_out.output, locked_out.output
    assert site.content() == before


def test_a_database_that_is_lost_again_begins_with_the_others(lab: Lab, tmp_path: Path) -> None:
    """Their etcd has one of its address already, and lets in no second one."""
    site = Runbook(lab, version="7.0.5", layout="compact", form_cluster=True)
    site.cluster.seed(sample="rich")
    before = site.content()
    site.good("backup")
    site.lose()
    log = tmp_path / "killed.log"
    site.killed("rebuild_cluster", "-e", CONFIRM, at="Install the broker", log=log)
    site.lab.host("h2").kill()
    site.lab.host("h2").fresh()
    plan = site.good("rebuild_cluster", "-e", CONFIRM, "--check")
    assert plan.count("after what was left of database") == 2, plan
    told = site.good("rebuild_cluster", "-e", CONFIRM)
    assert "taken up again" in told and "RUN ok: cluster lab" in told
    assert site.content() == before
    site.is_whole()


def test_without_a_verified_set_nothing_is_torn_down(lab: Lab) -> None:
    site = Runbook(lab, version="7.0.5", layout="single")
    played = site.run("rebuild_cluster", "-e", CONFIRM)
    assert played.code == 2
    assert "has no verified set of cluster lab" in played.output
    assert site.lab.host(site.cluster.hosts[0]).exists("/usr/bin/cfy_manager")


def test_a_host_that_is_off_is_named(lab: Lab) -> None:
    site = Runbook(lab, version="7.0.5", layout="single")
    site.lab.host("h1").kill()
    played = site.run("rebuild_cluster", "-e", CONFIRM)
    assert played.code == 2
    assert "h1 cannot be reached by ssh" in played.output
    site.lab.host("h1").boot()
