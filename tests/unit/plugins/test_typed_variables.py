# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Numbers and flags of roles. C(-e name=value) makes text of each, C(false) too, and the validation of a role's arguments does not change that: where a role
works with one itself, it has to convert it. Modules convert what they are given."""

from __future__ import annotations

import pathlib
import re
import typing as t

import pytest
import yaml

from ansible_collections.cloudify_ha.recovery.plugins import module_utils

ROOT = pathlib.Path(module_utils.__path__[0]).parents[1]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
CONDITIONS = ("when", "that", "until", "failed_when", "changed_when")
#: Nobody but a playbook gives these, and a playbook gives what they are.
OF_PLAYBOOKS = re.compile(r"begin_run_(needs_\w+|of_the_dead)$")
#: A value that is handed on as it is, or only becomes a part of a text.
HANDED_ON = (r"^\s*{0}\s*$", r"~ {0}\b", r"\b\w+={0}\b", r"^\s*{0} if ")
CONVERTED = r"\b{0}\s*\|\s*(int|float|bool|string)\b"


def typed(role: str) -> list[str]:
    specs = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text())
    return [
        name
        for spec in specs["argument_specs"].values()
        for name, option in (spec.get("options") or {}).items()
        if option.get("type") in ("int", "float", "bool") and not OF_PLAYBOOKS.match(name)
    ]


def expressions(found: t.Any, key: str = "") -> t.Iterator[str]:
    """All that Jinja evaluates in a file of YAML; a condition that is a name alone as well."""
    if isinstance(found, dict):
        for name, value in found.items():
            yield from expressions(value, str(name))
    elif isinstance(found, list):
        for value in found:
            yield from expressions(value, key)
    elif isinstance(found, str):
        yield from re.findall(r"\{[{%](.*?)[%}]\}", found, re.DOTALL)
        if key in CONDITIONS and "{{" not in found:
            yield f"({found})"


def bare(name: str, expression: str) -> bool:
    """Whether one of the places where it is used takes it for what it is not."""
    rest = re.sub(r"'[^']*'", "''", expression)
    rest = re.sub(CONVERTED.format(name), "", rest)
    for way in HANDED_ON:
        rest = re.sub(way.format(name), "", rest)
    return re.search(rf"\b{name}\b", rest) is not None


@pytest.mark.parametrize("role", ROLES)
def test_numbers_and_flags_are_converted_where_a_role_works_with_them(role: str) -> None:
    names = typed(role)
    files = [
        path
        for folder in ("tasks", "vars")
        for path in (ROOT / "roles" / role / folder).glob("*.yml")
    ]
    told = [
        f"{path.relative_to(ROOT)}: {name} in {expression.strip()}"
        for path in files
        for expression in expressions(yaml.safe_load(path.read_text()))
        for name in names
        if bare(name, expression)
    ]
    assert told == []


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        (" x_seconds + 60 ", True),
        ("(x_seconds)", True),
        ("(not x_seconds)", True),
        (" x_seconds | ternary('yes', 'no') ", True),
        (" a if x_seconds else b ", True),
        (" x_seconds | int + x_seconds ", True),
        (" x_seconds | int + 60 ", False),
        (" x_seconds ", False),
        (" 'after ' ~ x_seconds ", False),
        (" state | filter(wait=x_seconds) ", False),
        (" ['x_seconds has to be more than 0'] ", False),
    ],
)
def test_what_is_found(expression: str, found: bool) -> None:
    assert bare("x_seconds", expression) is found
