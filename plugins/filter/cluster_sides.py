# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import STANDBY
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._sides import (
    database_sides,
    standby_sides,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._versions import (
    Capabilities,
    Version,
)
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._databases import parse_database


def cluster_sides(
    views: t.Any, members: t.Sequence[dict[str, t.Any]], databases: t.Mapping[str, str]
) -> dict[str, t.Any]:
    """Which sides a cluster has split into."""
    if not isinstance(views, dict):
        raise AnsibleFilterError("cluster_sides: the input has to be the views of cluster_info")
    parsed = {name: parse_database(text) for name, text in databases.items()}
    found = {name: facts for name, facts in parsed.items() if facts}
    if _generation(views, bool(found)) == "active_standby":
        split = standby_sides(members=members, views=views)
    else:
        split = database_sides(members=members, views=views, databases=found)
    return {**split.as_dict(), "databases": found}


def _generation(views: t.Mapping[str, t.Any], patroni: bool) -> str:
    for view in views.values():
        if view.get("version"):
            return Capabilities(Version.parse(view["version"]), "premium").generation
    if any(view.get("error_code") == STANDBY for view in views.values()):
        return "active_standby"
    return "all_active" if patroni else "active_standby"


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"cluster_sides": cluster_sides}
