# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Role check_health: what it keeps of a look for the next one, with recorded hosts in place of hosts."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from tooling.played import PLAYBOOK, environment, play

REPO = Path(__file__).parents[2]
ROLE = REPO / "roles/check_health"
RECORDED = REPO / "tests/unit/plugins/data/health/7.0.5-healthy.json"


def task(file: str, name: str) -> dict[str, Any]:
    tasks = yaml.safe_load((ROLE / "tasks" / file).read_text())
    return next(dict(each) for each in tasks if each["name"] == name)


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
    book = tmp_path / "book.json"
    book.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    words = ["-i", "localhost,", "-c", "local", "-e", f"@{tmp_path / 'given.json'}"]
    words += ["-e", json.dumps({"ansible_python_interpreter": sys.executable})]
    done = play([str(PLAYBOOK), *words, str(book)], environment(tmp_path / "home"))
    assert done.code == 0, done.output
    told = done.output.split('"check_health_result.problems": ')[1:]
    assert [each.startswith("[]") for each in told] == [False, True, False], done.output
    assert "rows of events differ: h1 200, h2 199, h3 203" in told[2]
