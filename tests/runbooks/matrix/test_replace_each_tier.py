# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""replace_node with one host for each service: the leading database, the broker that the others once joined, and a manager."""

from __future__ import annotations

import json

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


def replaced(site: Runbook, before: Before, lost: str, *, dead: tuple[str, ...] = ()) -> None:
    """It is off when the runbook begins, and stays so until that waits for a new one."""
    host = site.lab.host(lost)
    host.kill()
    words = ("-e", f"node={lost}", "-e", CONFIRM, "-e", json.dumps({"cloudify_dead": dead}))
    told = site.good_with("replace_node", *words, at=f"waiting for {lost}", then=host.fresh)
    assert "REPLACE_NODE OK: cluster lab" in told
    if dead:
        return
    same_content(before)
    same_certificates(before)
    agents_are_served(before)
    all_are_well(site)


@pytest.mark.parametrize("version", ["5.0.5", "7.0.5"])
def test_one_of_each_tier_is_lost(lab: Lab, version: str) -> None:
    site = Runbook(lab, version=version, layout="nine", form_cluster=True)
    site.cluster.seed(sample="rich")
    site.good("backup")
    before = Before(site)
    replaced(site, before, site.active())
    # both are off, and the manager comes first
    broker, manager = site.cluster.brokers[0], site.cluster.managers[0]
    site.lab.host(broker).kill()
    replaced(site, before, manager, dead=(broker,))
    replaced(site, before, broker)


@pytest.mark.parametrize("version", ["5.2", "6.4"])
def test_the_first_of_a_compact_cluster_is_lost(lab: Lab, version: str) -> None:
    site = Runbook(lab, version=version, layout="compact", form_cluster=True)
    site.cluster.seed(sample="rich")
    site.good("backup")
    replaced(site, Before(site), "h1")


def test_the_active_one_of_a_vnfm_is_lost(lab: Lab) -> None:
    site = Runbook(lab, version="vnfm", layout="compact", form_cluster=True)
    site.cluster.seed(sample="rich")
    site.good("backup")
    before = Before(site)
    host = site.lab.host("h1")
    host.kill()
    words = ("-e", CONFIRM, "-e", "cloudify_action=replace")
    told = site.good_with("recover_active", *words, at="waiting for h1", then=host.fresh)
    assert "REPLACE_NODE OK: cluster lab" in told
    same_content(before)
    same_certificates(before)
    agents_are_served(before)
    all_are_well(site)
