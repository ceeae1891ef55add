# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""host_command and host_file, with this machine as the host: what they run there runs here."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import time
import types
import typing as t

import pytest
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure

from ansible_collections.cloudify_ha.recovery.plugins.action import host_command, host_file
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils import _progress
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._lasting import notice_the_end
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.watching import Told

Json = dict[str, t.Any]
Run = t.Callable[..., Json]


class Host:
    """Runs commands here. With sudo for terminals only, one that is given input is refused."""

    def __init__(self, place: pathlib.Path) -> None:
        self.place = place
        self.wants_terminal = False
        self.calls: list[str] = []
        self.modes: list[int] = []

    def execute(self, command: str, in_data: bytes | None = None, **dummy: t.Any) -> Json:
        self.calls.append(command)
        if self.wants_terminal and in_data:
            return {"rc": 1, "stdout": "", "stderr": "sudo: sorry, you must have a tty to run sudo"}
        done = subprocess.run(
            ["/bin/sh", "-c", command], input=in_data, capture_output=True, check=False
        )
        stdout, stderr = done.stdout.decode(), done.stderr.decode()
        return {"rc": done.returncode, "stdout": stdout, "stderr": stderr}

    def action(self, cls: type, *, check: bool, given: Json) -> t.Any:
        action = object.__new__(cls)
        action._task = types.SimpleNamespace(check_mode=check, no_log=False, delegate_to=None)
        action._task.action = f"cloudify_ha.recovery.{cls.__module__.rpartition('.')[2]}"
        action._task.name = "Look at {}"
        action._connection = types.SimpleNamespace(
            _shell=types.SimpleNamespace(join_path=os.path.join),
            get_option={"host": "10.0.0.1", "port": 2222}.__getitem__,
        )
        action.validate_argument_spec = lambda **dummy: (None, given)
        action._compute_environment_string = lambda: "GREETING='good day'"
        action._low_level_execute_command = self.execute
        action._make_tmp_path = self.make
        action._remove_tmp_path = shutil.rmtree
        action._transfer_data = self.write
        action._transfer_file = self.copy
        action._fixup_perms2 = lambda paths: None
        action._find_needle = lambda _folder, path: path
        return action

    def make(self) -> str:
        (self.place / "tmp").mkdir()
        return str(self.place / "tmp")

    def copy(self, src: str, dest: str) -> None:
        shutil.copyfile(src, dest)

    def write(self, path: str, data: str) -> str:
        pathlib.Path(path).write_text(data)
        return path


