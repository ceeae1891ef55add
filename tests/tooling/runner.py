# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs tasks side by side, each with a log, and says in one line how each one ended."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from .ansible_test import home_of
from .cores import CORES, Core
from .locks import locked
from .plan import Task
from .pythons import Python
from .runs import Run
from .setup import Made
from .steps import AWX
from .worktree import copy

TAIL = 40


@dataclass
class Result:
    task: Task
    outcome: str  # passed, failed, skipped
    seconds: float = 0.0
    # Of the processor: the measure that other work on the machine changes least.
    used: float = 0.0
    reason: str = ""
    log: Path | None = None


@dataclass
class Runner:
    run: Run
    names: list[str]
    made: Made
    pythons: dict[Core, Python]
    interpreters: list[Path]
    newest: Core | None = None
    # Each step on each core is all that it can be.
    whole: bool = False
    _children: set[subprocess.Popen[bytes]] = field(default_factory=set)
    _stopped: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._shared = copy(self.run.work / "shared", self.names)
        self._byte_code = self.run.work / "byte-code"
        self._byte_code.mkdir()

    def _environment(self, task: Task, bin_directory: Path) -> dict[str, str]:
        dropped = ("ANSIBLE_", "CLOUDIFY_", "PYENV_", "PYTEST_")
        env = {k: v for k, v in os.environ.items() if not k.startswith(dropped)}
        for name in ("PYTHONPATH", "VIRTUAL_ENV", "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "STEP"):
            env.pop(name, None)
        # Steps work on copies, and start the same programs hundreds of times.
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        here = [part for part in env.get("PATH", os.defpath).split(os.pathsep) if part]
        here = [part for part in here if Path(part).name != "shims"]
        # ansible-test finds the Pythons for its compile and import tests at the end.
        ends = [str(path) for path in self.interpreters if str(path) not in here]
        env["PATH"] = os.pathsep.join([str(bin_directory), *here, *ends])
        env["LC_ALL"] = "C.UTF-8"
        env["ANSIBLE_NOCOLOR"] = "1"
        env["ANSIBLE_HOME"] = str(self.run.work / f"{task.name}.home")
        return env

    def _line(self, task: Task) -> str:
        """What the step is on this core."""
        step, core = task.step, task.core
        if core is None or core == self.newest or self.whole:
            return step.command
        tested = [each for each in CORES if each in self.pythons]
        if step.between and tested[0] != core:
            return step.between
        return step.elsewhere or step.command

    def _bin(self, task: Task) -> Path:
        made = self.made
        other = made.awx if task.step.environment == AWX else made.tools
        return made.cores[task.core] if task.core else other or Path()

    def _start(self, task: Task, log: Path) -> tuple[int, float]:
        step = task.step
        bin_directory = self._bin(task)
        where = self._shared
        if step.own_copy:
            # From the run's copy, so that every step sees the same files whoever is editing meanwhile.
            root = self.run.work / task.name
            shutil.copytree(
                self._shared.parents[2],
                root,
                symlinks=True,
                ignore=shutil.ignore_patterns("__pycache__"),
            )
            where = root / self._shared.relative_to(self._shared.parents[2])
            for name in step.leaves_out:
                shutil.rmtree(where / name, ignore_errors=True)
        line = self._line(task)
        words = {
            "root": where.parents[2],
            "bin": bin_directory,
            "python": self.pythons[task.core].version if task.core else "",
            "cfy": self.made.cfy or "",
            "ee": self.made.ee or "",
        }
        command = [part.format(**words) for part in shlex.split(line)]
        env = self._environment(task, bin_directory)
        env.update({key: value.format(**words) for key, value in step.env.items()})
        start = str(self._shared / "tests" / "tooling" / "start")
        env["PYTHONPATH"] = os.pathsep.join(filter(None, (start, env.get("PYTHONPATH"))))
        env["TEST_BYTE_CODE"] = str(self._byte_code)
        collections = [where.parents[2], *([self.made.collections] if step.awx else [])]
        env["ANSIBLE_COLLECTIONS_PATH"] = os.pathsep.join(map(str, collections))
        hold: contextlib.AbstractContextManager[None] = contextlib.nullcontext()
        if task.core and Path(command[0]).name == "ansible-test":
            home = home_of(task.core)
            env["HOME"] = str(home)
            if step.group == "sanity":  # it makes environments in that home
                hold = locked(home.with_suffix(home.suffix + ".sanity.lock"))
        with hold, log.open("wb") as out:
            out.write(f"$ {shlex.join(command)}\n".encode())
            out.flush()
            return self._wait(command, where, env, out.fileno(), limit=step.limit)

    def _wait(
        self, command: list[str], where: Path, env: dict[str, str], out: int, *, limit: int
    ) -> tuple[int, float]:
        """Its exit code, and what it used of the processor with all that it waited for itself."""
        with self._lock:
            if self._stopped:
                return -1, 0.0
            child = subprocess.Popen(
                command,
                cwd=where,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
            self._children.add(child)

        def give_up() -> None:
            os.write(out, f"\nended after {limit} s: it hangs\n".encode())
            os.killpg(child.pid, signal.SIGKILL)

        timer = threading.Timer(limit, give_up)
        timer.start()
        try:
            _pid, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            return child.returncode, used.ru_utime + used.ru_stime
        finally:
            timer.cancel()
            # Whatever the step left running goes with it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            with self._lock:
                self._children.discard(child)

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            for child in self._children:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGTERM)

    def _one(self, task: Task) -> Result:
        log = self.run.logs / f"{task.name}.log"
        started, used = time.monotonic(), 0.0
        try:
            code, used = self._start(task, log)
        except Exception as error:  # a step that cannot start is a failed step
            with log.open("a") as out:
                out.write(f"{type(error).__name__}: {error}\n")
            code = -1
        outcome = "failed" if code else "passed"
        return Result(task, outcome, time.monotonic() - started, used, log=log)

    def go(self, tasks: list[Task], *, jobs: int) -> list[Result]:
        results = [Result(task, "skipped", reason=task.skip) for task in tasks if task.skip]
        waiting = sorted((t for t in tasks if not t.skip), key=lambda t: -t.step.weight)
        with ThreadPoolExecutor(max_workers=jobs) as pool:
            try:
                for future in as_completed([pool.submit(self._one, task) for task in waiting]):
                    result = future.result()
                    results.append(result)
                    print(
                        f"{result.outcome:8} {result.task.name:24} {result.seconds:7.1f} s"
                        f" {result.used:7.1f} s of processor time",
                        flush=True,
                    )
            except BaseException:
                self.stop()
                raise
        return results


__all__ = ("TAIL", "Result", "Runner")
