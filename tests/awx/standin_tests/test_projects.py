# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Projects: which playbooks they list, and when they are synced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from awx.standin.playbooks import playbooks_in
from awx.standin.testing import AwxStandIn
from awx.standin.world import GIT, PLAYBOOKS, World


def tree(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize(
    "text, listed",
    [
        ("- hosts: all\n", True),
        ("---\n\n- name: x\n  hosts: all\n", True),
        ("- import_playbook: ns.name.backup\n", True),
        ("- ansible.builtin.import_playbook: ns.name.backup\n", True),
        ("- include: other.yml\n", True),
        ("- hosts: [all\n  broken", True),
        ("$ANSIBLE_VAULT;1.1;AES256\n6162\n", True),
        ("- name: a task\n  debug:\n", False),
        ("all_hosts: 1\n", False),
        ("", False),
    ],
)
def test_a_line_makes_a_playbook(tmp_path: Path, text: str, listed: bool) -> None:
    (tmp_path / "x.yml").write_text(text)
    assert playbooks_in(tmp_path) == (["x.yml"] if listed else [])


def test_places_and_names_without_playbooks(tmp_path: Path) -> None:
    play = "- hosts: all\n"
    files = {
        "Site.yaml": play,
        "a.yml": play,
        "sub__b.yml": play,
        "a.txt": play,
        "roles__r__x.yml": play,
        "tasks__x.yml": play,
        "sub__group_vars__x.yml": play,
        "host_vars__x.yml": play,
        "_dot_github__x.yml": play,
    }
    assert playbooks_in(tree(tmp_path, **files)) == ["a.yml", "Site.yaml", "sub/b.yml"]


def test_it_is_synced_when_made_and_when_its_source_changes(world: World) -> None:
    awx = world.awx
    shown = awx.get(f"projects/{world.project}/")
    assert (shown["status"], shown["scm_revision"] != "") == ("successful", True)
    assert awx.get(f"projects/{world.project}/playbooks/") == PLAYBOOKS
    world.taken("PATCH", f"projects/{world.project}/", {"description": "x"})
    assert awx.get("project_updates/")["count"] == 1
    world.taken("PATCH", f"projects/{world.project}/", {"scm_branch": "next"})
    assert awx.get("project_updates/")["count"] == 2


def test_the_answer_comes_before_the_sync(world: World) -> None:
    body = {"name": "P", "organization": world.organization, "scm_type": "git", "scm_url": GIT}
    made = world.taken("POST", "projects/", body)
    assert (made["status"], made["scm_revision"]) == ("pending", "")
    assert made["summary_fields"]["current_update"]["status"] == "pending"


def test_what_cannot_be_fetched_fails(world: World) -> None:
    number = world.make("projects", name="P", scm_type="git", scm_url="https://other.invalid/")
    shown = world.awx.get(f"projects/{number}/")
    assert (shown["status"], shown["last_update_failed"]) == ("failed", True)
    update = world.awx.get(f"project_updates/{shown['summary_fields']['last_update']['id']}/")
    assert update["failed"]
    assert "does not exist" in update["result_stdout"]


def test_a_sync_sees_what_is_there_now(world: World, tmp_path: Path) -> None:
    awx = world.awx
    tree(tmp_path, a_yml="")
    (tmp_path / "a.yml").write_text("- hosts: all\n")
    number = world.make("projects", name="P", scm_type="git", scm_url=f"file://{tmp_path}")
    before = awx.get(f"projects/{number}/")["scm_revision"]
    update = world.taken("POST", f"projects/{number}/update/")
    assert awx.get(update["url"])["scm_revision"] == before
    (tmp_path / "b.yml").write_text("- hosts: all\n")
    assert awx.get(f"projects/{number}/playbooks/") == ["a.yml"]
    world.taken("POST", f"projects/{number}/update/")
    assert awx.get(f"projects/{number}/playbooks/") == ["a.yml", "b.yml"]
    assert awx.get(f"projects/{number}/")["scm_revision"] != before


def test_a_manual_project_is_a_directory(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    with AwxStandIn(projects_root=tmp_path) as awx:
        base = {"organization": 1, "scm_type": ""}
        number = awx.make("projects/", name="P", local_path="one", **base)["id"]
        assert awx.get("config/")["project_local_paths"] == ["one"]
        (tmp_path / "one" / "a.yml").write_text("- hosts: all\n")
        assert awx.get(f"projects/{number}/playbooks/") == ["a.yml"]
        assert awx.request("POST", f"projects/{number}/update/").status_code == 405
        said = awx.request("POST", "projects/", {"name": "Q", "local_path": "one", **base})
        assert said.json() == {
            "local_path": ["This path is already being used by another manual project."]
        }


@pytest.mark.parametrize(
    "fields, message",
    [
        ({"scm_url": ""}, {"scm_url": ["SCM URL is required."]}),
        (
            {"scm_type": "", "scm_update_on_launch": True},
            {"detail": ["Update options must be set to false for manual projects."]},
        ),
        (
            {"scm_type": "archive", "scm_branch": "x"},
            {"scm_branch": ["SCM branch cannot be used with archive projects."]},
        ),
        (
            {"scm_type": "svn", "scm_refspec": "x"},
            {"scm_refspec": ["SCM refspec can only be used with git projects."]},
        ),
    ],
)
def test_projects_refuse(world: World, fields: dict[str, Any], message: dict[str, Any]) -> None:
    base = {"name": "P", "organization": world.organization, "scm_type": "git", "scm_url": GIT}
    assert world.refused("POST", "projects/", {**base, **fields}) == message


def test_its_credential_is_one_of_source_control(world: World) -> None:
    machine = world.credential(world.managed_type("Machine"), "Host")
    said = world.refused("PATCH", f"projects/{world.project}/", {"credential": machine})
    assert said == {"credential": ["Credential kind must be 'scm'."]}
    source = world.credential(world.managed_type("Source Control"), "Git")
    world.taken("PATCH", f"projects/{world.project}/", {"credential": source})
