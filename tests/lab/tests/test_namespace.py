# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lab leaves the machine alone and leaves nothing behind, however it ends.

The machine is the lab that the tests run in, so that nothing but the lab under test changes it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import Lab, LabError, namespace
from lab.namespace import running
from lab.place import CGROUPS, RUNS
from lab.testing import wait_until

HOSTS = 2


def output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def network() -> list[str]:
    links = output("ip", "link"), output("ip", "-4", "addr"), output("ip", "route")
    rules = output("nft", "list", "ruleset"), output("ip", "netns")
    return [*links, *rules, Path("/proc/sys/net/ipv4/ip_forward").read_text()]


def machine() -> dict[str, list[str]]:
    """All that a lab could change. Of what runs: names only, as other tests' programs come and go."""
    return {
        "network": network(),
        "mounts": sorted(Path("/proc/self/mountinfo").read_text().splitlines()),
        "files": sorted(str(path) for path in Path("/run").glob("*")),
        "loops": output("losetup", "--list", "--noheadings").splitlines(),
        "hosts": [Path("/etc/hosts").read_text(), str(os.listdir("/etc/ssh/ssh_config.d"))],
    }


def containers() -> set[str]:
    """Those that this run sees: of its own hosts, and of labs within."""
    found = output("ps", "-ww", "-eo", "pid=,args=").splitlines()
    return {line for line in found if "systemd-nspawn" in line or "keeper.sh" in line}


def runs() -> set[str]:
    return {path.name for path in RUNS.glob("*")}


def cgroups() -> set[str]:
    return {path.name for path in CGROUPS.glob("cloudify-ha-*")}


class Nested:
    """A lab with hosts that serves until it is ended."""

    def __init__(self, env: dict[str, str]) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-m", "lab", "serve", "--hosts", str(HOSTS)],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self.child.stdout
        self.said = ""
        for line in self.child.stdout:
            self.said += line
            if line.startswith("It waits"):
                break
        self.identity = next((v["id"] for v in running() if int(v["pid"]) in self.children()), "")

    def children(self) -> list[int]:
        tasks = Path(f"/proc/{self.child.pid}/task/{self.child.pid}/children")
        return [int(pid) for pid in tasks.read_text().split()]


@pytest.fixture
def inner(nested: dict[str, str], lab: Lab) -> Iterator[Nested]:
    started = Nested(nested)
    try:
        yield started
    finally:
        if started.child.poll() is None:
            os.killpg(started.child.pid, signal.SIGKILL)
        started.child.wait()


KILL_ALL = "kill all"


@pytest.mark.parametrize(
    "end", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL, KILL_ALL]
)
def test_nothing_is_touched_and_nothing_stays(
    nested: dict[str, str], lab: Lab, end: signal.Signals | str
) -> None:
    before, nspawns = machine(), containers()
    inner = Nested(nested)
    assert inner.said.count(" up\n") == HOSTS, inner.said
    assert inner.identity in runs()
    assert f"cloudify-ha-{inner.identity}" in cgroups()
    assert len(containers() - nspawns) == 2 * HOSTS
    # While it runs, too.
    assert machine() == before
    if isinstance(end, str):
        # As `make test` ends a step that hangs.
        os.killpg(inner.child.pid, signal.SIGKILL)
    else:
        inner.child.send_signal(end)
    inner.child.wait(timeout=30)
    # Killed, it cannot wait for what cleans up after it.
    wait_until(lambda: inner.identity not in runs(), what="its entry is gone")
    assert f"cloudify-ha-{inner.identity}" not in cgroups()
    assert not containers() - nspawns
    assert machine() == before


def test_mounts_stay_inside_where_mounts_are_shared(nested: dict[str, str], lab: Lab) -> None:
    """As they are on a machine whose first process is systemd."""
    mounts = "cut -d ' ' -f 4,5,9- /proc/self/mountinfo"
    script = f'before=$({mounts}); "$0" -m lab run --hosts 1 -- true; after=$({mounts}); '
    script += 'echo "$before"; [ "$before" = "$after" ]'
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "shared", "sh", "-c", script, sys.executable],
        env=nested,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout and not done.returncode, done.stderr


