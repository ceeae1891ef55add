# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a workflow: which node is next, what waits for an approver, how it ends.

As awx/main/scheduler/dag_workflow.py: a node runs once one of its parents ended in a way that leads to it, or all of
them where all have to converge; it is passed over once none of them can any more.
"""

from __future__ import annotations

import json
import threading
from typing import Any

from awx.standin import answers, clock, launching, runs
from awx.standin.fields import parse_variables
from awx.standin.inventories import start_update
from awx.standin.models.workflows import LINKS
from awx.standin.projects import start_sync
from awx.standin.service import Service
from awx.standin.store import Item, Store

GOOD = ("success_nodes", "always_nodes")
BAD = ("failure_nodes", "always_nodes")


@runs.begins("workflow_jobs")
def begin(service: Service, run: Item) -> None:
    """Copy the template's nodes and start those that nothing comes before."""
    store = service.store
    made: dict[int, Item] = {}
    nodes = store.where(
        "workflow_job_template_nodes", workflow_job_template=run["workflow_job_template"]
    )
    for node in nodes:
        made[node["id"]] = store.add(
            "workflow_job_nodes",
            {
                "workflow_job": run["id"],
                "extra_data": node["extra_data"],
                "unified_job_template": node["unified_job_template"],
                "all_parents_must_converge": node["all_parents_must_converge"],
                "identifier": node["identifier"],
                "_template_node": node["id"],
            },
        )
    for node in nodes:
        for relation in LINKS:
            for child in store.linked(node, relation):
                store.link(made[node["id"]], relation, made[child["id"]])
    run.update(status="running", started=clock.iso())
    service.later(lambda: advance(service, run))


@runs.at_end
def node_ended(service: Service, job: Item) -> None:
    node = service.store.find("workflow_job_nodes", job=job["id"])
    run = service.store.get("workflow_jobs", node["workflow_job"]) if node else None
    if run and run["status"] == "running":
        service.later(lambda: advance(service, run))


@runs.at_end
def cancel_nodes(service: Service, run: Item) -> None:
    """Whoever cancels a workflow cancels what it runs."""
    if run["_plural"] != "workflow_jobs" or run["status"] != "canceled":
        return
    for node in service.store.where("workflow_job_nodes", workflow_job=run["id"]):
        job = service.store.get("unified_jobs", node["job"])
        if job and job["status"] in runs.ACTIVE:
            runs.end(service, job, "canceled")


def advance(service: Service, run: Item) -> None:
    """Start every node whose turn it is; end the workflow when there is none left."""
    if run["status"] != "running":
        return
    store = service.store
    nodes = store.where("workflow_job_nodes", workflow_job=run["id"])
    moved = True
    while moved:
        moved = False
        for node in nodes:
            if node["job"] is None and not node["do_not_run"]:
                turn = _turn(service, nodes, node)
                if turn is not None:
                    moved = True
                    if turn:
                        _start(service, run, node)
                    else:
                        node["do_not_run"] = True
    if all(n["do_not_run"] or _outcome(service, n) is not None for n in nodes):
        _end(service, run, nodes)


def _outcome(service: Service, node: Item) -> bool | None:
    """Whether a node's job did well; None while it has not ended."""
    job = service.store.get("unified_jobs", node["job"])
    if job is None or job["finished"] is None:
        return None
    return job["status"] == "successful"


def _parents(service: Service, nodes: list[Item], node: Item) -> list[tuple[Item, str]]:
    return [
        (parent, relation)
        for parent in nodes
        for relation in LINKS
        if node in service.store.linked(parent, relation)
    ]


def _turn(service: Service, nodes: list[Item], node: Item) -> bool | None:
    """True to run a node, False to pass over it, None to wait."""
    parents = _parents(service, nodes, node)
    if not parents:
        return True
    votes: list[bool | None] = []
    for parent, relation in parents:
        outcome = _outcome(service, parent)
        if parent["do_not_run"]:
            votes.append(False)
        elif outcome is None:
            votes.append(None)
        else:
            votes.append(relation in (GOOD if outcome else BAD))
    if node["all_parents_must_converge"]:
        if False in votes:
            return False
        return None if None in votes else True
    if None in votes:
        return None
    return any(votes)


def _start(service: Service, run: Item, node: Item) -> None:
    store = service.store
    template = store.get("unified_job_templates", node["unified_job_template"])
    if template is None:
        node["do_not_run"] = True
        return
    common: dict[str, Any] = {
        "name": template["name"],
        "description": template.get("description", ""),
        "unified_job_template": template["id"],
        "launch_type": "workflow",
        "status": "pending",
    }
    plural = template["_plural"]
    if plural == "workflow_approval_templates":
        approval = store.add(
            "workflow_approvals",
            {
                **common,
                "workflow_approval_template": template["id"],
                "timeout": template["timeout"],
                "started": clock.iso(),
            },
        )
        node["job"] = approval["id"]
        if template["timeout"]:
            _time_out_later(service, approval)
    elif plural in ("job_templates", "workflow_job_templates"):
        job = _launch(service, run, node, template)
        node["job"] = job["id"]
        runs.begin(service, job)
    else:
        started = (start_sync if plural == "projects" else start_update)(service, template)
        node["job"] = started["id"]
        service.later(lambda: node_ended(service, started))


def _launch(service: Service, run: Item, node: Item, template: Item) -> Item:
    """What an answer is not asked for is left out: the node itself was checked when it was made."""
    kept = service.store.get("workflow_job_template_nodes", node["_template_node"]) or node
    given = {n: kept.get(n) for n in answers.asked_by(template) if kept.get(n) is not None}
    given["extra_vars"] = {
        **_handed_on(service, run, node),
        **kept["extra_data"],
        **parse_variables(run["extra_vars"]),
    }
    found = answers.in_advance(service, template, given)
    return launching.make_job(found, launch_type="workflow", by=run["_by"])


def _handed_on(service: Service, run: Item, node: Item) -> dict[str, Any]:
    """The artifacts (set_stats) of every node before this one."""
    nodes = service.store.where("workflow_job_nodes", workflow_job=run["id"])
    out: dict[str, Any] = {}
    for parent, _relation in _parents(service, nodes, node):
        out.update(_handed_on(service, run, parent))
        job = service.store.get("unified_jobs", parent["job"])
        out.update((job or {}).get("artifacts") or {})
    return out


def _time_out_later(service: Service, approval: Item) -> None:
    def time_out() -> None:
        with service.store.lock:
            if approval["status"] == "pending":
                approval.update(timed_out=True, job_explanation="This approval node has timed out.")
                runs.end(service, approval, "failed")
                service.dispatch()

    timer = threading.Timer(approval["timeout"], time_out)
    timer.daemon = True
    timer.start()


def _end(service: Service, run: Item, nodes: list[Item]) -> None:
    """It failed where a node failed that nothing was to follow in that case."""
    failed = [
        node
        for node in nodes
        if _outcome(service, node) is False
        and not any(service.store.linked(node, relation) for relation in BAD)
    ]
    if failed:
        names = json.dumps([node["identifier"] for node in failed])
        run["job_explanation"] = f"No error handling path for workflow job node(s) {names}."
    runs.end(service, run, "failed" if failed else "successful")


def forget_approval(store: Store, item: Item) -> None:
    """The template of an approval lives as long as its node."""
    if item["_plural"] == "workflow_job_template_nodes":
        template = store.get("workflow_approval_templates", item["unified_job_template"])
        if template:
            store.delete(template)
