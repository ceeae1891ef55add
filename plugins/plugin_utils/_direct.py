# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""The action plugin of every module that works on the controller: it runs the module in its own process, which spares the half second in which
Ansible packs a module and Python starts. On other hosts, as another user and with another Python, the module is run as ever.
"""

from __future__ import annotations

import json
import sys
import types
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._direct import run_direct
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._http import (
    REQUESTS_IMPORT_ERROR,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._progress import VARIABLE
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._environment import passed_on
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._progress import (
    ProgressAction,
    is_here,
)

Json = dict[str, t.Any]


class DirectAction(ProgressAction):
    #: It is imported with the plugin, once, before tasks have processes of their own.
    module: types.ModuleType

    def _execute_module(
        self,
        module_name: str | None = None,
        module_args: Json | None = None,
        tmp: str | None = None,
        task_vars: Json | None = None,
        *args: t.Any,
        **how: t.Any,
    ) -> Json:
        environment: dict[str, str] = {}
        self._compute_environment_string(environment)
        environment = {key: str(value) for key, value in environment.items()}
        asked = self._task.args if module_args is None else module_args
        if not self._can_be_direct(task_vars or {}):
            if self._asks_a_manager() and not is_here(self):
                module_args = passed_on(self, dict(asked), environment)
            given: Json = super()._execute_module(
                module_name, module_args, tmp, task_vars, *args, **how
            )
            return given
        if self._progress_path:
            environment[VARIABLE] = self._progress_path
        return run_direct(
            self.module.main,
            # plain values, and what is in a vault in clear, as a module gets them
            json.loads(json.dumps(asked, default=str)),
            name=self._task.action,
            check_mode=bool(self._task.check_mode),
            environment=environment,
        )

    def _asks_a_manager(self) -> bool:
        return hasattr(self.module, "create_manager_module")

    def _can_be_direct(self, task_vars: Json) -> bool:
        if self._task.async_val or REQUESTS_IMPORT_ERROR or not is_here(self):
            return False
        delegated = (task_vars.get("ansible_delegated_vars") or {}).get(self._task.delegate_to)
        python = self._templar.template(
            (task_vars if delegated is None else delegated).get("ansible_python_interpreter")
        )
        return python in (None, "", sys.executable) or str(python).startswith("auto")


__all__ = ("DirectAction",)
