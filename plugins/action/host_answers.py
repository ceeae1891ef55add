# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wait for what host_info has begun, and bring it."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._later import bring

Json = dict[str, t.Any]


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
    return bring(job) or {
        "asked": True,
        "reachable": False,
        "error": f"no end within {float(job['most']):g} s: ssh or the host hangs",
    }
