# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which runs can be seen to be dead."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.action import run as action

HERE = {
    "host": "here",
    "machine": "m1",
    "boot": "b1",
    "processes": action.OF_THE_MACHINE,
    "pid": 1,
    "started": "5",
}
CONTAINER = {**HERE, "processes": "pid:[4026532001]"}


@pytest.mark.parametrize(
    ("change", "dead"),
    [
        ({}, False),
        ({"started": "6"}, True),
        ({"boot": "b0"}, True),
        ({"machine": "m2"}, False),
        ({"host": "there"}, False),
        ({"pid": None}, False),
        # in a container that is called as this machine is
        ({"started": "6", "processes": "pid:[4026532001]"}, False),
        ({"boot": "b0", "processes": "pid:[4026532001]"}, False),
    ],
)
def test_only_what_ran_here_can_be_seen_to_be_dead(
    change: dict[str, t.Any], dead: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(action, "started", lambda pid: "5")
    assert action.is_dead({"controller": {**HERE, **change}}, HERE) is dead


@pytest.mark.parametrize(
    ("change", "dead"),
    [
        ({}, False),
        ({"started": "6"}, True),
        ({"started": "6", "processes": "pid:[4026532002]"}, False),
        # one that is called the same on another machine, whose processes happen to have that number
        ({"boot": "b0"}, False),
    ],
)
def test_containers_that_are_called_the_same(
    change: dict[str, t.Any], dead: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(action, "started", lambda pid: "5")
    assert action.is_dead({"controller": {**CONTAINER, **change}}, CONTAINER) is dead


def test_the_start_of_a_process_is_known() -> None:
    assert action.started("self").isdigit()
    assert action.started(2**22 + 1) == ""
