# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resources that are more than objects and lists; importing a module registers them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from awx.standin.service import Service
from awx.standin.store import Item
from awx.standin.wire import API, Request, Response

PageHandler = Callable[[Service, Request], Response]
ActionHandler = Callable[[Service, Request, Item], Response]
CreateHandler = Callable[[Service, Request, dict[str, Any]], Response]


@dataclass(frozen=True)
class Page:
    handler: PageHandler
    needs_login: bool


PAGES: dict[tuple[str, str], Page] = {}
ACTIONS: dict[tuple[str, str], dict[str, ActionHandler]] = {}
CREATES: dict[str, CreateHandler] = {}
DELETES: dict[str, ActionHandler] = {}
SUBJECTS = (
    "system",
    "access",
    "credentials",
    "inventories",
    "projects",
    "surveys",
    "launch",
    "workflows",
    "runs",
)


def page(method: str, path: str, *, login: bool = True) -> Callable[[PageHandler], PageHandler]:
    """Register `path` below the API's root (or an absolute one) for a method."""
    full = path if path.startswith("/") else API + path

    def wrap(handler: PageHandler) -> PageHandler:
        PAGES[method, full] = Page(handler, login)
        return handler

    return wrap


def action(method: str, name: str, *plurals: str) -> Callable[[ActionHandler], ActionHandler]:
    """Register `<plural>/<id>/<name>/` for a method."""

    def wrap(handler: ActionHandler) -> ActionHandler:
        for plural in plurals:
            ACTIONS.setdefault((plural, name), {})[method] = handler
        return handler

    return wrap


def create(plural: str) -> Callable[[CreateHandler], CreateHandler]:
    """Register what a POST to a list does instead of making an object."""

    def wrap(handler: CreateHandler) -> CreateHandler:
        CREATES[plural] = handler
        return handler

    return wrap


def delete(plural: str) -> Callable[[ActionHandler], ActionHandler]:
    """Register what a DELETE of an object does instead of removing it."""

    def wrap(handler: ActionHandler) -> ActionHandler:
        DELETES[plural] = handler
        return handler

    return wrap


def load() -> None:
    for name in SUBJECTS:
        importlib.import_module(f"awx.standin.routes.{name}")