@pytest.fixture
def host(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    for module in (host_command, host_file):
        monkeypatch.setattr(module.ActionBase, "run", lambda self, tmp=None, task_vars=None: {})
    return Host(tmp_path)


@pytest.fixture
def run(host: Host) -> Run:
    def run_it(
        *argv: str,
        stdin: str = "",
        check: bool = False,
        no_log: bool = False,
        waits_for: str | None = "h1 to answer",
        wait: float = 0.0,
    ) -> Json:
        given = {"argv": list(argv), "stdin": stdin, "wait": wait, "waits_for": waits_for}
        action = host.action(host_command.ActionModule, check=check, given=given)
        action._task.no_log = no_log
        done: Json = action.run(task_vars={"inventory_hostname": "h1"})
        return done

    return run_it


def test_it_returns_what_a_command_returns(run: Run) -> None:
    done = run("/bin/sh", "-c", 'echo "$GREETING $1"; echo trouble >&2', "x", "to 'you'")
    assert (done["rc"], done["changed"], done["stdout"]) == (0, True, "good day to 'you'")
    assert (done["stdout_lines"], done["stderr"]) == (["good day to 'you'"], "trouble")
    assert "failed" not in done


def test_what_it_reads_is_not_on_the_command_line(run: Run, host: Host) -> None:
    assert run("cat", stdin="one\ntwo")["stdout_lines"] == ["one", "two"]
    assert not any("two" in call for call in host.calls)


def test_a_failure_is_told_by_its_last_words(run: Run) -> None:
    done = run("/bin/sh", "-c", "echo first; echo 'disk is full' >&2; exit 3")
    assert (done["failed"], done["rc"]) == (True, 3)
    assert done["msg"] == "/bin/sh ended with 3: disk is full"
    assert run("/bin/false")["msg"] == "/bin/false ended with 1: no message"


def test_check_mode_runs_nothing(run: Run, host: Host) -> None:
    done = run("touch", "/nowhere", check=True)
    assert (done["changed"], done["msg"]) == (True, "would run: touch /nowhere")
    assert host.calls == []


def test_a_sudo_for_terminals_gets_its_input_by_a_file(run: Run, host: Host) -> None:
    host.wants_terminal = True
    assert run("cat", stdin="secret")["stdout"] == "secret"
    assert not any("secret" in call for call in host.calls)
    assert not (host.place / "tmp").exists()


class Silent:
    """A host that cannot be reached for so many tries."""

    def __init__(self, host: Host, monkeypatch: pytest.MonkeyPatch, *, tries: int) -> None:
        self.left, self.slept, self.said = tries, 0.0, []
        self.answer = host.execute
        monkeypatch.setattr(host, "execute", self.execute)
        monkeypatch.setattr(host_command.time, "monotonic", lambda: self.slept)
        monkeypatch.setattr(host_command.time, "sleep", self.sleep)
        monkeypatch.setattr(_progress.display, "display", self.said.append)

    def execute(self, command: str, **more: t.Any) -> Json:
        self.left -= 1
        if self.left >= 0:
            raise AnsibleConnectionFailure("no route to host")
        return self.answer(command, **more)

    def sleep(self, seconds: float) -> None:
        self.slept += seconds


def test_a_host_that_comes_is_waited_for(
    run: Run, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = Silent(host, monkeypatch, tries=1000)
    assert run("echo", "here", wait=3600.0)["stdout"] == "here"
    assert silent.slept == 3000
    assert silent.said == ["[h1] host_command, 0 s: waiting for h1 to answer (0 of 3600 s)"]


@pytest.mark.parametrize(("wait", "lines"), [(0.0, 0), (10.0, 1)])
def test_one_that_does_not_come_is_unreachable(
    wait: float, lines: int, run: Run, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = Silent(host, monkeypatch, tries=1000)
    with pytest.raises(AnsibleConnectionFailure):
        run("echo", wait=wait)
    assert silent.slept == wait and len(silent.said) == lines


# -- what is told

#: Seconds between two lines here, and how late one may be on a slow machine.
EVERY, LATE = 0.3, 0.5


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    monkeypatch.setattr(_progress, "EVERY", EVERY)
    monkeypatch.setattr(host_command, "PAUSE", EVERY)
    told = Told()
    monkeypatch.setattr(_progress.display, "display", told.display)
    return told


def test_a_connection_that_fails_slowly_is_told_of_meanwhile(
    run: Run, host: Host, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the time, and not by the tries."""
    answer, tries = host.execute, iter(range(2))

    def execute(command: str, **more: t.Any) -> Json:
        if next(tries, None) is None:
            return answer(command, **more)
        time.sleep(1.5)
        raise AnsibleConnectionFailure("timed out")

    monkeypatch.setattr(host, "execute", execute)
    assert run("echo", "here", wait=60.0)["stdout"] == "here"
    assert told.longest_silence() < EVERY + LATE
    assert set(line.split(" s: ")[1] for line in told.lines) <= {
        f"waiting for h1 to answer ({seconds} of 60 s)" for seconds in range(60)
    }


def test_what_keeps_ssh_out_is_told_while_it_waits(
    run: Run, host: Host, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fresh host has a new key: booting yet another one would not help."""
    answer, tries = host.execute, iter(range(5))
    changed = "REMOTE HOST IDENTIFICATION HAS CHANGED!\r\nHost key verification failed."

    def execute(command: str, **more: t.Any) -> Json:
        if next(tries, None) is None:
            return answer(command, **more)
        raise AnsibleConnectionFailure(f"Failed to connect to the host via ssh: {changed}")

    monkeypatch.setattr(host, "execute", execute)
    assert run("echo", "here", wait=60.0)["stdout"] == "here"
    assert len(told.lines) > 2
    for line in told.lines:
        assert "waiting for h1 to answer: its host key is another one than ssh knows" in line
        assert "ssh-keygen -R '[10.0.0.1]:2222'" in line


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"waits_for": "PostgreSQL to stop"}, "waiting for PostgreSQL to stop"),
        ({"waits_for": None}, "Look at {}"),
        ({"waits_for": "s3cret", "no_log": True}, "running"),
    ],
)
def test_a_command_that_takes_long_is_told_of(
    run: Run, told: Told, given: Json, words: str
) -> None:
    run("/bin/sh", "-c", "sleep 1.5 # s3cret", **given)
    assert told.longest_silence() < EVERY + LATE
    assert {line.split(", ")[0] for line in told.lines} == {"[h1] host_command"}
    assert {line.split(" s: ")[1] for line in told.lines} == {words}


