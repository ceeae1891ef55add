# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Job templates: what they need, and which playbooks they may name.

As JobOptionsSerializer.validate and JobTemplateSerializer.validate in awx/api/serializers.py.
"""

from __future__ import annotations

from awx.standin.credentials import unique_name
from awx.standin.errors import Invalid, bad_request
from awx.standin.projects import listed
from awx.standin.rules import Change, Linking, on_change, on_link


@on_change("job_templates")
def organization_is_that_of_the_project(change: Change) -> None:
    project = change.store.get("projects", change.after["project"])
    change.after["organization"] = project["organization"] if project else None


@on_change("job_templates")
def a_project_and_a_playbook(change: Change) -> None:
    project = change.store.get("projects", change.after["project"])
    if project is None:
        raise Invalid({"project": "This field is required."})
    if not change.after["playbook"]:
        raise Invalid({"playbook": "Must select playbook for project."})


@on_change("job_templates")
def the_project_lists_the_playbook(change: Change) -> None:
    """A git project that may be overridden is not asked: any name is taken until launch."""
    project = change.store.get("projects", change.after["project"])
    playbook = change.after["playbook"]
    if project is None or not playbook or (project["scm_type"] and project["allow_override"]):
        return
    if playbook not in listed(change.service, project):
        raise Invalid({"playbook": "Playbook not found for project."})


@on_change("job_templates")
def a_branch_only_where_the_project_lets_choose(change: Change) -> None:
    project = change.store.get("projects", change.after["project"])
    if project is None or project["allow_override"]:
        return
    for name in ("scm_branch", "ask_scm_branch_on_launch"):
        if change.after[name]:
            raise Invalid({name: "Project does not allow overriding branch."})


@on_change("job_templates")
def an_inventory_or_asks_for_one(change: Change) -> None:
    if change.after["inventory"] is None and not change.after["ask_inventory_on_launch"]:
        message = "You must either set a default value or ask to prompt on launch."
        raise Invalid({"inventory": message})


@on_link(("job_templates", "credentials"))
def one_credential_of_a_type(linking: Linking) -> None:
    """As JobTemplateCredentialsList.is_valid_relation in awx/api/views/__init__.py."""
    name = unique_name(linking.store, linking.other)
    there = linking.store.linked(linking.item, "credentials")
    if name in [unique_name(linking.store, other) for other in there]:
        raise bad_request({"error": f"Cannot assign multiple {name} credentials."})


@on_link(("job_templates", "credentials"))
def no_credential_that_jobs_have_no_use_for(linking: Linking) -> None:
    kind = linking.store.get("credential_types", linking.other["credential_type"])
    if kind and kind["kind"] not in ("ssh", "vault", "cloud", "net", "kubernetes"):
        raise bad_request({"error": f"Cannot assign a Credential of kind `{kind['kind']}`."})


@on_change("job_templates", "workflow_job_templates")
def a_webhook_has_a_token_of_its_service(change: Change) -> None:
    credential = change.store.get("credentials", change.after["webhook_credential"])
    if credential is None:
        return
    kind = change.store.get("credential_types", credential["credential_type"])
    if kind is None or kind["kind"] != "token":
        raise Invalid({"webhook_credential": "Must be a Personal Access Token."})
    if kind["namespace"] != f"{change.after['webhook_service']}_token":
        raise Invalid({"webhook_credential": "Must match the selected webhook service."})
