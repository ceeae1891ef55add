# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every kind of object: made, read, changed, deleted; lists, filters, pages, names in URLs."""

from __future__ import annotations

import pytest
import requests

from awx.standin.kinds import KINDS
from awx.standin.testing import AwxStandIn
from awx.standin.world import World


def test_an_object_lives(world: World) -> None:
    made = world.taken("POST", "organizations/", {"name": "New", "description": "one"})
    url = made["url"]
    assert url == f"/api/v2/organizations/{made['id']}/"
    assert (made["type"], made["name"], made["max_hosts"]) == ("organization", "New", 0)
    assert world.taken("PATCH", url, {"description": "two"})["name"] == "New"
    assert world.taken("PUT", url, {"name": "Newer"})["name"] == "Newer"
    assert world.refused("PUT", url, {}) == {"name": ["This field is required."]}
    assert world.awx.request("DELETE", url).status_code == 204
    world.refused("GET", url, status=404)


def test_what_nobody_knows_is_passed_over(world: World) -> None:
    made = world.taken("POST", "organizations/", {"name": "New", "nonsense": 1})
    assert "nonsense" not in made


@pytest.mark.parametrize(
    "fields, message",
    [
        ({}, {"name": ["This field is required."]}),
        ({"name": ""}, {"name": ["This field may not be blank."]}),
        ({"name": None}, {"name": ["This field may not be null."]}),
        ({"name": "x" * 513}, {"name": ["Ensure this field has no more than 512 characters."]}),
        ({"name": ["x"]}, {"name": ["Not a valid string."]}),
        ({"name": "x", "max_hosts": "many"}, {"max_hosts": ["A valid integer is required."]}),
        (
            {"name": "x", "max_hosts": -1},
            {"max_hosts": ["Ensure this value is greater than or equal to 0."]},
        ),
        (
            {"name": "x", "default_environment": 99},
            {"default_environment": ['Invalid pk "99" - object does not exist.']},
        ),
        (
            {"name": "x", "default_environment": "EE"},
            {"default_environment": ["Incorrect type. Expected pk value, received str."]},
        ),
        ({"name": "Default"}, {"name": ["Organization with this Name already exists."]}),
    ],
)
def test_fields_have_types(world: World, fields: dict, message: dict) -> None:
    assert world.refused("POST", "organizations/", fields) == message


def test_flags_choices_and_variables_have_types(world: World) -> None:
    host = {"name": "h", "inventory": world.inventory}
    said = world.refused("POST", "hosts/", {**host, "enabled": "perhaps"})
    assert said == {"enabled": ["Must be a valid boolean."]}
    said = world.refused("POST", "hosts/", {**host, "variables": "- a list"})
    assert "Cannot parse as JSON" in said["variables"][0]
    assert world.taken("POST", "hosts/", {**host, "variables": "a: 1"})["variables"] == "a: 1"
    body = {"name": "I", "organization": world.organization, "kind": "clever"}
    assert world.refused("POST", "inventories/", body) == {
        "kind": ['"clever" is not a valid choice.']
    }


def test_what_may_be_empty_takes_null_for_that(world: World) -> None:
    """So does the module `inventory`, each time."""
    url = f"inventories/{world.inventory}/"
    assert world.taken("PATCH", url, {"kind": None, "host_filter": None})["kind"] == ""


def test_two_of_a_name_are_only_in_two_organizations(world: World) -> None:
    said = world.refused(
        "POST", "inventories/", {"name": "Inventory", "organization": world.organization}
    )
    assert said == {"__all__": ["Inventory with this Name and Organization already exists."]}
    world.taken("POST", "inventories/", {"name": "Inventory", "organization": 1})


