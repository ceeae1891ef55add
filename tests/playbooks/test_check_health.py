# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Role check_health, task by task: what it keeps of a look for the next one, what it asks for, and what is told of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tooling.played import PLAYBOOK, Played, environment, play

REPO = Path(__file__).parents[2]
ROLE = REPO / "roles/check_health"
RECORDED = REPO / "tests/unit/plugins/data/health/7.0.5-healthy.json"


def task(file: str, name: str) -> dict[str, Any]:
    tasks = yaml.safe_load((ROLE / "tasks" / file).read_text())
    return next(dict(each) for each in tasks if each["name"] == name)


def played(place: Path, tasks: list[dict[str, Any]], words: list[str]) -> Played:
    """On this host alone, with the variables of given.json."""
    book = place / "book.json"
    book.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    python = json.dumps({"ansible_python_interpreter": sys.executable})
    words = ["-i", "localhost,", "-c", "local", "-e", f"@{place / 'given.json'}", *words]
    words += ["-e", python, str(book)]
    return play([str(PLAYBOOK), *words], environment(place / "home"))


def test_rows_are_compared_with_those_of_the_last_look_of_this_check(tmp_path: Path) -> None:
    """And of no earlier one: what lies in between may be hours."""
    found = json.loads(RECORDED.read_text())
    looks = [(100, 103, 98), (150, 149, 153), (200, 199, 203)]
    said = [
        {
            name: f"{found['probes'][name]}\nsql count events {rows}\n"
            for name, rows in zip(("h1", "h2", "h3"), counts)
        }
        for counts in looks
    ]
    given = {
        "looks": said,
        "__check_health_probes": "{{ looks[look] }}",
        "__check_health_members": found["members"],
        "__check_health_managers_said": {"views": found["views"]},
        "check_health_without": [],
    }
    (tmp_path / "given.json").write_text(json.dumps(given))
    begin, judge = task("main.yml", "Begin to wait"), task("look.yml", "Judge")
    tasks: list[dict[str, Any]] = [{"ansible.builtin.include_vars": str(ROLE / "vars/main.yml")}]
    for number, again in enumerate((True, False, True)):
        tasks += [begin] if again else []
        tasks += [{"ansible.builtin.set_fact": {"look": number}}, judge]
        tasks += [{"ansible.builtin.debug": {"var": "check_health_result.problems"}}]
    done = played(tmp_path, tasks, [])
    assert done.code == 0, done.output
    told = done.output.split('"check_health_result.problems": ')[1:]
    assert [each.startswith("[]") for each in told] == [False, True, False], done.output
    assert "rows of events differ: h1 200, h2 199, h3 203" in told[2]


@pytest.mark.parametrize(
    ("words", "tried"),
    [([], True), (["--check"], False), (["-e", "check_health_write=false"], False)],
)
def test_a_manager_is_written_to_when_it_may(words: list[str], tried: bool, tmp_path: Path) -> None:
    """And each host is asked for the rows of its own database, also one that is a manager alone."""
    asked = task("look.yml", "Ask each manager")["cloudify_ha.recovery.cluster_info"]
    run = task("look.yml", "Ask each host what it knows of its database and broker")
    tasks = [
        {"ansible.builtin.include_vars": str(ROLE / "vars/main.yml")},
        {"ansible.builtin.debug": {"msg": "write: " + asked["write"]}},
        {"ansible.builtin.debug": {"msg": run["cloudify_ha.recovery.host_command"]["argv"]}},
    ]
    given = {"__check_health_script": "text", "cloudify_tiers": ["manager"]}
    (tmp_path / "given.json").write_text(json.dumps({"check_health_write": True, **given}))
    done = played(tmp_path, tasks, words)
    assert f'"msg": "write: {tried}"' in done.output, done.output
    assert done.report[-1] == "manager"


@pytest.mark.parametrize("notes", [[], ["h1: no write was tried", "rows of h2 were not counted"]])
def test_what_was_not_proved_is_told(notes: list[str], tmp_path: Path) -> None:
    """By the role, and by the report of each runbook that says that all is well."""
    result = {"notes": notes, "active": ["h1"]}
    given = {
        "check_health_result": result,
        "cloudify_node": "localhost",
        "cloudify_nodes": "localhost,h9",
        "cloudify_survivors": "localhost",
        "cloudify_in_inventory": ["localhost"],
        "cloudify_without": [],
        "cloudify_this_run": {"facts": {}, "path": "/p"},
        "cloudify_survivor": "a",
        "cloudify_survivor_node": "h1",
        "cloudify_store_host": "localhost",
        "cloudify_asked": "fix",
        "install_node_result": {},
    }
    (tmp_path / "given.json").write_text(json.dumps(given))
    split = str(REPO / "playbooks/vars/split.yml")
    tasks = [task("main.yml", "Say what was not proved, or is worth knowing")]
    for book in ("replace_node", "recover_active", "rebuild_cluster"):
        plays = yaml.safe_load((REPO / "playbooks" / f"{book}.yml").read_text())
        end = next(each for each in plays if each.get("name") == "End")
        lines = end["roles"][0]["end_run_report"]["lines"]
        say = {"name": book, "vars": end.get("vars", {}), "ansible.builtin.debug": {"msg": lines}}
        tasks.append(say)
    tasks.append({"ansible.builtin.include_vars": split})
    tasks.append({"name": "split", "ansible.builtin.debug": {"msg": "{{ cloudify_split_lines }}"}})
    done = played(tmp_path, tasks, [])
    assert done.code == 0, done.output
    told = done.output.split("TASK [")
    for book in ("Say what", "replace_node", "recover_active", "rebuild_cluster", "split"):
        (text,) = (each for each in told if each.startswith(book))
        for note in ("h1: no write was tried", "rows of h2 were not counted"):
            assert (note in text) == bool(notes), text