def test_a_short_command_is_not_told_of(run: Run, told: Told) -> None:
    run("true")
    time.sleep(2 * EVERY)
    assert told.lines == []


# -- connections


class Ssh:
    def __init__(self, **options: str) -> None:
        self.options = {"ssh_args": "-C", "ssh_common_args": "", "ssh_extra_args": "", **options}

    def get_option(self, name: str) -> str:
        return self.options[name]

    def set_option(self, name: str, value: str) -> None:
        self.options[name] = value


def test_ssh_notices_that_a_host_is_gone() -> None:
    ssh = Ssh(ssh_extra_args="-v")
    notice_the_end(ssh)
    assert ssh.options["ssh_extra_args"] == "-v -o ServerAliveInterval=5 -o ServerAliveCountMax=3"
    notice_the_end(ssh)
    assert ssh.options["ssh_extra_args"].count("Interval") == 1


def test_what_somebody_has_said_of_that_stays() -> None:
    ssh = Ssh(ssh_common_args="-oServerAliveInterval=60")
    notice_the_end(ssh)
    assert ssh.options["ssh_extra_args"] == ""


# -- host_file


@pytest.fixture
def put(host: Host) -> Run:
    (host.place / "source").write_bytes(b"package" * 1000)

    def put_it(*, mode: str = "0644", check: bool = False, **given: t.Any) -> Json:
        paths = {"src": str(host.place / "source"), "dest": str(host.place / "there")}
        given = {**paths, "mode": mode, **given}
        done: Json = host.action(host_file.ActionModule, check=check, given=given).run(
            task_vars={"inventory_hostname": "h1"}
        )
        return done

    return put_it


def test_a_file_gets_there_whole_and_once(put: Run, host: Host) -> None:
    done = put()
    there = host.place / "there"
    assert (done["changed"], done["size"]) == (True, 7000)
    assert there.read_bytes() == b"package" * 1000
    assert there.stat().st_mode & 0o7777 == 0o644
    assert sorted(os.listdir(host.place)) == ["source", "there"]
    assert not put()["changed"]


def test_only_the_mode_is_other(put: Run, host: Host) -> None:
    put()
    assert put(mode="0600")["changed"]
    assert (host.place / "there").stat().st_mode & 0o7777 == 0o600


def test_another_file_is_replaced(put: Run, host: Host) -> None:
    (host.place / "there").write_text("older")
    assert put(check=True)["changed"]
    assert (host.place / "there").read_text() == "older"
    assert put()["changed"]
    assert (host.place / "there").stat().st_size == 7000


def test_what_is_cut_off_on_its_way_never_gets_the_name(
    put: Run, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        shutil, "copyfile", lambda src, dest: pathlib.Path(dest).write_bytes(b"pack")
    )
    with pytest.raises(AnsibleActionFail, match="what arrived is not what was sent"):
        put()
    assert sorted(os.listdir(host.place)) == ["source"]


def test_what_cannot_be_copied_is_told(put: Run, host: Host) -> None:
    with pytest.raises(AnsibleActionFail, match="nothing-there cannot be read on the controller"):
        put(src=str(host.place / "nothing-there"))
    with pytest.raises(AnsibleActionFail, match="is a directory"):
        put(dest=str(host.place))
