# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users, teams and roles: an operator launches, an approver approves, nobody else does."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from awx.standin.world import World
from awx.standin_tests.test_workflows import Workflow


class User:
    def __init__(self, world: World, name: str) -> None:
        self.world, self.name = world, name
        self.id = world.make("users", username=name, password="s3cret")

    def post(self, path: str, body: Any = None, method: str = "POST") -> int:
        url = f"{self.world.awx.url}/api/v2/{path}"
        auth = (self.name, "s3cret")
        return requests.request(method, url, json=body, auth=auth, timeout=9).status_code

    def may(self, path: str, role: str) -> None:
        roles = self.world.awx.get(path)["summary_fields"]["object_roles"]
        self.world.taken("POST", f"roles/{roles[role]['id']}/users/", {"id": self.id})


def test_a_user_has_a_password_and_a_name(world: World) -> None:
    said = world.refused("POST", "users/", {"username": "x"})
    assert said == {"password": ["Password required for new User."]}
    said = world.refused("POST", "users/", {"username": "admin", "password": "x"})
    assert said == {"username": ["A user with that username already exists."]}
    made = world.taken("POST", "users/", {"username": "x", "password": "y"})
    assert "password" not in made
    path = f"organizations/{world.organization}/users/"
    made = world.taken("POST", path, {"username": "z", "password": "y"})
    assert [o["name"] for o in world.awx.get(f"users/{made['id']}/organizations/")["results"]] == [
        "Ops"
    ]


def test_who_has_no_role_only_reads(world: World) -> None:
    user, template = User(world, "joe"), world.template()
    assert user.post("organizations/", method="GET") == 200
    assert user.post("organizations/", {"name": "x"}) == 403
    assert user.post(f"organizations/{world.organization}/", {}, "PATCH") == 403
    assert user.post(f"job_templates/{template}/launch/") == 403


def test_an_operator_launches(world: World) -> None:
    user, template = User(world, "joe"), world.template()
    user.may(f"job_templates/{template}/", "execute_role")
    assert user.post(f"job_templates/{template}/launch/") == 201
    assert user.post(f"job_templates/{template}/", {}, "PATCH") == 403


def test_a_team_has_roles(world: World) -> None:
    user, template = User(world, "joe"), world.template()
    team = world.make("teams", name="Team")
    world.taken("POST", f"teams/{team}/users/", {"id": user.id})
    roles = world.awx.get(f"job_templates/{template}/")["summary_fields"]["object_roles"]
    path = f"roles/{roles['execute_role']['id']}/teams/"
    assert user.post(f"job_templates/{template}/launch/") == 403
    world.taken("POST", path, {"id": team})
    assert user.post(f"job_templates/{template}/launch/") == 201
    world.taken("POST", path, {"id": team, "disassociate": True})
    assert user.post(f"job_templates/{template}/launch/") == 403


@pytest.mark.parametrize("where", ["workflow_job_templates", "organizations"])
def test_an_approver_approves(world: World, where: str) -> None:
    operator, approver = User(world, "operator"), User(world, "approver")
    workflow = Workflow(world)
    workflow.approval("ok?")
    operator.may(f"workflow_job_templates/{workflow.id}/", "execute_role")
    number = workflow.id if where == "workflow_job_templates" else world.organization
    approver.may(f"{where}/{number}/", "approval_role")
    path = f"workflow_job_templates/{workflow.id}/launch/"
    assert (approver.post(path), operator.post(path)) == (403, 201)
    waiting = world.awx.get("workflow_approvals/")["results"][0]["id"]
    path = f"workflow_approvals/{waiting}/approve/"
    assert (operator.post(path), approver.post(path)) == (403, 204)
    shown = world.awx.get(f"workflow_approvals/{waiting}/")
    assert shown["summary_fields"]["approved_or_denied_by"]["username"] == "approver"


@pytest.mark.parametrize("image", ["not an image", "registry.invalid/x:a tag", ""])
def test_an_image_is_a_name_and_a_tag(world: World, image: str) -> None:
    body = {"name": "EE", "image": image}
    assert "image" in world.refused("POST", "execution_environments/", body)


def test_what_awx_brings_stays(world: World) -> None:
    environments = world.awx.get("execution_environments/", managed="true")["results"]
    world.refused("DELETE", f"execution_environments/{environments[0]['id']}/", status=403)
    said = world.refused("DELETE", "instance_groups/1/", status=403)
    assert said == {"detail": "controlplane group can not be deleted"}


def test_an_organization_tells_how_much_is_in_it(world: World) -> None:
    path = f"organizations/{world.organization}/"
    counts = "related_field_counts"
    before = world.awx.get(path)["summary_fields"][counts]
    assert sorted(before) == sorted(
        ("inventories", "teams", "users", "job_templates", "admins", "projects")
    )
    world.taken("POST", f"{path}teams/", {"name": "x"})
    world.taken("POST", f"{path}users/", {"username": "z", "password": "y"})
    listed = world.awx.get("organizations/")["results"]
    (after,) = (o["summary_fields"][counts] for o in listed if o["id"] == world.organization)
    assert after == {**before, "teams": before["teams"] + 1, "users": before["users"] + 1}
