# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""long_command, with this machine as the host: its scripts run here, the connection is a fake."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import threading
import types
import typing as t

import pytest
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure

from ansible_collections.cloudify_ha.recovery.plugins.action import long_command
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils import _progress
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.watching import Told, until


class Host:
    """Runs scripts here, and can be out of reach."""

    def __init__(self) -> None:
        self.gone = 0
        self.calls = 0
        self.looks = 0
        self.at_look: t.Callable[[], None] = lambda: None

    def run(self, script: str, **dummy: t.Any) -> dict[str, t.Any]:
        self.calls += 1
        if self.gone:
            self.gone -= 1
            raise AnsibleConnectionFailure("no route to host")
        if "elif alive; then state=running" in script:
            self.looks += 1
            self.at_look()
        done = subprocess.run(
            ["/bin/sh", "-c", script], capture_output=True, text=True, check=False
        )
        return {"rc": done.returncode, "stdout": done.stdout, "stderr": done.stderr}


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(_progress.display, "display", lambda text, *dummy: lines.append(text))
    # each look says something, so that tests need not last as long as a person would wait
    monkeypatch.setattr(long_command, "QUIET", 0.0)
    monkeypatch.setattr(long_command, "LOOK", 0.3)
    return lines


Run = t.Callable[..., "dict[str, t.Any]"]


@pytest.fixture
def run(
    host: Host, said: list[str], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> Run:
    monkeypatch.setattr(long_command.ActionBase, "run", lambda self, tmp=None, task_vars=None: {})
    monkeypatch.setattr(long_command.time, "sleep", lambda seconds: None)

    def run_it(
        *argv: str, check: bool = False, no_log: bool = False, **options: t.Any
    ) -> dict[str, t.Any]:
        action = object.__new__(long_command.ActionModule)
        defaults = {
            "waits_for": None,
            "chdir": "/",
            "log": "",
            "timeout": 60.0,
            "unreachable_timeout": 60.0,
            "job_dir": str(tmp_path / "jobs"),
        }
        given = {"argv": list(argv), **defaults, **options}
        action._task = types.SimpleNamespace(check_mode=check, no_log=no_log)
        action._connection = types.SimpleNamespace(get_option={}.__getitem__)
        action.validate_argument_spec = lambda **dummy: (None, given)  # type: ignore[method-assign]
        action._remote_expand_user = lambda path, **dummy: path  # type: ignore[method-assign]
        action._compute_environment_string = lambda **dummy: "GREETING='good day'"  # type: ignore[method-assign]
        action._low_level_execute_command = host.run  # type: ignore[method-assign,assignment]
        return action.run(task_vars={"inventory_hostname": "h1"})

    return run_it


def test_it_returns_what_a_command_returns(run: Run, tmp_path: pathlib.Path) -> None:
    done = run("sh", "-c", "echo $GREETING; pwd; echo trouble >&2", chdir=str(tmp_path))
    assert (done["rc"], done["failed"], done["changed"]) == (0, False, True)
    assert done["stdout_lines"] == ["good day", str(tmp_path)]
    assert done["stderr"] == "trouble"
    assert not done["taken_up"]
    assert list((tmp_path / "jobs").iterdir()) == []


def test_what_it_makes_is_as_open_as_ever(run: Run, tmp_path: pathlib.Path) -> None:
    before = os.umask(0o022)
    try:
        run("sh", "-c", f"touch {tmp_path}/file; ls -l {tmp_path}/jobs/*/out > {tmp_path}/list")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "list").read_text().startswith("-rw-------")


def test_arguments_are_no_shell_text(run: Run) -> None:
    words = ["a b", "$HOME", "'", '"', ";", "*"]
    assert run("printf", "%s\n", *words)["stdout_lines"] == words


def test_a_failure_has_its_last_words(run: Run) -> None:
    done = run("sh", "-c", "echo one >&2; echo two >&2; exit 7")
    assert (done["rc"], done["failed"]) == (7, True)
    assert done["msg"] == "sh -c ended with 7: two"


def test_a_directory_that_is_not_there_is_a_failure(run: Run) -> None:
    done = run("true", chdir="/nowhere")
    assert done["failed"]
    assert "/nowhere" in done["msg"]


def test_check_mode_runs_nothing(run: Run, host: Host, tmp_path: pathlib.Path) -> None:
    done = run("touch", str(tmp_path / "x y"), check=True)
    assert done["msg"] == f"would run: touch '{tmp_path}/x y'"
    assert done["changed"]
    assert host.calls == 0
    assert not (tmp_path / "x y").exists()


# -- what is shown -----------------------------------------------------------------------------------


def test_it_says_what_it_waits_for_and_how_far_that_is(
    run: Run, said: list[str], host: Host, tmp_path: pathlib.Path
) -> None:
    log, go = tmp_path / "log", tmp_path / "go"
    log.write_text("step 1\nstep 2\n")
    host.at_look = lambda: go.touch() if host.looks > 2 else None
    run("sh", "-c", f"until [ -e {go} ]; do sleep 0.05; done", waits_for="the work", log=str(log))
    assert said
    assert said[0].startswith("[h1] the work, ")
    assert said[0].endswith(" s: step 2")


