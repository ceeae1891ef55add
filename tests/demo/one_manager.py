# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One manager: a snapshot of a real one is restored, backed up, lost and brought back.

Everything runs on this machine: the stand-in manager over HTTPS, and the collection's playbooks as
a user would run them.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from standin.testing import StandIn

from . import witness
from .playing import Playbooks, report_of
from .report import Steps, print_table, print_words

HERE = Path(__file__).resolve().parent
SAMPLE = HERE.parent / "data" / "archives" / "rich-legacy-revisions.zip"
PASSWORD = "a-Demo-passw0rd"
#: What a restore makes of the password: the one of the manager that the sample comes from.
SAMPLE_PASSWORD = "admin"
SPEED = 15.0


class OneManager:
    """The manager, the playbooks for it, and a witness beside them."""

    def __init__(self, work: Path, manager: StandIn) -> None:
        self.manager = manager
        self.books = Playbooks(
            work,
            environment={
                "CLOUDIFY_MANAGER_HOSTS": f"127.0.0.1:{manager.port}",
                "CLOUDIFY_USERNAME": manager.username,
                "CLOUDIFY_CA_PATH": str(manager.ca),
                "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            },
            variables={
                "cloudify_cluster_name": "demo",
                "cloudify_store_dir": str(work / "store"),
            },
        )
        self.log_in_with(PASSWORD)

    def log_in_with(self, password: str) -> None:
        self.password = self.books.environment["CLOUDIFY_PASSWORD"] = password

    def content(self) -> witness.Content:
        """What the manager holds, seen without the collection."""
        return witness.read(
            self.manager.url,
            ca=str(self.manager.ca),
            username=self.manager.username,
            password=self.password,
        )


def demonstrate(work: Path, manager: StandIn) -> bool:
    demo, steps = OneManager(work, manager), Steps()
    print(
        f"\nOne manager. A stand-in for Cloudify Manager {manager.profile} ({manager.edition}) "
        f"answers at {manager.url}\n"
    )
    steps.step(
        "restore a snapshot that a real 7.0.5 manager made",
        lambda: demo.books.play(
            str(HERE / "seed.yml"), sample=str(SAMPLE), sample_password=SAMPLE_PASSWORD
        ),
    )
    demo.log_in_with(SAMPLE_PASSWORD)
    before = steps.step("note what the manager holds", demo.content)
    backup = steps.step(
        "cloudify_ha.recovery.backup", lambda: demo.books.play("cloudify_ha.recovery.backup")
    )
    steps.step("wipe the manager: everything on it is gone", manager.wipe)
    demo.log_in_with(PASSWORD)
    empty = steps.step("note what is left", demo.content)
    restore = steps.step(
        "cloudify_ha.recovery.restore",
        lambda: demo.books.play(
            "cloudify_ha.recovery.restore", apply_snapshot_restored_password=SAMPLE_PASSWORD
        ),
    )
    demo.log_in_with(SAMPLE_PASSWORD)
    after = steps.step("note what the manager holds now", demo.content)
    print_words("What backup said:", report_of(backup))
    print_words("What restore said:", report_of(restore))
    print_table((("before", before), ("wiped", empty), ("restored", after)))
    lost = witness.differences(before, after)
    print("\n  Compared field by field, without the collection: ", end="")
    print("\n    ".join(lost) if lost else "no difference")
    verdict = "NOT everything came back" if lost else "Everything came back"
    print(f"\n  {verdict}. {steps.total:.1f} s in all.\n", flush=True)
    return not lost


def main() -> bool:
    with tempfile.TemporaryDirectory(prefix="cloudify-ha-demo-") as name:
        work = Path(name)
        with StandIn(
            profile="7.0.5", speed=SPEED, state=work / "manager", password=PASSWORD
        ) as manager:
            return demonstrate(work, manager)


__all__ = ("main",)
