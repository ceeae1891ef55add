# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Work that goes on in a process of its own while the play goes on with its tasks, and what came of it.

A job is plain data, so that one task can register it and another one bring the answer.
"""

from __future__ import annotations

import json
import os
import signal
import time
import typing as t
import uuid

from ansible import constants
from ansible.utils.display import Display

Json = dict[str, t.Any]

_LOOK = 0.02


def begin(work: t.Callable[[], Json], *, failed: t.Callable[[Exception], Json], most: int) -> Json:
    """Start it, and return the job.

    :param failed: what is the answer when the work raises
    :param most: seconds after which the process ends, whatever becomes of this one
    """
    path = os.path.join(constants.DEFAULT_LOCAL_TMP, f"later-{uuid.uuid4().hex}")  # type: ignore[attr-defined]
    began = time.time()
    pid = os.fork()
    if pid:
        return {"path": path, "pid": pid, "began": began, "most": most}
    try:
        os.setsid()
        signal.signal(signal.SIGALRM, lambda *dummy: os.killpg(0, signal.SIGKILL))
        signal.alarm(most)
        # nobody shall wait for this process because it has their pipe
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(nothing, number)
        Display()._final_q = None
        try:
            answer = work()
        except Exception as exc:
            answer = failed(exc)
        with open(f"{path}.new", "w", encoding="utf-8") as file:
            json.dump(answer, file)
        os.rename(f"{path}.new", path)
    finally:
        os._exit(0)


def bring(job: t.Mapping[str, t.Any]) -> Json | None:
    """Wait for its answer, and take it away; None where none comes, and none will."""
    path, pid, most = str(job["path"]), int(job["pid"]), float(job["most"])
    end = float(job["began"]) + most
    while not os.path.exists(path):
        # a clock that is set back must not make this wait for ever
        if not 0 <= end - time.time() <= most or not _lives(pid):
            break
        time.sleep(_LOOK)
    try:
        with open(path, encoding="utf-8") as file:
            answer: Json = json.load(file)
        os.unlink(path)
    except (OSError, ValueError):
        _end(pid)
        return None
    return answer


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _end(pid: int) -> None:
    """It leads a group of its own, with its ssh."""
    try:
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


__all__ = ("begin", "bring")
