# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell the module which controller and process it is for, see whether the run that has the
cluster is dead, and print the steps."""

from __future__ import annotations

import os
import socket
import time
import typing as t

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import RecoveryError
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._runs import ClusterRuns

display = Display()


def read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""


def started(pid: t.Any) -> str:
    """When a process began, in the kernel's clock ticks; empty when there is none."""
    fields = read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return fields[19] if len(fields) > 19 else ""


def this_controller() -> dict[str, t.Any]:
    """This machine, and the ansible-playbook on it: a task runs in a child of it."""
    pid = os.getppid()
    return {
        "host": socket.gethostname(),
        "machine": read("/etc/machine-id") or socket.gethostname(),
        "boot": read("/proc/sys/kernel/random/boot_id"),
        "pid": pid,
        "started": started(pid),
    }


def is_dead(holder: dict[str, t.Any], here: dict[str, t.Any]) -> bool:
    """Only what ran on this machine can be seen to be dead."""
    there = holder.get("controller") or {}
    if not there.get("pid") or there.get("machine") != here["machine"]:
        return False
    if there.get("host") != here["host"]:  # a container of the same image
        return False
    if there.get("boot") != here["boot"]:
        return True
    return started(there["pid"]) != there.get("started")


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        args = dict(self._task.args)
        if args.get("state") == "step":
            display.display(f"{time.strftime('%H:%M:%S')}  {args.get('step')}", color="bright blue")
        here = this_controller()
        result.update(self._on_store({**args, "controller": here}, task_vars))
        holder = result.get("holder")
        if result.get("failed") and holder and not args.get("take_over") and is_dead(holder, here):
            display.display(f"run {holder['run']} is dead; its lock is void")
            args["take_over"] = holder["run"]
            result = dict(self._on_store({**args, "controller": here}, task_vars))
        return result

    def _on_store(
        self, args: dict[str, t.Any], task_vars: dict[str, t.Any] | None
    ) -> dict[str, t.Any]:
        if args.get("state") in ("step", "done") and self._store_is_here(str(args.get("store"))):
            try:
                return self._note(args)
            except (RecoveryError, OSError, KeyError):
                pass  # the module says what is wrong
        answer: dict[str, t.Any] = self._execute_module(
            module_name="cloudify_ha.recovery.run", module_args=args, task_vars=task_vars
        )
        return answer

    def _store_is_here(self, store: str) -> bool:
        """On the controller, for the user that this is. A runbook has many steps, and a module costs half a second."""
        return (
            self._connection.transport == "local"
            and not self._connection.become
            and os.path.isabs(store)
            and "$" not in store
        )

    def _note(self, args: dict[str, t.Any]) -> dict[str, t.Any]:
        """What the module does for a step."""
        runs = ClusterRuns(
            store=str(args["store"]),
            cluster=str(args["cluster"]),
            secrets=[str(secret) for secret in args.get("secrets") or []],
        )
        run_id, step = str(args["id"]), str(args["step"])
        if not self._task.check_mode:
            runs.note(run_id, state=str(args["state"]), step=step)
        return {"changed": False, "id": run_id, "path": runs.path(run_id)}
