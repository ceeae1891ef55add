# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""recover_active: the host of the active manager, or of the leading database, fails."""

from __future__ import annotations

import subprocess

import pytest

from lab import Lab
from lab.testing import wait_until
from product.on_hosts.tiers import Tiers
from runbooks.before_after import (
    Before,
    agents_are_served,
    all_are_well,
    same_certificates,
    same_content,
)
from runbooks.runbook import CONFIRM, PATIENT, Runbook

STOP = "systemctl stop supervisord 'cloudify-*' nginx 2>/dev/null; true"


def made(lab: Lab, version: str) -> Runbook:
    site = Runbook(lab, version=version, layout="compact", form_cluster=True)
    site.cluster.seed(sample="rich")
    site.good("backup")
    return site


def evidence(site: Runbook) -> dict[str, list[str]]:
    """Host -> what the newest run has kept of it."""
    runs = sorted((site.cluster.config_dir / "store" / "lab" / ".runs").glob("recover_active-*"))
    found = {}
    for archive in (runs[-1] / "evidence").iterdir():
        assert archive.stat().st_mode & 0o777 == 0o600
        listed = subprocess.run(
            ["tar", "-tzf", str(archive)], stdout=subprocess.PIPE, text=True, check=True
        )
        found[archive.name.removesuffix(".tar.gz")] = listed.stdout.splitlines()
    return found


@pytest.mark.parametrize("version", ["4.5.5", "7.0.5"])
def test_services_that_are_down_are_started(lab: Lab, version: str) -> None:
    site = made(lab, version)
    before = Before(site)
    nothing = site.run("recover_active", "-e", CONFIRM)
    assert nothing.code == 2 and "No node is down" in nothing.output
    lost = site.active()
    site.sh(STOP, lost)
    told = site.good("recover_active", "-e", CONFIRM)
    assert f"lost: {lost}" in told and "RECOVER_ACTIVE OK: cluster lab" in told
    assert site.active() != lost
    kept = evidence(site)
    assert sorted(kept) == sorted(site.cluster.hosts)
    assert "e/journal" in kept[lost] and any(
        p.startswith("e/var/log/cloudify/") for p in kept[lost]
    )
    told = site.good("recover_active", "-e", CONFIRM, "-e", "cloudify_action=fix")
    assert "next: nothing, all are well" in told
    all_are_well(site)
    same_content(before)


def test_one_service_that_is_down_is_started(lab: Lab) -> None:
    """The rest of the node is at work, and seen to be: nobody has to take over."""
    site = made(lab, "7.0.5")
    Tiers(site.cluster).control("h2", "stop", "cloudify-mgmtworker")
    wait_until(
        lambda: "cloudify_action=fix" in site.run("diagnose", *PATIENT).output,
        timeout=120,
        what="it is diagnosed",
    )
    told = site.good("recover_active", "-e", CONFIRM, "-e", "node=h2", "-e", "cloudify_action=fix")
    assert "lost: h2" in told and "next: nothing, all are well" in told
    # a step that is taken is told in small letters
    assert "wait until another one has taken over" not in told
    all_are_well(site)


@pytest.mark.parametrize("version", [pytest.param("4.5.5", marks=pytest.mark.core), "7.0.5"])
def test_a_lost_host_is_replaced(lab: Lab, version: str) -> None:
    site = made(lab, version)
    before = Before(site)
    lost = site.active()
    site.lab.host(lost).kill()
    wrong = site.run("recover_active", "-e", CONFIRM, "-e", "cloudify_action=mend")
    assert wrong.code == 2 and "cloudify_action is fix or replace" in wrong.output
    site.good("recover_active", "--check")
    refused = site.run("recover_active", "-e", CONFIRM, "-e", "cloudify_action=fix")
    assert refused.code == 2 and f"{lost} does not answer by ssh" in refused.output
    site.lab.host(lost).fresh()
    told = site.good("recover_active", "-e", CONFIRM, "-e", "cloudify_action=replace")
    assert "RECOVER_ACTIVE OK: cluster lab" in told and "REPLACE_NODE OK: cluster lab" in told
    assert site.active() != lost
    same_content(before)
    same_certificates(before)
    agents_are_served(before)
    all_are_well(site)
