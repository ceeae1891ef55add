# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a program that is ended, with all that it has started, when it takes too long or nobody wants it any more.

usage: python supervise.py SECONDS PLACE PROGRAM [ARGUMENT ...]

The end of its standard input says that nobody does; then PLACE is removed, a directory that nobody is left to remove. So nothing runs on
when ansible-rulebook is killed, which the Java inside of it does itself at a SIGTERM, before any Python could tidy up.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import time
import typing as t

#: The exit codes where it was not the program that ended it.
TOO_LONG, UNWANTED, NOT_STARTED = 124, 143, 127
#: The variable of the environment that tells to whom a process belongs, if it is set.
MARK = "CLOUDIFY_HA_LOOK"
#: Seconds that the program has to end by itself when it is told to.
GRACE = 5.0
#: Seconds after which it is seen that the program has ended.
PAUSE = 0.1


def main(seconds: float, place: str, command: list[str]) -> int:
    unwanted: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, dummy_frame: unwanted.append(number))
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    except OSError as exc:
        print(f"ERROR: {command[0]} cannot be started: {exc.strerror}", flush=True)
        return NOT_STARTED
    code = None
    end = time.monotonic() + seconds
    try:
        while child.poll() is None:
            if unwanted or select.select([0], [], [], PAUSE)[0]:
                code = UNWANTED
                break
            if time.monotonic() > end:
                code = TOO_LONG
                break
    finally:
        if child.poll() is None:
            _end(child)
        if code == UNWANTED:
            shutil.rmtree(place, ignore_errors=True)
    return child.returncode if code is None else code


def _end(child: subprocess.Popen[t.Any]) -> None:
    _to_group(child.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(GRACE)
    _to_group(child.pid, signal.SIGKILL)
    # what has left the group, as the workers of newer Ansible do
    for pid in _marked():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    child.wait()


def _to_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _marked() -> list[int]:
    """The processes that have the same mark. Nobody where there is no /proc."""
    mark, found = os.environ.get(MARK), []
    for path in pathlib.Path("/proc").glob("[0-9]*/environ") if mark else ():
        with contextlib.suppress(OSError):
            if f"{MARK}={mark}".encode() in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return [pid for pid in found if pid != os.getpid()]


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2], sys.argv[3:]))
