# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a node could not be looked at is told, and what it has said is not; one that hangs holds nobody up."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tooling.played import PLAYBOOK, Played, environment, play

SAYS = "echo key: s3cret; echo 'sudo: a password is required' >&2; echo s3cret >&2; exit 1"


def tried(role: str, place: Path, **given: object) -> Played:
    """The role on a host that is this one."""
    task = {"ansible.builtin.include_role": {"name": f"cloudify_ha.recovery.{role}"}}
    book = place / "book.json"
    book.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [task]}]))
    given |= {"ansible_become": False, "ansible_python_interpreter": sys.executable}
    words = ["-i", "h1,", "-c", "local", "-e", json.dumps(given), str(book)]
    return play([str(PLAYBOOK), *words], environment(place / "home"))


def test_a_host_that_wants_a_password(tmp_path: Path) -> None:
    command = ["/bin/sh", "-c", SAYS]
    told = tried("node_state", tmp_path, node_state_version="7.0.5", __node_state_command=command)
    assert told.code == 2, told.output
    assert told.failure == "h1 could not be looked at: sudo: a password is required"
    assert "s3cret" not in told.output.replace(SAYS, "")


@pytest.mark.parametrize(
    ("role", "given"),
    [
        ("node_state", {"node_state_version": "7.0.5"}),
        ("save_certificates", {"save_certificates_place": "/nowhere"}),
    ],
)
def test_a_host_that_hangs(tmp_path: Path, role: str, given: dict[str, str]) -> None:
    hangs = {f"__{role}_command": ["/bin/sh", "-c", "sleep 20"], f"{role}_timeout": "2"}
    told = tried(role, tmp_path, **given, **hangs)
    assert told.code == 2, told.output
    assert told.failure.startswith("h1") and "no answer within 2 s, although ssh" in told.failure
