# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of making a snapshot that other modules use too; the rest is pinned with snapshot."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _snapshots
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import Refused


@pytest.mark.parametrize("name", ["a", "1bad", "bad id", "ä", "a.b", "x" * 256])
def test_an_id_that_an_upload_can_have_made_is_a_name(name: str) -> None:
    _snapshots.check_name(name)


@pytest.mark.parametrize("name", ["", "x" * 257, "a/b", "/a", ".a", "..", "../a"])
def test_what_is_no_file_name_is_no_name(name: str) -> None:
    with pytest.raises(Refused, match="^snapshot id "):
        _snapshots.check_name(name)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("one", "one"),
        ("Traceback (most recent call last):\n  File\nKeyError: 'rrule'\n\n", "KeyError: 'rrule'"),
        ("  \n", ""),
    ],
)
def test_of_a_traceback_the_last_line_is_told(text: str, line: str) -> None:
    assert _snapshots.last_line(text) == line


@pytest.mark.parametrize(
    ("execution", "words"),
    [
        ({"id": "e1", "status": "started", "workflow_id": "install"}, "install e1 (started)"),
        (
            {"id": "e1", "status": "queued", "workflow_id": "heal", "deployment_id": "d1"},
            "heal e1 (queued, deployment d1)",
        ),
        ({"id": "e1", "workflow_id": None}, "execution e1 (None)"),
    ],
)
def test_an_execution_is_named_as_a_person_looks_for_it(
    execution: dict[str, t.Any], words: str
) -> None:
    assert _snapshots.describe_executions([execution]) == words


def test_of_many_executions_the_first_few_are_named() -> None:
    many = [{"id": f"e{n}", "status": "s", "workflow_id": "w"} for n in range(4)]
    assert _snapshots.describe_executions(many, most=2) == "w e0 (s), w e1 (s), and 2 more"
    assert _snapshots.describe_executions(many, most=4).endswith("w e3 (s)")
    assert _snapshots.describe_executions([]) == ""
