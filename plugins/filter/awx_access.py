# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._awx_objects import (
    ACCESS,
    objects,
)


def awx_access(settings: t.Any) -> dict[str, t.Any]:
    """The credential type and the credentials that AWX is to have for a cluster."""
    made, wrong = objects(json.loads(json.dumps(settings, default=str)))
    if wrong:
        raise AnsibleFilterError(f"awx_access: {'; '.join(wrong)}")
    return {kind: made[kind] for kind in ACCESS}


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"awx_access": awx_access}
