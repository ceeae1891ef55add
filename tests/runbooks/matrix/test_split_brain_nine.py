# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""resolve_split_brain of nine hosts, where databases, brokers and managers have their own."""

from __future__ import annotations

from lab import Lab
from runbooks.runbook import CONFIRM
from runbooks.split_sides import (
    BOOK,
    comparison,
    content_of_set,
    ids,
    in_store,
    insert,
    made,
    promote_by_hand,
    secrets,
    write,
)


def test_a_database_host_that_was_promoted_by_hand(lab: Lab) -> None:
    site, scene = made(lab, "7.0.5", "nine")
    leader, forced = scene.were["leader"], scene.were["async"]
    manager = site.cluster.managers[0]
    scene.isolate("async")
    promote_by_hand(site, forced)
    write(site, manager, "of-quorum")
    insert(site, forced, "of-promoted")

    plan = site.good(BOOK, "--check")
    assert f"PLAN {forced}: stop Patroni and PostgreSQL" in plan
    assert f"PLAN {leader}: pause Patroni of the whole cluster" in plan
    assert f"PLAN {manager}: enter maintenance mode" in plan
    broker = site.cluster.brokers[0]
    assert f"PLAN {broker}: nothing" in plan

    told = site.good(BOOK)
    assert "SPLIT BRAIN FROZEN: cluster lab" in told
    compared = comparison(site)
    assert any("of-promoted" in item for item in compared["only"][forced]["items"])
    assert any("of-quorum" in item for item in compared["only"][leader]["items"])
    assert {"of-promoted", "of-quorum"} <= in_store(site)
    kept = content_of_set(site, leader)["content"]["default_tenant"]["secrets"]["ids"]
    assert "of-quorum" in kept and "of-promoted" not in kept
    assert site.cluster.call(manager, "GET", "/maintenance")[1]["status"] == "activated"

    scene.undo.clear()
    lab.host(forced).rejoin()
    told = site.good(BOOK, "-e", f"survivor={forced}", "-e", CONFIRM)
    assert f"SPLIT BRAIN HEALED towards {forced}" in told and "of-quorum" in told
    for host in site.cluster.databases:
        assert ids(site, host) & {"of-promoted", "of-quorum"} == {"of-promoted"}
    scene.wait_whole()
    assert secrets(site, manager) & {"of-promoted", "of-quorum"} == {"of-promoted"}
    assert site.cluster.call(manager, "GET", "/maintenance")[1]["status"] == "deactivated"
    write(site, manager, "afterwards")
    assert {"of-promoted", "of-quorum"} <= in_store(site)
