# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection as Ansible runs it: a playbook, and the module's process by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.measure import CommandFailed
from standin.testing import StandIn
from tooling.another_python import another_python

NAMESPACE = "cloudify_ha.recovery"


class Ansible:
    """Runs modules against one manager, through Ansible or without it."""

    def __init__(self, work: Path, manager: StandIn) -> None:
        self._work = work
        self._connection = {
            "manager_hosts": [f"127.0.0.1:{manager.port}"],
            "username": manager.username,
            "password": manager.password,
            "ca_path": manager.ca,
        }
        self.environment = {
            **os.environ,
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "ANSIBLE_NOCOLOR": "true",
            "ANSIBLE_LOCAL_TEMP": str(work / "local"),
        }

    def playbook(self, module: str, **options: Any) -> list[str]:
        """The command for a playbook of one task."""
        task = {f"{NAMESPACE}.{module}": {**self._connection, **options}}
        play = {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "tasks": [{"name": "Do it", **task}],
        }
        path = self._work / f"{module}.json"
        path.write_text(json.dumps([play]))
        return ["ansible-playbook", str(path)]

    def payload(self, module: str, *, check: bool = False, **options: Any) -> list[str]:
        """The command for the module's process: the very file that Ansible hands to Python.

        Ansible makes it, options included, and is told to leave it where it was run.
        """
        place = self._work / "remote" / f"{module}-{len(list(self._work.glob('remote/*')))}"
        command = ["ansible", "localhost", "-c", "local", "-m", f"{NAMESPACE}.{module}"]
        command += ["-a", json.dumps({**self._connection, **options})]
        command += ["-e", f"ansible_python_interpreter={another_python(self._work)}"]
        kept = {"ANSIBLE_KEEP_REMOTE_FILES": "true", "ANSIBLE_REMOTE_TMP": str(place)}
        done = subprocess.run(
            [*command, "--check"] if check else command,
            env={**self.environment, **kept},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        found = list(place.glob(f"*/AnsiballZ_{module}.py"))
        if done.returncode or not found:
            raise CommandFailed(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}")
        return [sys.executable, str(found[0])]


__all__ = ["Ansible"]
