# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of objects, as a table that the modules of `models` fill."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import Any

from awx.standin.fields import Field


@dataclass(frozen=True)
class Many:
    """A list of links to objects of another kind, kept on the first of both."""

    to: str
    # A POST without an id makes the object and links it.
    makes: bool = True
    # Listed in the order in which they were linked.
    ordered: bool = False


@dataclass(frozen=True)
class Back:
    """The same links, seen from the other end."""

    of: str
    relation: str


@dataclass(frozen=True)
class Children:
    """The objects whose key points here."""

    kind: str
    key: str
    # More that every one of them has.
    also: dict[str, Any] = field(default_factory=dict)


Link = Many | Back | Children


@dataclass(frozen=True)
class Kind:
    """One endpoint: `plural` as it is in URLs, `type` as objects say it of themselves."""

    plural: str
    type: str
    fields: tuple[Field, ...]
    links: dict[str, Link] = field(default_factory=dict)
    # Each a set of fields that no two objects share.
    unique: tuple[tuple[str, ...], ...] = ()
    # The fields of a named URL; those with a key are the named URL of what it points to.
    named: tuple[str, ...] = ()
    # Whose ids it counts with.
    ids: str = ""
    methods: tuple[str, ...] = ("GET", "POST", "PUT", "PATCH", "DELETE")
    roles: tuple[str, ...] = ()
    verbose: str = ""
    # Shown beside what the fields say.
    actions: tuple[str, ...] = ()
    identity: str = "name"
    # Fields of an object's summary, beside id, name and description.
    summary: tuple[str, ...] = ()

    def field(self, name: str) -> Field | None:
        return next((f for f in self.fields if f.name == name), None)

    @property
    def title(self) -> str:
        return self.verbose or self.type.replace("_", " ").capitalize()


KINDS: dict[str, Kind] = {}
# Lists that hold several kinds, which count their ids together.
UNIONS = {
    "unified_job_templates": (
        "job_templates",
        "projects",
        "inventory_sources",
        "workflow_job_templates",
        "workflow_approval_templates",
    ),
    "unified_jobs": (
        "jobs",
        "project_updates",
        "inventory_updates",
        "workflow_jobs",
        "workflow_approvals",
    ),
}
SUBJECTS = ("access", "credentials", "inventories", "projects", "templates", "workflows", "runs")


def kind(definition: Kind) -> Kind:
    KINDS[definition.plural] = definition
    return definition


def load() -> None:
    for name in SUBJECTS:
        importlib.import_module(f"awx.standin.models.{name}")


def plurals(name: str) -> tuple[str, ...]:
    """The kinds behind an endpoint: several of a union, one of all others."""
    return UNIONS.get(name, (name,))
