# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX refuses, by subject. Each rule is a function in a table, so that it can be taken out.

Importing a module of this package registers its rules.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from awx.standin.kinds import Kind
from awx.standin.store import Item, Store

if TYPE_CHECKING:
    from awx.standin.service import Service


@dataclass
class Change:
    """An object that is about to be made or changed; rules may still change `after`."""

    service: Service
    kind: Kind
    # None for an object that is made.
    before: Item | None
    after: Item
    given: dict[str, Any]
    # A PATCH, which says nothing of what it leaves out.
    partial: bool = False

    @property
    def store(self) -> Store:
        return self.service.store


@dataclass
class Linking:
    """A link that is about to be made."""

    service: Service
    item: Item
    relation: str
    other: Item

    @property
    def store(self) -> Store:
        return self.service.store


ChangeRule = Callable[[Change], None]
LinkRule = Callable[[Linking], None]
DeleteRule = Callable[["Service", Item], None]
CHANGES: dict[str, list[ChangeRule]] = {}
LINKS: dict[tuple[str, str], list[LinkRule]] = {}
DELETES: dict[str, list[DeleteRule]] = {}
SUBJECTS = (
    "access",
    "credential_types",
    "credentials",
    "deleting",
    "inventories",
    "job_templates",
    "notifications",
    "projects",
    "prompts",
    "schedules",
    "workflows",
)


def on_change(*plurals: str) -> Callable[[ChangeRule], ChangeRule]:
    def wrap(rule: ChangeRule) -> ChangeRule:
        for plural in plurals:
            CHANGES.setdefault(plural, []).append(rule)
        return rule

    return wrap


def on_link(*places: tuple[str, str]) -> Callable[[LinkRule], LinkRule]:
    def wrap(rule: LinkRule) -> LinkRule:
        for place in places:
            LINKS.setdefault(place, []).append(rule)
        return rule

    return wrap


def on_delete(*plurals: str) -> Callable[[DeleteRule], DeleteRule]:
    def wrap(rule: DeleteRule) -> DeleteRule:
        for plural in plurals:
            DELETES.setdefault(plural, []).append(rule)
        return rule

    return wrap


def load() -> None:
    for name in SUBJECTS:
        importlib.import_module(f"awx.standin.rules.{name}")
