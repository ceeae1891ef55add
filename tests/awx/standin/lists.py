# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters, order and pages of lists.

As awx/api/filters.py (since 24.4 `ansible_base.rest_filters`) and awx/api/pagination.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from awx.standin.errors import detail
from awx.standin.kinds import KINDS, Many, plurals
from awx.standin.store import Item, Store, kind_of
from awx.standin.wire import Request

PAGE_SIZE = 25
MAX_PAGE_SIZE = 200
ABOUT_THE_LIST = frozenset(
    (
        "page",
        "page_size",
        "format",
        "order",
        "order_by",
        "search",
        "type",
        "host_filter",
        "count_disabled",
    )
)
SECRET = ("password", "inputs", "_token", "_password")


def _same(found: Any, text: str) -> bool:
    if found is None or text.lower() in ("none", "null"):
        return found is None and text.lower() in ("none", "null", "")
    if isinstance(found, bool):
        return found == (text.lower() in ("true", "1"))
    return str(found) == text


def _text(test: Callable[[str, str], bool], fold: bool) -> Callable[[Any, str], bool]:
    def compare(found: Any, text: str) -> bool:
        if found is None:
            return False
        mine = str(found)
        return test(mine.lower(), text.lower()) if fold else test(mine, text)

    return compare


def _order(test: Callable[[Any, Any], bool]) -> Callable[[Any, str], bool]:
    def compare(found: Any, text: str) -> bool:
        if found is None:
            return False
        return test(found, type(found)(text) if not isinstance(found, bool) else text == "true")

    return compare


LOOKUPS: dict[str, Callable[[Any, str], bool]] = {
    "exact": _same,
    "iexact": _text(lambda a, b: a == b, True),
    "contains": _text(lambda a, b: b in a, False),
    "icontains": _text(lambda a, b: b in a, True),
    "startswith": _text(str.startswith, False),
    "istartswith": _text(str.startswith, True),
    "endswith": _text(str.endswith, False),
    "iendswith": _text(str.endswith, True),
    "regex": _text(lambda a, b: re.search(b, a) is not None, False),
    "iregex": _text(lambda a, b: re.search(b, a, re.IGNORECASE) is not None, False),
    "gt": _order(lambda a, b: a > b),
    "gte": _order(lambda a, b: a >= b),
    "lt": _order(lambda a, b: a < b),
    "lte": _order(lambda a, b: a <= b),
    "in": lambda found, text: any(_same(found, part.strip()) for part in text.split(",")),
    "isnull": lambda found, text: (found is None) == (text.lower() in ("true", "1")),
}


