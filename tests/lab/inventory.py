# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An Ansible inventory of hosts of the lab."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from . import network
from .place import SOCKETS

# Without them a task on a host that is cut off would hang for as long as the kernel retries.
SSH = (
    *("-o ServerAliveInterval=2", "-o ServerAliveCountMax=2", "-o ConnectTimeout=5"),
    # A host that is made anew has a new key.
    *("-o StrictHostKeyChecking=no", "-o UserKnownHostsFile=/dev/null", "-o LogLevel=ERROR"),
    *("-o ControlMaster=auto", "-o ControlPersist=60s"),
    # Hosts of two labs have the same names: in a directory of the lab's own.
    f"-o ControlPath={SOCKETS}/%C",
)


def write_inventory(
    path: Path,
    *,
    groups: Mapping[str, Sequence[str]],
    variables: Mapping[str, Any],
    host_variables: Mapping[str, Mapping[str, Any]],
    key: Path,
) -> Path:
    names = sorted({name for hosts in groups.values() for name in hosts})
    everybody = {
        "ansible_user": "ops",
        "ansible_ssh_private_key_file": str(key),
        "ansible_ssh_common_args": " ".join(SSH),
        "ansible_python_interpreter": "/usr/bin/python3",
        **variables,
    }
    hosts = {
        name: {"ansible_host": network.address(name), **host_variables.get(name, {})}
        for name in names
    }
    children: dict[str, Any] = {
        group: {"hosts": {name: {} for name in members}} for group, members in groups.items()
    }
    tree = {"all": {"vars": everybody, "hosts": hosts, "children": children}}
    path.parent.mkdir(parents=True, exist_ok=True)
    # JSON is YAML too, and needs no library.
    path.write_text(json.dumps(tree, indent=2) + "\n")
    return path


__all__ = ("write_inventory",)
