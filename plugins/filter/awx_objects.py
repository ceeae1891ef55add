# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._awx_objects import (
    ACCESS,
    objects,
)


def awx_objects(
    settings: t.Any,
    *,
    nodes: t.Sequence[str] = (),
    instances: t.Sequence[str] = (),
) -> dict[str, t.Any]:
    """The objects that AWX is to have for a cluster, without secrets, or what is wrong with the settings."""
    # without what Ansible makes of strings, and what is in a vault in clear
    plain = json.loads(json.dumps(settings, default=str))
    made, wrong = objects(plain, nodes=list(map(str, nodes)), instances=list(map(str, instances)))
    return {**{kind: made[kind] for kind in made if kind not in ACCESS}, "wrong": wrong}


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"awx_objects": awx_objects}