class Lists:
    def __init__(self, store: Store) -> None:
        self.store = store

    def select(
        self, name: str, items: list[Item], query: list[tuple[str, str]], *, ordered: bool = False
    ) -> list[Item]:
        """The items that a query asks for; if they are ordered they stay so unless it says else.

        Raises ApiError for a field that is not there.
        """
        either: list[Callable[[Item], bool]] = []
        for key, value in query:
            if key in ABOUT_THE_LIST:
                continue
            negated, alternative, path = _prefixes(key)
            test = self._test(name, path, value)
            wanted = (lambda item, t=test: not t(item)) if negated else test
            if alternative:
                either.append(wanted)
            else:
                items = [item for item in items if wanted(item)]
        if either:
            items = [item for item in items if any(test(item) for test in either)]
        for key, value in query:
            if key == "type":
                types = value.split(",")
                items = [item for item in items if kind_of(item).type in types]
            elif key == "search":
                items = [item for item in items if _mentions(item, value)]
        return self._sorted(name, items, query, ordered=ordered)

    def _test(self, name: str, path: list[str], text: str) -> Callable[[Item], bool]:
        lookup = LOOKUPS["exact"]
        if len(path) > 1 and path[-1] in LOOKUPS:
            lookup = LOOKUPS[path[-1]]
            path = path[:-1]
        self._known(name, path)
        if lookup is LOOKUPS["exact"] and self._numeric(name, path[-1]):
            _need_number(text)

        def test(item: Item) -> bool:
            try:
                return any(lookup(value, text) for value in self._values(item, path))
            except (ValueError, TypeError, re.error) as error:
                raise detail(400, str(error)) from None

        return test

    def _numeric(self, name: str, field: str) -> bool:
        if field == "id":
            return True
        return any((f := KINDS[p].field(field)) is not None and f.to for p in plurals(name))

    def _known(self, name: str, path: list[str]) -> None:
        first = path[0]
        for plural in plurals(name):
            kind = KINDS[plural]
            field = kind.field(first)
            if (
                field is not None
                and any(s in first for s in SECRET)
                and kind.plural != "credential_types"
            ):
                raise detail(403, "Filtering on password fields is not allowed.")
            if first in ("id", "created", "modified", "type") or field is not None:
                if len(path) > 1 and field is not None and field.to:
                    self._known(field.to, path[1:])
                return
            link = kind.links.get(first)
            if isinstance(link, Many):
                if len(path) > 1:
                    self._known(link.to, path[1:])
                return
        if name in ("unified_job_templates", "unified_jobs") and first in (
            "status",
            "organization",
        ):
            return
        title = {"unified_job_templates": "UnifiedJobTemplate", "unified_jobs": "UnifiedJob"}.get(
            name
        )
        model = title or "".join(p.title() for p in KINDS[plurals(name)[0]].type.split("_"))
        raise detail(400, f"{model} has no field named '{first}'")

    def _values(self, item: Item, path: list[str]) -> list[Any]:
        first, rest = path[0], path[1:]
        kind = kind_of(item)
        if first == "type":
            return [kind.type]
        link = kind.links.get(first)
        if kind.field(first) is None and isinstance(link, Many):
            others = self.store.linked(item, first)
            return [v for o in others for v in (self._values(o, rest) if rest else [o["id"]])]
        value = item.get(first)
        field = kind.field(first)
        if rest and field is not None and field.to:
            other = self.store.get(field.to, value)
            return self._values(other, rest) if other else [None]
        return [value]

    def _sorted(
        self, name: str, items: list[Item], query: list[tuple[str, str]], *, ordered: bool
    ) -> list[Item]:
        orders = [v for k, v in query if k in ("order", "order_by")]
        keys = [key for order in orders for key in order.split(",") if key]
        if not keys and ordered:
            return items
        if not keys:
            keys = ["name"] if name in BY_NAME else ["id"]
        for key in reversed(keys):
            path = key.lstrip("-").split("__")
            self._known(name, path)

            def by(item: Item, path: list[str] = path) -> Any:
                value = next(iter(self._values(item, path)), None)
                return (value is None, value if isinstance(value, (int, float)) else str(value))

            items = sorted(items, key=by, reverse=key.startswith("-"))
        return items


# Whose model's Meta.ordering is the name.
BY_NAME = frozenset(("organizations", "teams", "credentials", "credential_types", "inventories"))


def _prefixes(key: str) -> tuple[bool, bool, list[str]]:
    negated = alternative = False
    path = key.split("__")
    while path and path[0] in ("or", "not", "chain"):
        negated ^= path[0] == "not"
        alternative |= path[0] == "or"
        path = path[1:]
    return negated, alternative, path


def _need_number(text: str) -> None:
    if text.lower() in ("none", "null", ""):
        return
    try:
        int(text)
    except ValueError:
        raise detail(400, f"invalid literal for int() with base 10: '{text}'") from None


def _mentions(item: Item, text: str) -> bool:
    return any(
        text.lower() in str(item.get(k, "")).lower() for k in ("name", "description", "username")
    )


def page(request: Request, items: list[Any]) -> dict[str, Any]:
    """One page; `results` still holds the items themselves."""
    try:
        size = min(int(request.arg("page_size", str(PAGE_SIZE))), MAX_PAGE_SIZE)
        number = int(request.arg("page", "1"))
    except ValueError:
        raise detail(404, "Invalid page.") from None
    if size < 1:
        size = PAGE_SIZE
    last = max(1, -(-len(items) // size))
    if not 1 <= number <= last:
        raise detail(404, "Invalid page.")

    def at(other: int) -> str | None:
        if not 1 <= other <= last:
            return None
        rest = [(k, v) for k, v in request.query if k != "page"]
        return f"{request.path}?{urlencode([*rest, ('page', other)])}"

    start = (number - 1) * size
    return {
        "count": len(items),
        "next": at(number + 1),
        "previous": at(number - 1) if number > 1 else None,
        "results": items[start : start + size],
    }
