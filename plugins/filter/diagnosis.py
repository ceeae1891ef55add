# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._diagnosis import diagnose
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._times import utc_now
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._diagnosis_case import (
    age_of,
    make_case,
)


def diagnosis(
    views: t.Any,
    members: t.Sequence[dict[str, t.Any]] = (),
    said: t.Mapping[str, t.Any] | None = None,
    front: str = "",
    error: str = "",
    earlier: t.Any = "",
    cluster: str = "",
    inventories: t.Sequence[str] = (),
    command: str = "cfy",
) -> dict[str, t.Any]:
    """What is wrong with a cluster, by what all of its members say."""
    if views is None or views == "":
        views = {}
    if not isinstance(views, dict):
        raise AnsibleFilterError("diagnosis: the input has to be the views of cluster_info")
    managers = dict(views)
    through = managers.pop(front, None) if front else None
    # the module itself could not ask
    why = error or "was not asked"
    unasked = {"answers": False, "error": why, "unasked": why, "hangs": False}
    for member in members:
        if "manager" in member["tiers"]:
            managers.setdefault(member["name"], dict(unasked))
    if error and not managers and through is None:
        managers["the managers"] = unasked
    now = utc_now()
    case = make_case(
        managers,
        members=members,
        said=dict(said or {}),
        front=through,
        earlier=age_of(_json(earlier), cluster=cluster, now=now),
        command=str(command),
    )
    words: dict[str, t.Any] = {
        "inventories": [str(each) for each in inventories],
        "cluster": str(cluster),
    }
    result: dict[str, t.Any] = diagnose(case, **{k: v for k, v in words.items() if v})
    return {**result, "cluster": str(cluster), "time": now}


def _json(text: t.Any) -> t.Any:
    """Older Ansible has made data of it already."""
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text or "null")
    except ValueError:
        return None


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"diagnosis": diagnosis}
