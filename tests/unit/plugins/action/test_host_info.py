# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""host_info and host_answers, with this machine as the host: scripts run here, the connection is a fake."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import types
import typing as t

import pytest
from ansible import constants
from ansible.errors import AnsibleConnectionFailure, AnsibleError

from ansible_collections.cloudify_ha.recovery.plugins.action import host_answers, host_info
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.watching import alive, group, until

SCRIPT = """echo clock 1
echo "arguments $*"
echo "quote ' \\" $ done"
"""


class Connection:
    """With those of the options that it has."""

    def __init__(self, *options: str) -> None:
        self.options: dict[str, t.Any] = dict.fromkeys(options)

    def get_option(self, name: str) -> t.Any:
        return self.options[name]

    def set_option(self, name: str, value: t.Any) -> None:
        self.options[name] = value


def here(command: str) -> dict[str, t.Any]:
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
    return {"rc": done.returncode, "stdout": done.stdout, "stderr": done.stderr}


@pytest.fixture
def ask(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., t.Any]:
    monkeypatch.setattr(host_info.ActionBase, "run", lambda self, tmp=None, task_vars=None: {})
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))

    def asked(
        script: str = SCRIPT,
        *,
        on: t.Callable[[str], t.Any] = here,
        connection: Connection | None = None,
        **more: t.Any,
    ) -> dict[str, t.Any]:
        action = object.__new__(host_info.ActionModule)
        defaults = {"arguments": [], "deadline": 5, "connect_timeout": 3, "later": False}
        given = {"script": script, **defaults, **more}
        action._connection = connection or Connection()
        action.validate_argument_spec = lambda **dummy: (None, given)  # type: ignore[method-assign]
        action._low_level_execute_command = on  # type: ignore[method-assign,assignment]
        return action.run()

    return asked


def answer(job: dict[str, t.Any]) -> dict[str, t.Any]:
    return host_answers.collect(job)


def gone(_command: str) -> t.NoReturn:
    raise AnsibleConnectionFailure("ssh: connect to host h1 port 22: Connection timed out")


@pytest.mark.parametrize("later", [False, True])
def test_a_script_and_its_arguments(ask: t.Any, later: bool) -> None:
    done = ask(arguments=["a b", "", "c'd"], later=later)
    said = answer(done["job"]) if later else done["said"]
    assert said["text"] == "clock 1\narguments 5 a b  c'd\nquote ' \" $ done\n"
    assert (said["asked"], said["reachable"], said["error"]) == (True, True, "")
    assert said["began"] <= said["ended"] and done["changed"] is False


@pytest.mark.parametrize("later", [False, True])
def test_nobody_there(ask: t.Any, later: bool) -> None:
    done = ask(on=gone, later=later)
    said = answer(done["job"]) if later else done["said"]
    assert (said["reachable"], said["error"]) == (False, "no answer by ssh within 3 s")


def test_one_that_may_not_become_root(ask: t.Any) -> None:
    def refused(_command: str) -> dict[str, t.Any]:
        return {"rc": 1, "stdout": "\r\nsudo: a password is required\r\n", "stderr": ""}

    said = ask(on=refused)["said"]
    assert said["reachable"] is False
    assert said["error"] == "the script did not run there: sudo: a password is required"


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("why", ["Missing sudo password", "Incorrect su password"])
def test_one_that_ansible_knows_not_to_become_root(ask: t.Any, why: str, later: bool) -> None:
    """As its connection by ssh does by what sudo says, which is no failure of the connection."""

    def refused(_command: str) -> t.NoReturn:
        raise AnsibleError(why)

    done = ask(on=refused, later=later)
    said = answer(done["job"]) if later else done["said"]
    assert (said["reachable"], said["error"]) == (False, f"nobody becomes root there: {why}")


def test_a_terminal_in_between(ask: t.Any) -> None:
    said = ask(on=lambda command: {**here(command), "stdout": "motd\r\nclock 1\r\nx y\r\n"})["said"]
    assert said["reachable"] and "\r" not in said["text"]


def test_the_connection_is_not_waited_for(ask: t.Any) -> None:
    ssh = Connection("timeout", "control_path", "reconnection_retries")
    ask(connection=ssh, connect_timeout=4)
    assert ssh.options == {"timeout": 4, "control_path": "none", "reconnection_retries": 0}
    local = Connection()
    ask(connection=local)
    assert local.options == {}


def test_whoever_began_is_not_kept(ask: t.Any, tmp_path: pathlib.Path) -> None:
    """The answer is asked for while the host is still at work."""
    go = tmp_path / "go"
    job = ask(f"echo clock 1; while [ ! -e {go} ]; do sleep 0.05; done; echo late", later=True)[
        "job"
    ]
    assert not os.path.exists(job["path"])
    go.touch()
    assert answer(job)["text"].splitlines() == ["clock 1", "late"]
    assert not os.path.exists(job["path"])


def test_a_connection_that_hangs_is_ended(ask: t.Any, tmp_path: pathlib.Path) -> None:
    pid = tmp_path / "pid"

    def hangs(_command: str) -> t.Any:
        return here(f"echo $$ > {pid}; exec sleep 600")

    job = ask(on=hangs, later=True)["job"]
    until(lambda: pid.exists() and pid.read_text().strip())
    said = answer({**job, "most": 0.1})
    assert (said["reachable"], said["error"]) == (
        False,
        "no end within 0.1 s: ssh or the host hangs",
    )
    until(lambda: not alive(int(pid.read_text())))


def test_one_that_was_killed_is_not_waited_for(ask: t.Any) -> None:
    job = ask("sleep 600", later=True)["job"]
    os.killpg(group(job["pid"]), signal.SIGKILL)
    os.waitpid(job["pid"], 0)
    assert answer({**job, "most": 3600})["reachable"] is False


def test_who_was_not_asked(ask: t.Any) -> None:
    assert answer({}) == {"asked": False}


def test_all_of_them(monkeypatch: pytest.MonkeyPatch, ask: t.Any) -> None:
    jobs = {"h1": ask(later=True)["job"], "h2": {}}
    action = object.__new__(host_answers.ActionModule)
    action._task = types.SimpleNamespace()
    action.validate_argument_spec = lambda **dummy: (None, {"jobs": jobs})  # type: ignore[method-assign]
    done = action.run()
    assert done["changed"] is False and done["said"]["h2"] == {"asked": False}
    assert done["said"]["h1"]["text"].startswith("clock 1")
