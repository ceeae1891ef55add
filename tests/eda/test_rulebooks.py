# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the rulebooks may do, and that all options are everywhere."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

import pytest
import yaml
from ansible_rulebook.validators import Validate

from eda.places import EDA, REPO, SOURCE

RULEBOOKS = sorted((EDA / "rulebooks").glob("*.yml"))
ALLOWED = {
    "debug": None,
    "run_job_template": r".*: diagnose",
    "run_workflow_template": r".*: recover with approval",
    "run_playbook": r"cloudify_ha\.recovery\.diagnose",
}


def documentation() -> dict[str, Any]:
    for node in ast.parse(SOURCE.read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DOCUMENTATION":
            found: dict[str, Any] = yaml.safe_load(ast.literal_eval(node.value))
            return found
    raise AssertionError("no documentation")


def options() -> list[str]:
    return list(documentation()["options"])


@pytest.mark.parametrize("path", RULEBOOKS, ids=lambda path: path.stem)
def test_they_only_look_and_ask(path: Any) -> None:
    rulesets = yaml.safe_load(path.read_text())
    Validate.rulebook(rulesets)
    for rule in [rule for ruleset in rulesets for rule in ruleset["rules"]]:
        ((kind, given),) = rule["action"].items()
        assert kind in ALLOWED, rule["name"]
        if ALLOWED[kind]:
            assert re.fullmatch(ALLOWED[kind], given["name"]), rule["name"]
        # only what waits for somebody who approves it
        assert ("cloudify_confirm" in json.dumps(rule)) == (kind == "run_workflow_template")


@pytest.mark.parametrize("path", RULEBOOKS, ids=lambda path: path.stem)
def test_they_pass_on_every_option(path: Any) -> None:
    (ruleset,) = yaml.safe_load(path.read_text())
    ((source,),) = [ruleset["sources"]]
    given = source["cloudify_ha.recovery.cluster_health"]
    assert given == {name: f"{{{{ cluster_health_{name} | default(none) }}}}" for name in options()}


def test_every_option_is_documented() -> None:
    text = (SOURCE.parent / "cloudify_ha_watch" / "settings.py").read_text()
    readers = text[text.index("READERS") :]
    assert re.findall(r'^    "(\w+)": ', readers, re.M) == options()
    guide = (REPO / "docs" / "docsite" / "rst" / "eda_guide.rst").read_text()
    assert sorted(set(re.findall(r"^``(\w+)``", guide, re.M)) & set(options())) == sorted(options())
