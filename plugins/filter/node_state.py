# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils import _node_state
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._node_config import Unusable


def node_state(text: t.Any, facts: t.Any, tiers: t.Sequence[str]) -> dict[str, t.Any]:
    """What a look at a node has found."""
    try:
        return _node_state.judge(_node_state.parse(text), facts=facts, tiers=list(tiers))
    except Unusable as exc:
        raise AnsibleFilterError(f"node_state: {exc}") from None


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"node_state": node_state}
