# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The management worker: takes executions from the broker and runs their workflows."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from typing import TYPE_CHECKING

from standin import work_log
from standin.state import Item, StoreUnavailable

if TYPE_CHECKING:
    from standin.manager import Manager


SNAPSHOTS = ("create_snapshot", "restore_snapshot")
STARTABLE = ("pending", "cancelling", "force_cancelling")


class Stopped(BaseException):
    """Ends a workflow without a trace, as a killed process does."""


class Job:
    """One workflow run: sleeps in the manager's own time and notices when it is to stop."""

    def __init__(self, manager: Manager, execution: Item) -> None:
        self.manager = manager
        self.execution = execution
        self.id: str = execution["id"]
        self.stop = threading.Event()

    @property
    def parameters(self) -> dict[str, object]:
        return self.execution.get("parameters") or {}

    def sleep(self, seconds: float) -> None:
        if self.stop.wait(max(0.0, seconds / self.manager.speed)):
            raise Stopped

    def hang(self) -> None:
        self.stop.wait()
        raise Stopped

    def check(self) -> None:
        if self.stop.is_set():
            raise Stopped


class Worker:
    def __init__(self, manager: Manager) -> None:
        self._manager = manager
        self._up = True
        self._ending = False
        self._wake = threading.Event()
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._serve, name="worker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def up(self) -> bool:
        return self._up

    def set_state(self, up: bool) -> None:
        self._up = up
        self.wake()

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._ending = True
        self.kill_all()
        self.wake()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def kill(self, execution_id: str) -> None:
        """Stop a workflow in the middle; nothing tidies up after it."""
        with self._lock:
            job = self._jobs.get(execution_id)
        if job:
            job.stop.set()

    def kill_all(self) -> None:
        with self._lock:
            jobs = list(self._jobs.values())
        for job in jobs:
            job.stop.set()

    def cancel(self, execution_id: str, action: str) -> None:
        """Only `kill` has an effect of its own; the others are looked at when the workflow ends."""
        if action != "kill":
            return
        self.kill(execution_id)
        threading.Thread(target=self._finish_kill, args=(execution_id,), daemon=True).start()

    def _finish_kill(self, execution_id: str) -> None:
        time.sleep(0.05)
        while not self._up and not self._ending:
            time.sleep(0.05)
        with contextlib.suppress(StoreUnavailable):
            if not self._ending:
                self._manager.store.unqueue(execution_id)
                self._manager.executions.set_status(execution_id, "cancelled")

    def _serve(self) -> None:
        while not self._ending:
            self._wake.wait(timeout=1.0)
            self._wake.clear()
            while self._up and self._manager.broker_up and not self._ending:
                try:
                    if not self._next():
                        break
                except StoreUnavailable:
                    break

    def _next(self) -> bool:
        execution_id = self._manager.store.pop()
        if execution_id is None:
            return False
        execution = self._manager.executions.get(execution_id)
        if execution and execution["status"] in STARTABLE:
            self._run(execution)
        return True

    def _run(self, execution: Item) -> None:
        from standin.workflows import run

        job = Job(self._manager, execution)
        with self._lock:
            self._jobs[job.id] = job

        def body() -> None:
            began = time.time()
            try:
                run(job)
                if execution["workflow_id"] in SNAPSHOTS:
                    work_log.tell(self._manager, execution["workflow_id"], began)
            except Stopped:
                pass
            except StoreUnavailable as error:
                # nobody is left to write down how it ended
                print(f"execution {job.id}: {error}", file=sys.stderr, flush=True)
            finally:
                with self._lock:
                    self._jobs.pop(job.id, None)

        threading.Thread(target=body, name=f"job-{job.id[:8]}", daemon=True).start()


__all__ = ["Job", "Stopped", "Worker"]
