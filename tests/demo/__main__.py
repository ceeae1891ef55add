# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demonstration: a snapshot of a real manager is restored, backed up, lost and brought back.

Started by `make demo`. Everything runs on this machine: the stand-in manager over HTTPS, and the
collection's playbooks as a user would run them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from standin.testing import StandIn

from . import witness

HERE = Path(__file__).resolve().parent
SAMPLE = HERE.parent / "data" / "archives" / "rich-legacy-revisions.zip"
CLUSTER = "demo"
PASSWORD = "a-Demo-passw0rd"
#: What a restore makes of the password: the one of the manager that the sample comes from.
SAMPLE_PASSWORD = "admin"
SPEED = 15.0
TAIL = 25


class StepFailed(Exception):
    """A step of the demonstration did not work."""


class Demo:
    """One demonstration, in a directory that goes away with it."""

    def __init__(self, work: Path, manager: StandIn) -> None:
        self.work = work
        self.manager = manager
        self.seconds: list[tuple[str, float]] = []
        self.environment = {
            **os.environ,
            "CLOUDIFY_MANAGER_HOSTS": f"127.0.0.1:{manager.port}",
            "CLOUDIFY_USERNAME": manager.username,
            "CLOUDIFY_PASSWORD": PASSWORD,
            "CLOUDIFY_CA_PATH": str(manager.ca),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "ANSIBLE_NOCOLOR": "true",
        }

    def log_in_with(self, password: str) -> None:
        self.environment["CLOUDIFY_PASSWORD"] = password

    def step(self, title: str, action: Callable[[], Any]) -> Any:
        print(f"  {len(self.seconds) + 1}. {title:<66}", end="", flush=True)
        started = time.monotonic()
        result = action()
        self.seconds.append((title, time.monotonic() - started))
        print(f"{self.seconds[-1][1]:5.1f} s", flush=True)
        return result

    def play(self, playbook: str, **variables: Any) -> str:
        """Run a playbook. Returns what it printed; its exit code has to be 0."""
        given = {
            "cloudify_cluster_name": CLUSTER,
            "cloudify_store_dir": str(self.work / "store"),
            **variables,
        }
        done = subprocess.run(
            ["ansible-playbook", playbook, "--extra-vars", json.dumps(given)],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            tail = "\n".join(done.stdout.splitlines()[-TAIL:])
            raise StepFailed(f"ansible-playbook {playbook} ended with {done.returncode}:\n{tail}")
        return done.stdout

    def content(self) -> witness.Content:
        """What the manager holds, seen without the collection."""
        return witness.read(
            self.manager.url,
            ca=str(self.manager.ca),
            username=self.manager.username,
            password=self.environment["CLOUDIFY_PASSWORD"],
        )


def lines_of(output: str) -> list[str]:
    """The lines of a role's report."""
    report = output[output.rindex('"msg": [') :].split("]", 1)[0]
    return [line.strip().rstrip(",").strip('"') for line in report.splitlines()[1:] if line.strip()]


def print_table(*contents: witness.Content) -> None:
    """How much there was, what was left, what came back."""
    print(f"\n  {'':24}{'before':>8}{'wiped':>8}{'restored':>10}")
    for kind in witness.KINDS:
        row = "".join(
            f"{len(content[kind]):>{width}}" for content, width in zip(contents, (8, 8, 10))
        )
        print(f"  {kind.replace('-', ' '):24}{row}")


def demonstrate(work: Path, manager: StandIn) -> bool:
    demo = Demo(work, manager)
    print(
        f"\nA stand-in for Cloudify Manager {manager.profile} ({manager.edition}) answers at {manager.url}\n"
    )
    demo.step(
        "restore a snapshot that a real 7.0.5 manager made",
        lambda: demo.play(
            str(HERE / "seed.yml"), sample=str(SAMPLE), sample_password=SAMPLE_PASSWORD
        ),
    )
    demo.log_in_with(SAMPLE_PASSWORD)
    before = demo.step("note what the manager holds", demo.content)
    backup = demo.step(
        "cloudify_ha.recovery.backup", lambda: demo.play("cloudify_ha.recovery.backup")
    )
    demo.step("wipe the manager: everything on it is gone", manager.wipe)
    demo.log_in_with(PASSWORD)
    empty = demo.step("note what is left", demo.content)
    restore = demo.step(
        "cloudify_ha.recovery.restore",
        lambda: demo.play(
            "cloudify_ha.recovery.restore", apply_snapshot_restored_password=SAMPLE_PASSWORD
        ),
    )
    demo.log_in_with(SAMPLE_PASSWORD)
    after = demo.step("note what the manager holds now", demo.content)
    for name, output in (("backup", backup), ("restore", restore)):
        print(f"\n  What {name} said:")
        for line in lines_of(output):
            print(f"    {line}")
    print_table(before, empty, after)
    lost = witness.differences(before, after)
    print("\n  Compared field by field, without the collection: ", end="")
    print("\n    ".join(lost) if lost else "no difference")
    total_seconds = sum(seconds for _title, seconds in demo.seconds)
    verdict = "NOT everything came back" if lost else "Everything came back"
    print(f"\n  {verdict}. {total_seconds:.1f} s in all.\n")
    return not lost


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="cloudify-ha-demo-") as name:
        work = Path(name)
        try:
            with StandIn(
                profile="7.0.5", speed=SPEED, state=work / "manager", password=PASSWORD
            ) as manager:
                return 0 if demonstrate(work, manager) else 1
        except StepFailed as exc:
            print(f"FAILED\n\n{exc}", file=sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(main())
