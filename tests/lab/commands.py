# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every part of the lab uses: its one error, and how it runs a program."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence


class LabError(Exception):
    """Said in one line."""


def run(
    *command: str, check: bool = True, input: str | None = None, timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and keep what it said."""
    try:
        done = subprocess.run(
            command,
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError as error:
        raise LabError(f"{command[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"no end after {timeout:g} s: {shlex.join(command)}") from error
    if check and done.returncode:
        raise LabError(f"{shlex.join(command)} ended with {done.returncode}: {last_words(done)}")
    return done


def last_words(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()
    return " | ".join(line.strip() for line in lines[-3:])


def batch(program: str, lines: Sequence[str]) -> None:
    """Many commands in one call of `nft -f -` or `ip -batch -`."""
    run(*shlex.split(program), input="\n".join(lines) + "\n")


__all__ = ("LabError", "batch", "last_words", "run")
