# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""The action plugin of modules that work on the store's files, once for each node: where the store is on the controller, they need not be modules,
each of which costs half a second."""

from __future__ import annotations

import time
import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import RecoveryError
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._progress import is_here

Json = dict[str, t.Any]


class StoreAction(ActionBase):
    TRANSFERS_FILES = False
    _supports_check_mode = True

    #: The module's options, and its work: options and check mode in, result out.
    spec: t.ClassVar[dict[str, Json]]
    work: t.ClassVar[t.Callable[[t.Mapping[str, t.Any], bool], Json]]

    def run(self, tmp: str | None = None, task_vars: Json | None = None) -> Json:
        result: Json = super().run(tmp, task_vars)
        done = self._here() if is_here(self) else None
        if done is None:
            done = self._execute_module(task_vars=task_vars)
        return {**result, **done}

    def _here(self) -> Json | None:
        """None where the module is to say what is wrong."""
        started = time.monotonic()
        _validated, args = self.validate_argument_spec(argument_spec=self.spec)
        try:
            done = self.work(args, self._task.check_mode)
        except RecoveryError as exc:
            done = {"failed": True, "msg": str(exc), **exc.details}
        except OSError:
            return None
        return {**done, "duration": round(time.monotonic() - started, 3)}


__all__ = ("StoreAction",)
