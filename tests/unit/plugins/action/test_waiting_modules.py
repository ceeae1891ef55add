# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is printed while a module runs, and that the module does not notice."""

from __future__ import annotations

import importlib
import json
import os
import pathlib
import subprocess
import threading
import time
import types
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._progress import (
    VARIABLE,
    Reporter,
)
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils import _progress
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._progress import (
    ProgressAction,
    Reader,
    Teller,
    describe,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.watching import until

ACTIONS = "ansible_collections.cloudify_ha.recovery.plugins.action"
WAITING = (
    "cluster_info",
    "cluster_member",
    "content_info",
    "maintenance_mode",
    "recovery_set",
    "recovery_set_info",
    "snapshot",
    "snapshot_archive_info",
    "snapshot_download",
    "snapshot_restore",
    "snapshot_upload",
)
MIB = 1 << 20


def state(**more: t.Any) -> dict[str, t.Any]:
    return {
        "doing": "wait",
        "seen": "",
        "elapsed": None,
        "timeout": None,
        "done": None,
        "total": 0,
        "at": 10.0,
        "since": [10.0, None],
        **more,
    }


@pytest.mark.parametrize("name", WAITING)
def test_every_module_that_waits_is_followed(name: str) -> None:
    assert issubclass(importlib.import_module(f"{ACTIONS}.{name}").ActionModule, ProgressAction)


# -- lines -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "before", "line"),
    [
        (None, None, "running"),
        (state(), None, "wait"),
        (state(seen="not yet"), None, "wait: not yet"),
        (state(seen="no", elapsed=38.4, timeout=7200.0), None, "wait: no (38 of 7200 s)"),
        (state(done=512), None, "wait: 0.5 KiB"),
        (state(done=512, total=2 * MIB), None, "wait: 0.0 of 2.0 MiB"),
        (
            state(done=3 * MIB, total=5 << 30, at=12.0, since=[10.0, MIB]),
            None,
            "wait: 0.0 of 5.0 GiB, 1.0 MiB/s",
        ),
        (
            state(done=24 * MIB, total=96 * MIB, at=18.0),
            state(done=8 * MIB, total=96 * MIB, at=10.0),
            "wait: 24.0 of 96.0 MiB, 2.0 MiB/s",
        ),
        (
            state(done=8 * MIB, total=96 * MIB),
            state(done=8 * MIB, total=96 * MIB),
            "wait: 8.0 of 96.0 MiB, nothing more for 8 s",
        ),
        (
            state(done=8 * MIB, total=8 * MIB, at=12.0, since=[10.0, 0]),
            state(doing="other", done=9 * MIB),
            "wait: 8.0 of 8.0 MiB, 4.0 MiB/s",
        ),
        (state(seen="a\nb\x1b[31mc"), None, "wait: a b [31mc"),
        (state(seen="x" * 1000), None, "wait: " + "x" * (_progress.LONGEST - 6) + "..."),
    ],
)
def test_a_state_is_told_in_a_line(
    now: dict[str, t.Any] | None, before: dict[str, t.Any] | None, line: str
) -> None:
    assert describe(now, before) == line


# -- threads -----------------------------------------------------------------------------------------


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(_progress.display, "display", lambda text, *_more: lines.append(text))
    monkeypatch.setattr(_progress, "EVERY", 0.05)
    monkeypatch.setattr(_progress, "AHEAD", 0.03)
    return lines


def texts(said: list[str]) -> set[str]:
    return {line.split(" s: ", 1)[1] for line in said}


def test_it_says_again_and_again_what_it_reads(said: list[str]) -> None:
    with Teller("[h] m", lambda: state(seen="not yet"), silent=False):
        until(lambda: sum(line.endswith("wait: not yet") for line in said) >= 3)
    # on a slow machine an answer may come too late for a line
    assert texts(said) <= {"wait: not yet", "running"}
    assert said[0].startswith("[h] m, 0 s: ")


def test_nothing_is_said_once_it_is_over(said: list[str]) -> None:
    with Teller("[h] m", state, silent=False):
        until(lambda: said)
    count = len(said)
    time.sleep(0.2)
    assert len(said) == count


