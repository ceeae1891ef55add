# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules of awx.awx against the stand-in, as they come: twice, in check mode, and gone again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from awx.standin.testing import AwxStandIn
from awx.standin.world import DAILY, GIT, PLAYBOOKS
from awx.standin_tests.modules import find_collection, must, run

pytestmark = pytest.mark.skipif(not find_collection(), reason="awx.awx is not here")

ORG = "Ops"
HOOK = {"url": "http://hook.invalid/", "headers": {}, "http_method": "POST"}
TYPE = {
    "name": "Manager",
    "kind": "cloud",
    "inputs": {
        "fields": [
            {"id": "username", "label": "User", "type": "string"},
            {"id": "password", "label": "Password", "type": "string", "secret": True},
        ],
        "required": ["username"],
    },
    "injectors": {"env": {"CLOUDIFY_PASSWORD": "{{ password }}"}},
}
SURVEY = {
    "name": "",
    "description": "",
    "spec": [{"question_name": "Q", "type": "text", "variable": "answer", "required": False}],
}
CREDENTIAL = {
    "name": "Manager",
    "organization": ORG,
    "credential_type": "Manager",
    "inputs": {"username": "admin", "password": "s3cret"},
}
PROJECT = {"name": "Project", "organization": ORG, "scm_type": "git", "scm_url": GIT}
WORKFLOW = {"workflow_job_template": "Workflow", "organization": ORG}
NODE = {"unified_job_template": "Backup", "lookup_organization": ORG}
APPROVAL = {"approval_node": {"name": "Release it", "description": "look", "timeout": 60}}
# In the order in which they are made; modules of awx.awx with their options.
OBJECTS: list[tuple[str, dict[str, Any]]] = [
    ("organization", {"name": ORG, "galaxy_credentials": ["Ansible Galaxy"]}),
    ("credential_type", TYPE),
    ("credential", {**CREDENTIAL, "update_secrets": False}),
    (
        "execution_environment",
        {"name": "EE", "image": "registry.invalid/x/y:1", "organization": ORG},
    ),
    ("project", {**PROJECT, "wait": False}),
    ("inventory", {"name": "Hosts", "organization": ORG, "kind": ""}),
    ("host", {"name": "m1", "inventory": "Hosts", "variables": {"ansible_host": "10.0.0.1"}}),
    ("group", {"name": "managers", "inventory": "Hosts", "hosts": ["m1"]}),
    ("group", {"name": "cloudify", "inventory": "Hosts", "children": ["managers"]}),
    (
        "inventory_source",
        {
            "name": "Source",
            "inventory": "Hosts",
            "source": "scm",
            "source_project": "Project",
            "source_path": "hosts.yml",
        },
    ),
    (
        "job_template",
        {
            "name": "Backup",
            "organization": ORG,
            "project": "Project",
            "inventory": "Hosts",
            "playbook": "backup.yml",
            "credentials": ["Manager"],
            "execution_environment": "EE",
            "extra_vars": {"a": 1},
            "timeout": 3600,
            "survey_enabled": True,
            "survey_spec": SURVEY,
        },
    ),
    ("workflow_job_template", {"name": "Workflow", "organization": ORG, "survey_spec": SURVEY}),
    ("workflow_job_template_node", {**WORKFLOW, **NODE, "identifier": "act"}),
    ("workflow_job_template_node", {**WORKFLOW, **APPROVAL, "identifier": "approve"}),
    (
        "workflow_job_template_node",
        {**WORKFLOW, "identifier": "approve", "success_nodes": ["act"]},
    ),
    (
        "workflow_job_template_node",
        {**WORKFLOW, **NODE, "identifier": "plan", "success_nodes": ["approve"]},
    ),
    (
        "schedule",
        {"name": "Nightly", "unified_job_template": "Backup", "organization": ORG, "rrule": DAILY},
    ),
    ("team", {"name": "Operators", "organization": ORG}),
    ("role", {"team": "Operators", "role": "execute", "job_template": "Backup"}),
    ("role", {"team": "Operators", "role": "approval", "workflow": "Workflow"}),
]
# In the order that AWX survives.
GONE: list[tuple[str, dict[str, Any]]] = [
    ("schedule", {"name": "Nightly"}),
    ("workflow_job_template", {"name": "Workflow", "organization": ORG}),
    ("job_template", {"name": "Backup", "organization": ORG}),
    ("inventory", {"name": "Hosts", "organization": ORG}),
    ("project", {"name": "Project", "organization": ORG}),
    ("credential", {"name": "Manager", "organization": ORG, "credential_type": "Manager"}),
    ("credential_type", {"name": "Manager"}),
    ("execution_environment", {"name": "EE"}),
    ("team", {"name": "Operators", "organization": ORG}),
    ("organization", {"name": ORG}),
]


