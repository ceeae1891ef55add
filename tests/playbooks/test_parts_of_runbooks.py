# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Single tasks of runbooks and roles, as they are written there, on this host alone: what they decide needs no cluster."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tooling.played import PLAYBOOK, Played, environment, play

REPO = Path(__file__).parents[2]


def task_of(book: str, play_name: str, task: str) -> dict[str, Any]:
    """A task of a play of a playbook, by their names."""
    plays = yaml.safe_load((REPO / "playbooks" / f"{book}.yml").read_text())
    (found,) = [each for each in plays if each["name"] == play_name]
    (wanted,) = [each for each in found["tasks"] if each["name"] == task]
    return dict(wanted)


def played(place: Path, tasks: list[dict[str, Any]], **variables: Any) -> Played:
    hosts = {"h1": {"ansible_connection": "local", "ansible_become": False}}
    python = {"ansible_python_interpreter": sys.executable}
    inventory = place / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": python}}))
    book = place / "book.json"
    book.write_text(json.dumps([{"hosts": "h1", "gather_facts": False, "tasks": tasks}]))
    words = ["-i", str(inventory), "-e", json.dumps(variables)]
    return play([str(PLAYBOOK), *words, str(book)], environment(place / "home"))


@pytest.mark.parametrize(
    ("done", "in_place"),
    [
        # nothing on the host is ours before: it may be the old one, that somebody has switched on
        (["remove"], False),
        (["remove", "wait for a host in its place"], True),
    ],
)
def test_old_host_is_not_taken_for_a_new_one(
    tmp_path: Path, done: list[str], in_place: bool
) -> None:
    play_name = "See what an earlier attempt has left on it"
    whole = task_of("replace_node", play_name, "Remember whether it is whole")
    say = {"ansible.builtin.debug": {"msg": "in place: {{ cloudify_in_place }}"}}
    told = played(
        tmp_path,
        [whole, say],
        cloudify_done=done,
        look_at_nodes_answers=True,
        cloudify_tiers=["manager"],
        node_state_result={"configured": ["manager"]},
    )
    assert f"in place: {in_place}" in told.output, told.output
