# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""recover_active with every profile that the other tests of it leave out: its services fail, then its host."""

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

STOP = "systemctl stop supervisord 'cloudify-*' nginx patroni 2>/dev/null; true"
CASES = (("5.0.5", "nine"), ("5.2", "compact"), ("6.4", "compact"), ("7.0.0", "compact"))


@pytest.mark.parametrize(("version", "layout"), CASES)
def test_the_active_one_is_mended_then_replaced(lab: Lab, version: str, layout: str) -> None:
    site = Runbook(lab, version=version, layout=layout, form_cluster=True)
    site.cluster.seed(sample="rich")
    site.good("backup")
    before = Before(site)
    lost = site.active()
    site.sh(STOP, lost)
    told = site.good("recover_active", "-e", CONFIRM, "-e", "cloudify_action=fix")
    assert f"lost: {lost}" in told and "next: nothing, all are well" in told
    assert site.active() != lost
    all_are_well(site)
    same_content(before)

    lost = site.active()
    host = site.host(lost)
    host.kill()
    words = ("-e", CONFIRM, "-e", "cloudify_action=replace")
    told = site.good_with("recover_active", *words, at=f"waiting for {lost}", then=host.fresh)
    assert "RECOVER_ACTIVE OK: cluster lab" in told and "REPLACE_NODE OK: cluster lab" in told
    assert site.active() != lost
    all_are_well(site)
    for holds in (same_content, same_certificates, agents_are_served):
        holds(before)
