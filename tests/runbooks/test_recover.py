# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""recover: it finds out what is wrong, runs what is for it once it is confirmed, and not twice in a row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab import Lab
from lab.testing import wait_until
from product.on_hosts.tiers import Tiers
from runbooks.before_after import Before, all_are_well, same_certificates, same_content
from runbooks.broken_clusters import Scene
from runbooks.runbook import CONFIRM, PATIENT, Runbook
from runbooks.test_recover_active import STOP
from tooling.played import Played


def recover(site: Runbook, *more: str) -> Played:
    return site.run("recover", *PATIENT, *more)


def chosen(site: Runbook) -> str:
    """What the plan says that would be run."""
    found = re.search(r"PLAN: .* what is run is: ([^\n]*)", recover(site, "--check").output)
    return found.group(1) if found else ""


@pytest.mark.parametrize("version", ["4.5.5", "7.0.5"])
def test_it_runs_what_is_for_it(lab: Lab, version: str, tmp_path: Path) -> None:
    site = Runbook(lab, version=version, layout="compact", form_cluster=True)
    site.cluster.seed(sample="rich")
    site.good("backup")
    before = Before(site)
    scene = Scene(Tiers(site.cluster))
    scene.wait_whole()
    scene.who()
    stopped, killed = [name for role, name in scene.were.items() if role != "leader"]

    well = recover(site)
    assert well.code == 0 and "RECOVER: nothing is to be done" in well.output, well.output

    # its services are down, and the host is there
    site.sh(STOP, stopped)
    wait_until(lambda: "cloudify_action=fix" in chosen(site), timeout=120, what="it is seen")
    asked = recover(site)
    assert asked.code == 2 and "say -e cloudify_confirm=lab" in asked.output
    done = recover(site, "-e", CONFIRM)
    assert done.code == 0 and "RECOVER_ACTIVE OK: cluster lab" in done.output, done.output
    all_are_well(site)

    # the host is lost, a short while after
    site.lab.host(killed).kill()
    wait_until(
        lambda: f"replace_node -i {site.cluster.inventory()} -e node={killed}" in chosen(site),
        timeout=180,
        what="it is seen dead",
    )
    again = recover(site, "-e", CONFIRM)
    acknowledge = re.search(r"-e (cloudify_acknowledge=recover_active-[0-9TZ]+)", again.output)
    assert again.code == 2 and acknowledge, again.output
    # killed while it waits for the new host, it goes on by the same command
    log = tmp_path / "recover.log"
    words = (*PATIENT, "-e", CONFIRM, "-e", acknowledge.group(1))
    site.killed("recover", *words, at=f"waiting for {killed}", log=log)
    site.lab.host(killed).fresh()
    done = recover(site, *words[4:])
    assert "did not come to its end, so it is gone on with" in done.output
    assert done.code == 0 and "REPLACE_NODE OK: cluster lab" in done.output, done.output
    same_content(before)
    same_certificates(before)
    all_are_well(site)


def test_it_does_nothing_that_nobody_can_be_sure_of(lab: Lab) -> None:
    """Two of three are off: nobody knows whether they come back, so that nothing is rebuilt by itself."""
    site = Runbook(lab, version="7.0.5", layout="compact", form_cluster=True)
    site.good("backup")
    scene = Scene(Tiers(site.cluster))
    scene.wait_whole()
    scene.who()
    for role in ("sync", "async"):
        site.lab.host(scene.were[role]).kill()
    scene.wait_none("leader")
    told = recover(site, "-e", CONFIRM)
    assert (
        told.code == 2 and "There is no runbook for this that could be run by itself" in told.output
    )
    assert "tear down" not in told.output
