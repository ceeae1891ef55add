# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The unit tests' table of how restores went is what the recordings say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.module_utils.recorded_restores import (
    RECORDED,
)

RECORDINGS = Path(__file__).resolve().parent.parent / "fidelity" / "recordings"
FLAG = {"running": True, "not-running": False}


def said(answer: list[Any]) -> Any:
    status, value = answer
    return FLAG.get(value, value) if status == 200 else status


@pytest.mark.parametrize("name", RECORDED)
def test_table_is_as_recorded(name: str) -> None:
    (path,) = RECORDINGS.rglob(f"{name}_transitions.json")
    recording = json.loads(path.read_text())
    assert RECORDED[name] == tuple(
        (each["t"], said(each["execution"]), said(each["snapshot-status"]))
        for each in recording["transitions"]
    )
