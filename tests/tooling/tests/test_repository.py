# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules that hold for every file of the repository."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
import tomllib
import yaml

from tooling.paths import REPO
from tooling.steps import STEPS
from tooling.worktree import files

COPYRIGHT = "Copyright (c) 2026, cloudify_ha.recovery contributors"
LICENCE = "SPDX-License-" + "Identifier: GPL-3.0-or-later"
WITHOUT_HEADER = ("COPYING", "LICENSES/*")
# In parts, so that this file passes its own test.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("galaxy", "ansible", "com"),
        ("registry", "npmjs", "org"),
        ("docker", "io"),
        ("quay", "io"),
        ("ghcr", "io"),
        ("registry", "redhat", "io"),
        ("deb", "debian", "org"),
    )
]
CHECKOUT = re.compile("/work" + "/(main|shared)\\b")


def names() -> list[str]:
    if (REPO / ".git").exists():
        return files()
    found = [path for path in REPO.rglob("*") if path.is_file()]
    return [str(p.relative_to(REPO)) for p in found if "__pycache__" not in p.parts]


def texts() -> list[tuple[str, str]]:
    found = []
    for name in names():
        try:
            found.append((name, (REPO / name).read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


def annotated() -> list[str]:
    """What has its licence in REUSE.toml, since it cannot hold a comment or is written by a program."""
    table = tomllib.loads((REPO / "REUSE.toml").read_text())
    return [pattern for entry in table["annotations"] for pattern in entry["path"]]


def test_every_file_begins_with_its_licence() -> None:
    exempt = (*WITHOUT_HEADER, *annotated())
    missing = []
    for name, text in texts():
        head = "\n".join(text.splitlines()[:8])
        if any(fnmatch(name, pattern) for pattern in exempt):
            continue
        if COPYRIGHT not in head or LICENCE not in head:
            missing.append(name)
    assert not missing


def test_no_file_names_a_package_registry() -> None:
    named = [(name, host) for name, text in texts() for host in REGISTRIES if host in text]
    assert not named


def test_no_file_depends_on_one_machine() -> None:
    assert not [name for name, text in texts() if CHECKOUT.search(text)]


def test_no_sanity_ignores() -> None:
    assert not [name for name in names() if name.startswith("tests/sanity/ignore")]


def test_no_galaxy_dependencies() -> None:
    galaxy = yaml.safe_load((REPO / "galaxy.yml").read_text())
    assert galaxy["dependencies"] == {}
    assert galaxy["license"] == ["GPL-3.0-or-later"]


def test_no_file_is_large() -> None:
    large = [n for n in names() if (REPO / n).stat().st_size > 2 * 1024 * 1024]
    assert not large


def test_steps_have_names_of_their_own() -> None:
    listed = [step.name for step in STEPS]
    assert len(listed) == len(set(listed))


def contents(kind: str) -> set[str]:
    place, pattern = {
        "Modules": ("plugins/modules", "*.py"),
        "Roles": ("roles", "*/"),
        "Playbooks": ("playbooks", "*.yml"),
        "Inventory plugins": ("plugins/inventory", "*.py"),
    }[kind]
    found = (REPO / place).glob(pattern)
    return {path.stem for path in found if not path.name.startswith(("_", "."))}


@pytest.mark.parametrize("kind", ["Modules", "Roles", "Playbooks", "Inventory plugins"])
def test_readme_lists_what_is_there(kind: str) -> None:
    """A heading for each kind, and below it rows or bullets that begin with the name as code."""
    readme = Path(REPO / "README.md")
    if not readme.exists():
        pytest.skip("README.md is not written yet")
    section = re.search(
        rf"^#+ {kind}\b[^\n]*\n(.*?)(?=^#|\Z)", readme.read_text(), re.MULTILINE | re.DOTALL
    )
    if not section:
        assert not contents(kind), f"README.md has no heading {kind!r}"
        return
    listed = re.findall(r"^[-*|] *\[?`(?:cloudify_ha\.recovery\.)?(\w+)`", section[1], re.MULTILINE)
    assert sorted(listed) == sorted(contents(kind))
