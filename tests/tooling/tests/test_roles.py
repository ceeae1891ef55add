# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The defaults of a role are kept in two files. They must say the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tooling.paths import REPO

ROLES = sorted(path for path in (REPO / "roles").glob("[!_.]*") if path.is_dir())
SECRET = re.compile(r"(^|_)(password|passphrase|token|secret)s?$")

pytestmark = pytest.mark.skipif(not ROLES, reason="there is no role yet")


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text()) if path.exists() else None


def entry_points(role: Path) -> dict[str, Any]:
    specs: dict[str, Any] = load(role / "meta" / "argument_specs.yml")["argument_specs"]
    return specs


def options(role: Path) -> list[tuple[str, dict[str, Any]]]:
    """Each option of each entry point, those inside others too."""
    found: list[tuple[str, dict[str, Any]]] = []

    def walk(some: dict[str, Any]) -> None:
        for name, spec in (some or {}).items():
            found.append((name, spec))
            walk(spec.get("options", {}))

    for spec in entry_points(role).values():
        walk(spec.get("options", {}))
    return found


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_every_entry_point_is_described(role: Path) -> None:
    public = {path.stem for path in (role / "tasks").glob("main.yml")}
    assert public <= set(entry_points(role))
    for spec in entry_points(role).values():
        assert spec["short_description"]


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_defaults_are_the_same_in_both_files(role: Path) -> None:
    spec = entry_points(role)["main"].get("options", {})
    described = {name: one["default"] for name, one in spec.items() if "default" in one}
    assert described == (load(role / "defaults" / "main.yml") or {})


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_nothing_required_has_a_default(role: Path) -> None:
    assert not [name for name, spec in options(role) if spec.get("required") and "default" in spec]


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_secrets_are_strings_that_are_never_shown(role: Path) -> None:
    secrets = [(name, spec) for name, spec in options(role) if SECRET.search(name)]
    wrong = [name for name, spec in secrets if spec.get("type") != "str" or not spec.get("no_log")]
    assert not wrong


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_every_option_is_used(role: Path) -> None:
    texts = [
        path.read_text()
        for folder in ("tasks", "vars", "templates", "handlers")
        for path in (role / folder).rglob("*")
        if path.is_file()
    ]
    top = {name for spec in entry_points(role).values() for name in spec.get("options", {})}
    assert not [name for name in top if not any(re.search(rf"\b{name}\b", t) for t in texts)]
