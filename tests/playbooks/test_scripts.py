# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scripts that roles put together of several files, as a host gets them: a shell can read each, and no word of it is Jinja's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tooling.played import PLAYBOOK, environment, play

ROLES = Path(__file__).resolve().parents[2] / "roles"
SCRIPTS = {
    "check_health": ["script"],
    "choose_survivor": ["given_up", "rows"],
    "diagnose": ["script", "probe"],
    "freeze_sides": ["fence", "pause", "start", "stop"],
    "heal_sides": ["again", "follow", "lead", "stop_once"],
    "look_at_sides": ["script"],
    "save_sides": ["look", "script"],
    "tear_down": ["keep_script", "thaw_script"],
}
PLAY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.include_tasks:
        file: one.yml
      loop: "{{ scripts | dict2items }}"
    - ansible.builtin.copy:
        content: "{{ texts | to_json }}"
        dest: "{{ place }}"
        mode: "0600"
"""
ONE = """
- ansible.builtin.include_vars:
    file: "{{ roles }}/{{ item.key }}/vars/main.yml"
- ansible.builtin.set_fact:
    texts: "{{ texts | default({}) | combine({item.key ~ '-' ~ name: lookup('ansible.builtin.vars', '__' ~ item.key ~ '_' ~ name)}) }}"
  vars:
    role_path: "{{ roles }}/{{ item.key }}"
  loop: "{{ item.value }}"
  loop_control:
    loop_var: name
"""


@pytest.mark.smoke
def test_a_shell_can_read_them(tmp_path: Path) -> None:
    (tmp_path / "play.yml").write_text(PLAY)
    (tmp_path / "one.yml").write_text(ONE)
    made = tmp_path / "made.json"
    given = {"scripts": SCRIPTS, "roles": str(ROLES), "place": str(made)}
    given["ansible_python_interpreter"] = sys.executable
    done = play(
        [str(PLAYBOOK), "-i", "localhost,", "-c", "local", str(tmp_path / "play.yml")]
        + ["-e", json.dumps(given)],
        environment(tmp_path / "home"),
    )
    assert done.code == 0, done.output
    texts = json.loads(made.read_text())
    assert set(texts) == {f"{role}-{name}" for role, names in SCRIPTS.items() for name in names}
    for name, text in texts.items():
        read = subprocess.run(["sh", "-n"], input=text, capture_output=True, text=True, check=False)
        assert not read.returncode, f"{name}: {read.stderr}"
        assert "}\\n#" not in text and "{{" not in text, name
