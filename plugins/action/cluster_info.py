# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module; with C(later) in a process of its own, whose answer another task brings."""

from __future__ import annotations

import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.cloudify_ha.recovery.plugins.modules import cluster_info
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._direct import DirectAction
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._later import begin, bring

Json = dict[str, t.Any]

#: Seconds until it is ended, whatever the deadline is: the module may have to be brought to another host first.
_MOST = 300


class ActionModule(DirectAction):
    module = cluster_info

    def run(self, tmp: str | None = None, task_vars: Json | None = None) -> Json:
        asked = self._task.args
        if boolean(asked.get("later"), strict=False):
            return {"changed": False, "job": self._begin(tmp, task_vars)}
        job = asked.get("job")
        answer = bring(job) if isinstance(job, dict) and job.get("path") else None
        # what has left nothing is asked now
        return answer or super().run(tmp, task_vars)

    def _begin(self, tmp: str | None, task_vars: Json | None) -> Json:
        ask = super().run
        return begin(
            lambda: ask(tmp, task_vars),
            failed=lambda exc: {"failed": True, "msg": f"{exc}"},
            most=_MOST,
        )
