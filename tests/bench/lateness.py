# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How soon a module notices that a create or a restore has ended."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from dataclasses import dataclass
from statistics import median

from bench.measure import CommandFailed
from bench.through_ansible import Ansible
from standin.testing import StandIn

#: The questions that tell the end of a job.
LOOKS = re.compile(r"/executions/[0-9a-f-]{36}$|/snapshot-status$")
WATCH_SECONDS = 0.01


class Watcher(threading.Thread):
    """Sees beside the API when a job is over: no execution is left, and no restore flag."""

    def __init__(self, manager: StandIn) -> None:
        super().__init__(daemon=True)
        self._manager = manager
        self._halt = threading.Event()
        self.ended = 0.0
        self.start()

    def run(self) -> None:
        busy = False
        while not self._halt.wait(WATCH_SECONDS):
            state = self._manager.summary()
            now_busy = bool(state["active"] or state["flag"])
            if busy and not now_busy:
                self.ended = time.time()
            busy = now_busy

    def stop(self) -> float:
        self._halt.set()
        self.join()
        return self.ended


@dataclass(frozen=True)
class Lateness:
    job: str
    runs: tuple[float, ...]

    @property
    def typical(self) -> float:
        return median(self.runs)

    @property
    def worst(self) -> float:
        return max(self.runs)


def lateness(
    ansible: Ansible, manager: StandIn, *, runs: int
) -> tuple[list[Lateness], list[CommandFailed]]:
    """For each job, the time from its end to the module's last question about it.

    A job that fails ends the measuring; what came before it stays.
    """
    found: dict[str, list[float]] = {}
    for run in range(runs):
        for kind in ("legacy", "new"):
            name = f"late-{kind}-{run}"
            jobs: dict[str, dict[str, object]] = {
                "create": {"id": name, "format": kind},
                "restore": {"id": name, "force": True, "accept_partial": True},
            }
            for verb, options in jobs.items():
                module = "snapshot" if verb == "create" else "snapshot_restore"
                try:
                    late = _late(ansible, manager, module, options)
                except CommandFailed as error:
                    return _of(found), [error]
                found.setdefault(f"{verb}, {kind} format", []).append(late)
    return _of(found), []


def _of(found: dict[str, list[float]]) -> list[Lateness]:
    return [Lateness(job, tuple(late)) for job, late in found.items()]


def _late(ansible: Ansible, manager: StandIn, module: str, options: dict[str, object]) -> float:
    before = len(manager.requests())
    watcher = Watcher(manager)
    done = subprocess.run(
        ansible.playbook(module, **options),
        env=ansible.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    ended = watcher.stop()
    looks = [r["at"] for r in manager.requests(since=before) if LOOKS.search(r["path"])]
    if done.returncode or not looks or not ended:
        raise CommandFailed(f"{module} ended with {done.returncode}:\n{done.stdout}")
    return max(0.0, max(looks) - ended)


__all__ = ["Lateness", "lateness"]
