# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands behind the Makefile's targets."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lab.commands import LabError

from . import setup
from .cores import missing, present
from .paths import CACHE, REPO
from .plan import UnknownStep, make, pythons_of, without_hosts
from .pythons import find_pythons
from .report import show
from .runner import Runner
from .runs import new_run
from .steps import AWX, TOOLS
from .venvs import SetupFailed
from .worktree import copy, files


def test(wanted: list[str], *, jobs: int, everything: bool) -> int:
    started = time.monotonic()
    pythons, names = find_pythons(), files()
    tasks = make(pythons=pythons, names=names, wanted=wanted, everything=everything)
    todo = [task for task in tasks if not task.skip]
    cores = pythons_of(tasks, pythons)
    made = setup.everything(
        pythons=pythons,
        cores=cores,
        with_tools=any(task.step.environment == TOOLS for task in todo),
        with_awx=any(task.step.environment == AWX for task in todo),
        with_cfy=any(task.step.cfy for task in todo),
        with_ee=any(task.step.ee for task in todo),
        with_collections=any(task.step.awx for task in todo),
        with_lab=any(task.step.lab for task in todo),
    )
    if made.no_hosts and (wanted or everything):
        raise LabError(f"no hosts: {made.no_hosts}")
    if made.no_hosts:
        tasks = without_hosts(tasks, why=f"no hosts: {made.no_hosts}")
    with new_run() as run:
        print(
            f"{sum(not task.skip for task in tasks)} steps, {jobs} at a time; logs: {run.logs}",
            flush=True,
        )
        runner = Runner(
            run=run,
            names=names,
            made=made,
            pythons=cores,
            interpreters=[python.path.parent for python in pythons.values()],
            newest=list(present(pythons))[-1],
            whole=everything,
        )
        results = runner.go(tasks, jobs=jobs)
    return show(results, seconds=time.monotonic() - started)


def list_steps() -> int:
    pythons = find_pythons()
    for task in make(pythons=pythons, names=files(), wanted=[]):
        print(
            f"{task.name:24} {task.step.group:14} {task.skip and 'skipped: ' + task.skip}".rstrip()
        )
    for core, reason in missing(pythons).items():
        print(f"ansible-core {core.name} is not tested: {reason}")
    return 0


def run_package(name: str, words: list[str]) -> int:
    """Run one of the programs under tests/ in the repository itself, in the foreground."""
    if not (REPO / "tests" / name / "__main__.py").exists():
        print(f"tests/{name} does not exist yet", file=sys.stderr)
        return 1
    home = setup.newest()
    env = {k: v for k, v in os.environ.items() if not k.startswith(("ANSIBLE_", "CLOUDIFY_"))}
    env["PATH"] = os.pathsep.join([str(home), env.get("PATH", os.defpath)])
    env.update(PYTHONPATH=str(REPO / "tests"), LC_ALL="C.UTF-8")
    if name == "bench":
        env["CFY"] = str(setup.cfy(find_pythons()) / "cfy")
    with tempfile.TemporaryDirectory(prefix="cloudify-ha-") as work:
        # Ansible finds the collection by its name only below ansible_collections.
        place = Path(work) / "ansible_collections" / "cloudify_ha"
        place.mkdir(parents=True)
        (place / "recovery").symlink_to(REPO)
        env.update(ANSIBLE_COLLECTIONS_PATH=work, ANSIBLE_HOME=str(Path(work) / "home"))
        child = subprocess.Popen([home / "python", "-m", name, *words], env=env, cwd=REPO)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda received, _frame: child.send_signal(received))
        return child.wait()


def tool(*command: str) -> int:
    home = setup.tools(find_pythons())
    env = {**os.environ, "PATH": os.pathsep.join([str(home), os.environ.get("PATH", os.defpath)])}
    return subprocess.run(
        [home / command[0], *command[1:]], cwd=REPO, env=env, check=False
    ).returncode


def build() -> int:
    """From a copy, so that what git ignores never gets into the tarball."""
    output = REPO / "build"
    with tempfile.TemporaryDirectory(prefix="cloudify-ha-") as work:
        source = copy(Path(work), files())
        return tool(
            "ansible-galaxy",
            "collection",
            "build",
            str(source),
            "--force",
            "--output-path",
            str(output),
        )


def docs() -> int:
    from .docs import build_docs

    return build_docs(setup.tools(find_pythons()))


def clean(*, everything: bool) -> int:
    for name in (
        "build",
        "docs/build",
        "tests/output",
        ".ansible",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
    ):
        shutil.rmtree(REPO / name, ignore_errors=True)
    for path in REPO.rglob("__pycache__"):
        shutil.rmtree(path, ignore_errors=True)
    if everything:
        shutil.rmtree(CACHE, ignore_errors=True)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/tooling/run")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("test", help="run test steps: all, or the named steps and groups")
    # One more than there are cores, since a step waits a fifth of its time.
    run.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)) + 1)
    run.add_argument("--all", action="store_true", help="also what needs hosts of the lab")
    run.add_argument("steps", nargs="*")
    commands.add_parser("list", help="the test steps of this machine")
    for name in ("demo", "standin", "fidelity", "bench", "lab"):
        commands.add_parser(name, help=f"run tests/{name}", add_help=False)
    for name in ("format", "build", "docs", "clean", "distclean"):
        commands.add_parser(name)
    known, words = parser.parse_known_args()
    if known.command in ("demo", "standin", "fidelity", "bench", "lab"):
        return run_package(known.command, words)
    if words:
        parser.error(f"not understood: {' '.join(words)}")
    if known.command == "test":
        return test(known.steps, jobs=known.jobs, everything=known.all)
    if known.command == "list":
        return list_steps()
    if known.command == "format":
        return tool("black", "--quiet", ".") or tool("ruff", "check", "--fix", ".")
    if known.command == "build":
        return build()
    if known.command == "docs":
        return docs()
    return clean(everything=known.command == "distclean")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except (LabError, SetupFailed, UnknownStep) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