@pytest.fixture(scope="module")
def full() -> Iterator[AwxStandIn]:
    """With every object; tests leave it as it is."""
    with AwxStandIn(projects={GIT: list(PLAYBOOKS)}, deletion_delay=0) as awx:
        for name, options in OBJECTS:
            assert must(awx, name, **options), f"{name} {options}"
        yield awx


def test_a_second_time_nothing_is_asked_to_change(full: AwxStandIn) -> None:
    full.forget_requests()
    for name, options in OBJECTS:
        assert not must(full, name, **options), f"{name} {options}"
    assert full.mutations == []


def test_check_mode_changes_nothing(full: AwxStandIn) -> None:
    full.forget_requests()
    for name, options in OBJECTS:
        assert not must(full, name, check=True, **options), f"{name} {options}"
    assert must(full, "organization", check=True, name="Other")
    assert must(full, "team", check=True, name="Operators", organization=ORG, description="new")
    assert full.mutations == []


def test_an_inventory_without_a_kind_is_changed_in_check_mode_only(full: AwxStandIn) -> None:
    options = {"name": "Hosts", "organization": ORG}
    assert not must(full, "inventory", **options)
    assert must(full, "inventory", check=True, **options)


def test_a_credential_is_updated_unless_told_otherwise(full: AwxStandIn) -> None:
    assert must(full, "credential", **CREDENTIAL)
    result = run(full, "credential", **CREDENTIAL)
    assert "may inaccurately report task is changed" in result["warnings"][0]
    assert not must(full, "credential", update_secrets=False, **CREDENTIAL)


def test_a_named_url_is_looked_up(full: AwxStandIn) -> None:
    options = {"name": "Backup++Ops", "project": "Project++Ops", "inventory": "Hosts++Ops"}
    assert not must(full, "job_template", **options)


def test_a_workflow_is_launched_and_approved(full: AwxStandIn) -> None:
    launched = run(full, "workflow_launch", name="Workflow", organization=ORG, wait=False)
    approve = {"workflow_job_id": launched["id"], "name": "Release it", "interval": 0.05}
    assert must(full, "workflow_approval", **approve)
    wait = {"job_id": launched["id"], "job_type": "workflow_jobs", "interval": 0.05}
    assert run(full, "job_wait", **wait)["status"] == "successful"
    node = {"workflow_job_id": launched["id"], "name": "Backup"}
    assert not run(full, "workflow_node_wait", **node).get("failed")


def test_a_job_is_launched(full: AwxStandIn) -> None:
    options = {"name": "Backup", "organization": ORG, "wait": True, "interval": 0.05}
    result = run(full, "job_launch", extra_vars={"answer": "x"}, **options)
    assert result["status"] == "successful"
    full.settings.job_status = "failed"
    result = run(full, "job_launch", **options)
    full.settings.job_status = "successful"
    assert result["failed"]
    result = run(full, "job_launch", limit="x", **options)
    text = "The field limit was specified but the job template does not allow for it to be"
    assert text in result["errors"][0]


def test_syncs(full: AwxStandIn) -> None:
    options = {"name": "Project", "organization": ORG, "interval": 0.05}
    assert not must(full, "project_update", **options)
    assert not must(full, "project", update_project=True, scm_url=GIT, **options)
    full.settings.projects[GIT] = [*PLAYBOOKS, "more.yml"]
    assert must(full, "project_update", **options)
    source = {"name": "Source", "inventory": "Hosts", "wait": True, "interval": 0.05}
    assert must(full, "inventory_source_update", **source)


