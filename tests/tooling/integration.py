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

from .steps import PROFILES


def variables(*, ready: dict[str, Any], profile: str, edition: str, work: Path) -> dict[str, Any]:
    return {
        "manager_hosts": ["127.0.0.1"],
        "manager_port": ready["port"],
        "manager_ca_path": ready["ca"],
        "manager_username": ready["username"],
        "manager_password": ready["password"],
        "standin_control": ready["control"],
        "standin_profile": profile,
        "standin_edition": edition,
        # The archives that a real manager made, and a place for what a target writes.
        "sample_archives": str(Path.cwd() / "tests" / "data" / "archives"),
        "work_dir": str(work),
    }


def _start(
    *, profile: str, edition: str, state: Path
) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    command = [sys.executable, "-m", "standin", "--state", str(state), "--profile", profile]
    command += ["--edition", edition, "--speed", "50"]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    line = child.stdout.readline()
    if not line:
        raise SystemExit(f"the stand-in manager ended with {child.wait()}")
    ready: dict[str, Any] = json.loads(line)
    return child, ready


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--profile", choices=PROFILES, default=PROFILES[-2])
    parser.add_argument("--edition", default="premium")
    parser.add_argument("targets", nargs="*")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cloudify-ha-") as name:
        place = Path(name)
        (place / "work").mkdir()
        child, ready = _start(profile=asked.profile, edition=asked.edition, state=place / "state")
        try:
            config = Path("tests/integration/integration_config.yml")
            given = variables(
                ready=ready, profile=asked.profile, edition=asked.edition, work=place / "work"
            )
            config.write_text(json.dumps(given, indent=2) + "\n")
            return _targets(asked.targets, home=place / "home")
        finally:
            child.terminate()
            child.wait(timeout=30)


def _targets(targets: list[str], *, home: Path) -> int:
    """Every warning counts as a failure: what Ansible warns of today, it refuses tomorrow."""
    home.mkdir()
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
