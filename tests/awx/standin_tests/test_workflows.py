# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workflows: nodes, links, approvals, and how a run goes on."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from awx.standin.world import World


class Workflow:
    def __init__(self, world: World, **fields: Any) -> None:
        self.world, self.awx = world, world.awx
        self.template = world.template()
        self.id = world.make("workflow_job_templates", name="Workflow", **fields)

    def node(self, name: str, **fields: Any) -> int:
        body = {"identifier": name, "unified_job_template": self.template, **fields}
        path = f"workflow_job_templates/{self.id}/workflow_nodes/"
        return int(self.awx.make(path, **body)["id"])

    def approval(self, name: str, **fields: Any) -> int:
        node = self.node(name, unified_job_template=None)
        path = f"workflow_job_template_nodes/{node}/create_approval_template/"
        self.awx.make(path, name=name, **fields)
        return node

    def link(self, before: int, after: int, how: str = "success") -> Any:
        path = f"workflow_job_template_nodes/{before}/{how}_nodes/"
        return self.awx.request("POST", path, {"id": after})

    def launch(self, **given: Any) -> Any:
        path = f"workflow_job_templates/{self.id}/launch/"
        return self.world.taken("POST", path, given)

    def jobs(self, run: int) -> dict[str, str]:
        """The status of each node's job; what was passed over is `-`, what waits is empty."""
        nodes = self.awx.get(f"workflow_jobs/{run}/workflow_nodes/")["results"]
        return {
            n["identifier"]: (
                "-" if n["do_not_run"] else n["summary_fields"].get("job", {}).get("status", "")
            )
            for n in nodes
        }

    def status(self, run: int) -> str:
        return str(self.awx.get(f"workflow_jobs/{run}/")["status"])


@pytest.fixture
def workflow(world: World) -> Workflow:
    return Workflow(world)


def test_plan_approve_act(workflow: Workflow) -> None:
    plan, approve, act = workflow.node("plan"), workflow.approval("ok?"), workflow.node("act")
    workflow.link(plan, approve)
    workflow.link(approve, act)
    run = workflow.launch()["id"]
    assert workflow.jobs(run) == {"plan": "successful", "ok?": "pending", "act": ""}
    assert workflow.status(run) == "running"
    waiting = workflow.awx.get("workflow_approvals/", status="pending")["results"]
    assert [w["name"] for w in waiting] == ["ok?"]
    assert waiting[0]["can_approve_or_deny"]
    path = f"workflow_approvals/{waiting[0]['id']}/approve/"
    assert workflow.awx.request("POST", path).status_code == 204
    assert workflow.jobs(run) == dict.fromkeys(("plan", "ok?", "act"), "successful")
    assert workflow.status(run) == "successful"
    said = workflow.world.refused("POST", path)
    assert said == {"error": "This workflow step has already been approved or denied."}


def test_denied(workflow: Workflow) -> None:
    approve, act = workflow.approval("ok?"), workflow.node("act")
    workflow.link(approve, act)
    run = workflow.launch()["id"]
    waiting = workflow.awx.get("workflow_approvals/")["results"][0]
    workflow.world.taken("POST", f"workflow_approvals/{waiting['id']}/deny/")
    assert workflow.jobs(run) == {"ok?": "failed", "act": "-"}
    assert workflow.status(run) == "failed"


def test_an_approval_runs_out_of_time(workflow: Workflow) -> None:
    workflow.approval("ok?", timeout=1)
    run = workflow.launch()["id"]
    until = time.monotonic() + 10
    while workflow.status(run) == "running" and time.monotonic() < until:
        time.sleep(0.05)
    waited = workflow.awx.get("workflow_approvals/")["results"][0]
    assert (waited["timed_out"], workflow.status(run)) == (True, "failed")


def test_failures_lead_elsewhere(workflow: Workflow) -> None:
    first, good = workflow.node("first"), workflow.node("good")
    bad, always = workflow.node("bad"), workflow.node("always")
    workflow.link(first, good)
    workflow.link(first, bad, "failure")
    workflow.link(good, always, "always")
    workflow.link(bad, always, "always")
    workflow.awx.settings.job_status = "pending"
    run = workflow.launch()["id"]
    job = workflow.awx.get("jobs/")["results"][0]["id"]
    workflow.awx.settings.job_status = "successful"
    workflow.awx.end_job(job, "failed")
    assert workflow.jobs(run) == {
        "first": "failed",
        "good": "-",
        "bad": "successful",
        "always": "successful",
    }
    assert workflow.status(run) == "successful"


def test_a_failure_that_leads_nowhere_is_one(workflow: Workflow) -> None:
    workflow.node("only")
    workflow.awx.settings.job_status = "failed"
    run = workflow.launch()["id"]
    assert workflow.status(run) == "failed"
    explanation = workflow.awx.get(f"workflow_jobs/{run}/")["job_explanation"]
    assert "No error handling path" in explanation


def test_all_parents_have_to_converge(workflow: Workflow) -> None:
    one, two = workflow.node("one"), workflow.node("two")
    both = workflow.node("both", all_parents_must_converge=True)
    workflow.link(one, both)
    workflow.link(two, both, "failure")
    run = workflow.launch()["id"]
    assert workflow.jobs(run)["both"] == "-"


