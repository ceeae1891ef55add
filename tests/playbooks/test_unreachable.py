# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host that becomes unreachable in the middle of a runbook ends it, and one that was dead before does not, with every ansible-core."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import yaml

from tooling.played import PLAYBOOK, environment, play

BOOKS = sorted((Path(__file__).parents[2] / "playbooks").glob("*.yml"))
#: What the plays of runbooks have.
FATAL = {"any_errors_fatal": True, "max_fail_percentage": 0}


@pytest.mark.parametrize("book", BOOKS, ids=lambda path: path.stem)
def test_every_play_has_both(book: Path) -> None:
    for each in yaml.safe_load(book.read_text()):
        assert ("any_errors_fatal" in each) == ("max_fail_percentage" in each), each["name"]


def test_nothing_joins_where_no_host_came() -> None:
    """The play that waits for it cannot have any error be fatal, since each look at a silent host would be one."""
    plays = yaml.safe_load((BOOKS[0].parent / "replace_node.yml").read_text())
    (waits,) = [each for each in plays if each["name"].startswith("Wait for a host")]
    assert waits["any_errors_fatal"] is False and waits["max_fail_percentage"] == 0


@pytest.mark.smoke
@pytest.mark.parametrize("how", ["unreachable", "failed"])
def test_nothing_follows(tmp_path: Path, how: str) -> None:
    nowhere = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
    hosts = {
        "store": {},
        "a": {},
        "b": nowhere if how == "unreachable" else {},
        "c": {},
    }
    everybody = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"all": {"vars": everybody, "hosts": hosts}}))
    broken = "{{ 'false' if inventory_hostname == 'b' else 'true' }}"
    plays = [
        {"hosts": "a,b,c", **FATAL, "tasks": [{"ansible.builtin.raw": broken}]},
        {"hosts": "store", "tasks": [{"ansible.builtin.debug": {"msg": "it goes on"}}]},
    ]
    book = tmp_path / "book.json"
    book.write_text(json.dumps([{"gather_facts": False, **play} for play in plays]))
    done = play([str(PLAYBOOK), "-i", str(inventory), str(book)], environment(tmp_path / "home"))
    assert done.code in (2, 4), done.output
    assert "PLAY [store]" not in done.output


@pytest.mark.smoke
def test_a_host_that_hangs_is_one_that_does_not_answer(tmp_path: Path) -> None:
    """Its ssh takes the command, and never ends it, as with a disk that hangs."""
    shell = tmp_path / "shell"
    shell.write_text("#!/bin/sh\nexec sleep 30\n")
    shell.chmod(0o755)
    everybody = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    hosts = {"a": {}, "hung": {"ansible_shell_executable": str(shell)}}
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"all": {"vars": everybody, "hosts": hosts}}))
    say = "{{ inventory_hostname }} answers: {{ look_at_nodes_answers }}"
    plays = [
        {"hosts": "a,hung", "roles": ["cloudify_ha.recovery.look_at_nodes"]},
        {"hosts": "a,hung", **FATAL, "tasks": [{"ansible.builtin.debug": {"msg": say}}]},
        {"hosts": "a", **FATAL, "tasks": [{"ansible.builtin.debug": {"msg": "it goes on"}}]},
    ]
    book = tmp_path / "book.json"
    book.write_text(json.dumps([{"gather_facts": False, **play} for play in plays]))
    command = [str(PLAYBOOK), "-i", str(inventory), str(book), "-e", "look_at_nodes_timeout=2"]
    done = play(command, environment(tmp_path / "home"))
    assert done.code == 0, done.output
    for told in ("a answers: True", "hung answers: False", "it goes on"):
        assert told in done.output, done.output


