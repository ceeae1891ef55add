# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes every environment that a command needs, side by side."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lab import image
from lab.commands import LabError

from .ansible_test import prepare
from .awx_collection import awx_collection
from .cores import Core, present
from .paths import REPO
from .pythons import Python, find_pythons, tools_python
from .venvs import venv

# The client's dependencies are pinned for these; the tools' own Python serves where none of them is.
CFY_PYTHONS = ("3.11", "3.12", "3.10", "3.13")


def tools(pythons: dict[str, Python]) -> Path:
    """Linters, with the newest ansible-core that their Python can run."""
    python = tools_python(pythons)
    cores = [core for core in present(pythons) if python.version in core.pythons]
    return venv(
        "tools", python=python, file="tools.txt", packages=(f"ansible-core=={cores[-1].release}",)
    )


def core(of: Core, python: Python) -> Path:
    packages = (f"ansible-core=={of.release}",)
    home = venv(f"core-{of.name}", python=python, file="pytest.txt", packages=packages)
    prepare(of, home)
    return home


def newest() -> Path:
    """The environment of everything that runs on one ansible-core only."""
    pythons = find_pythons()
    of, python = list(present(pythons).items())[-1]
    return core(of, python)


def awx(pythons: dict[str, Python]) -> Path:
    """What AWX runs a job with, which is one of the older ansible-cores."""
    of, python = next(iter(present(pythons).items()))
    return venv("awx", python=python, file="awx.txt", packages=(f"ansible-core=={of.release}",))


def ee(pythons: dict[str, Python]) -> Path:
    """What an execution environment has."""
    of, python = next(iter(present(pythons).items()))
    return venv("ee", python=python, file="ee.txt", packages=(f"ansible-core=={of.release}",))


def cfy(pythons: dict[str, Python]) -> Path:
    chosen = [pythons[version] for version in CFY_PYTHONS if version in pythons]
    return venv("cfy", python=[*chosen, tools_python(pythons)][0], file="cfy.txt")


@dataclass(frozen=True)
class Made:
    """Bin directories, but for `collections`, which has awx.awx. What was not wanted is not there."""

    cores: dict[Core, Path]
    tools: Path | None = None
    awx: Path | None = None
    cfy: Path | None = None
    ee: Path | None = None
    collections: Path | None = None
    #: Why there are no hosts, if some were wanted.
    no_hosts: str = ""


def everything(
    *,
    pythons: dict[str, Python],
    cores: dict[Core, Python],
    with_tools: bool = False,
    with_awx: bool = False,
    with_cfy: bool = False,
    with_ee: bool = False,
    with_collections: bool = False,
    with_lab: bool = False,
) -> Made:
    """Make what is wanted."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        hosts = pool.submit(no_hosts) if with_lab else None
        linters = pool.submit(tools, pythons) if with_tools else None
        runner = pool.submit(awx, pythons) if with_awx else None
        client = pool.submit(cfy, pythons) if with_cfy else None
        bare = pool.submit(ee, pythons) if with_ee else None
        python = tools_python(pythons).path
        theirs = pool.submit(awx_collection, python) if with_collections else None
        made = {of: pool.submit(core, of, python) for of, python in cores.items()}
        return Made(
            cores={of: future.result() for of, future in made.items()},
            tools=linters.result() if linters else None,
            awx=runner.result() if runner else None,
            cfy=client.result() if client else None,
            ee=bare.result() if bare else None,
            collections=theirs.result() if theirs else None,
            no_hosts=hosts.result() if hosts else "",
        )


def no_hosts() -> str:
    """Make the image, and start a host from it. Returns why that cannot be done here; empty when it can."""
    try:
        image.prepare()
    except (LabError, OSError, subprocess.SubprocessError) as exc:
        return str(exc)
    done = subprocess.run(
        [sys.executable, "-m", "lab", "run", "--hosts", "1", "--", "true"],
        env={**os.environ, "PYTHONPATH": str(REPO / "tests")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return (done.stdout.strip().splitlines() or ["no host starts"])[-1] if done.returncode else ""


__all__ = ("Made", "awx", "cfy", "core", "ee", "everything", "newest", "no_hosts", "tools")
