# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""resolve_split_brain: both sides are written to, before connectivity returns and after; nothing of either is gone from the store."""

from __future__ import annotations

import pytest

from lab import Lab
from lab.testing import wait_until
from runbooks.runbook import CONFIRM
from runbooks.split_sides import (
    BOOK,
    comparison,
    content_of_set,
    ids,
    in_store,
    insert,
    made,
    old_one_leads,
    patroni,
    promote_by_hand,
    routes,
    secrets,
    write,
)


@pytest.mark.parametrize("survivor", ["minority", "majority"])
def test_two_active_managers(lab: Lab, survivor: str) -> None:
    site, scene = made(lab, "4.5.5")
    whole = site.run(BOOK)
    assert whole.code == 2 and "No split brain is seen" in whole.output
    old = scene.were["leader"]
    others = [scene.were["other"], scene.were["third"]]
    scene.isolate("leader")
    scene.wait_leader("other", "third")
    (new,) = scene.active(*others)
    write(site, old, "of-minority")
    write(site, new, "of-majority")

    before = routes(site)
    plan = site.good(BOOK, "--check")
    assert f"PLAN {old}: fence it off" in plan
    assert routes(site) == before and not any(before.values())
    assert site.cluster.call(old, "GET", "/maintenance")[1]["status"] == "deactivated"

    told = site.good(BOOK)
    assert "SPLIT BRAIN FROZEN: cluster lab" in told
    compared = comparison(site)
    assert compared["only"][old]["secrets"] == ["of-minority of tenant default_tenant"]
    assert compared["only"][new]["secrets"] == ["of-majority of tenant default_tenant"]
    assert compared["last_writes"][old]["secrets"] and compared["last_writes"][new]["secrets"]
    for side, key in ((old, "of-minority"), (new, "of-majority")):
        kept = content_of_set(site, side)["content"]["default_tenant"]["secrets"]["ids"]
        assert key in kept
        status = site.cluster.call(side, "GET", "/maintenance")[1]["status"]
        assert status == "activated"

    # connectivity returns, and still each side is as it was
    scene.undo.clear()
    site.lab.host(old).rejoin()
    site.good(BOOK)
    assert sorted(scene.active()) == sorted([old, new])
    plan = site.good(BOOK, "-e", f"survivor={old}", "--check")
    assert f"PLAN {old}: stays, with its database as it is" in plan

    refused = site.run(BOOK, "-e", "survivor=h9", "-e", CONFIRM)
    assert refused.code == 2 and "h9 cannot be the survivor" in refused.output
    unconfirmed = site.run(BOOK, "-e", f"survivor={old}")
    assert unconfirmed.code == 2 and "cloudify_confirm=lab" in unconfirmed.output
    assert sorted(scene.active()) == sorted([old, new])

    stays, goes = (old, new) if survivor == "minority" else (new, old)
    log = site.cluster.config_dir / "killed.log"
    site.killed(BOOK, "-e", f"survivor={stays}", "-e", CONFIRM, at="Take the fences away", log=log)
    told = site.good(BOOK, "-e", f"survivor={stays}", "-e", CONFIRM)
    assert f"SPLIT BRAIN HEALED towards {stays}" in told
    lost = "of-majority" if survivor == "minority" else "of-minority"
    assert f"to be done again by hand: only {goes} has secrets: {lost}" in told
    wait_until(lambda: scene.active() == [stays], what="one active manager", every=1)
    kept = {"of-minority", "of-majority"} - {lost}
    assert secrets(site, stays) & {"of-minority", "of-majority"} == kept
    assert not any(routes(site).values())
    write(site, stays, "afterwards")
    # what is gone from the cluster is in the set of the other side
    assert lost in content_of_set(site, goes)["content"]["default_tenant"]["secrets"]["ids"]


# -- all_active


