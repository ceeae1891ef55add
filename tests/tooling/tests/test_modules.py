# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module documents, and which of them share the connection options."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml

from tooling.paths import REPO

MODULES = sorted((REPO / "plugins" / "modules").glob("[!_]*.py"))
CONNECTION = "cloudify_ha.recovery._connection"
# The others look at files only.
WITH_MANAGER = [path.stem for path in MODULES if "create_manager_module" in path.read_text()]

pytestmark = pytest.mark.skipif(not MODULES, reason="there is no module yet")


def blocks(path: Path) -> dict[str, Any]:
    """The YAML of DOCUMENTATION, EXAMPLES and RETURN, or of the parts of a documentation fragment."""
    found = {}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            (target,) = node.targets
            if isinstance(target, ast.Name) and isinstance(node.value.value, str):
                found[target.id] = yaml.safe_load(node.value.value)
    return found


def fragments(path: Path) -> list[str]:
    named: list[str] = blocks(path)["DOCUMENTATION"].get("extends_documentation_fragment", [])
    return named


def attributes_of(path: Path) -> dict[str, dict[str, Any]]:
    """The module's own attributes over those of its fragments, as ansible-doc shows them."""
    merged: dict[str, dict[str, Any]] = {}
    sources = []
    for name in fragments(path):
        file, _dot, part = name.removeprefix("cloudify_ha.recovery.").partition(".")
        fragment = REPO / "plugins" / "doc_fragments" / f"{file}.py"
        sources.append(blocks(fragment)[part.upper() or "DOCUMENTATION"])
    for source in (*sources, blocks(path)["DOCUMENTATION"]):
        for name, attribute in source.get("attributes", {}).items():
            merged.setdefault(name, {}).update(attribute)
    return merged


def group() -> list[str]:
    runtime = yaml.safe_load((REPO / "meta" / "runtime.yml").read_text())
    members: list[str] = runtime["action_groups"]["manager"]
    return members


def test_the_group_is_every_module_that_talks_to_a_manager() -> None:
    assert group() == WITH_MANAGER


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_connection_options_come_from_one_place(path: Path) -> None:
    assert (CONNECTION in fragments(path)) == (path.stem in WITH_MANAGER)
    assert ("action_group" in attributes_of(path)) == (path.stem in WITH_MANAGER)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_attributes_are_documented(path: Path) -> None:
    attributes = attributes_of(path)
    for name in ("check_mode", "diff_mode", "idempotent"):
        assert attributes[name].get("support") in ("full", "partial", "none", "N/A"), name
        assert attributes[name]["description"], name
        if attributes[name]["support"] == "partial":
            assert attributes[name].get("details"), f"{name} is partial: say in what"
    if path.stem.endswith("_info"):
        assert attributes["check_mode"]["support"] == "full"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_examples_use_the_full_name_and_every_task_has_one(path: Path) -> None:
    found = blocks(path)
    tasks = found["EXAMPLES"]
    assert tasks and found["RETURN"]
    for task in flat(tasks):
        assert task.get("name"), task
        unqualified = {path.stem for path in MODULES} & set(task)
        assert not unqualified
    assert any(f"cloudify_ha.recovery.{path.stem}" in task for task in flat(tasks))


def flat(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The tasks of a list that may hold plays and blocks."""
    found: list[dict[str, Any]] = []
    for task in tasks:
        inner = [t for key in ("tasks", "block", "rescue", "always") for t in task.get(key, [])]
        found += flat(inner) if inner else [task]
    return found
