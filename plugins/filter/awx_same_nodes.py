# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils import _awx_workflows


def awx_same_nodes(wanted: t.Any, there: t.Any) -> bool:
    """Whether a workflow in AWX has these nodes, and no others."""
    return _awx_workflows.same_nodes(
        json.loads(json.dumps(wanted, default=str)), json.loads(json.dumps(there, default=str))
    )


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"awx_same_nodes": awx_same_nodes}