@pytest.mark.parametrize("survivor", ["promoted", "quorum"])
def test_a_database_that_was_promoted_by_hand(lab: Lab, survivor: str) -> None:
    site, scene = made(lab, "7.0.5")
    site.good("backup")
    leader, forced = scene.were["leader"], scene.were["async"]
    scene.isolate("async")
    promote_by_hand(site, forced)
    write(site, leader, "of-quorum")
    insert(site, forced, "of-promoted")

    site.good(BOOK, "--check")
    assert site.sh("supervisorctl -c /etc/supervisord.conf status patroni; true", leader).count(
        "RUNNING"
    )
    assert "of-promoted" in ids(site, forced)

    told = site.good(BOOK)
    assert "SPLIT BRAIN FROZEN: cluster lab" in told
    compared = comparison(site)
    assert any("of-promoted" in i for i in compared["only"][forced]["items"])
    assert any("of-quorum" in i for i in compared["only"][leader]["items"])
    assert {"of-promoted", "of-quorum"} <= in_store(site)
    scene.undo.clear()
    site.lab.host(forced).rejoin()
    site.good(BOOK)

    stays, lost = (forced, "of-quorum") if survivor == "promoted" else (leader, "of-promoted")
    log = site.cluster.config_dir / "killed.log"
    at = "Have the others follow it"
    site.killed(BOOK, "-e", f"survivor={stays}", "-e", CONFIRM, at=at, log=log)
    told = site.good(BOOK, "-e", f"survivor={stays}", "-e", CONFIRM)
    assert f"SPLIT BRAIN HEALED towards {stays}" in told and lost in told
    kept = {"of-promoted", "of-quorum"} - {lost}
    for host in site.cluster.databases:
        assert ids(site, host) & {"of-promoted", "of-quorum"} == kept
    scene.wait_whole()
    write(site, leader, "afterwards")
    assert {"of-promoted", "of-quorum"} <= in_store(site)


@pytest.mark.parametrize("moment", ["apart", "together"])
def test_double_partition(lab: Lab, moment: str) -> None:
    """The leader is isolated, another one acknowledges writes, then all are apart for longer than a leader's lease."""
    site, scene = made(lab, "7.0.5")
    old = scene.were["leader"]
    others = [scene.were["sync"], scene.were["async"]]
    scene.isolate("leader")
    scene.wait_leader("sync", "async")
    (new,) = scene.primaries(*others)
    keys = {f"acknowledged-{n}" for n in range(5)}
    wait_until(
        lambda: site.cluster.call(new, "PUT", "/secrets/first", {"value": "v"})[0] in (200, 201),
        what="writes are acknowledged again",
        timeout=90,
        every=1,
    )
    for key in keys:
        write(site, new, key)
    for host in others:
        site.host(host).isolate()
    wait_until(lambda: not scene.primaries(*site.cluster.hosts), what="nobody leads", timeout=120)
    scene.undo.clear()
    if moment == "together":
        patroni(site, "stop", *others)
        for host in site.cluster.hosts:
            site.host(host).rejoin()
        old_one_leads(site, scene, old)
        # started now, Patroni would make the others' databases copies of this one, and the rows were gone
        assert not keys & ids(site, old)
    told = site.good(BOOK)
    assert "SPLIT BRAIN FROZEN: cluster lab" in told
    assert keys <= in_store(site)
    if moment == "apart":
        for host in site.cluster.hosts:
            site.host(host).rejoin()
    told = site.good(BOOK, "-e", f"survivor={new}", "-e", CONFIRM)
    assert f"SPLIT BRAIN HEALED towards {new}" in told
    for host in site.cluster.databases:
        assert keys <= ids(site, host)
    scene.wait_whole()
    assert keys <= secrets(site, old)


def test_unfreezing_undoes_the_freezing(lab: Lab) -> None:
    site, scene = made(lab, "7.0.5")
    leader, forced = scene.were["leader"], scene.were["async"]
    scene.isolate("async")
    promote_by_hand(site, forced)
    insert(site, forced, "of-promoted")
    site.good(BOOK)
    stopped = "pgrep -x postgres > /dev/null && echo runs; true"
    assert site.sh(stopped, forced) == ""
    told = site.good(BOOK, "-e", "cloudify_action=unfreeze")
    assert "SPLIT BRAIN UNFROZEN: cluster lab" in told
    assert "of-promoted" in ids(site, forced)
    assert "frozen by cloudify_ha" not in site.sh("cat /etc/supervisord.d/*", forced)
    insert(site, forced, "afterwards")
    write(site, leader, "afterwards")
