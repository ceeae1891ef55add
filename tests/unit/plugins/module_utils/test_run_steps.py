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

REPO = Path(__file__).parents[4]
OURS = "cloudify_ha.recovery."
NAMED = sorted({*HOLDS_FROM.items(), EMPTIED[:2], (EMPTIED[0], EMPTIED[2])})


def steps(found: Any) -> set[str]:
    """Whatever is called a step, wherever in the playbook and in the roles that it has."""
    if isinstance(found, list):
        return set().union(*map(steps, found))
    if not isinstance(found, dict):
        return set()
    own = {str(found[key]) for key in ("cloudify_step", "step") if key in found}
    called = found.get("role") or (found.get("ansible.builtin.include_role") or {}).get("name", "")
    tasks = (REPO / "roles" / called.removeprefix(OURS) / "tasks").glob("*.yml") if called else ()
    of_role = (steps(yaml.safe_load(path.read_text())) for path in tasks)
    return own.union(*of_role, *map(steps, found.values()))


@pytest.mark.parametrize(("runbook", "step"), NAMED)
def test_every_step_is_one_of_its_playbook(runbook: str, step: str) -> None:
    assert step in steps(yaml.safe_load((REPO / "playbooks" / f"{runbook}.yml").read_text()))
