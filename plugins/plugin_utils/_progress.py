# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugin of every module that waits: it runs the module as ever, and meanwhile prints
what the module says that it is at.

The module keeps that in a file which is named here (module_utils/_progress.py). It is read beside
the module: directly where it runs here, else by a second command over the connection. Whatever goes
wrong with that is no matter of the task's.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import shlex
import threading
import time
import typing as t
import uuid

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._progress import VARIABLE

display = Display()

#: Something is said every so many seconds, and nothing about what ends before.
EVERY = 8.0
#: How long before that the state is read.
AHEAD = 2.0
#: A state that could not be read so many times in a row is not asked for any more.
TRIES = 3
#: Characters of a line, and bytes of a state.
LONGEST = 300
MOST = 8192

UNITS = (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10))

State = dict[str, t.Any]


class ProgressAction(NormalAction):
    TRANSFERS_FILES = False

    _progress_path = ""

    def run(
        self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        result: dict[str, t.Any]
        if self._task.async_val:
            result = super().run(tmp, task_vars)
            return result
        here = is_here(self)
        folder = constants.DEFAULT_LOCAL_TMP if here else "/tmp"  # type: ignore[attr-defined]
        self._progress_path = os.path.join(folder, f".cloudify_ha-{uuid.uuid4().hex}")
        read = Reader(self, self._progress_path, here=here)
        try:
            with Teller(label(self, task_vars), read, silent=bool(self._task.no_log)):
                result = super().run(tmp, task_vars)
        finally:
            if here:  # a module that was killed has left it
                with contextlib.suppress(OSError):
                    os.unlink(self._progress_path)
        return result

    def _compute_environment_string(self, raw_environment_out: t.Any = None) -> str:
        given: str = super()._compute_environment_string(raw_environment_out)
        if not self._progress_path:
            return given
        ours = self._connection._shell.env_prefix(**{VARIABLE: self._progress_path})
        return f"{given} {ours}".strip()


def is_here(action: ActionBase) -> bool:
    """Whether the module runs on this machine, as this user."""
    return action._connection.transport == "local" and not action._connection.become


def label(action: ActionBase, task_vars: t.Mapping[str, t.Any] | None) -> str:
    """As Ansible names the host of a task, and the module."""
    host = (task_vars or {}).get("inventory_hostname", "the host")
    delegate = action._task.delegate_to
    where = f"{host} -> {delegate}" if delegate and delegate != host else host
    return f"[{where}] {action._task.action.rpartition('.')[2]}"


class Reader:
    """Gets the state of the module that runs; None while there is none."""

    def __init__(self, action: ActionBase, path: str, *, here: bool) -> None:
        self._action = action
        self._path = path
        self._here = here
        self._beside: ActionBase | None = None

    def __call__(self) -> State | None:
        text = self._of_file() if self._here else self._of_host()
        state = json.loads(text) if text.strip() else None
        return state if isinstance(state, dict) else None

    def _of_file(self) -> str:
        try:
            with open(self._path, encoding="utf-8") as file:
                return file.read(MOST)
        except FileNotFoundError:
            return ""

    def _of_host(self) -> str:
        """By a second command, which must not touch what the first one has in hand."""
        if self._beside is None:
            self._beside = copy.copy(self._action)
            self._beside._connection = copy.copy(self._action._connection)
            self._beside._connection.become = copy.copy(self._action._connection.become)
        file = shlex.quote(self._path)
        # nobody else's file in a directory that others can write to
        done = self._beside._low_level_execute_command(
            f"if [ -O {file} ] && [ ! -L {file} ]; then head -c {MOST} {file}; fi"
        )
        return str(done["stdout"])


class Teller:
    """Prints what a reader brings, until it is left; then nothing more, whatever still hangs.

    :param at_once: reading costs nothing, and is done when something is to be told
    """

    def __init__(
        self,
        label: str,
        read: t.Callable[[], State | None],
        *,
        silent: bool,
        at_once: bool = False,
    ) -> None:
        self._label = label
        self._read = read
        self._silent = silent
        self._at_once = at_once
        self._over = threading.Event()
        #: Held while something is printed: a thread that died with the lock of Ansible's queue,
        #: as all do with their process, would stop the whole run.
        self._printing = threading.Lock()
        self._state: State | None = None
        self._before: State | None = None
        self._started = time.monotonic()
        #: When something was printed last.
        self.told = self._started
        self._ansible = os.getppid()

    def __enter__(self) -> Teller:
        with contextlib.suppress(RuntimeError):  # no more threads can be had
            for work in (self._tell,) if self._at_once else (self._look, self._tell):
                threading.Thread(target=work, daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._over.set()
        with self._printing:
            pass

    def say(self, text: str) -> None:
        """Print it now."""
        with self._printing:
            self._print(text)

    def _look(self) -> None:
        failures, pause = 0, EVERY - AHEAD
        while failures < TRIES and not self._over.wait(pause):
            pause = EVERY
            try:
                self._state = self._read()
                failures = 0
            except Exception:
                failures += 1
                self._state = None

    def _tell(self) -> None:
        # the module outlives an Ansible that was killed, and nobody empties its queue then
        pause = EVERY
        while not self._over.wait(pause) and os.getppid() == self._ansible:
            silence = time.monotonic() - self.told
            pause = EVERY - silence if 0 < silence < EVERY else EVERY
            if pause < EVERY:
                continue
            try:
                if self._at_once:
                    self._state = self._read()
                text = "running" if self._silent else describe(self._state, self._before)
            except Exception:  # it is not what our modules write
                text = "running"
            self._before = self._state
            with self._printing, contextlib.suppress(Exception):
                if not self._over.is_set():
                    self._print(text)

    def _print(self, text: str) -> None:
        self.told = time.monotonic()
        # what a program is to read has to stay whole
        callback = str(getattr(constants, "DEFAULT_STDOUT_CALLBACK", "")).rpartition(".")[2]
        where: dict[str, t.Any] = {"stderr": True} if callback.startswith("json") else {}
        line = f"{self._label}, {self.told - self._started:.0f} s: {text}"
        display.display(line, **where)


def describe(state: State | None, before: State | None) -> str:
    """A state as a line.

    :param before: the state when something was printed last, for the speed
    """
    if not state:
        return "running"
    text = str(state["doing"])
    if state["seen"]:
        text += f": {state['seen']}"
    text = "".join(each if each.isprintable() else " " for each in text)
    if len(text) > LONGEST:
        text = text[:LONGEST] + "..."
    if state["timeout"] is not None:
        text += f" ({state['elapsed']:.0f} of {state['timeout']:.0f} s)"
    if state["done"] is not None:
        text += f": {amount(state, before)}"
    return text


def amount(state: State, before: State | None) -> str:
    """How many bytes of how many, and how fast they go."""
    unit, size = next((u for u in UNITS if max(state["total"], state["done"]) >= u[1]), UNITS[-1])
    text = f"{state['done'] / size:.1f}"
    if state["total"]:
        text += f" of {state['total'] / size:.1f}"
    text += f" {unit}"
    at, done = state["since"]
    if before and before["doing"] == state["doing"] and before["done"] is not None:
        at, done = before["at"], before["done"]
        if at == state["at"]:
            return f"{text}, nothing more for {EVERY:.0f} s"
    if state["at"] > at:
        text += f", {(state['done'] - (done or 0)) / (state['at'] - at) / (1 << 20):.1f} MiB/s"
    return text


__all__ = ("ProgressAction", "Reader", "Teller", "describe")
