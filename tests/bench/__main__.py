# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare transfers with curl and with the vendor's client, and runbooks with their floor.

`make bench` sets everything up and compares transfers. `ARGS="--large"` adds 10 GiB, which takes 40 GiB of disk and
a while; `ARGS="--sizes 64M --runs 3"` is a quick look. `ARGS=--runbooks` rebuilds clusters of three and of nine
hosts instead, which needs root; `ARGS="--runbooks --layouts compact"` is a quick look.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.lateness import Lateness, lateness
from bench.measure import CommandFailed
from bench.others import Cfy, Curl, find_cfy, missing_programs
from bench.rebuild_table import rebuild_table
from bench.table import size_name, table
from bench.through_ansible import Ansible
from bench.transfers import Bench, Comparison
from lab import image, namespace
from lab.commands import LabError
from lab.support import why_not
from standin.testing import StandIn

DEFAULT, LARGE = "64M,1G", "64M,1G,10G"
UNITS = {"M": 1 << 20, "G": 1 << 30}
#: What the largest file takes: on the server, what is fetched of it or sent back, and what is not flushed yet.
COPIES = 3
#: Jobs take a tenth of the recorded time, so that the wait for their end is short; nothing else does.
SPEED = 10.0


@dataclass
class Found:
    """What was measured, and what went wrong meanwhile."""

    comparisons: list[Comparison] = field(default_factory=list)
    late: list[Lateness] = field(default_factory=list)
    broken: list[CommandFailed] = field(default_factory=list)

    @contextlib.contextmanager
    def errors_kept(self) -> Iterator[None]:
        """One command that fails does not take away what the others have shown."""
        try:
            yield
        except CommandFailed as error:
            self.broken.append(error)

    @property
    def errors(self) -> list[CommandFailed]:
        return [*(error for each in self.comparisons for error in each.errors), *self.broken]


def sizes(text: str) -> list[int]:
    return [int(word[:-1]) * UNITS[word[-1].upper()] for word in text.split(",") if word]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
    parser.add_argument("--sizes", type=sizes, default=sizes(DEFAULT), help=f"default {DEFAULT}")
    parser.add_argument("--large", action="store_true", help=f"the same as --sizes {LARGE}")
    parser.add_argument("--runs", type=int, help="default 5, of runbooks 1")
    parser.add_argument(
        "--runbooks", action="store_true", help="rebuild clusters of hosts, as root"
    )
    parser.add_argument(
        "--layouts", default="compact,nine", help="of --runbooks; default %(default)s"
    )
    parser.add_argument("--only", choices=("download", "upload", "lateness"))
    parser.add_argument("--work", type=Path, help="where the files go (default: a temporary place)")
    given = parser.parse_args()
    if given.large:
        given.sizes = sizes(LARGE)
    given.runs = given.runs or (1 if given.runbooks else 5)
    return given


def run(work: Path, given: argparse.Namespace, cfy: str | None) -> Found:
    found = Found()
    with StandIn(state=work / "manager", speed=SPEED) as manager:
        ansible = Ansible(work, manager)
        client = Cfy(cfy, work, manager) if cfy else None
        bench = Bench(manager, work, given.runs, ansible, Curl(manager), client)
        for size in given.sizes if given.only != "lateness" else ():
            name = f"bench-{size}"
            manager.add_snapshot(name, size=size)
            path = manager.state / "snapshots" / name / f"{name}.zip"
            if given.only != "upload":
                _tell(f"download of {size_name(size)}")
                with found.errors_kept():
                    found.comparisons.append(bench.download(name, size))
            if given.only != "download":
                _tell(f"upload of {size_name(size)}")
                with found.errors_kept():
                    found.comparisons.append(bench.upload(path, size))
            manager.call("DELETE", f"/snapshots/{name}")
        if given.only in (None, "lateness"):
            _tell("ends of creates and restores")
            found.late, broken = lateness(ansible, manager, runs=given.runs)
            found.broken += broken
    return found


def _tell(text: str) -> None:
    print(f"measuring: {text}", file=sys.stderr, flush=True)


def runbooks(layouts: list[str], *, runs: int) -> int:
    """In a lab of its own, in which this program is run again."""
    if not namespace.inside():
        reason = why_not()
        if reason:
            print(f"runbooks are not measured: {reason}", file=sys.stderr)
            return 2
        return namespace.start(
            [sys.executable, "-m", "bench", *sys.argv[1:]], image=image.prepare()
        )
    from bench.rebuilds import rebuilds

    try:
        found = rebuilds(layouts, runs=runs)
    except (CommandFailed, LabError, subprocess.SubprocessError) as error:
        print(f"\nFAILED: {error}", file=sys.stderr)
        return 1
    _print_machine()
    print(rebuild_table(found, runs=runs))
    return 0


def _print_machine() -> None:
    cores = len(os.sched_getaffinity(0))
    print(f"{platform.machine()}, {cores} cores, Python {platform.python_version()}, over HTTPS\n")


def main() -> int:
    given = arguments()
    if given.runbooks:
        return runbooks(given.layouts.split(","), runs=given.runs)
    lacking = missing_programs()
    if lacking:
        print(f"curl, sha256sum and unzip are what is compared with; {lacking}", file=sys.stderr)
        return 2
    cfy = find_cfy()
    if cfy is None:
        print("there is no cfy: name one in CFY, or its environment in CFY_VENV", file=sys.stderr)
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir=given.work))
        work = Path(place)
        needed, free = max(given.sizes) * COPIES, shutil.disk_usage(work).free
        if free < needed:
            print(f"{work} needs {size_name(needed)}, {size_name(free)} are free", file=sys.stderr)
            return 2
        found = run(work, given, cfy)
    _print_machine()
    print(table(found.comparisons, found.late, runs=given.runs))
    for error in found.errors:
        print(f"\nFAILED: {error}", file=sys.stderr)
    return 1 if found.errors else 0


if __name__ == "__main__":
    sys.exit(main())
