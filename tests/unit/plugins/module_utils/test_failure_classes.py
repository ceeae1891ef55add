# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of classes, and a page for each."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._failure_classes import FAILURES

REPO = pathlib.Path(__file__).parents[4]
DOCSITE = REPO / "docs" / "docsite"
HEADINGS = ["What it means", "How it is told", "What is still safe", "What to do", "What not to do"]


@pytest.mark.parametrize("name", FAILURES)
def test_each_class_has_its_page(name: str) -> None:
    failure = FAILURES[name]
    assert failure.page == f"docs/docsite/rst/diagnosis_{name}.rst"
    lines = (REPO / failure.page).read_text().splitlines()
    underlined = [a for a, b in zip(lines, lines[1:]) if b and set(b) <= {"=", "-"}]
    assert underlined == [failure.title, *HEADINGS]
    assert f"Class ``{name}``, state ``{failure.state}``." in lines


def test_there_is_no_page_of_another_class() -> None:
    pages = {path.stem for path in (DOCSITE / "rst").glob("diagnosis_*.rst")}
    assert pages == {"diagnosis_guide", *(f"diagnosis_{name}" for name in FAILURES)}


@pytest.mark.parametrize("name", FAILURES)
def test_each_is_in_the_guide_and_in_the_contents(name: str) -> None:
    failure = FAILURES[name]
    guide = (DOCSITE / "rst" / "diagnosis_guide.rst").read_text()
    assert f"   * - ``{name}``\n     - {failure.state}\n     - :ref:`{failure.title} <" in guide
    contents = (DOCSITE / "extra-docs.yml").read_text().splitlines()
    assert f"      - diagnosis_{name}" in contents


def test_states_are_those_that_an_exit_code_is_for() -> None:
    assert {failure.state for failure in FAILURES.values()} == {
        "healthy",
        "degraded",
        "down",
        "unknown",
    }
    assert next(iter(FAILURES)) == "split_brain" and list(FAILURES)[-1] == "healthy"


def test_what_a_runbook_destroys_is_known() -> None:
    for name, failure in FAILURES.items():
        assert failure.destructive == (failure.runbook in ("replace_node", "rebuild_cluster")), name
