# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""diagnose of nine hosts, of which two let no packet through."""

from __future__ import annotations

import json
import time
from typing import Any

from lab import Lab
from lab.testing import wait_until
from product.on_hosts.tiers import Tiers
from runbooks.runbook import PATIENT, Runbook

GONE = ("h3", "h9")


def test_two_of_nine_are_cut_off(lab: Lab) -> None:
    site = Runbook(lab, version="7.0.5", layout="nine", form_cluster=True)
    file = site.cluster.config_dir / "found.json"
    keep = ("-e", f"cloudify_diagnosis_file={file}")
    # managers are slow to see all of a new cluster
    wait_until(
        lambda: site.run("diagnose", *PATIENT, *keep).code == 0, timeout=120, what="all are well"
    )
    for host in GONE:
        lab.host(host).cut()

    def told(*more: str) -> dict[str, Any]:
        played = site.run("diagnose", *keep, *more)
        found: dict[str, Any] = json.loads(file.read_text())
        assert played.code == {"degraded": 2, "unknown": 2, "down": 4}[found["state"]]
        return found

    def missed() -> bool:
        found = told(*PATIENT)
        return (found["class"], found["confidence"]) == ("several_down", "high")

    # the others miss them only after a while, and not all at once
    wait_until(missed, timeout=180, what="all miss them")
    found = json.loads(file.read_text())
    assert sorted(found["nodes"]) == sorted(GONE) and found["state"] == "degraded"
    # with no more patience than anybody has at night
    began = time.monotonic()
    told()
    print(f"nine hosts, two of them cut off: {time.monotonic() - began:.1f} s")
    for host in GONE:
        lab.host(host).heal()
    wait_until(
        lambda: site.run("diagnose", *PATIENT, *keep).code == 0, timeout=180, what="all are well"
    )
    # what hangs then is on every host: whoever asks the lost one waits for it
    tiers = Tiers(site.cluster)
    (leader,) = tiers.roles()["leader"]
    lab.host(leader).kill()
    began = time.monotonic()
    lost = told()
    print(f"the leading database lost a moment ago: {time.monotonic() - began:.1f} s")
    assert leader in lost["nodes"], lost
    lab.host(leader).boot()