def test_what_nobody_cleaned_up_the_next_one_does(inner: Nested, nested: dict[str, str]) -> None:
    janitor, first = inner.children()
    for pid in (janitor, inner.child.pid):
        os.kill(pid, signal.SIGKILL)
    inner.child.wait()
    wait_until(lambda: not Path(f"/proc/{first}").exists(), what="its first process is gone")
    assert inner.identity in runs() and f"cloudify-ha-{inner.identity}" in cgroups()
    subprocess.run([sys.executable, "-m", "lab", "run", "--", "true"], env=nested, check=True)
    assert inner.identity not in runs() and f"cloudify-ha-{inner.identity}" not in cgroups()


def test_the_command_decides_how_it_ends(nested: dict[str, str], lab: Lab) -> None:
    def lab_run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "lab", "run", "--", *words]
        return subprocess.run(command, env=nested, capture_output=True, text=True, check=False)

    assert lab_run("true").returncode == 0
    assert lab_run("sh", "-c", "exit 7").returncode == 7
    assert lab_run("sh", "-c", "kill -9 $$").returncode == 128 + 9
    missing = lab_run("no-such-program")
    assert missing.returncode == 127 and missing.stderr.startswith("no-such-program: No such file")
    # What a command leaves running ends with it.
    left = lab_run("sh", "-c", "setsid sleep 4321 >/dev/null 2>&1 & echo started")
    assert left.stdout == "started\n"
    assert "sleep 4321" not in output("ps", "-ww", "-eo", "args=")


def test_a_command_is_told_that_it_shall_end(nested: dict[str, str], lab: Lab) -> None:
    script = "trap 'echo told; exit 5' TERM; echo ready; while :; do sleep 0.1; done"
    child = subprocess.Popen(
        [sys.executable, "-m", "lab", "run", "--", "sh", "-c", script],
        env=nested,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout and child.stdout.readline() == "ready\n"
    child.terminate()
    assert child.communicate(timeout=30)[0] == "told\n"
    assert child.returncode == 5


def test_another_terminal_gets_in(inner: Nested, nested: dict[str, str]) -> None:
    def there(*words: str) -> str:
        command = [sys.executable, "-m", "lab", "--lab", inner.identity, *words]
        return output("env", "-i", *(f"{k}={v}" for k, v in nested.items()), *command)

    assert there("list").splitlines() == ["h1   172.31.78.11   up", "h2   172.31.78.12   up"]
    there("kill", "h2")
    assert there("list").splitlines()[1] == "h2   172.31.78.12   off"
    there("up", "h2", "h3")
    assert there("exec", "h3", "hostname") == "h3\n"
    there("down")
    assert there("list") == ""


def test_two_labs_have_the_same_addresses_and_do_not_meet(
    lab: Lab, inner: Nested, nested: dict[str, str]
) -> None:
    mine = lab.up(1)[0].read("/etc/machine-id")
    command = [sys.executable, "-m", "lab", "--lab", inner.identity, "exec", "h1"]
    theirs = subprocess.run(
        [*command, "cat", "/etc/machine-id"], env=nested, capture_output=True, text=True, check=True
    ).stdout
    assert theirs and theirs != mine
    assert (
        subprocess.run(
            ["ssh", "h1", "cat /etc/machine-id"], capture_output=True, text=True, check=True
        ).stdout
        == mine
    )


@pytest.mark.parametrize(
    ("there", "wanted", "entered"),
    [
        ({"a": False}, "", "a"),
        ({"a": False, "b": True}, "", "b"),
        ({"a": False, "b": True}, "a", "a"),
        ({"a": True, "b": True}, "", "which one? --lab a, b"),
        ({"a": False, "b": False}, "", "which one? --lab a, b"),
        ({"a": False}, "c", "no lab is called c"),
        ({}, "", "no lab is running: `make lab`"),
    ],
)
def test_which_one_is_entered(
    monkeypatch: pytest.MonkeyPatch, there: dict[str, bool], wanted: str, entered: str
) -> None:
    found = [
        {"id": name, "serves": serves, "pid": 1, "image": "/"} for name, serves in there.items()
    ]
    monkeypatch.setattr(namespace, "running", lambda: found)

    def execute(program: str, words: list[str], env: dict[str, str]) -> None:
        raise LabError(env["LAB_ID"])

    monkeypatch.setattr(os, "execvpe", execute)
    with pytest.raises(LabError) as raised:
        namespace.enter(["true"], identity=wanted)
    assert str(raised.value) == entered
