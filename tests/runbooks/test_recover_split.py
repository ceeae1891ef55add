# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""recover, when it is a split brain: it freezes and saves both sides and stops, and nothing else may be done before a survivor is named."""

from __future__ import annotations

import re

from lab import Lab
from lab.testing import wait_until
from runbooks.runbook import CONFIRM, PATIENT, Runbook
from runbooks.split_sides import (
    comparison,
    ids,
    in_store,
    insert,
    made,
    promote_by_hand,
    secrets,
    write,
)
from tooling.played import Played

#: Two that only call themselves leaders are a failover, two that acknowledge a write are not.
TRY_WRITES = ("-e", "diagnose_write=true")


def recover(site: Runbook, *more: str) -> Played:
    return site.run("recover", *PATIENT, *TRY_WRITES, *more)


def test_two_databases_take_writes(lab: Lab) -> None:
    site, scene = made(lab, "7.0.5")
    site.good("backup")
    leader, forced = scene.were["leader"], scene.were["async"]
    scene.isolate("async")
    promote_by_hand(site, forced)
    write(site, leader, "of-quorum")
    insert(site, forced, "of-promoted")

    plan = recover(site, "--check")
    assert "so what is run is: ansible-playbook cloudify_ha.recovery.resolve_split_brain" in (
        plan.output
    )
    assert f"PLAN {forced}: stop Patroni and PostgreSQL" in plan.output
    asked = recover(site)
    assert asked.code == 2 and "say -e cloudify_confirm=lab" in asked.output
    assert {"of-promoted"} <= ids(site, forced)

    frozen = recover(site, "-e", CONFIRM)
    assert frozen.code == 4 and "SPLIT BRAIN FROZEN: cluster lab" in frozen.output, frozen.output
    assert "was stopped on purpose, and waits for the survivor to be named" in frozen.output
    assert {"of-promoted", "of-quorum"} <= in_store(site)
    assert any("of-promoted" in item for item in comparison(site)["only"][forced]["items"])

    # what would start the frozen database, or wipe it, is refused
    found = re.search(r"resolve_split_brain-[0-9TZ]+", frozen.output)
    assert found
    for words in (
        ("recover_active", "-e", f"node={forced}", "-e", "cloudify_action=fix"),
        ("replace_node", "-e", f"node={forced}"),
        ("rebuild_cluster", "-e", "cloudify_cluster_is_lost=true"),
    ):
        refused = site.run(*words, "-e", CONFIRM)
        assert (
            refused.code == 2 and f"-e cloudify_give_up={found[0]}" in refused.output
        ), refused.output
    assert site.sh("pgrep -x postgres > /dev/null && echo runs; true", forced) == ""

    # once more is the same run again, and no second one
    again = recover(site, "-e", CONFIRM)
    assert f"run {found[0]} did not come to its end, so it is gone on with" in again.output
    assert again.code == 4 and "SPLIT BRAIN FROZEN: cluster lab" in again.output, again.output

    scene.undo.clear()
    lab.host(forced).rejoin()
    healed = recover(site, "-e", CONFIRM, "-e", f"survivor={forced}")
    assert f"SPLIT BRAIN HEALED towards {forced}" in healed.output, healed.output
    for host in site.cluster.databases:
        assert ids(site, host) & {"of-promoted", "of-quorum"} == {"of-promoted"}
    scene.wait_whole()
    assert "of-promoted" in secrets(site, leader)
    wait_until(
        lambda: "RECOVER: nothing is to be done" in recover(site).output,
        timeout=120,
        what="all is well",
    )


def test_two_managers_are_active(lab: Lab) -> None:
    site, scene = made(lab, "4.5.5")
    old = scene.were["leader"]
    scene.isolate("leader")
    scene.wait_leader("other", "third")
    (new,) = scene.active(scene.were["other"], scene.were["third"])
    write(site, old, "of-minority")
    write(site, new, "of-majority")

    frozen = recover(site, "-e", CONFIRM)
    assert frozen.code == 4 and "SPLIT BRAIN FROZEN: cluster lab" in frozen.output, frozen.output
    assert comparison(site)["only"][old]["secrets"] == ["of-minority of tenant default_tenant"]
    refused = site.run("replace_node", "-e", f"node={old}", "-e", CONFIRM)
    assert refused.code == 2 and "-e cloudify_give_up=resolve_split_brain-" in refused.output

    scene.undo.clear()
    lab.host(old).rejoin()
    assert sorted(scene.active()) == sorted([old, new])
    healed = recover(site, "-e", CONFIRM, "-e", f"survivor={new}")
    assert f"SPLIT BRAIN HEALED towards {new}" in healed.output, healed.output
    wait_until(lambda: scene.active() == [new], what="one active manager", every=1)
    assert secrets(site, new) & {"of-minority", "of-majority"} == {"of-majority"}
