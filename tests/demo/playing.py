# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Playbooks as a user would run them. What they print is kept until it is known that they worked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .report import StepFailed

TAIL = 12
LOOK_SECONDS = 0.2
FIXED = {
    "ANSIBLE_LOCALHOST_WARNING": "false",
    "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    "ANSIBLE_HOST_KEY_CHECKING": "false",
    "ANSIBLE_FORKS": "10",
    "ANSIBLE_NOCOLOR": "true",
    "LC_ALL": "C.UTF-8",
}


class Playbooks:
    """Runs playbooks of one cluster, in this environment, with these variables."""

    def __init__(
        self,
        work: Path,
        *,
        environment: Mapping[str, str] | None = None,
        variables: Mapping[str, Any] | None = None,
        inventory: Path | None = None,
    ) -> None:
        self.work = work
        self.environment = {**os.environ, **FIXED, **(environment or {})}
        self.variables = dict(variables or {})
        self.inventory = inventory

    def play(
        self, playbook: str, *, watch: Callable[[str], None] = lambda _said: None, **more: Any
    ) -> str:
        """Returns what it printed; its exit code has to be 0. `watch` gets what it has said so far."""
        words = [str(Path(sys.executable).with_name("ansible-playbook"))]
        words += ["--inventory", str(self.inventory)] if self.inventory else []
        words += [playbook, "--extra-vars", json.dumps({**self.variables, **more})]
        log = self.work / f"{Path(playbook).stem}.log"
        with log.open("w") as out:
            child = subprocess.Popen(
                words, env=self.environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
            try:
                while child.poll() is None:
                    watch(log.read_text())
                    time.sleep(LOOK_SECONDS)
            finally:
                if child.poll() is None:
                    child.terminate()
                    child.wait()
        said = log.read_text()
        watch(said)
        if child.returncode:
            raise StepFailed(_story(playbook, child.returncode, said))
        return said


def _story(playbook: str, code: int, said: str) -> str:
    """The end of what it said, and where all of it is."""
    descriptor, name = tempfile.mkstemp(prefix="cloudify-ha-demo-", suffix=".log")
    with os.fdopen(descriptor, "w") as kept:
        kept.write(said)
    lines = [line for line in said.splitlines() if line.strip()]
    failed = [n for n, line in enumerate(lines) if line.startswith(("fatal:", "[ERROR]", "ERROR"))]
    shown = lines[failed[0] :][:TAIL] if failed else lines[-TAIL:]
    tail = "\n".join(f"    {line[:500]}" for line in shown)
    return f"{playbook} ended with {code}:\n{tail}\n  All that it said: {name}"


def report_of(said: str, word: str = "") -> list[str]:
    """The lines of the last message that a role printed as a list, or of the last one that begins with this word."""
    start = said.rindex(f'"msg": [\n        "{word}') if word else said.rindex('"msg": [')
    block = said[said.index("[", start) :]
    lines: list[str] = json.JSONDecoder().raw_decode(block)[0]
    return lines


__all__ = ("Playbooks", "report_of")
