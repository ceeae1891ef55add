# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._comparison import (
    compare,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._content import (
    is_inventory,
)


def content_diff(before: t.Any, after: t.Any) -> dict[str, t.Any]:
    """Compare two inventories of content_info."""
    for name, value in (("the input", before), ("after", after)):
        if not is_inventory(value):
            raise AnsibleFilterError(
                f"content_diff: {name} is not a content inventory; "
                "use what content_info returns as content"
            )
    return compare(before, after).as_dict()


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"content_diff": content_diff}
