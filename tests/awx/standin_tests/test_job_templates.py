# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Job templates: what they need."""

from __future__ import annotations

from typing import Any

import pytest

from awx.standin.world import World


def test_a_template_takes_its_organization_from_its_project(world: World) -> None:
    template = world.awx.get(f"job_templates/{world.template()}/")
    assert template["organization"] == world.organization
    assert template["summary_fields"]["organization"]["name"] == "Ops"


def test_the_project_lists_the_playbook(world: World) -> None:
    template = world.template()
    said = world.refused("PATCH", f"job_templates/{template}/", {"playbook": "other.yml"})
    assert said == {"playbook": ["Playbook not found for project."]}
    name = "cloudify_ha.recovery.backup"
    said = world.refused("PATCH", f"job_templates/{template}/", {"playbook": name})
    assert said == {"playbook": ["Playbook not found for project."]}


def test_a_project_that_may_be_overridden_is_not_asked(world: World) -> None:
    world.taken("PATCH", f"projects/{world.project}/", {"allow_override": True})
    world.template(playbook="cloudify_ha.recovery.backup")


def test_before_its_sync_a_project_lists_nothing(world: World) -> None:
    project = world.make("projects", name="P", scm_type="git", scm_url="https://other.invalid/")
    body = {"name": "T", "project": project, "inventory": world.inventory, "playbook": "backup.yml"}
    assert "playbook" in world.refused("POST", "job_templates/", body)


@pytest.mark.parametrize(
    "fields, name, text",
    [
        ({"project": None}, "project", "This field is required."),
        ({"playbook": ""}, "playbook", "Must select playbook for project."),
        (
            {"inventory": None},
            "inventory",
            "You must either set a default value or ask to prompt on launch.",
        ),
        ({"scm_branch": "x"}, "scm_branch", "Project does not allow overriding branch."),
        (
            {"ask_scm_branch_on_launch": True},
            "ask_scm_branch_on_launch",
            "Project does not allow overriding branch.",
        ),
        ({"job_type": "scan"}, "job_type", '"scan" is not a valid choice.'),
        ({"verbosity": 6}, "verbosity", '"6" is not a valid choice.'),
        ({"forks": -1}, "forks", "Ensure this value is greater than or equal to 0."),
    ],
)
def test_templates_refuse(world: World, fields: dict[str, Any], name: str, text: str) -> None:
    base = {
        "name": "T",
        "project": world.project,
        "inventory": world.inventory,
        "playbook": "backup.yml",
    }
    assert world.refused("POST", "job_templates/", {**base, **fields}) == {name: [text]}


def test_a_template_may_ask_for_its_inventory(world: World) -> None:
    world.template(inventory=None, ask_inventory_on_launch=True)


def test_a_patch_passes_over_a_survey(world: World) -> None:
    template = world.template()
    spec = {"name": "", "description": "", "spec": [{"nonsense": 1}]}
    world.taken("PATCH", f"job_templates/{template}/", {"survey_spec": spec})
    assert world.awx.get(f"job_templates/{template}/survey_spec/") == {}


def test_one_credential_of_a_type(world: World) -> None:
    template = world.template()
    kind = world.credential_type()
    first, second = world.credential(kind, "one"), world.credential(kind, "two")
    path = f"job_templates/{template}/credentials/"
    world.taken("POST", path, {"id": first})
    said = world.refused("POST", path, {"id": second})
    assert said == {"error": "Cannot assign multiple Manager credentials."}
    other = world.credential(world.credential_type("Other"), "three")
    world.taken("POST", path, {"id": other})
    assert len(world.awx.get(f"job_templates/{template}/")["summary_fields"]["credentials"]) == 2


def test_vaults_are_told_apart_by_their_ids(world: World) -> None:
    vault = world.managed_type("Vault")
    path = f"job_templates/{world.template()}/credentials/"
    for name in ("one", "two"):
        number = world.credential(vault, name, vault_password="x", vault_id=name)
        world.taken("POST", path, {"id": number})
    again = world.credential(vault, "again", vault_password="y", vault_id="one")
    said = world.refused("POST", path, {"id": again})
    assert said == {"error": "Cannot assign multiple Vault (id=one) credentials."}


def test_a_credential_that_jobs_have_no_use_for(world: World) -> None:
    source = world.credential(world.managed_type("Source Control"), "Git")
    said = world.refused("POST", f"job_templates/{world.template()}/credentials/", {"id": source})
    assert said == {"error": "Cannot assign a Credential of kind `scm`."}


def test_a_webhook_has_a_token_of_its_service(world: World) -> None:
    token = world.credential(world.managed_type("GitHub Personal Access Token"), "Hub", token="x")
    template = f"job_templates/{world.template()}/"
    fields = {"webhook_credential": token, "webhook_service": "github"}
    assert world.refused("PATCH", template, {**fields, "webhook_service": "gitlab"}) == {
        "webhook_credential": ["Must match the selected webhook service."]
    }
    world.taken("PATCH", template, fields)
    machine = world.credential(world.managed_type("Machine"), "Host")
    assert world.refused("PATCH", template, {"webhook_credential": machine}) == {
        "webhook_credential": ["Must be a Personal Access Token."]
    }
