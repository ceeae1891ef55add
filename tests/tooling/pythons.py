# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Python interpreters of this machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PROBE = "import sys, venv, ensurepip; print('%d.%d.%d' % sys.version_info[:3])"


@dataclass(frozen=True)
class Python:
    path: Path
    version: str  # 3.11
    release: str  # 3.11.7


def _directories() -> list[Path]:
    """PATH first, then pyenv's; never its shims, which fail for versions that are not selected."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found = [Path(sys._base_executable).parent]  # type: ignore[attr-defined]
    found += [Path(part) for part in os.environ.get("PATH", os.defpath).split(os.pathsep) if part]
    found += sorted((pyenv / "versions").glob("*/bin"), reverse=True)
    return [path for path in dict.fromkeys(found) if path.name != "shims" and path.is_dir()]


def _probe(path: Path) -> Python | None:
    try:
        done = subprocess.run(
            [path, "-I", "-c", PROBE],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    release = done.stdout.strip()
    if done.returncode or not release:
        return None
    return Python(path=path, version=release.rpartition(".")[0], release=release)


def find_pythons() -> dict[str, Python]:
    """By version, the first one of each that can make virtual environments."""
    found: dict[str, Python] = {}
    for directory in _directories():
        for path in sorted(directory.glob("python3.*")):
            version = path.name.removeprefix("python")
            if re.fullmatch(r"3\.\d+", version) and version not in found:
                python = _probe(path)
                if python and python.version == version:
                    found[version] = python
    return found


def tools_python(pythons: dict[str, Python]) -> Python:
    """The one that runs this program: the launcher chose it for the tools."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    own = Path(sys._base_executable)  # type: ignore[attr-defined]
    return pythons.get(version) or Python(
        path=own, version=version, release=f"{version}.{sys.version_info.micro}"
    )


__all__ = ("Python", "find_pythons", "tools_python")
