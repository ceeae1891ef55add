# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the integration targets against a stand-in manager of one profile.

Runs in a copy of the repository, with the environment of one ansible-core. The targets are given the
variables of `variables()`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from standin.testing import StandIn

from .steps import PROFILES


def variables(*, manager: StandIn, work: Path) -> dict[str, Any]:
    ready = json.loads((manager.state / "ready.json").read_text())
    return {
        # For module_defaults of group/cloudify_ha.recovery.manager.
        "manager_connection": {
            "manager_hosts": ["127.0.0.1"],
            "manager_port": manager.port,
            "username": manager.username,
            "password": manager.password,
            "ca_path": manager.ca,
        },
        "standin_control": ready["control"],
        "standin_edition": manager.edition,
        "standin_profile": manager.profile,
        # The archives that a real manager made, and a place for what a target writes.
        "sample_archives": str(Path.cwd() / "tests" / "data" / "archives"),
        "work_dir": str(work),
    }


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--profile", choices=PROFILES, default="7.0.5")
    parser.add_argument("--edition", default="premium")
    parser.add_argument("targets", nargs="*")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cloudify-ha-") as name:
        place = Path(name)
        for part in ("work", "home"):
            (place / part).mkdir()
        with StandIn(
            profile=asked.profile, edition=asked.edition, speed=50, state=place / "state"
        ) as manager:
            given = variables(manager=manager, work=place / "work")
            config = Path("tests/integration/integration_config.yml")
            config.write_text(json.dumps(given, indent=2) + "\n")
            return _targets(asked.targets, home=place / "home")


def _targets(targets: list[str], *, home: Path) -> int:
    """Every warning counts as a failure: what Ansible warns of today, it refuses tomorrow."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    command = [str(Path(sys.executable).with_name("ansible-test")), "integration", "--local"]
    command += ["--color", "no", "--python", python, *targets]
    warned = False
    with subprocess.Popen(
        command,
        env={**os.environ, "HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            print(line, end="", flush=True)
            warned = warned or line.startswith(("[WARNING]", "[DEPRECATION WARNING]"))
    if warned:
        print("FAILED: Ansible warned")
    return child.returncode or int(warned)


if __name__ == "__main__":
    sys.exit(main())
