# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module as a process of its own, so that it can be killed as a real one can be."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from standin.testing import StandIn

MODULES = "ansible_collections.cloudify_ha.recovery.plugins.modules"
COLLECTIONS = os.environ["ANSIBLE_COLLECTIONS_PATH"].split(os.pathsep)[0]
PATIENCE = 60.0


class Running:
    """One run of a module."""

    def __init__(self, command: list[str], folder: Path) -> None:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("CLOUDIFY_")}
        environment.update(PYTHONPATH=COLLECTIONS, HOME=str(folder), NO_PROXY="*")
        self.process = subprocess.Popen(
            command,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def result(self) -> dict[str, Any]:
        """What it answered, once it has ended."""
        said = self.process.communicate(timeout=PATIENCE)[0]
        try:
            answer: dict[str, Any] = json.loads(said)
        except ValueError:
            raise AssertionError(f"ended with {self.process.returncode}: {said}") from None
        assert "Traceback" not in said and "defect" not in said, said
        assert bool(self.process.returncode) == bool(answer.get("failed"))
        return answer

    def end(self, number: signal.Signals) -> None:
        self.process.send_signal(number)
        self.process.communicate(timeout=PATIENCE)


class Modules:
    """Starts modules against one manager."""

    def __init__(self, manager: StandIn, folder: Path) -> None:
        self._manager = manager
        self.folder = folder
        self._started: list[Running] = []

    def command(self, name: str, **options: Any) -> list[str]:
        place = {
            "manager_hosts": ["127.0.0.1"],
            "manager_port": self._manager.port,
            "username": self._manager.username,
            "password": self._manager.password,
            "ca_path": self._manager.ca,
        }
        path = self.folder / f"{name}-{len(self._started)}.json"
        path.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {**place, **options}}))
        return [sys.executable, "-m", f"{MODULES}.{name}", str(path)]

    def start(self, name: str, *, wrapper: tuple[str, ...] = (), **options: Any) -> Running:
        running = Running([*wrapper, *self.command(name, **options)], self.folder)
        self._started.append(running)
        return running

    def run(self, name: str, **options: Any) -> dict[str, Any]:
        return self.start(name, **options).result()

    def close(self) -> None:
        for running in self._started:
            if running.process.poll() is None:
                running.end(signal.SIGKILL)


def until(condition: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.01)


__all__ = ["COLLECTIONS", "Modules", "Running", "until"]
