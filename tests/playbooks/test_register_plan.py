# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What replace_node --check says of how the new node gets into the cluster, which each generation does in its own way."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tooling.played import PLAYBOOK, environment, play


@pytest.mark.parametrize(
    ("version", "tiers", "plan"),
    [
        ("4.5.5", ["managers", "brokers", "databases"], "have it join the cluster"),
        (
            "7.0.5",
            ["managers", "brokers", "databases"],
            "add it to the register of brokers, and to the list of databases of each manager",
        ),
        ("7.0.5", ["brokers"], "add it to the register of brokers"),
        ("7.0.5", ["managers"], "nothing to add: to install a manager is to have it join"),
    ],
)
def test_plan_of_each_generation(tmp_path: Path, version: str, tiers: list[str], plan: str) -> None:
    """The new host does not answer yet."""
    groups = {f"cloudify_{tier}": {"hosts": {"h1": {}, "h2": {}}} for tier in tiers}
    # nobody listens on the discard port
    away = {"ansible_host": "127.0.0.1", "ansible_port": 9, "ansible_connection": "ssh"}
    hosts = {"h1": {"ansible_connection": "local"}, "h2": away}
    inventory, book = tmp_path / "hosts.json", tmp_path / "book.json"
    inventory.write_text(json.dumps({"all": {"hosts": hosts, "children": groups}}))
    role = {"role": "cloudify_ha.recovery.register_node", "register_node_name": "h2"}
    book.write_text(json.dumps([{"hosts": "h1,h2", "gather_facts": False, "roles": [role]}]))
    given = {
        "register_node_version": version,
        "register_node_place": str(tmp_path),
        "__node_state_command": ["true"],
        "ansible_become": False,
        "ansible_python_interpreter": sys.executable,
    }
    words = ["-i", str(inventory), "-e", json.dumps(given), str(book), "--check"]
    told = play([str(PLAYBOOK), *words], environment(tmp_path / "home"))
    assert told.code == 0, told.output
    assert f'"msg": "PLAN h2: {plan}"' in told.output, told.output
