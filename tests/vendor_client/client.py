# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vendor's command line client, with a home of its own."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import time
from pathlib import Path
from typing import Any

from standin.testing import StandIn

DEADLINE = 60.0
#: What the client imports, each time it starts, of others: most of the time that it takes.
MODULES = ("click", "networkx", "pkg_resources", "requests", "yaml")


@dataclasses.dataclass
class Said:
    code: int
    text: str


class Client:
    """`cfy` as a person would run it, with nothing of the person's own configuration."""

    def __init__(self, *, program: Path, home: Path, python: str) -> None:
        self.program = program
        self.python = python
        self.home = home

    def __call__(self, *words: str, code: int = 0) -> str:
        said = self.run(*words)
        assert said.code == code, f"cfy {' '.join(words)} ended with {said.code}:\n{said.text}"
        return said.text

    def run(self, *words: str) -> Said:
        done = subprocess.run(
            [self.python, str(self.program), *words],
            cwd=self.home,
            env={
                "HOME": str(self.home),
                "CFY_WORKDIR": str(self.home),
                "PATH": os.environ["PATH"],
                "LC_ALL": "C.UTF-8",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
        return Said(done.returncode, done.stdout)

    def use(self, manager: StandIn, *, password: str = "", ca: str = "", code: int = 0) -> str:
        login = ("-u", manager.username, "-p", password or manager.password)
        where = ("--rest-port", str(manager.port), "-c", ca or str(manager.ca))
        words = ("profiles", "use", "127.0.0.1", *login, "-t", "default_tenant", *where)
        return self(*words, code=code)


def find_program() -> Path:
    """The client that the environment names, or one that is made once and kept in the cache."""
    if os.environ.get("CFY"):
        return Path(os.environ["CFY"])
    if os.environ.get("CFY_VENV"):
        return Path(os.environ["CFY_VENV"]) / "bin" / "cfy"
    from tooling import setup
    from tooling.pythons import find_pythons

    return setup.cfy(find_pythons()) / "cfy"


def until(manager: StandIn, path: str, status: str) -> None:
    """Wait for what a workflow does; meanwhile the manager may not answer at all."""
    deadline = time.monotonic() + DEADLINE
    now: Any = None
    while time.monotonic() < deadline:
        answer = manager.call("GET", path)
        now = answer.json.get("status") if answer.status == 200 else answer.status
        if now == status:
            return
        time.sleep(0.05)
    raise AssertionError(f"{path} is {now}, not {status}")


__all__ = ["Client", "find_program", "until"]
