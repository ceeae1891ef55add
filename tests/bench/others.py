# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The others: curl with the usual tools behind it, and the vendor's client."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from standin.testing import StandIn

PROGRAMS = {"curl": "curl", "sha256sum": "coreutils", "unzip": "unzip"}


def missing_programs() -> str:
    """What has to be installed first; empty when nothing has."""
    packages = sorted({PROGRAMS[name] for name in PROGRAMS if not shutil.which(name)})
    return f"install them first: apt-get install {' '.join(packages)}" if packages else ""


def archive_url(manager: StandIn, snapshot_id: str) -> str:
    return f"{manager.url}/api/v3.1/snapshots/{snapshot_id}/archive"


class Curl:
    def __init__(self, manager: StandIn) -> None:
        self._manager = manager
        account = f"{manager.username}:{manager.password}"
        self._curl = ["curl", "--silent", "--show-error", "--fail", "--cacert", manager.ca]
        self._curl += ["--user", account, "--header", "Tenant: default_tenant"]

    def download(self, snapshot_id: str, dest: Path) -> list[str]:
        """With the verification that the module's includes."""
        fetch = [*self._curl, "--output", str(dest), archive_url(self._manager, snapshot_id)]
        steps = (fetch, ["sha256sum", str(dest)], ["unzip", "-tq", str(dest)])
        return ["sh", "-c", " && ".join(shlex.join(step) for step in steps)]

    def upload(self, snapshot_id: str, source: Path) -> list[str]:
        return [
            *self._curl,
            "--upload-file",
            str(source),
            archive_url(self._manager, snapshot_id),
        ]


class Cfy:
    """The vendor's client with a home of its own."""

    def __init__(self, program: str, work: Path, manager: StandIn) -> None:
        self._program = program
        home = work / "cfy"
        home.mkdir(exist_ok=True)
        self.environment = {**os.environ, "HOME": str(home), "LC_ALL": "C.UTF-8"}
        self.environment.pop("PYTHONPATH", None)
        account = ["-u", manager.username, "-p", manager.password, "-t", "default_tenant"]
        where = ["--ssl", "--rest-port", str(manager.port), "-c", manager.ca]
        subprocess.run(
            [program, "profiles", "use", "127.0.0.1", *account, *where],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def download(self, snapshot_id: str, dest: Path) -> list[str]:
        return [self._program, "snapshots", "download", snapshot_id, "-o", str(dest)]

    def upload(self, snapshot_id: str, source: Path) -> list[str]:
        return [self._program, "snapshots", "upload", str(source), "-s", snapshot_id]


def find_cfy() -> str | None:
    """`CFY` is the program, `CFY_VENV` the environment that holds it."""
    venv = os.environ.get("CFY_VENV")
    program = os.environ.get("CFY") or (f"{venv}/bin/cfy" if venv else "cfy")
    return shutil.which(program)


__all__ = ["Cfy", "Curl", "find_cfy", "missing_programs"]
