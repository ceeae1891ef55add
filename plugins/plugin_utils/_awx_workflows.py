# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Workflows: diagnose, plan, approve, act. Pure.

The plan is the runbook's own template in check mode, and leaves C(cloudify_plan). AWX hands that to
every node behind it, and the act does what was planned or refuses (role approved_plan). A workflow's
own answers would override what the plan hands on, so that no survey asks for C(cloudify_plan).

Nodes are dicts as the module's option workflow_nodes takes them. That module says each time that it has
changed a workflow with an approval, so C(same_nodes) finds out whether it is needed.
"""

from __future__ import annotations

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._awx_names import of
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._awx_surveys import survey
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._awx_templates import notified

Json = dict[str, t.Any]

#: The runbooks that change something that cannot be undone.
RUNBOOKS = (
    *("restore", "rebuild_cluster", "replace_node"),
    *("recover_active", "resolve_split_brain", "recover"),
)
#: It diagnoses by itself.
DIAGNOSES = ("recover",)
LINKS = ("success_nodes", "failure_nodes", "always_nodes")


def workflows(settings: Json, nodes: t.Sequence[str]) -> list[Json]:
    return [_workflow(settings, nodes, runbook) for runbook in RUNBOOKS]


def name_of(settings: Json, runbook: str) -> str:
    return of(settings, f"{runbook} with approval")


def _workflow(settings: Json, nodes: t.Sequence[str], runbook: str) -> Json:
    return {
        "name": name_of(settings, runbook),
        "description": f"Plan {runbook}, have the plan approved, then do what was planned",
        "organization": settings["organization"],
        "allow_simultaneous": False,
        "ask_variables_on_launch": False,
        "ask_limit_on_launch": False,
        "ask_inventory_on_launch": False,
        "survey_enabled": True,
        "survey_spec": survey(runbook, settings, nodes, workflow=True),
        **notified(settings, approvals=True),
    }


def nodes_of(settings: Json, runbook: str) -> list[Json]:
    """The nodes of a workflow, in the order in which they run."""
    found = []
    if runbook not in DIAGNOSES:
        # it ends as bad as the cluster is, and is gone on from all the same
        found.append(_job(settings, "diagnose", "diagnose", always=["plan"]))
    found.append(_job(settings, "plan", runbook, success=["approve"], job_type="check"))
    found.append(_approval(settings, runbook))
    found.append(_job(settings, "act", runbook, job_type="run"))
    return found


def _job(
    settings: Json,
    identifier: str,
    runbook: str,
    *,
    success: t.Sequence[str] = (),
    always: t.Sequence[str] = (),
    **more: t.Any,
) -> Json:
    return {
        "identifier": identifier,
        "unified_job_template": {
            "name": of(settings, runbook),
            "type": "job_template",
            "organization": {"name": settings["organization"]},
        },
        **more,
        "related": _related(success=success, always=always),
    }


def _approval(settings: Json, runbook: str) -> Json:
    cluster = settings["cluster"]
    return {
        "identifier": "approve",
        "unified_job_template": {
            "name": f"Approve {runbook} of {cluster}",
            "type": "workflow_approval",
            "description": (
                "Read the plan: in this workflow's job open the node before this one (plan), its "
                "details have it under Artifacts as cloudify_plan, and its output has every step. "
                "Approve, and just that is done, or nothing if it has become impossible. Deny, and "
                f"nothing is done. All of it is about the cluster {cluster}."
            ),
            "timeout": settings["approval_timeout"],
        },
        "related": _related(success=["act"]),
    }


def _related(*, success: t.Sequence[str] = (), always: t.Sequence[str] = ()) -> Json:
    links = {"success_nodes": success, "failure_nodes": (), "always_nodes": always}
    return {
        link: [{"identifier": identifier} for identifier in identifiers]
        for link, identifiers in links.items()
    }


# -- what AWX has ----------------------------------------------------------------------------------


def same_nodes(wanted: t.Sequence[Json], there: t.Sequence[Json]) -> bool:
    """Whether a workflow has these nodes, and no others.

    :param there: as AWX lists them
    """
    names = {node.get("id"): str(node.get("identifier")) for node in there}
    found = {str(node.get("identifier")): _as_told(node, names) for node in there}
    return len(found) == len(there) and found == {
        node["identifier"]: _as_wanted(node) for node in wanted
    }


def _as_told(node: Json, names: dict[t.Any, str]) -> Json:
    template = (node.get("summary_fields") or {}).get("unified_job_template") or {}
    kind = template.get("unified_job_type")
    told: Json = {
        "kind": {"job": "job_template"}.get(str(kind), kind),
        "name": template.get("name"),
        "job_type": node.get("job_type") or "",
        "extra_data": node.get("extra_data") or {},
        **{link: sorted(names.get(n, str(n)) for n in node.get(link) or ()) for link in LINKS},
    }
    if kind == "workflow_approval":
        told["description"] = template.get("description") or ""
        told["timeout"] = template.get("timeout") or 0
    return told


def _as_wanted(node: Json) -> Json:
    template = node["unified_job_template"]
    wanted: Json = {
        "kind": template["type"],
        "name": template["name"],
        "job_type": node.get("job_type", ""),
        "extra_data": node.get("extra_data", {}),
        **{link: sorted(n["identifier"] for n in node["related"][link]) for link in LINKS},
    }
    if template["type"] == "workflow_approval":
        wanted["description"] = template["description"]
        wanted["timeout"] = template["timeout"]
    return wanted


__all__ = ("RUNBOOKS", "name_of", "nodes_of", "same_nodes", "workflows")
