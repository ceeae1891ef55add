# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wait for what host_info has begun, and bring it."""

from __future__ import annotations

import json
import os
import signal
import time
import typing as t

from ansible.plugins.action import ActionBase

Json = dict[str, t.Any]

_LOOK = 0.02


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        spec: dict[str, t.Any] = {"jobs": {"type": "dict", "required": True}}
        _checked, args = self.validate_argument_spec(argument_spec=spec)
        jobs = args["jobs"]
        result.update(changed=False, said={str(name): collect(job) for name, job in jobs.items()})
        return result


def collect(job: t.Mapping[str, t.Any]) -> Json:
    """What came of one; nothing where it was not begun."""
    if not job.get("path"):
        return {"asked": False}
    path, pid, most = str(job["path"]), int(job["pid"]), float(job["most"])
    end = float(job["began"]) + most
    while not os.path.exists(path):
        # a clock that is set back must not make this wait for ever
        if not 0 <= end - time.time() <= most or not _lives(pid):
            break
        time.sleep(_LOOK)
    try:
        with open(path, encoding="utf-8") as file:
            said: Json = json.load(file)
        os.unlink(path)
    except (OSError, ValueError):
        _end(pid)
        return {
            "asked": True,
            "reachable": False,
            "error": f"no end within {most:g} s: ssh or the host hangs",
        }
    return said


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
