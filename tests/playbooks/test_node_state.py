# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a node could not be looked at is told, and what it has said is not."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tooling.played import PLAYBOOK, environment, play

SAYS = "echo key: s3cret; echo 'sudo: a password is required' >&2; echo s3cret >&2; exit 1"


def test_a_host_that_wants_a_password(tmp_path: Path) -> None:
    role = {"ansible.builtin.include_role": {"name": "cloudify_ha.recovery.node_state"}}
    book = tmp_path / "book.json"
    book.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [role]}]))
    given = {
        "ansible_become": False,
        "ansible_python_interpreter": sys.executable,
        "node_state_version": "7.0.5",
        "__node_state_command": ["/bin/sh", "-c", SAYS],
    }
    words = ["-i", "h1,", "-c", "local", "-e", json.dumps(given), str(book)]
    told = play([str(PLAYBOOK), *words], environment(tmp_path / "home"))
    assert told.code == 2, told.output
    assert told.failure == "h1 could not be looked at: sudo: a password is required"
    assert "s3cret" not in told.output.replace(SAYS, "")
