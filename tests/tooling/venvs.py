# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual environments, named after a hash of what is in them."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from .locks import locked
from .paths import CACHE, REQUIREMENTS
from .pythons import Python


class SetupFailed(Exception):
    pass


def _requirements(path: Path) -> list[str]:
    """The lines of a requirements file, with those of the files that it takes in."""
    lines: list[str] = []
    for line in path.read_text().splitlines():
        line = line.partition("#")[0].strip()
        if line.startswith("-r "):
            lines += _requirements(path.parent / line.removeprefix("-r ").strip())
        elif line:
            lines.append(line)
    return lines


def _run(command: Sequence[str | Path], log: Path) -> None:
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    with log.open("ab") as out:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env, check=False
        )
    if done.returncode:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise SetupFailed(f"{tail}\n{command[0]} ended with {done.returncode}; log: {log}")


def venv(name: str, *, python: Python, file: str, packages: tuple[str, ...] = ()) -> Path:
    """Make it if it is not there, and return its bin directory.

    It is made in place, as scripts in it hold their own path. A mark written last tells a whole one from
    one that was cut off, which the next run makes anew.
    """
    wanted = sorted({*_requirements(REQUIREMENTS / file), *packages})
    text = "\n".join([str(python.path), python.release, *wanted])
    home = CACHE / "venvs" / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    mark = home / ".complete"
    if mark.exists():
        return home / "bin"
    with locked(home.with_suffix(home.suffix + ".lock")):
        if mark.exists():
            return home / "bin"
        shutil.rmtree(home, ignore_errors=True)
        log = home.with_suffix(home.suffix + ".log")
        log.unlink(missing_ok=True)
        started = time.monotonic()
        print(f"making environment {name} (Python {python.release})", file=sys.stderr, flush=True)
        _run([python.path, "-m", "venv", home], log)
        pip = [
            str(home / "bin" / "python"),
            "-m",
            "pip",
            "--disable-pip-version-check",
            "--no-input",
        ]
        _run([*pip, "install", "--quiet", "--retries", "10", *wanted], log)
        mark.write_text(text + "\n")
        seconds = time.monotonic() - started
        print(f"made environment {name} in {seconds:.0f} s", file=sys.stderr, flush=True)
    return home / "bin"


__all__ = ("SetupFailed", "venv")
