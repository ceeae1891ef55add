# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A step that was renamed in a playbook only would hold nothing any more, and nobody would see it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._runs import EMPTIED, HOLDS_FROM

PLAYBOOKS = Path(__file__).parents[4] / "playbooks"
NAMED = sorted({*HOLDS_FROM.items(), EMPTIED[:2], (EMPTIED[0], EMPTIED[2])})


def steps(found: Any) -> set[str]:
    """Whatever is called a step, wherever in the playbook."""
    if isinstance(found, list):
        return set().union(*map(steps, found))
    if not isinstance(found, dict):
        return set()
    own = {str(found[key]) for key in ("cloudify_step", "step") if key in found}
    return own.union(*map(steps, found.values()))


@pytest.mark.parametrize(("runbook", "step"), NAMED)
def test_every_step_is_one_of_its_playbook(runbook: str, step: str) -> None:
    assert step in steps(yaml.safe_load((PLAYBOOKS / f"{runbook}.yml").read_text()))