@pytest.mark.parametrize(
    ("line", "no_log"),
    [("generated admin password: x1", False), ("using token x1", False), ("x1", True)],
)
def test_it_shows_no_secret(
    run: Run, said: list[str], host: Host, tmp_path: pathlib.Path, line: str, no_log: bool
) -> None:
    log, go = tmp_path / "log", tmp_path / "go"
    log.write_text(line)
    host.at_look = lambda: go.touch() if host.looks > 2 else None
    wait = f"until [ -e {go} ]; do sleep 0.05; done"
    run("sh", "-c", wait, log=str(log), no_log=no_log, waits_for="the work")
    assert said
    assert "x1" not in "".join(said)


def test_a_host_that_is_gone_is_told_of_by_the_time_and_not_by_the_tries(
    run: Run, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = host.run
    told = Told()
    monkeypatch.setattr(_progress.display, "display", told.display)
    monkeypatch.setattr(_progress, "EVERY", 0.3)
    monkeypatch.setattr(long_command, "QUIET", 0.5)

    def look(script: str, **dummy: t.Any) -> dict[str, t.Any]:
        if host.calls == 2:
            host.gone = 2
        if host.gone:
            threading.Event().wait(1.5)
        return answer(script, **dummy)

    host.run = look  # type: ignore[method-assign]
    assert run("sleep", "0.5", waits_for="the work")["rc"] == 0
    assert told.longest_silence() < 0.8
    assert any("the work, 1 s: the host has not answered for 1 s" in each for each in told.lines)


# -- what goes wrong on the way ----------------------------------------------------------------------


def test_a_lost_connection_is_tried_again(
    run: Run, host: Host, said: list[str], tmp_path: pathlib.Path
) -> None:
    count, go = tmp_path / "count", tmp_path / "go"

    def cut() -> None:
        host.gone = 3 if host.looks == 1 else 0
        if host.looks > 1:
            go.touch()

    host.at_look = cut
    done = run(
        "sh", "-c", f"echo run >> {count}; until [ -e {go} ]; do sleep 0.05; done; echo done"
    )
    assert done["stdout"] == "done"
    assert count.read_text() == "run\n"
    assert any("has not answered" in line for line in said)


def test_a_host_that_stays_away_is_unreachable(run: Run, host: Host) -> None:
    def cut() -> None:
        host.gone = 10**9

    host.at_look = cut
    with pytest.raises(AnsibleConnectionFailure, match="h1 has not answered for"):
        run("sleep", "4", unreachable_timeout=0.0)


def test_what_runs_still_is_taken_up_and_not_started_again(
    run: Run, said: list[str], host: Host, tmp_path: pathlib.Path
) -> None:
    count, go = tmp_path / "count", tmp_path / "go"
    command = ("sh", "-c", f"echo run >> {count}; until [ -e {go} ]; do sleep 0.05; done; echo end")
    first = run(*command, timeout=0.0)
    assert first["failed"]
    assert "still runs after 0 s" in first["msg"]
    host.looks = 0
    host.at_look = lambda: go.touch() if host.looks > 1 else None
    second = run(*command)
    assert (second["taken_up"], second["stdout"], second["failed"]) == (True, "end", False)
    assert count.read_text() == "run\n"
    assert any("left by an earlier run" in line for line in said)


def test_what_ended_meanwhile_is_run_again(run: Run, host: Host, tmp_path: pathlib.Path) -> None:
    count, go = tmp_path / "count", tmp_path / "go"
    command = ("sh", "-c", f"echo run >> {count}; until [ -e {go} ]; do sleep 0.05; done")
    assert run(*command, timeout=0.0)["failed"]
    go.touch()
    (job,) = (tmp_path / "jobs").iterdir()
    until((job / "rc").exists)
    assert not run(*command)["taken_up"]
    assert count.read_text() == "run\nrun\n"


def test_a_killed_command_is_no_success(run: Run, host: Host, tmp_path: pathlib.Path) -> None:
    def kill() -> None:
        (job,) = (tmp_path / "jobs").iterdir()
        os.killpg(int((job / "pid").read_text()), signal.SIGKILL)

    host.at_look = kill
    done = run("sleep", "60")
    assert (done["failed"], done["rc"]) == (True, None)
    assert done["msg"] == "sleep 60: it was killed before it ended"


def test_a_host_that_was_started_anew_has_lost_it(
    run: Run, host: Host, tmp_path: pathlib.Path
) -> None:
    pids = []

    def reboot() -> None:
        (job,) = (tmp_path / "jobs").iterdir()
        (job / "boot").write_text("another\n")
        pids.append(int((job / "pid").read_text()))

    host.at_look = reboot
    done = run("sleep", "60")
    os.killpg(pids[0], signal.SIGKILL)
    assert done["failed"]
    assert "started anew" in done["msg"]


def test_a_place_that_cannot_be_written_to_is_a_failure(run: Run) -> None:
    with pytest.raises(AnsibleActionFail, match="rc "):
        run("true", job_dir="/proc/nowhere")
