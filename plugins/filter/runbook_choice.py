# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._choice import choose


def runbook_choice(
    diagnosis: t.Any,
    runs: t.Sequence[dict[str, t.Any]] = (),
    acknowledged: str = "",
    block_period: float = 3600.0,
    resume_within: float = 86400.0,
) -> dict[str, t.Any]:
    """Which runbook a diagnosis asks for, after what was run before."""
    if not isinstance(diagnosis, dict) or "runbook" not in diagnosis:
        raise AnsibleFilterError("runbook_choice: the input has to be a diagnosis")
    return choose(
        diagnosis,
        list(runs),
        acknowledged=str(acknowledged),
        block_period=_seconds("block_period", block_period),
        resume_within=_seconds("resume_within", resume_within),
    )


def _seconds(name: str, value: t.Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise AnsibleFilterError(
            f"runbook_choice: {name} has to be a number of seconds, not {value!r}"
        ) from None


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"runbook_choice": runbook_choice}