def test_filters(awx: AwxStandIn) -> None:
    for name in ("alpha", "Beta", "gamma"):
        awx.make("organizations/", name=name)

    def names(**query: str) -> list[str]:
        return [o["name"] for o in awx.get("organizations/", **query)["results"]]

    assert names(name="alpha") == ["alpha"]
    assert names(name="ALPHA") == []
    assert names(name__iexact="ALPHA") == ["alpha"]
    assert names(name__icontains="ET") == ["Beta"]
    assert names(name__in="alpha,gamma") == ["alpha", "gamma"]
    assert names(or__name="alpha", or__id="1") == ["Default", "alpha"]
    assert names(not__name="alpha") == ["Beta", "Default", "gamma"]
    assert names(id__gt="1", order_by="-name") == ["gamma", "alpha", "Beta"]
    assert names(search="amm") == ["gamma"]
    assert names(default_environment__isnull="true", name="Beta") == ["Beta"]


def test_filters_follow_keys(world: World) -> None:
    found = world.awx.get("projects/", organization__name="Ops")
    assert [p["id"] for p in found["results"]] == [world.project]
    assert world.awx.get("projects/", organization__name="Default")["count"] == 0
    world.make("notification_templates", **SLACK)
    assert world.awx.get("notification_templates/", organization="None")["count"] == 0


SLACK = {
    "name": "Chat",
    "notification_type": "slack",
    "notification_configuration": {"token": "t0ken", "channels": ["#ops"]},
}


@pytest.mark.parametrize(
    "query, status, text",
    [
        ("nonsense=1", 400, "Organization has no field named 'nonsense'"),
        ("id=one", 400, "invalid literal for int() with base 10: 'one'"),
        ("page=7", 404, "Invalid page."),
    ],
)
def test_lists_refuse(world: World, query: str, status: int, text: str) -> None:
    assert world.refused("GET", f"organizations/?{query}", status=status) == {"detail": text}


def test_secrets_are_not_searched_for(world: World) -> None:
    world.refused("GET", "users/?password__startswith=p", status=403)


def test_pages(awx: AwxStandIn) -> None:
    for number in range(30):
        awx.make("organizations/", name=f"org {number:02}")
    first = awx.get("organizations/", name__startswith="org")
    assert (first["count"], len(first["results"]), first["previous"]) == (30, 25, None)
    second = awx.get(first["next"])
    assert (len(second["results"]), second["next"]) == (5, None)
    assert awx.get("organizations/", page_size="500")["next"] is None


def test_a_name_stands_for_an_id(world: World) -> None:
    template = world.template()
    for path, number in (
        ("organizations/Ops/", world.organization),
        ("inventories/Inventory++Ops/", world.inventory),
        ("job_templates/Backup++Ops/", template),
    ):
        found = world.awx.get(path)
        assert found["id"] == number
        assert found["related"]["named_url"] == f"/api/v2/{path}"
    kind = world.credential_type()
    credential = world.credential(kind)
    found = world.awx.get("credentials/Manager++Manager+cloud++Ops/")
    assert found["id"] == credential
    world.refused("GET", "inventories/Inventory++Default/", status=404)


def test_templates_of_all_kinds_share_their_ids(world: World) -> None:
    template = world.template()
    workflow = world.make("workflow_job_templates", name="Workflow")
    assert len({world.project, template, workflow}) == 3
    found = world.awx.get("unified_job_templates/", name="Backup", organization=world.organization)
    assert [f["type"] for f in found["results"]] == ["job_template"]
    assert world.awx.get("unified_job_templates/", type="workflow_job_template")["count"] == 1


def test_sources_are_found_by_the_organization_of_their_inventory(world: World) -> None:
    source = {"name": "Source", "source": "scm", "source_project": world.project}
    world.taken("POST", f"inventories/{world.inventory}/inventory_sources/", source)
    query = {"name": "Source", "organization": world.organization}
    assert world.awx.get("unified_job_templates/", **query)["count"] == 1


