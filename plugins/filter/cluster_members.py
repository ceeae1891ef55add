# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._cluster_inventory import (
    GROUPS,
    TIERS,
)


def cluster_members(
    groups: t.Mapping[str, t.Sequence[str]], hostvars: t.Mapping[str, t.Mapping[str, t.Any]]
) -> list[dict[str, t.Any]]:
    """The nodes of the inventory, with the names and the address that the others know them by."""
    by_tier = {tier: groups.get(GROUPS[tier]) or [] for tier in TIERS}
    names = dict.fromkeys(name for tier in TIERS for name in by_tier[tier])
    return [
        _member(str(name), hostvars[name], [tier for tier in TIERS if name in by_tier[tier]])
        for name in names
    ]


def _member(name: str, known: t.Mapping[str, t.Any], tiers: list[str]) -> dict[str, t.Any]:
    return {
        "name": name,
        "hostname": str(known.get("cloudify_hostname") or name),
        "address": str(known.get("cloudify_private_ip") or known.get("ansible_host") or name),
        "tiers": tiers,
    }


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"cluster_members": cluster_members}
