# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._node_removal import (
    Earlier,
    Node,
    NodeRemoval,
    Others,
    Said,
)


def node_removal(
    views: t.Mapping[str, dict[str, t.Any]],
    node: str,
    *,
    host: t.Mapping[str, t.Any],
    groups: t.Mapping[str, t.Sequence[str]],
    members: t.Sequence[dict[str, t.Any]],
    here: t.Collection[str] = (),
    alive: t.Sequence[str] = (),
    remembered: t.Mapping[str, list[dict[str, t.Any]]] | None = None,
    keepers: t.Sequence[str] = (),
) -> dict[str, t.Any]:
    """What is to do to remove a dead node from every register, and why it must not be begun."""
    return NodeRemoval(
        Said(views),
        Node.of(node, host),
        Others.of(groups, members, here),
        Earlier(remembered or {}, keepers, alive),
    ).as_dict()


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"node_removal": node_removal}