def refused_by_ssh(tmp_path: Path, *plays: dict[str, object]) -> str:
    """The output of these plays, for hosts whose key is another one than ssh knows."""
    ssh = tmp_path / "ssh"
    ssh.write_text(
        "#!/bin/sh\necho '@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @' >&2\n"
        "echo 'Host key verification failed.' >&2\nexit 255\n"
    )
    ssh.chmod(0o755)
    fresh = {"ansible_connection": "ssh", "ansible_ssh_executable": str(ssh)}
    hosts = {
        "store": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable},
        "h1": {**fresh, "ansible_host": "192.0.2.1"},
    }
    inventory = tmp_path / "hosts.json"
    children = {"cloudify_managers": {"hosts": {"h1": {}}}}
    inventory.write_text(json.dumps({"all": {"hosts": hosts, "children": children}}))
    book = tmp_path / "book.json"
    book.write_text(json.dumps([{"gather_facts": False, **play} for play in plays]))
    done = play([str(PLAYBOOK), "-i", str(inventory), str(book)], environment(tmp_path / "home"))
    assert done.code == 2, done.output
    return done.output


def test_a_fresh_host_whose_key_is_new_is_told_of(tmp_path: Path) -> None:
    look = {"role": "cloudify_ha.recovery.look_at_nodes", "look_at_nodes_wait": 1}
    told = refused_by_ssh(tmp_path, {"hosts": "h1", "roles": [look]})
    assert "h1 (192.0.2.1) does not let us in by ssh within 1 s: its host key is another" in told
    assert "ssh-keygen -R 192.0.2.1" in told
    assert "Boot a fresh host" not in told


def test_nothing_begins_where_a_host_key_is_new_and_that_is_told(tmp_path: Path) -> None:
    preflight = {"name": "cloudify_ha.recovery.begin_run", "tasks_from": "preflight.yml"}
    given = {
        "begin_run_runbook": "rebuild_cluster",
        "begin_run_cluster": "lab",
        "begin_run_confirm": "lab",
        "begin_run_nodes": ["h1"],
        "begin_run_needs_hosts": ["h1"],
    }
    told = refused_by_ssh(
        tmp_path,
        {"hosts": "h1", "roles": ["cloudify_ha.recovery.look_at_nodes"]},
        {
            "hosts": "store",
            "vars": given,
            "tasks": [{"ansible.builtin.include_role": preflight}],
        },
    )
    assert "h1 cannot be reached by ssh (h1: its host key is another one than ssh knows" in told
    assert "ssh-keygen -R 192.0.2.1" in told


def test_a_manager_that_does_not_enter_maintenance_mode_ends_no_freezing(tmp_path: Path) -> None:
    """That is rescued, which from ansible-core 2.17 on does not help where any error is fatal."""
    everybody = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    note = {"fence": [], "pause": False, "stop": False, "ran": "nothing"}
    hosts = {
        "h1": {"freeze_sides_note": {**note, "maintenance": True}},
        "h2": {"freeze_sides_note": {**note, "maintenance": False}},
    }
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"all": {"vars": everybody, "hosts": hosts}}))
    nowhere = {"manager_port": 1, "username": "admin", "password": "not asked for"}
    act = {"name": "cloudify_ha.recovery.freeze_sides", "tasks_from": "act.yml"}
    freezes = {
        "hosts": "h1,h2",
        "module_defaults": {"group/cloudify_ha.recovery.manager": nowhere},
        "vars": {
            "freeze_sides_store_host": "localhost",
            "freeze_sides_place": str(tmp_path),
            "look_at_sides_result": {
                "generation": "all_active",
                "members": [{"name": "h1", "address": "127.0.0.1"}],
                "sides": [],
                "databases": {},
            },
        },
        "tasks": [{"ansible.builtin.include_role": act}],
    }
    saves = {"hosts": "h1,h2", "tasks": [{"ansible.builtin.debug": {"msg": "they are saved"}}]}
    book = tmp_path / "book.json"
    book.write_text(
        json.dumps([{"gather_facts": False, **FATAL, **each} for each in (freezes, saves)])
    )
    done = play([str(PLAYBOOK), "-i", str(inventory), str(book)], environment(tmp_path / "home"))
    assert done.code == 0, done.output
    assert "h1 is not in maintenance mode: " in done.output
    assert done.output.count("they are saved") == 2, done.output
