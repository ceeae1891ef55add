# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_case import Case
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_signs import seen_alive
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import STANDBY
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._health import judge
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._versions import (
    Capabilities,
    Version,
)
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._probe import parse


def cluster_health(
    views: t.Any,
    members: t.Sequence[dict[str, t.Any]],
    probes: t.Mapping[str, str],
    without: t.Sequence[str] = (),
    before: t.Mapping[str, str] | None = None,
) -> dict[str, t.Any]:
    """Whether a cluster is healthy, by what all of its members say."""
    if not isinstance(views, dict):
        raise AnsibleFilterError("cluster_health: the input has to be the views of cluster_info")
    unknown = set(without) - {member["name"] for member in members}
    if unknown:
        raise AnsibleFilterError(
            f"cluster_health: no member is called {', '.join(sorted(unknown))}"
        )
    case = Case(
        generation=_generation(views),
        members=list(members),
        views=views,
        probes={name: parse(text) for name, text in probes.items()},
        without=tuple(without),
        before={name: parse(text) for name, text in (before or {}).items()},
    )
    return {
        **judge(case),
        "generation": case.generation,
        "seen_alive": {name: seen_alive(case, name) for name in without},
    }


def _generation(views: t.Mapping[str, t.Any]) -> str:
    """That of the first who tells its version; a standby of 4.x tells nothing but its error."""
    for view in views.values():
        if view.get("version"):
            return Capabilities(Version.parse(view["version"]), "premium").generation
    if any(view.get("error_code") == STANDBY for view in views.values()):
        return "active_standby"
    return "all_active"


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"cluster_health": cluster_health}