def test_links(world: World) -> None:
    chat = world.make("notification_templates", **SLACK)
    path = f"organizations/{world.organization}/notification_templates_error/"
    assert world.awx.request("POST", path, {"id": chat}).status_code == 204
    assert [n["id"] for n in world.awx.get(path)["results"]] == [chat]
    world.refused("POST", path, {"id": 999}, status=404)
    assert world.awx.request("POST", path, {"id": chat, "disassociate": True}).status_code == 204
    assert world.awx.get(path)["count"] == 0


def test_galaxy_credentials_keep_their_order(world: World) -> None:
    kind = world.managed_type("Ansible Galaxy/Automation Hub API Token")
    own = world.credential(kind, "Hub", url="https://hub.invalid/")
    path = f"organizations/{world.organization}/galaxy_credentials/"
    for number in (own, 1):
        world.taken("POST", path, {"id": number})
    assert [c["name"] for c in world.awx.get(path)["results"]] == ["Hub", "Ansible Galaxy"]


def test_only_default_has_a_galaxy_credential(world: World) -> None:
    assert world.awx.get("organizations/1/galaxy_credentials/")["count"] == 1
    assert world.awx.get(f"organizations/{world.organization}/galaxy_credentials/")["count"] == 0


def test_collections_come_by_galaxy_credentials(world: World) -> None:
    machine = world.credential(world.managed_type("Machine"), "Host")
    path = f"organizations/{world.organization}/galaxy_credentials/"
    said = world.refused("POST", path, {"id": machine})
    assert said == {"msg": "Credential must be a Galaxy credential, not Machine."}


def test_who_asks_is_asked(awx: AwxStandIn) -> None:
    url = f"{awx.url}/api/v2/organizations/"
    assert requests.get(url, timeout=9).status_code == 401
    assert requests.get(url, auth=("admin", "wrong"), timeout=9).status_code == 401
    token = awx.make("tokens/", scope="write")
    header = {"Authorization": f"Bearer {token['token']}"}
    assert requests.get(url, headers=header, timeout=9).status_code == 200
    assert "*" in awx.get(f"tokens/{token['id']}/")["token"]
    assert awx.request("DELETE", f"tokens/{token['id']}/").status_code == 204
    assert requests.get(url, headers=header, timeout=9).status_code == 401
    assert requests.get(f"{awx.url}/api/v2/ping/", timeout=9).json()["version"] == "24.6.1"


def test_a_token_for_reading_changes_nothing(awx: AwxStandIn) -> None:
    token = awx.make("tokens/", scope="read")["token"]
    header = {"Authorization": f"Bearer {token}"}
    url = f"{awx.url}/api/v2/organizations/"
    assert requests.post(url, json={"name": "x"}, headers=header, timeout=9).status_code == 403


def test_it_says_what_it_is(awx: AwxStandIn) -> None:
    response = awx.request("GET", "config/")
    assert response.headers["X-API-Product-Name"] == "AWX"
    assert response.headers["X-API-Product-Version"] == "24.6.1"
    assert awx.get("me/")["results"][0]["username"] == "admin"


def test_methods_that_are_not_there(world: World) -> None:
    assert world.refused("DELETE", "organizations/", status=405) == {
        "detail": 'Method "DELETE" not allowed.'
    }
    world.refused("POST", "jobs/", {}, status=405)
    world.refused("PATCH", "roles/1/", {}, status=405)
    world.refused("GET", "nonsense/", status=404)


def test_a_body_that_is_no_json(awx: AwxStandIn) -> None:
    url = f"{awx.url}/api/v2/organizations/"
    response = awx.session.post(url, data="{", timeout=9)
    assert response.status_code == 400
    assert "JSON parse error" in response.json()["detail"]


def test_every_kind_has_a_list(awx: AwxStandIn) -> None:
    for plural in KINDS:
        assert {"count", "next", "previous", "results"} == set(awx.get(f"{plural}/"))


def test_a_copy(world: World) -> None:
    made = world.taken("POST", f"inventories/{world.inventory}/copy/", {"name": "Copy"})
    assert (made["name"], made["organization"]) == ("Copy", world.organization)
