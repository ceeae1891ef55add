# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell the module which controller and process it is for and which words are secret, see whether
the run that has the cluster is dead, and print the steps."""

from __future__ import annotations

import contextlib
import os
import socket
import time
import typing as t

from ansible import constants as C
from ansible.utils.display import Display

from ansible_collections.cloudify_ha.recovery.plugins.modules import run as run_module
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._direct import DirectAction

display = Display()

#: The processes that are in no container, on every Linux.
OF_THE_MACHINE = "pid:[4026531836]"

#: The connection's options, and variables and the environment, that hold a secret.
SECRET_OPTIONS = ("password", "token")
SECRET_VARIABLES = (
    "cloudify_password",
    "cloudify_token",
    "cloudify_database_password",
    "apply_snapshot_restored_password",
    "install_node_admin_password",
    "install_node_database_password",
)
SECRET_ENVIRONMENT = ("CLOUDIFY_PASSWORD", "CLOUDIFY_TOKEN")
CONNECTION, CONNECTION_DEFAULTS = "cloudify_connection", "group/cloudify_ha.recovery.manager"
#: A shorter word, such as the product's own default, is found in texts where it is no secret.
SHORTEST_SECRET = 8
#: Other states say only the names of steps, by which it is told what a run has begun.
WITH_TEXTS = ("kept", "ended")


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


def processes() -> str:
    """Among which processes a number means one: those of the machine, or of a container."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def this_controller() -> dict[str, t.Any]:
    """This machine, and the ansible-playbook on it: a task runs in a child of it."""
    pid = os.getppid()
    return {
        "host": socket.gethostname(),
        "machine": read("/etc/machine-id") or socket.gethostname(),
        "boot": read("/proc/sys/kernel/random/boot_id"),
        "processes": processes(),
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
    if there.get("processes") != here["processes"]:  # one that is called the same
        return False
    if there.get("boot") != here["boot"]:
        # or one that is called the same on another machine
        return bool(here["processes"] == OF_THE_MACHINE)
    return started(there["pid"]) != there.get("started")


class ActionModule(DirectAction):
    module = run_module

    def run(
        self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        args = self._task.args
        if args.get("state") == "step":
            display.display(
                f"{time.strftime('%H:%M:%S')}  {args.get('step')}",
                color=C.config.get_config_value("COLOR_VERBOSE"),
            )
        here = this_controller()
        args["controller"] = here
        if args.get("state") in WITH_TEXTS:
            args["secrets"] = [*(args.get("secrets") or []), *self._secrets(task_vars or {})]
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        holder = result.get("holder")
        if result.get("failed") and holder and not args.get("take_over") and is_dead(holder, here):
            display.display(f"run {holder['run']} is dead; its lock is void")
            args["take_over"] = result["take_over"]
            result = super().run(tmp, task_vars)
        return result

    def _secrets(self, task_vars: dict[str, t.Any]) -> list[str]:
        """Passwords and tokens, but none that is a part of a name that a later attempt goes by."""
        connections = [task_vars.get(CONNECTION)]
        connections += [
            defaults.get(CONNECTION_DEFAULTS)
            for defaults in getattr(self._task, "module_defaults", None) or []
            if isinstance(defaults, dict)
        ]
        found = [self._templated(task_vars.get(name)) for name in SECRET_VARIABLES]
        for given in connections:
            # one of its other options may be what cannot be templated
            connection = given if isinstance(given, dict) else self._templated(given)
            if isinstance(connection, dict):
                found += [self._templated(connection.get(name)) for name in SECRET_OPTIONS]
        environment: dict[str, t.Any] = {}
        with contextlib.suppress(Exception):
            self._compute_environment_string(environment)
        for name in SECRET_ENVIRONMENT:
            found += [environment.get(name), os.environ.get(name)]
        args = self._task.args
        names = [*(task_vars.get("groups") or {}).get("all", [])]
        names += [args.get(name) for name in ("store", "cluster", "id")]
        return [
            word
            for word in dict.fromkeys(each for each in found if isinstance(each, str))
            if len(word) >= SHORTEST_SECRET and not any(word in str(name) for name in names)
        ]

    def _templated(self, value: t.Any) -> t.Any:
        """None where that cannot be done: it is no matter of the run's."""
        try:
            value = self._templar.template(value)
            # one of a vault, before ansible-core 2.19
            return str(value) if getattr(value, "__ENCRYPTED__", False) else value
        except Exception:
            return None
