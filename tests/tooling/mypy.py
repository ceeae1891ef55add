# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""mypy over parts of the collection under its full name, as Ansible imports it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from .paths import CACHE


def main() -> int:
    parts = sys.argv[1:]
    ours = parts[0] == "plugins"
    here = Path.cwd()
    if ours:
        # The collection's own names resolve from above ansible_collections.
        cwd = here.parents[2]
        targets = [str(here.relative_to(cwd) / part) for part in parts]
        env = {**os.environ, "MYPYPATH": str(cwd)}
    else:
        cwd, targets = here, parts
        env = {**os.environ, "MYPYPATH": str(here / "tests")}
    command = [sys.executable, "-m", "mypy", "--config-file", str(here / "pyproject.toml")]
    # The version differs: tests run on the tools' own Python only.
    if not ours:
        command += ["--python-version", "3.11"]
    command += ["--cache-dir", str(CACHE / f"mypy-{Path(parts[0]).name}"), *targets]
    return subprocess.run(command, cwd=cwd, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