def test_artifacts_and_answers_are_handed_on(world: World) -> None:
    workflow = Workflow(world, ask_variables_on_launch=True)
    asked = {"ask_variables_on_launch": True, "ask_job_type_on_launch": True}
    world.taken("PATCH", f"job_templates/{workflow.template}/", asked)
    plan = workflow.node("plan", job_type="check")
    act = workflow.node("act", extra_data={"mine": 1})
    workflow.link(plan, act)
    workflow.awx.settings.job_status = "pending"
    workflow.launch(extra_vars={"theirs": 2})
    first = workflow.awx.get("jobs/")["results"][0]
    assert first["job_type"] == "check"
    workflow.awx.end_job(first["id"], "successful", plan="text")
    second = workflow.awx.get("jobs/", order_by="-id")["results"][0]
    assert json.loads(second["extra_vars"]) == {"mine": 1, "theirs": 2, "plan": "text"}
    assert second["job_type"] == "run"


def test_links_are_refused(workflow: Workflow) -> None:
    one, two, three = workflow.node("one"), workflow.node("two"), workflow.node("three")
    assert workflow.link(one, two).status_code == 204
    assert workflow.link(two, three).status_code == 204
    assert workflow.link(one, two, "failure").json() == {"Error": "Relationship not allowed."}
    assert workflow.link(three, one).json() == {"Error": "Cycle detected."}
    assert workflow.link(one, one).json() == {"Error": "Cycle detected."}
    other = workflow.world.make("workflow_job_templates", name="Other")
    path = f"workflow_job_templates/{other}/workflow_nodes/"
    stranger = workflow.awx.make(path, identifier="x")["id"]
    assert workflow.link(one, stranger).status_code == 403


def test_an_identifier_is_taken_once(workflow: Workflow) -> None:
    workflow.node("one")
    body = {"identifier": "one", "workflow_job_template": workflow.id}
    said = workflow.world.refused("POST", "workflow_job_template_nodes/", body)
    assert "already exists" in said["__all__"][0]


def test_a_node_stays_in_its_workflow(workflow: Workflow) -> None:
    node = workflow.node("one")
    other = workflow.world.make("workflow_job_templates", name="Other")
    url = f"workflow_job_template_nodes/{node}/"
    said = workflow.world.taken("PATCH", url, {"workflow_job_template": other})
    assert said["workflow_job_template"] == workflow.id


def test_a_node_needs_what_its_template_requires(workflow: Workflow) -> None:
    workflow.world.survey(workflow.template, {"required": True, "default": "x"})
    body = {
        "identifier": "one",
        "workflow_job_template": workflow.id,
        "unified_job_template": workflow.template,
    }
    said = workflow.world.refused("POST", "workflow_job_template_nodes/", body)
    assert said == {"variables_needed_to_start": ["'answer' value missing"]}
    workflow.node("one", extra_data={"answer": "x"})


def test_a_node_answers_what_is_asked(workflow: Workflow) -> None:
    body = {
        "identifier": "one",
        "workflow_job_template": workflow.id,
        "unified_job_template": workflow.template,
        "job_type": "check",
    }
    said = workflow.world.refused("POST", "workflow_job_template_nodes/", body)
    assert said == {"job_type": ["Field is not configured to prompt on launch."]}


def test_a_workflow_has_a_survey(workflow: Workflow) -> None:
    workflow.node("one")
    workflow.world.survey(workflow.id, {"required": True}, kind="workflow")
    path = f"workflow_job_templates/{workflow.id}/launch/"
    said = workflow.world.refused("POST", path, {})
    assert said == {"variables_needed_to_start": ["'answer' value missing"]}
    job = workflow.launch(extra_vars={"answer": "x", "other": 1})
    assert job["ignored_fields"] == {"extra_vars": {"other": 1}}


def test_everything_goes_with_a_workflow(workflow: Workflow) -> None:
    approve = workflow.approval("ok?")
    workflow.link(approve, workflow.node("act"))
    workflow.world.taken("DELETE", f"workflow_job_templates/{workflow.id}/")
    for plural in ("workflow_job_template_nodes", "workflow_approval_templates"):
        assert workflow.awx.objects(plural) == []
    assert workflow.awx.objects("job_templates")


def test_a_workflow_that_waits_is_not_deleted(workflow: Workflow) -> None:
    workflow.approval("ok?")
    run = workflow.launch()["id"]
    workflow.world.refused("DELETE", f"workflow_job_templates/{workflow.id}/", status=409)
    workflow.world.taken("POST", f"workflow_jobs/{run}/cancel/")
    assert workflow.awx.get("workflow_approvals/")["results"][0]["status"] == "canceled"
    workflow.world.taken("DELETE", f"workflow_job_templates/{workflow.id}/")


def test_approval_templates_are_made_from_nodes(workflow: Workflow) -> None:
    workflow.world.refused("POST", "workflow_approval_templates/", {"name": "x"}, status=405)
    node = workflow.approval("ok?", description="look", timeout=60)
    template = workflow.awx.get(f"workflow_job_template_nodes/{node}/")["unified_job_template"]
    shown = workflow.awx.get(f"workflow_approval_templates/{template}/")
    assert (shown["description"], shown["timeout"]) == ("look", 60)
    url = f"workflow_approval_templates/{template}/success_nodes/"
    workflow.world.refused("GET", url, status=404)


def test_a_project_and_a_workflow_are_nodes_too(workflow: Workflow) -> None:
    inner = Workflow.__new__(Workflow)
    inner.__dict__.update(workflow.__dict__)
    inner.id = workflow.world.make("workflow_job_templates", name="Inner")
    inner.node("leaf")
    sync = workflow.node("sync", unified_job_template=workflow.world.project)
    nested = workflow.node("nested", unified_job_template=inner.id)
    workflow.link(sync, nested)
    run = workflow.launch()["id"]
    assert workflow.jobs(run) == {"sync": "successful", "nested": "successful"}
    assert workflow.status(run) == "successful"
