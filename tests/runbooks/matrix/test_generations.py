# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rebuild_cluster with every generation and profile: all hosts lose power and disks, and all comes back as it was."""

from __future__ import annotations

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

# 5.0.5 has no compact layout.
CASES = (
    *(("4.5.5", "compact"), ("vnfm", "compact"), ("5.0.5", "nine"), ("5.2", "compact")),
    *(("6.4", "compact"), ("7.0.0", "compact"), ("7.0.5", "compact"), ("7.0.5", "nine")),
)


@pytest.mark.parametrize(("version", "layout"), CASES)
def test_what_was_lost_is_there_again(lab: Lab, version: str, layout: str) -> None:
    site, before = with_a_set(lab, version, layout)
    site.lose()
    comes_back(site, before)


@pytest.mark.parametrize("version", ["4.5.5", "5.2", "6.4"])
def test_what_is_up_and_wrong_is_torn_down_first(lab: Lab, version: str) -> None:
    """The power was cut, and all disks are as they were."""
    site, before = with_a_set(lab, version, "compact")
    for host in site.cluster.hosts:
        site.lab.host(host).kill()
    for host in site.cluster.hosts:
        site.lab.host(host).boot()
    comes_back(site, before, "-e", "cloudify_cluster_is_lost=true")


def with_a_set(lab: Lab, version: str, layout: str) -> tuple[Runbook, Before]:
    site = Runbook(lab, version=version, layout=layout, form_cluster=True)
    site.cluster.seed(sample="rich")
    site.good("backup")
    before = Before(site)
    # the checks themselves hold where nothing has happened
    for holds in (same_content, same_certificates, agents_are_served):
        holds(before)
    return site, before


def comes_back(site: Runbook, before: Before, *words: str) -> None:
    told = site.good("rebuild_cluster", "-e", CONFIRM, *words)
    assert "RUN ok: cluster lab" in told
    print(told[told.index("RUN ok") :].partition("]")[0])
    all_are_well(site)
    for holds in (same_content, same_certificates, agents_are_served):
        holds(before)

    untouched = {host: site.look(host) for host in site.cluster.hosts}
    again = site.run("rebuild_cluster", "-e", CONFIRM)
    assert again.code == 2 and "the cluster is not down" in again.output
    assert {host: site.look(host) for host in site.cluster.hosts} == untouched
    same_content(before)
