# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ends a look when ansible-rulebook is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from eda.places import SUPERVISE
from eda.scripted_playbook import alive

PATIENCE = 30.0
MARK = "CLOUDIFY_HA_LOOK"
TOO_LONG, UNWANTED, NOT_STARTED = 124, 143, 127
SLEEPERS = "sleep 600 & setsid sleep 600 & echo ready; exec sleep 600"
STUBBORN = "trap '' TERM; " + "sleep 600 & echo ready; while :; do sleep 1; done"


@pytest.fixture
def mark(tmp_path: Path) -> Iterator[str]:
    name = f"look-of-{tmp_path}"
    yield name
    for pid in alive(name):
        os.kill(pid, signal.SIGKILL)


def start(mark: str, place: Path, seconds: float, *command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(SUPERVISE), str(seconds), str(place), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, MARK: mark},
    )


def started(child: subprocess.Popen[bytes]) -> None:
    assert child.stdout and child.stdout.readline() == b"ready\n"


def gone(mark: str) -> bool:
    end = time.monotonic() + PATIENCE
    while alive(mark) and time.monotonic() < end:
        time.sleep(0.05)
    return not alive(mark)


@pytest.mark.parametrize("code", [0, 3])
def test_its_own_end(mark: str, tmp_path: Path, code: int) -> None:
    child = start(mark, tmp_path, 60, "sh", "-c", f"exit {code}")
    assert child.wait(PATIENCE) == code
    assert tmp_path.exists()


@pytest.mark.parametrize("script", [SLEEPERS, STUBBORN])
def test_it_takes_too_long(mark: str, tmp_path: Path, script: str) -> None:
    child = start(mark, tmp_path, 1, "sh", "-c", script)
    started(child)
    assert child.wait(PATIENCE) == TOO_LONG
    assert gone(mark) and tmp_path.exists()


def test_nobody_wants_it_any_more(mark: str, tmp_path: Path) -> None:
    child = start(mark, tmp_path, 60, "sh", "-c", SLEEPERS)
    started(child)
    assert child.stdin
    child.stdin.close()
    assert child.wait(PATIENCE) == UNWANTED
    assert gone(mark) and not tmp_path.exists()


def test_it_is_told_to_end(mark: str, tmp_path: Path) -> None:
    child = start(mark, tmp_path, 60, "sh", "-c", SLEEPERS)
    started(child)
    child.terminate()
    assert child.wait(PATIENCE) == UNWANTED
    assert gone(mark)


def test_whoever_has_started_it_is_killed(mark: str, tmp_path: Path) -> None:
    """As Java does to ansible-rulebook; no Python of it tidies up."""
    command = [sys.executable, str(SUPERVISE), "60", str(tmp_path / "place")]
    (tmp_path / "place").mkdir()
    program = (
        "import subprocess, sys, time\n"
        f"subprocess.Popen({[*command, 'sh', '-c', SLEEPERS]!r}, stdin=subprocess.PIPE,"
        " start_new_session=True)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        env={**os.environ, MARK: mark},
    )
    started(parent)
    parent.kill()
    parent.wait()
    assert gone(mark) and not (tmp_path / "place").exists()


def test_what_is_no_program(mark: str, tmp_path: Path) -> None:
    child = start(mark, tmp_path, 60, "/nowhere/ansible-playbook")
    assert child.wait(PATIENCE) == NOT_STARTED
    said = child.stdout.read().decode() if child.stdout else ""
    assert said == (
        "ERROR: /nowhere/ansible-playbook cannot be started: No such file or directory\n"
    )
