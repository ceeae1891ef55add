# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._content import is_inventory
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._sides import (
    compare_sides,
    items_of,
    rows_of,
    screen,
    to_redo,
)


def sides_diff(contents: t.Any, survivor: str = "") -> dict[str, t.Any]:
    """Compare what sides have: each an inventory, its text, or the text of a list of rows."""
    if not isinstance(contents, dict):
        raise AnsibleFilterError("sides_diff: the input has to be a dictionary, side -> content")
    items = {name: _items(name, given) for name, given in contents.items()}
    compared = compare_sides(items)
    return {
        **compared,
        "counts": {name: sum(map(len, kinds.values())) for name, kinds in items.items()},
        "screen": screen(compared),
        "to_redo": to_redo(compared, survivor) if survivor else [],
    }


def _items(name: str, given: t.Any) -> dict[str, t.Any]:
    if is_inventory(given):
        return items_of(given)
    text = str(given)
    if text.lstrip().startswith("{"):
        try:
            value = json.loads(text)
        except ValueError as exc:
            raise AnsibleFilterError(f"sides_diff: what {name} has cannot be read: {exc}") from exc
        if not is_inventory(value):
            raise AnsibleFilterError(f"sides_diff: what {name} has is no content inventory")
        return items_of(value)
    return rows_of(text)


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"sides_diff": sides_diff}
