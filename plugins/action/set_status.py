# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge recovery sets, say so in one line or as JSON, in files for machines, and end as bad as it is."""

from __future__ import annotations

import json
import typing as t

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._set_objectives import (
    CRITICAL,
    OK,
    BadObjective,
    Objectives,
    headline,
    judge,
    unknown,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._times import utc_now
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._judgement import (
    as_json,
    end,
    keep,
    show,
)
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._set_metrics import metrics

display = Display()

SPEC: dict[str, t.Any] = {
    "found": {"type": "dict", "required": True},
    "cluster": {"type": "str", "default": ""},
    "max_age": {"type": "str", "default": "26h"},
    "min_size": {"type": "str", "default": "1K"},
    "max_shrink": {"type": "str", "default": "50"},
    "min_sets": {"type": "str", "default": "2"},
    "output": {"type": "str", "choices": ["screen", "json", "none"], "default": "screen"},
    "path": {"type": "str", "default": ""},
    "metrics_path": {"type": "str", "default": ""},
    "fails": {"type": "bool", "default": False},
}
OBJECTIVES = ("max_age", "min_size", "max_shrink", "min_sets")
COLORS = {"ok": "green", "warning": "yellow", "critical": "red"}


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        answer: dict[str, t.Any] = super().run(tmp, task_vars)
        _checked, args = self.validate_argument_spec(argument_spec=SPEC)
        # of what Ansible makes of strings, only the text
        found = json.loads(json.dumps(args["found"], default=str))
        known = {"cluster": args["cluster"], "now": utc_now()}
        try:
            objectives = Objectives.parse(**{name: args[name] for name in OBJECTIVES})
            result = judge(found, objectives, **known)
        except BadObjective as exc:
            result = unknown(str(exc), **known)
        state, line = result["state"], headline(result)
        show(result, output=args["output"], text=line, color=COLORS.get(state))
        kept = [
            keep(path, text, what="The status", mode=0o644, instead="the job's output")
            for path, text in (
                (args["path"], as_json(result) + "\n"),
                (args["metrics_path"], metrics(result)),
            )
        ]
        for why in filter(None, kept):
            display.warning(why)
        answer.update(changed=False, state=state, status=result)
        if state == OK and any(kept):
            # whoever reads the files would not see it
            answer.update(failed=args["fails"], msg="; ".join(filter(None, kept)))
        return end(
            answer, fails=args["fails"], good=state == OK, worst=state == CRITICAL, line=line
        )
