# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands around a restore: the inventory it is held against, warnings, short lists."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._apply import (
    in_short,
    load_inventory,
    new_format_warnings,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._content import build_inventory
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import Refused


def inventory(**items: t.Any) -> dict[str, t.Any]:
    return build_inventory(items=items, manager={"version": "7.0.5"}, now="now")


def schedule(name: str, **rule: t.Any) -> dict[str, t.Any]:
    return {"id": name, "deployment_id": "d1", "tenant_name": "t", "rule": rule}


def test_schedules_that_new_format_breaks_on_are_named() -> None:
    schedules = [schedule("a", count=1), schedule("b", rrule="FREQ=DAILY"), schedule("c")]
    (warning,) = new_format_warnings(inventory(execution_schedules=schedules))
    assert "a of deployment d1, c of deployment d1; mend=true" in warning


def test_sites_that_new_format_drops_are_named() -> None:
    placed = {"id": "d1", "tenant_name": "t", "site_name": "paris"}
    labelled = {"id": "d2", "tenant_name": "t", "labels": [{"key": "a", "value": "b"}]}
    (warning,) = new_format_warnings(inventory(deployments=[placed, labelled]))
    assert "d1 (site paris); mend=true" in warning and "d2" not in warning


def test_content_that_new_format_keeps_needs_no_warning() -> None:
    assert new_format_warnings(inventory(blueprints=[{"id": "b", "tenant_name": "t"}])) == []


@pytest.mark.parametrize(
    ("count", "text"), [(0, ""), (1, "0"), (5, "0, 1, 2, 3, 4"), (7, "0, 1, 2, 3, 4, and 2 more")]
)
def test_long_lists_are_cut(count: int, text: str) -> None:
    assert in_short([str(number) for number in range(count)]) == text


def test_inventory_is_taken_as_given_or_from_a_file(tmp_path: pathlib.Path) -> None:
    wanted = inventory(blueprints=[])
    path = tmp_path / "content.json"
    path.write_text(json.dumps(wanted))
    assert load_inventory(wanted, None) == wanted
    assert load_inventory(None, str(path)) == wanted
    assert load_inventory(None, None) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "Cannot read the inventory"),
        ("{", "is not JSON"),
        ("[]", "is not a content inventory"),
        ("null", "is not a content inventory"),
        ('{"kinds": []}', "is not a content inventory"),
    ],
)
def test_file_that_is_no_inventory(text: str | None, why: str, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "content.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(Refused, match=why):
        load_inventory(None, str(path))
