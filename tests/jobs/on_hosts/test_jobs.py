# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One cluster, through all job templates in the order of a bad day. Nothing of one job's container is there for the next."""

from __future__ import annotations

import re

from runbooks.test_recover_active import STOP

from jobs.on_hosts.operator import Operator
from lab.testing import wait_until

LAB = {"cloudify_confirm": "lab"}


def test_backup_and_diagnosis(operator: Operator) -> None:
    operator.launch("backup", how={"check": True})
    assert operator.sets() == []
    done = operator.launch("backup", take_snapshot_keep=5)
    assert "BACKUP OK: cluster lab" in done.output
    assert len(operator.sets()) == 1
    assert operator.holder() == {}
    well = operator.launch("diagnose")
    assert well.stats["cloudify_diagnosis"]["class"] == "healthy"
    # it is the same where nothing may be changed
    again = operator.launch("diagnose", how={"check": True})
    assert again.stats["cloudify_diagnosis"]["class"] == "healthy"


def test_job_that_fails_gives_the_cluster_back(operator: Operator) -> None:
    soon = {"extra_vars": {"cloudify_settle_timeout": 5}}
    refused = operator.launch("replace_node", rc=2, how=soon, node="h2", **LAB)
    assert "h2: is not dead: " in refused.output
    assert operator.journal("replace_node")[-1]["outcome"] == "failed"
    assert operator.holder() == {}


def test_node_is_replaced_though_a_job_is_cancelled(operator: Operator) -> None:
    """What goes on in a container that is gone cannot be seen from another one: a person has to say that it is dead."""
    operator.site.lab.host("h2").kill()
    wait_until(
        lambda: operator.launch("diagnose", rc=None).rc == 2, timeout=600, what="it is seen dead"
    )
    unconfirmed = operator.launch("replace_node", rc=2, node="h2")
    assert "say -e cloudify_confirm=lab" in unconfirmed.output
    assert "PLAN replace_node of node h2" in operator.plan("replace_node", node="h2")

    earlier = len(operator.journal("replace_node"))
    cancelled = operator.launch(
        "replace_node",
        rc=None,
        node="h2",
        **LAB,
        how={"kill_when": lambda: len(operator.journal("replace_node")) > earlier + 2},
    )
    assert cancelled.status != "successful"
    run = operator.holder()["run"]
    assert operator.holder()["controller"]["host"].startswith("awx-job-")
    operator.site.lab.host("h2").fresh()
    busy = operator.launch("replace_node", rc=2, node="h2", **LAB)
    assert f"run {run} has the cluster lab" in busy.output
    assert f"cloudify_take_over={run}" in busy.output
    done = operator.launch("replace_node", node="h2", cloudify_take_over=run, **LAB)
    assert "taken up again" in done.output and "REPLACE_NODE OK: cluster lab" in done.output
    assert operator.holder() == {}


def test_active_one_is_recovered(operator: Operator) -> None:
    lost = operator.site.active()
    operator.site.sh(STOP, lost)
    operator.plan("recover_active")
    done = operator.launch("recover_active", **LAB)
    assert f"lost: {lost}" in done.output and "RECOVER_ACTIVE OK: cluster lab" in done.output
    done = operator.launch("recover_active", cloudify_action="fix", node=lost, **LAB)
    assert "next: nothing, all are well" in done.output


def test_recover_finds_what_is_to_be_done(operator: Operator) -> None:
    stopped = next(h for h in operator.cluster.hosts if h != operator.site.active())
    operator.site.sh(STOP, stopped)
    wait_until(
        lambda: "cloudify_action=fix"
        in operator.launch("recover", rc=None, how={"check": True}).output,
        timeout=600,
        what="it is seen",
    )
    # another run was within the hour
    refused = operator.launch("recover", rc=2, **LAB)
    acknowledge = re.search(r"cloudify_acknowledge=([a-z_]+-[0-9TZ]+)", refused.output)
    assert acknowledge, refused.output
    done = operator.launch("recover", cloudify_acknowledge=acknowledge.group(1), **LAB)
    assert "RECOVER_ACTIVE OK: cluster lab" in done.output


def test_no_split_brain(operator: Operator) -> None:
    refused = operator.launch("resolve_split_brain", rc=2, how={"check": True})
    assert "No split brain is seen" in refused.output


def test_all_is_rebuilt(operator: Operator) -> None:
    before = operator.site.content()
    operator.site.lose()
    down = operator.launch("diagnose", rc=4)
    assert down.stats["cloudify_diagnosis"]["class"] == "cluster_down"
    assert "PLAN rebuild_cluster of cluster lab" in operator.plan("rebuild_cluster")
    done = operator.launch("rebuild_cluster", **LAB)
    assert "RESTORE OK: cluster lab" in done.output and "RUN ok: cluster lab" in done.output
    assert operator.site.content() == before
    operator.site.is_whole()


def test_set_is_restored(operator: Operator) -> None:
    refused = operator.launch("restore", rc=2)
    assert "the manager is not empty" in refused.output
    before = operator.site.content()
    plan = operator.plan("restore", **LAB)
    assert "PLAN: restore of cluster lab" in plan
    done = operator.launch("restore", cloudify_set="newest", **LAB)
    assert "RESTORE OK: cluster lab" in done.output
    assert operator.site.content() == before