def test_whoever_leaves_waits_for_a_line_that_is_being_printed(
    said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that ends with its process while it holds the lock of the queue stops everything."""
    begun = threading.Event()

    def slow(text: str) -> None:
        begun.set()
        time.sleep(0.2)
        said.append(text)

    monkeypatch.setattr(_progress.display, "display", slow)
    with Teller("[h] m", state, silent=False):
        begun.wait()
    assert said


def test_nothing_is_said_to_an_ansible_that_was_killed(
    said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Teller("[h] m", state, silent=False):
        until(lambda: said)
        monkeypatch.setattr(_progress.os, "getppid", lambda: 1)
        time.sleep(0.1)
        count = len(said)
        time.sleep(0.2)
        assert len(said) == count


def test_a_reader_that_hangs_keeps_nobody(said: list[str]) -> None:
    never = threading.Event()
    begun = threading.Event()

    def read() -> None:
        begun.set()
        never.wait()

    with Teller("[h] m", t.cast(t.Any, read), silent=False):
        begun.wait()
        until(lambda: len(said) >= 2)
    assert texts(said) == {"running"}
    never.set()


def test_a_reader_that_fails_is_asked_no_more(said: list[str]) -> None:
    calls: list[int] = []

    def read() -> None:
        calls.append(1)
        raise OSError("no such connection")

    with Teller("[h] m", t.cast(t.Any, read), silent=False):
        until(lambda: len(said) >= 2 * _progress.TRIES)
    assert len(calls) == _progress.TRIES
    assert texts(said) == {"running"}


def test_a_state_of_another_make_is_no_error(said: list[str]) -> None:
    with Teller("[h] m", lambda: {"doing": 1}, silent=False):
        until(lambda: len(said) >= 2)
    assert texts(said) == {"running"}


def test_what_costs_nothing_to_read_is_told_as_it_is(said: list[str]) -> None:
    now = {"seen": "0"}
    with Teller("[h] m", lambda: state(**now), silent=False, at_once=True):
        for number in range(1, 4):
            until(lambda: any(line.endswith(f"wait: {now['seen']}") for line in said))
            now["seen"] = str(number)
    assert "running" not in texts(said)


def test_what_was_just_told_is_not_told_again(
    said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_progress, "EVERY", 0.5)
    with Teller("[h] m", state, silent=False) as teller:
        for _ in range(20):
            teller.say("a look")
            time.sleep(0.05)
        assert texts(said) == {"a look"}
        until(lambda: len(texts(said)) > 1)


@pytest.mark.parametrize(("callback", "stderr"), [("default", False), ("ansible.posix.json", True)])
def test_output_for_programs_stays_whole(
    callback: str, stderr: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(_progress.constants, "DEFAULT_STDOUT_CALLBACK", callback, raising=False)
    monkeypatch.setattr(
        _progress.display, "display", lambda text, stderr=False: asked.append(stderr)
    )
    with Teller("[h] m", state, silent=False) as teller:
        teller.say("a look")
    assert asked == [stderr]


def test_no_log_hides_it(said: list[str]) -> None:
    with Teller("[h] m", lambda: state(seen="secret"), silent=True):
        until(lambda: len(said) >= 2)
    assert texts(said) == {"running"}


def test_a_machine_without_threads_runs_the_module(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(_thread: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", none_left)
    with Teller("[h] m", state, silent=False):
        pass


# -- the file ----------------------------------------------------------------------------------------


class Shell:
    def env_prefix(self, **variables: str) -> str:
        return " ".join(f"{name}={value}" for name, value in variables.items())


class Connection:
    transport = "ssh"

    def __init__(self) -> None:
        self._shell = Shell()
        self.become: t.Any = types.SimpleNamespace(prompt="")


def make_action(**task: t.Any) -> t.Any:
    action: t.Any = object.__new__(ProgressAction)
    given = {"async_val": 0, "no_log": False, "delegate_to": None, "environment": None}
    action._task = types.SimpleNamespace(action="a.b.snapshot", **{**given, **task})
    action._connection = Connection()
    return action


def on_this_machine(action: t.Any) -> list[t.Any]:
    """Its commands run here. The connections that they came over."""
    used: list[t.Any] = []

    def execute(self: t.Any, command: str) -> dict[str, t.Any]:
        used.append(self._connection)
        if self._connection.become:
            self._connection.become.prompt = "Password:"
        done = subprocess.run(
            ["/bin/sh", "-c", command], capture_output=True, text=True, check=False
        )
        return {"rc": done.returncode, "stdout": done.stdout, "stderr": done.stderr}

    action.__class__ = type(
        "OnThisMachine", (ProgressAction,), {"_low_level_execute_command": execute}
    )
    return used


@pytest.mark.parametrize("here", [True, False])
def test_a_state_is_read_here_and_elsewhere(here: bool, tmp_path: pathlib.Path) -> None:
    action = make_action()
    on_this_machine(action)
    path = tmp_path / "it's here"
    read = Reader(action, str(path), here=here)
    assert read() is None
    Reporter(str(path)).tell("wait")
    found = read()
    assert found and found["doing"] == "wait"
    path.write_text('["no state"]')
    assert read() is None
    path.write_text("{half of")
    with pytest.raises(ValueError):
        read()


def test_the_connection_of_the_module_is_left_alone(tmp_path: pathlib.Path) -> None:
    """It is waiting for the prompt of its own password, for instance."""
    action = make_action()
    used = on_this_machine(action)
    own = action._connection
    read = Reader(action, str(tmp_path / "state"), here=False)
    read()
    read()
    assert action._connection is own and own.become.prompt == ""
    assert used[0] is used[1] is not own


def test_a_file_that_somebody_else_put_there_is_not_believed(tmp_path: pathlib.Path) -> None:
    action = make_action()
    on_this_machine(action)
    real = tmp_path / "real"
    real.write_text(json.dumps(state()))
    link = tmp_path / "link"
    link.symlink_to(real)
    assert Reader(action, str(link), here=False)() is None
    if os.geteuid() == 0:
        os.chown(real, 65534, 65534)
        assert Reader(action, str(real), here=False)() is None


# -- the task ----------------------------------------------------------------------------------------

Run = t.Callable[[t.Any], t.Any]


@pytest.fixture
def as_module(said: list[str], monkeypatch: pytest.MonkeyPatch) -> t.Callable[[Run], None]:
    """What runs in the place of the module."""

    def set_it(run: Run) -> None:
        monkeypatch.setattr(
            _progress.NormalAction, "run", lambda self, tmp=None, task_vars=None: run(self)
        )
        monkeypatch.setattr(
            _progress.NormalAction,
            "_compute_environment_string",
            lambda self, raw_environment_out=None: "A=1",
        )

    return set_it


@pytest.mark.parametrize(
    ("transport", "become"), [("local", None), ("local", "sudo"), ("ssh", None)]
)
def test_the_module_learns_where_to_tell(
    transport: str, become: str | None, said: list[str], as_module: t.Callable[[Run], None]
) -> None:
    action = make_action(delegate_to="store")
    on_this_machine(action)
    action._connection.transport = transport
    action._connection.become = types.SimpleNamespace(name=become) if become else None
    paths: list[str] = []

    def run(self: t.Any) -> dict[str, t.Any]:
        given, _space, ours = self._compute_environment_string().partition(" ")
        assert given == "A=1"
        name, _equals, path = ours.partition("=")
        assert name == VARIABLE
        paths.append(path)
        Reporter(path).tell("wait", seen="not yet")
        until(lambda: "wait: not yet" in texts(said))
        return {"changed": True}

    as_module(run)
    try:
        assert action.run(task_vars={"inventory_hostname": "h1"}) == {"changed": True}
        assert said[0].startswith("[h1 -> store] snapshot, 0 s: ")
        if transport == "local" and not become:
            assert not os.path.exists(paths[0])
    finally:
        for path in paths:
            pathlib.Path(path).unlink(missing_ok=True)


def test_each_run_has_a_file_of_its_own(as_module: t.Callable[[Run], None]) -> None:
    """So that one that was killed is not heard by the next."""
    as_module(lambda self: {"path": self._compute_environment_string()})
    action = make_action()
    assert action.run()["path"] != action.run()["path"]


def test_a_failure_of_the_task_gets_through(as_module: t.Callable[[Run], None]) -> None:
    def run(_self: t.Any) -> None:
        raise KeyError("unreachable")

    as_module(run)
    with pytest.raises(KeyError):
        make_action().run()


def test_async_tasks_are_left_alone(as_module: t.Callable[[Run], None]) -> None:
    as_module(lambda self: {"environment": self._compute_environment_string()})
    assert make_action(async_val=60).run() == {"environment": "A=1"}
