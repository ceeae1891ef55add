# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-playbook as somebody types it, and what they see."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")

#: What Ansible is started with, where that is not its own Python: see tooling.warm.
warm_python = ""


@dataclass
class Played:
    """How a playbook ended."""

    code: int
    output: str

    @property
    def report(self) -> list[str]:
        """The lines of the last message that is a list."""
        text = self.output[self.output.rindex('"msg": [') + len('"msg": ') :]
        lines: list[str]
        lines, _end = json.JSONDecoder().raw_decode(text)
        return lines

    @property
    def failure(self) -> str:
        """The message of the last task that failed; the lines of a list one below the other."""
        text = self.output[self.output.rindex("FAILED! => ") :]
        result: dict[str, Any]
        result, _end = json.JSONDecoder().raw_decode(text[text.index("{") :])
        message = result["msg"]
        return "\n".join(message) if isinstance(message, list) else str(message)

    def count(self, what: str, host: str = "") -> int:
        """Of the recap: ok, changed, failed, ... of a host, or of all together."""
        recap = self.output[self.output.rindex("PLAY RECAP") :]
        name = re.escape(host) or r"\S+"
        found = re.findall(rf"^{name} +: .*\b{what}=(\d+)", recap, re.MULTILINE)
        assert found, recap
        return sum(map(int, found))

    @property
    def changed(self) -> int:
        return self.count("changed")


def environment(home: Path, **more: str) -> dict[str, str]:
    """Without connections of whoever runs the tests, and with results that can be read."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("CLOUDIFY_")},
        "ANSIBLE_HOME": str(home),
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_NOCOLOR": "true",
        "LC_ALL": "C.UTF-8",
        **more,
    }


def longest_silence(log: Path) -> float:
    """In seconds, between two lines of what ANSIBLE_LOG_PATH names."""
    found = re.findall(r"^(\d{4}-\S+ [\d:]+,\d{3})(?= )", log.read_text(), re.MULTILINE)
    at = [datetime.strptime(each, "%Y-%m-%d %H:%M:%S,%f").timestamp() for each in found]
    return max((after - before for before, after in zip(at, at[1:])), default=0.0)


def started(command: Sequence[str]) -> list[str]:
    return [*([warm_python] if warm_python else ()), *command]


def play(
    command: Sequence[str], environment: Mapping[str, str], *, cwd: Path | None = None
) -> Played:
    """Run it to its end, with nobody at the keyboard."""
    done = subprocess.run(
        started(command),
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Played(done.returncode, done.stdout)
