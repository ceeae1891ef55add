# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workflows: nothing is done that nobody has approved, and what AWX has is compared."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._awx_settings import read
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._awx_workflows import (
    RUNBOOKS,
    nodes_of,
    same_nodes,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.awx_samples import least

Json = dict[str, t.Any]
SETTINGS = read(least())[0]


def links(nodes: list[Json]) -> dict[str, dict[str, list[str]]]:
    return {
        node["identifier"]: {
            kind.removesuffix("_nodes"): [each["identifier"] for each in behind]
            for kind, behind in node["related"].items()
            if behind
        }
        for node in nodes
    }


@pytest.mark.parametrize("runbook", RUNBOOKS)
def test_what_acts_is_behind_an_approval_and_nothing_else_is(runbook: str) -> None:
    nodes = {node["identifier"]: node for node in nodes_of(SETTINGS, runbook)}
    chain = links(list(nodes.values()))
    assert chain["plan"] == {"success": ["approve"]}
    assert chain["approve"] == {"success": ["act"]}
    assert chain["act"] == {}
    assert nodes["plan"]["job_type"] == "check" and nodes["act"]["job_type"] == "run"
    same = nodes["plan"]["unified_job_template"]
    assert same == nodes["act"]["unified_job_template"] and same["name"].endswith(f": {runbook}")


@pytest.mark.parametrize("runbook", [name for name in RUNBOOKS if name != "recover"])
def test_a_diagnosis_that_ends_badly_still_leads_to_the_approval(runbook: str) -> None:
    assert links(nodes_of(SETTINGS, runbook))["diagnose"] == {"always": ["plan"]}


@pytest.mark.parametrize("runbook", RUNBOOKS)
def test_the_approver_is_told_where_to_read(runbook: str) -> None:
    (approval,) = (n for n in nodes_of(SETTINGS, runbook) if n["identifier"] == "approve")
    words = approval["unified_job_template"]["description"]
    assert "cloudify_plan" in words and "Artifacts" in words and "production" in words


# -- what AWX has ----------------------------------------------------------------------------------


def told(nodes: list[Json]) -> list[Json]:
    """As AWX lists them."""
    ids = {node["identifier"]: number for number, node in enumerate(nodes, 40)}
    found = []
    for node in nodes:
        template = node["unified_job_template"]
        approval = template["type"] == "workflow_approval"
        summary: Json = {
            "id": 7,
            "name": template["name"],
            "description": template.get("description", "whatever a template says of itself"),
            "unified_job_type": "workflow_approval" if approval else "job",
        }
        if approval:
            summary["timeout"] = template["timeout"]
        found.append(
            {
                "id": ids[node["identifier"]],
                "identifier": node["identifier"],
                "job_type": node.get("job_type"),
                "extra_data": {},
                "summary_fields": {"unified_job_template": summary},
                **{
                    kind: [ids[each["identifier"]] for each in behind]
                    for kind, behind in node["related"].items()
                },
            }
        )
    return found


@pytest.mark.parametrize("runbook", RUNBOOKS)
def test_the_same(runbook: str) -> None:
    wanted = nodes_of(SETTINGS, runbook)
    assert same_nodes(wanted, told(wanted))
    assert same_nodes(wanted, list(reversed(told(wanted))))


def change(node: int, **changed: t.Any) -> t.Callable[[list[Json]], None]:
    return lambda nodes: nodes[node].update(changed)


@pytest.mark.parametrize(
    "changes",
    [
        lambda nodes: nodes.pop(),
        lambda nodes: nodes.clear(),
        lambda nodes: nodes.append({**nodes[0], "id": 99}),
        lambda nodes: nodes.append({**nodes[0], "id": 99, "identifier": "more"}),
        change(0, identifier="look"),
        change(1, job_type="run"),
        change(1, job_type=None),
        change(1, success_nodes=[]),
        change(1, always_nodes=[42]),
        change(1, success_nodes=[43]),
        change(3, extra_data={"cloudify_confirm": "production"}),
        change(3, summary_fields={}),
        lambda nodes: nodes[2]["summary_fields"]["unified_job_template"].update(timeout=60),
        lambda nodes: nodes[2]["summary_fields"]["unified_job_template"].update(description=""),
        lambda nodes: nodes[3]["summary_fields"]["unified_job_template"].update(name="other"),
    ],
)
def test_not_the_same(changes: t.Callable[[list[Json]], None]) -> None:
    wanted = nodes_of(SETTINGS, "restore")
    there = told(wanted)
    changes(there)
    assert not same_nodes(wanted, there)
