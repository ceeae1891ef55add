# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""unfreeze goes by what was noted before the freezing, and says so where nothing was. No cluster is needed for its plan."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tooling.played import PLAYBOOK, Played, environment, play

PLAY = """
- hosts: nodes
  gather_facts: false
  any_errors_fatal: true
  vars:
    look_at_sides_result: {generation: all_active, sides: [], members: [], databases: {}}
  roles:
    - role: cloudify_ha.recovery.freeze_sides
"""
STOPPED = {"node": "h2", "fence": [], "pause": False, "stop": True, "maintenance": False}


def unfreeze(
    place: Path, *, action: str = "unfreeze", check: bool = True, off: str = "", **more: Any
) -> Played:
    (place / "play.yml").write_text(PLAY)
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    nodes = {name: {**local, "look_at_nodes_answers": name != off} for name in ("h1", "h2")}
    inventory = {"nodes": {"hosts": nodes}, "store": {"hosts": {"s1": local}}}
    (place / "hosts.json").write_text(json.dumps({"all": {"children": inventory}}))
    given = {
        "freeze_sides_place": str(place / "b" / "frozen"),
        "freeze_sides_store_host": "s1",
        "freeze_sides_action": action,
        **more,
    }
    words = ["-i", str(place / "hosts.json"), str(place / "play.yml"), *["--check"] * check]
    return play(
        [str(PLAYBOOK), *words, "-e", json.dumps(given)],
        environment(place / "home", COLUMNS="1000"),
    )


def frozen(place: Path, run: str) -> Path:
    folder = place / run / "frozen"
    folder.mkdir(parents=True)
    (folder / "h2.json").write_text(json.dumps({**STOPPED, "ran": "patroni"}))
    return folder


@pytest.mark.smoke
def test_nothing_is_said_to_be_as_it_was_where_nothing_was_noted(tmp_path: Path) -> None:
    told = unfreeze(tmp_path, freeze_sides_before=[str(tmp_path / "a" / "frozen")])
    assert told.code == 2, told.output
    assert "There is no note of any freezing in" in told.failure
    # a healing takes away what there is, if there is anything
    assert unfreeze(tmp_path, action="unfence").code == 0


@pytest.mark.parametrize("run", ["a", "b"])
def test_a_note_of_one_node_is_enough(tmp_path: Path, run: str) -> None:
    """Also of a run that was given up."""
    frozen(tmp_path, run)
    told = unfreeze(tmp_path, freeze_sides_before=[str(tmp_path / "a" / "frozen")])
    assert told.code == 0, told.output
    assert "PLAN h2: undo: stop Patroni and PostgreSQL" in told.output
    assert "PLAN h1: undo: nothing" in told.output


def test_a_host_that_is_off_stays_frozen_and_is_named(tmp_path: Path) -> None:
    frozen(tmp_path, "b")
    told = unfreeze(tmp_path, check=False, off="h2")
    assert told.code == 2, told.output
    assert told.failure.startswith("h2 was frozen, does not answer, and stays frozen.")
    dead = unfreeze(tmp_path, check=False, off="h2", freeze_sides_dead=["h2"])
    assert dead.code == 0, dead.output
