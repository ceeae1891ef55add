# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything is made once, is left alone then, and goes again."""

from __future__ import annotations

from typing import Any

from awx.setup_tests.operator import CA, KEY, NAME, NODES, SECRETS, Operator, fresh_awx

RUNBOOKS = (
    *("backup", "diagnose", "status", "restore", "rebuild_cluster", "replace_node"),
    *("recover_active", "resolve_split_brain", "recover"),
)
APPROVED = RUNBOOKS[3:]
KINDS = (
    *("credential_types", "credentials", "projects", "inventories", "inventory_sources"),
    *("hosts", "groups", "job_templates", "workflow_job_templates", "workflow_job_template_nodes"),
    *("schedules", "workflow_approval_templates", "organizations", "execution_environments"),
)


#: A project is synced by each run, for playbooks that it lists since then.
OF_PROJECT = ("id", "name", "organization", "scm_type", "scm_url", "scm_branch", "credential")


def held(operator: Operator) -> dict[str, list[dict[str, Any]]]:
    """All that AWX has."""
    found = {kind: operator.awx.objects(kind) for kind in KINDS}
    found["projects"] = [{key: each[key] for key in OF_PROJECT} for each in found["projects"]]
    return found


def one(operator: Operator, kind: str, name: str) -> dict[str, Any]:
    (found,) = (each for each in operator.awx.objects(kind) if each["name"] == name)
    return found


def nodes(operator: Operator, workflow: str) -> dict[str, dict[str, Any]]:
    number = one(operator, "workflow_job_templates", workflow)["id"]
    listed = operator.awx.get(f"workflow_job_templates/{number}/workflow_nodes/")["results"]
    return {node["identifier"]: node for node in listed}


def test_there_again_and_gone(operator: Operator) -> None:
    before = held(operator)

    plan = operator.ok("--check")
    assert "would get" in plan.output and f"{NAME}: recover with approval" in plan.output
    assert plan.changed == 1 and not operator.changes

    made = operator.ok()
    assert f"AWX OK: {operator.awx.url} has all for cluster production" in made.output
    assert "nodes: m1, m2, m3; store: backup" in made.output
    _what_is_there(operator)
    there = held(operator)

    again = operator.ok()
    assert again.changed == 0, again.output
    assert held(operator) == there

    gone = operator.ok("-e", "state=absent")
    assert gone.changed > 0 and "has nothing more of: " in gone.output
    assert held(operator) == before

    again = operator.ok("-e", "state=absent")
    assert again.changed == 0 and not operator.changes
    assert "has nothing of cluster production" in again.output


def test_plans_of_what_is_there_already_and_of_its_end(operator: Operator) -> None:
    nothing = operator.ok("-e", "state=absent", "--check")
    assert nothing.changed == 0 and not operator.changes
    assert "has nothing of cluster production" in nothing.output

    operator.ok()
    there = held(operator)
    same = operator.ok("--check")
    assert same.changed == 0, same.output
    assert not operator.changes

    gone = operator.ok("-e", "state=absent", "--check")
    assert gone.changed > 0 and "would lose: " in gone.output
    assert not operator.changes and held(operator) == there


def _what_is_there(operator: Operator) -> None:
    awx = operator.awx
    assert sorted(awx.names("hosts")) == ["backup", *NODES]
    assert set(awx.names("job_templates")) == {f"{NAME}: {name}" for name in RUNBOOKS}
    assert set(awx.names("workflow_job_templates")) == {
        f"{NAME}: {name} with approval" for name in APPROVED
    }
    assert len(awx.names("schedules")) == 4
    manager = one(operator, "credentials", f"{NAME}: manager credential")
    assert manager["inputs"]["password"] == SECRETS[0] and manager["inputs"]["ca"] == CA
    hosts = one(operator, "credentials", f"{NAME}: hosts credential")
    assert hosts["inputs"]["ssh_key_data"] == KEY
    found = nodes(operator, f"{NAME}: restore with approval")
    assert list(found) == ["diagnose", "plan", "approve", "act"]
    assert found["diagnose"]["always_nodes"] == [found["plan"]["id"]]
    assert found["plan"]["success_nodes"] == [found["approve"]["id"]]
    assert found["approve"]["success_nodes"] == [found["act"]["id"]]
    assert (found["plan"]["job_type"], found["act"]["job_type"]) == ("check", "run")


def test_what_differs_is_changed_and_nothing_else(operator: Operator) -> None:
    operator.ok()
    workflow = one(operator, "workflow_job_templates", f"{NAME}: restore with approval")
    act = nodes(operator, workflow["name"])["act"]
    # somebody has short-circuited the approval
    plan = nodes(operator, workflow["name"])["plan"]["id"]
    answer = operator.awx.request(
        "POST", f"workflow_job_template_nodes/{plan}/success_nodes/", {"id": act["id"]}
    )
    assert answer.ok, answer.text
    operator.settings["setup_awx_keep"] = 30
    operator.settings["setup_awx_manager"]["password"] = "S3cr3t-of-the-manager-2"

    checked = operator.ok("--check")
    assert checked.changed == 2 and not operator.changes

    operator.ok()
    found = nodes(operator, workflow["name"])
    assert found["plan"]["success_nodes"] == [found["approve"]["id"]]
    backup = one(operator, "job_templates", f"{NAME}: backup")
    spec = operator.awx.get(f"job_templates/{backup['id']}/survey_spec/")["spec"]
    assert [q["default"] for q in spec if q["variable"] == "take_snapshot_keep"] == [30]
    # a secret only when asked
    manager = one(operator, "credentials", f"{NAME}: manager credential")
    assert manager["inputs"]["password"] == SECRETS[0]
    operator.ok("-e", "setup_awx_renew_credentials=true")
    manager = one(operator, "credentials", f"{NAME}: manager credential")
    assert manager["inputs"]["password"] == "S3cr3t-of-the-manager-2"


def test_an_organization_of_its_own_with_nodes_that_are_named(operator: Operator) -> None:
    before = held(operator)
    operator.settings.update(
        setup_awx_organization="Operations",
        setup_awx_nodes={name: {"address": f"10.0.0.{n}"} for n, name in enumerate(NODES, 1)},
        setup_awx_environment={"image": "registry.example.com/ee:1"},
        setup_awx_scm={"username": "git", "password": SECRETS[1]},
        setup_awx_vault={"vault_password": SECRETS[1]},
    )
    operator.ok()
    organization = one(operator, "organizations", "Operations")
    galaxy = operator.awx.linked("organizations", organization["id"], "galaxy_credentials")
    assert [each["name"] for each in galaxy] == ["Ansible Galaxy"]
    assert not operator.awx.objects("inventory_sources")
    assert len(operator.awx.names("schedules")) == 3
    assert operator.ok().changed == 0
    assert operator.ok("--check").changed == 0
    operator.ok("-e", "state=absent")
    assert held(operator) == before


def test_a_source_that_brings_no_node(operator: Operator) -> None:
    operator.awx.settings.inventories[f"{NAME}: nodes"] = {"_meta": {"hostvars": {}}}
    told = operator.refused()
    assert f"The source {NAME}: nodes has brought no node" in told
    assert "setup_awx_nodes" in told and "inventory/cloudify.yml" in told
    operator.awx.settings.inventories.clear()
    operator.awx.settings.inventories[f"{NAME}: nodes"] = fresh_awx().settings.inventories[
        f"{NAME}: nodes"
    ]
    operator.ok()
