# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""replace_node: one host loses its power for good, and a fresh one takes its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab import Lab
from runbooks.before_after import (
    Before,
    agents_are_served,
    all_are_well,
    same_certificates,
    same_content,
)
from runbooks.runbook import CONFIRM, Runbook

NODE = ("-e", "node=h2")
SOON = ("-e", "cloudify_settle_timeout=5")


@pytest.fixture(params=["4.5.5", "7.0.5"])
def site(request: pytest.FixtureRequest, lab: Lab) -> Runbook:
    made = Runbook(lab, version=request.param, layout="compact", form_cluster=True)
    made.cluster.seed(sample="rich")
    return made


def registers(site: Runbook) -> dict[str, object]:
    """Who is a member, as each manager that answers has it."""
    found: dict[str, object] = {}
    for manager in site.cluster.managers:
        for path in ("/managers", "/brokers", "/db-nodes", "/cluster/nodes"):
            status, body = site.cluster.call(manager, "GET", path)
            if status == 200:
                names = [i.get("hostname") or i["name"] for i in body["items"]]
                found[manager + path] = sorted(names)
    return found


def test_a_lost_node_is_replaced(site: Runbook, tmp_path: Path) -> None:
    site.good("backup")
    before = Before(site)
    alive = site.run("replace_node", *NODE, "-e", CONFIRM, *SOON)
    assert alive.code == 2 and "h2: is not dead: " in alive.output, alive.output
    # just after, some of them may wait for their database
    members = {where: who for where, who in registers(site).items() if not where.startswith("h2/")}
    site.lab.host("h2").kill()
    unconfirmed = site.run("replace_node", *NODE)
    assert unconfirmed.code == 2 and "say -e cloudify_confirm=lab" in unconfirmed.output
    plan = site.good("replace_node", *NODE, "--check")
    assert "PLAN h2: remove it from " in plan
    assert "PLAN h2: once a fresh host answers there, install its " in plan
    assert registers(site) == members
    lacking = site.run(
        "replace_node", *NODE, "-e", CONFIRM, "-e", "cloudify_install_package=/no.rpm"
    )
    assert lacking.code == 2 and "the package /no.rpm is not on the controller" in lacking.output
    assert registers(site) == members
    log = tmp_path / "killed.log"
    site.killed("replace_node", *NODE, "-e", CONFIRM, at="waiting for h2", log=log)
    assert registers(site) != members
    site.lab.host("h2").fresh()
    log = tmp_path / "killed-again.log"
    site.killed("replace_node", *NODE, "-e", CONFIRM, at="Wait for the services", log=log)
    if site.cluster.site.version.generation == "all_active":
        # the new host is lost, too, and is in a register again
        assert "h2" in str(registers(site)["h1/managers"])
        site.lab.host("h2").kill()
        site.lab.host("h2").fresh()
    told = site.good("replace_node", *NODE, "-e", CONFIRM)
    assert "taken up again" in told and "REPLACE_NODE OK: cluster lab" in told
    same_content(before)
    same_certificates(before)
    agents_are_served(before)
    all_are_well(site)
    again = site.run("replace_node", *NODE, "-e", CONFIRM, *SOON)
    assert again.code == 2 and "h2: is not dead: " in again.output, again.output
    same_content(before)


def test_what_would_break_the_quorum_is_refused(lab: Lab) -> None:
    site = Runbook(lab, version="7.0.5", layout="compact", form_cluster=True)
    site.good("backup")
    unknown = site.run("replace_node", "-e", "node=h9", "-e", CONFIRM)
    assert unknown.code == 2
    assert "The inventory has no node h9 (it has h1, h2, h3)" in unknown.output
    others = json.dumps({"cloudify_dead": ["h1", "h3"]})
    alone = site.run("replace_node", *NODE, "-e", CONFIRM, "-e", others)
    assert alone.code == 2 and "so that a new one would be a new cluster" in alone.output
    for host in ("h2", "h3"):
        site.lab.host(host).kill()
    silent = site.run("replace_node", *NODE, "-e", CONFIRM, *SOON)
    assert silent.code == 2 and "h3 cannot be reached by ssh" in silent.output
    dead = json.dumps({"cloudify_dead": ["h3"]})
    lost = site.run("replace_node", *NODE, "-e", CONFIRM, "-e", dead, *SOON)
    assert lost.code == 2, lost.output
    assert "The cluster is not healthy without h2, h3" in lost.output
    assert "Nothing was touched" in lost.output
    for host in ("h2", "h3"):
        site.lab.host(host).boot()
    all_are_well(site)
