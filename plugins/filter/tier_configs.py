# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils import _node_config


def tier_configs(texts: t.Any, facts: t.Any) -> dict[str, str]:
    """Which configuration is for which tier."""
    try:
        return _node_config.by_tier(texts, facts=facts)
    except _node_config.Unusable as exc:
        raise AnsibleFilterError(f"tier_configs: {exc}") from None


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"tier_configs": tier_configs}
