# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inventories, hosts, groups and sources."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from awx.standin.testing import AwxStandIn
from awx.standin.world import World


def host(world: World, name: str) -> int:
    return world.make("hosts", name=name, inventory=world.inventory)


def group(world: World, name: str) -> int:
    return world.make("groups", name=name, inventory=world.inventory)


def test_hosts_are_in_groups_which_are_in_groups(world: World) -> None:
    one, inner, outer = host(world, "one"), group(world, "inner"), group(world, "outer")
    world.taken("POST", f"groups/{inner}/hosts/", {"id": one})
    world.taken("POST", f"groups/{outer}/children/", {"id": inner})
    assert [g["name"] for g in world.awx.get(f"hosts/{one}/groups/")["results"]] == ["inner"]
    roots = world.awx.get(f"inventories/{world.inventory}/root_groups/")["results"]
    assert [g["name"] for g in roots] == ["outer"]
    world.taken("POST", f"groups/{outer}/hosts/", {"name": "two"})
    shown = world.awx.get(f"inventories/{world.inventory}/")
    assert (shown["total_hosts"], shown["total_groups"]) == (2, 2)


@pytest.mark.parametrize("name", ["all", "_meta"])
def test_no_group_is_named_all(world: World, name: str) -> None:
    said = world.refused("POST", "groups/", {"name": name, "inventory": world.inventory})
    assert said == {"name": ["Invalid group name."]}


def test_no_group_is_below_itself(world: World) -> None:
    inner, outer = group(world, "inner"), group(world, "outer")
    world.taken("POST", f"groups/{outer}/children/", {"id": inner})
    said = world.refused("POST", f"groups/{inner}/children/", {"id": outer}, status=403)
    assert said == {"detail": "Cyclical Group association."}


def test_links_stay_within_an_inventory(world: World) -> None:
    other = world.make("inventories", name="Other")
    stranger = world.make("hosts", name="stranger", inventory=other)
    said = world.refused("POST", f"groups/{group(world, 'g')}/hosts/", {"id": stranger})
    assert said == {"detail": "Cannot associate two items from different inventories."}
    world.refused("PATCH", f"hosts/{stranger}/", {"inventory": world.inventory}, status=403)


def test_the_kind_stays(world: World) -> None:
    fields = {"kind": "smart", "host_filter": "name=x"}
    world.refused("PATCH", f"inventories/{world.inventory}/", fields, status=405)


def test_a_smart_inventory_has_a_filter(world: World) -> None:
    body = {"name": "S", "organization": world.organization, "kind": "smart"}
    assert "host_filter" in world.refused("POST", "inventories/", body)


def test_variables(world: World) -> None:
    number = host(world, "one")
    world.taken("PATCH", f"hosts/{number}/", {"variables": "a: 1"})
    assert world.awx.get(f"hosts/{number}/variable_data/") == {"a": 1}
    world.taken("PUT", f"hosts/{number}/variable_data/", {"b": 2})
    assert world.awx.get(f"hosts/{number}/variable_data/") == {"b": 2}


def test_an_inventory_goes_a_while_after_it_was_deleted() -> None:
    with AwxStandIn(deletion_delay=0.3) as awx:
        world = World.__new__(World)
        world.awx = awx
        number = awx.make("inventories/", name="I", organization=1)["id"]
        awx.make("hosts/", name="h", inventory=number)
        assert awx.request("DELETE", f"inventories/{number}/").status_code == 202
        assert awx.get(f"inventories/{number}/")["pending_deletion"]
        said = world.refused("DELETE", f"inventories/{number}/")
        assert said == {"error": "Inventory is already pending deletion."}
        world.refused("POST", "inventories/", {"name": "I", "organization": 1})
        until = time.monotonic() + 5
        while awx.objects("inventories") and time.monotonic() < until:
            time.sleep(0.02)
        assert not awx.objects("inventories")
        assert not awx.objects("hosts")
        awx.make("inventories/", name="I", organization=1)


def test_templates_lose_a_deleted_inventory(world: World) -> None:
    template = world.template()
    world.taken("DELETE", f"inventories/{world.inventory}/")
    assert world.awx.get(f"job_templates/{template}/")["inventory"] is None


def source(world: World, **fields: object) -> dict[str, object]:
    return {"name": "Source", "inventory": world.inventory, "source": "scm", **fields}


def test_a_source_is_named(world: World) -> None:
    said = world.refused("POST", "inventory_sources/", source(world, source=None))
    assert said == {"source": ["This field may not be blank."]}


def test_files_come_from_a_project(world: World, tmp_path: Path) -> None:
    said = world.refused("POST", "inventory_sources/", source(world))
    assert said == {"source_project": ["Project required for scm type sources."]}
    (tmp_path / "manual").mkdir()
    world.awx.settings.projects_root = tmp_path
    manual = world.make("projects", name="M", scm_type="", local_path="manual")
    said = world.refused("POST", "inventory_sources/", source(world, source_project=manual))
    assert said == {"source_project": ["Cannot use manual project for SCM-based inventory."]}
    body = source(world, source="ec2", source_path="x")
    said = world.refused("POST", "inventory_sources/", body)
    assert said == {"detail": ["Cannot set source_path if not SCM type."]}


def test_files_need_no_vault(world: World) -> None:
    vault = world.credential(world.managed_type("Vault"), "V")
    body = source(world, source_project=world.project, credential=vault)
    assert "credential" in world.refused("POST", "inventory_sources/", body)


def test_an_update_makes_hosts_and_groups(world: World, tmp_path: Path) -> None:
    awx = world.awx
    made = awx.make("inventory_sources/", **source(world, source_project=world.project))
    awx.settings.inventories["Source"] = {
        "_meta": {"hostvars": {"m1": {"ansible_host": "10.0.0.1"}}},
        "all": {"children": ["cloudify"]},
        "cloudify": {"children": ["managers"]},
        "managers": {"hosts": ["m1"], "vars": {"a": 1}},
    }
    update = world.taken("POST", f"inventory_sources/{made['id']}/update/")
    assert awx.get(update["url"])["status"] == "successful"
    assert awx.get("hosts/", name="m1")["results"][0]["variables"] == '{"ansible_host": "10.0.0.1"}'
    assert sorted(awx.names("groups")) == ["cloudify", "managers"]
    assert awx.get(f"inventory_sources/{made['id']}/")["status"] == "successful"


def test_an_update_needs_its_file(world: World, tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("- hosts: all\n")
    project = world.make("projects", name="P", scm_type="git", scm_url=str(tmp_path))
    body = source(world, source_project=project, source_path="none.yml")
    made = world.awx.make("inventory_sources/", **body)
    update = world.taken("POST", f"inventory_sources/{made['id']}/update/")
    assert world.awx.get(update["url"])["status"] == "failed"