def test_an_approval_node_with_links_fails(full: AwxStandIn) -> None:
    """The links are looked for at the approval's template; so they are a task of their own."""
    options = {**WORKFLOW, **APPROVAL, "identifier": "approve", "success_nodes": ["act"]}
    result = run(full, "workflow_job_template_node", **options)
    assert "could not be found at /api/v2/workflow_approval_templates/" in result["msg"]


def test_nodes_within_a_workflow_change_on_every_run(full: AwxStandIn) -> None:
    """Once one of them is an approval."""
    approval = {"type": "workflow_approval", "name": "Release it", "timeout": 60}
    nodes = [
        {"identifier": "approve", "unified_job_template": approval},
        {"identifier": "act", "unified_job_template": {"name": "Backup", "type": "job_template"}},
    ]
    options = {"name": "Inline", "organization": ORG, "workflow_nodes": nodes}
    assert must(full, "workflow_job_template", **options)
    changed = must(full, "workflow_job_template", **options)
    must(full, "workflow_job_template", name="Inline", state="absent")
    assert changed


def test_a_password_with_a_default_changes_on_every_run(full: AwxStandIn) -> None:
    question = {**SURVEY["spec"][0], "type": "password", "default": "s3cret"}
    options = {"name": "Backup", "organization": ORG}
    secret = {**options, "survey_spec": {**SURVEY, "spec": [question]}}
    assert must(full, "job_template", **secret)
    assert must(full, "job_template", **secret)
    must(full, "job_template", survey_spec=SURVEY, **options)


def test_refusals_reach_the_one_who_asked(full: AwxStandIn) -> None:
    options = {"name": "Other", "organization": ORG, "project": "Project", "inventory": "Hosts"}
    result = run(full, "job_template", playbook="none.yml", **options)
    assert "Playbook not found for project." in result["msg"]
    result = run(full, "credential_type", name="Manager", state="absent")
    assert "You don't have permission to DELETE" in result["msg"]
    result = run(full, "group", name="all", inventory="Hosts")
    assert "Invalid group name." in result["msg"]
    result = run(full, "organization", name="x", controller_password="wrong")
    assert "Failed to get token" in result["msg"]


def test_gone_and_gone_again() -> None:
    with AwxStandIn(projects={GIT: list(PLAYBOOKS)}, deletion_delay=0) as awx:
        before = {plural: len(items) for plural, items in awx.service.store.objects.items()}
        for name, options in OBJECTS:
            must(awx, name, **options)
        for name, options in GONE:
            assert must(awx, name, state="absent", **options), f"{name} {options}"
        # With its organization everything in it is gone, and so are all roles.
        kept = {"tokens": 0, "project_updates": 0}
        after = {plural: len(items) for plural, items in awx.service.store.objects.items() if items}
        assert {**after, **kept} == {**{p: n for p, n in before.items() if n}, **kept}
        awx.forget_requests()
        for name, options in GONE:
            if not {"organization", "credential_type"} & set(options):
                assert not must(awx, name, state="absent", **options), f"{name} {options}"
        assert awx.mutations == []


def test_what_is_looked_up_has_to_be_there() -> None:
    """Why things go in an order, and a schedule goes without its template."""
    with AwxStandIn() as awx:
        result = run(awx, "project", name="P", organization=ORG, state="absent")
        assert "returned 0 items, expected 1" in result["msg"]
        result = run(awx, "credential", name="C", credential_type="Gone", state="absent")
        assert "returned 0 items, expected 1" in result["msg"]
        with pytest.raises(TypeError):
            run(awx, "schedule", name="S", unified_job_template="Gone", state="absent")
        assert not must(awx, "schedule", name="S", state="absent")


def test_a_playbook(awx: AwxStandIn, tmp_path: Path) -> None:
    """As everybody runs them, once."""
    (tmp_path / "play.yml").write_text(
        "- hosts: localhost\n"
        "  gather_facts: false\n"
        "  tasks:\n"
        "    - awx.awx.organization: {name: Ops}\n"
    )
    program = Path(sys.executable).parent / "ansible-playbook"
    python = f"ansible_python_interpreter={sys.executable}"
    done = subprocess.run(
        [program, "-i", "localhost,", "-c", "local", "-e", python, "play.yml"],
        cwd=tmp_path,
        env={**os.environ, **awx.environment, "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "changed=1" in done.stdout
    assert awx.names("organizations") == ["Default", "Ops"]
