# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print a diagnosis as a page or as JSON, keep it in a file, and end as bad as the cluster is."""

from __future__ import annotations

import json
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._diagnosis_page import (
    headline,
    page,
)
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._judgement import (
    as_json,
    end,
    keep,
    show,
)

display = Display()

SPEC: dict[str, t.Any] = {
    "result": {"type": "dict", "required": True},
    "output": {"type": "str", "choices": ["screen", "json", "none"], "default": "screen"},
    "path": {"type": "str", "default": ""},
    "fails": {"type": "bool", "default": False},
}
COLORS = {"healthy": "green", "degraded": "yellow", "down": "red"}


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        answer: dict[str, t.Any] = super().run(tmp, task_vars)
        _checked, args = self.validate_argument_spec(argument_spec=SPEC)
        result, output, path = args["result"], args["output"], args["path"]
        if not result.get("state"):
            raise AnsibleActionFail(
                "show_diagnosis: result has to be what the filter diagnosis returns"
            )
        # of what Ansible makes of strings, only the text
        plain: dict[str, t.Any] = json.loads(json.dumps(result, default=str))
        state = str(plain["state"])
        kept = keep(
            path,
            as_json(plain) + "\n",
            what="The diagnosis",
            mode=0o600,
            instead="the job's artifact cloudify_diagnosis",
        )
        show(plain, output=output, text="\n".join(page(plain)), color=COLORS.get(state))
        answer.update(changed=False, state=state)
        if kept:
            # what was found out matters more than where it is kept
            display.warning(kept)
        return end(
            answer,
            fails=args["fails"],
            good=state == "healthy",
            worst=state == "down",
            line=headline(plain),
        )
