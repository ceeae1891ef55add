# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""mypy over a part of the collection under its full name, as Ansible imports it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from .paths import CACHE


def main() -> int:
    part = sys.argv[1]
    here = Path.cwd()
    if part == "plugins":
        # The collection's own names resolve from above ansible_collections.
        cwd, target = here.parents[2], str(here.relative_to(here.parents[2]) / part)
        env = {**os.environ, "MYPYPATH": str(cwd)}
    else:
        cwd, target = here, part
        env = {**os.environ, "MYPYPATH": str(here / "tests")}
    command = [sys.executable, "-m", "mypy", "--config-file", str(here / "pyproject.toml")]
    # The version differs: tests run on the tools' own Python only.
    if part != "plugins":
        command += ["--python-version", "3.11"]
    command += ["--cache-dir", str(CACHE / f"mypy-{Path(part).name}"), target]
    return subprocess.run(command, cwd=cwd, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
