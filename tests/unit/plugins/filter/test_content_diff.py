# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.cloudify_ha.recovery.plugins.filter.content_diff import FilterModule
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._content import build_inventory

content_diff = FilterModule().filters()["content_diff"]


def inventory(*secrets: str) -> dict[str, t.Any]:
    items = {"secrets": [{"key": key, "tenant_name": "t1"} for key in secrets]}
    return build_inventory(items=items, manager={}, now="now")


def test_two_that_are_equal() -> None:
    assert content_diff(inventory("a"), inventory("a")) == {
        "equal": True,
        "complete": True,
        "lost": [],
        "gained": [],
        "changed": [],
        "expected": [],
        "uncompared": [],
    }


def test_differences_are_plain_data_that_a_playbook_can_loop_over() -> None:
    found = json.loads(json.dumps(content_diff(inventory("a", "b"), inventory("b", "c"))))
    assert (found["equal"], found["complete"]) == (False, False)
    assert found["lost"] == [
        {
            "change": "lost",
            "tenant": "t1",
            "kind": "secrets",
            "id": "a",
            "detail": "",
            "expected": None,
        }
    ]
    assert [each["id"] for each in found["gained"]] == ["c"]


def test_it_changes_neither_of_the_two() -> None:
    before, after = inventory("a"), inventory()
    content_diff(before, after)
    assert (before, after) == (inventory("a"), inventory())


@pytest.mark.parametrize("wrong", [None, {}, [], "text", {"content": {}}])
@pytest.mark.parametrize("place", ["the input", "after"])
def test_what_is_no_inventory_is_refused_by_its_place(wrong: t.Any, place: str) -> None:
    given = (wrong, inventory()) if place == "the input" else (inventory(), wrong)
    with pytest.raises(
        AnsibleFilterError, match=f"content_diff: {place} is not a content inventor"
    ):
        content_diff(*given)
