# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that is kept, in memory: objects by kind and id, and the links between them."""

from __future__ import annotations

import itertools
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from awx.standin import clock
from awx.standin.kinds import KINDS, Back, Kind, Many, plurals

# The fields of an object by name; what begins with an underscore is never shown.
Item = dict[str, Any]


class Store:
    """All methods expect the caller to hold `lock`."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.objects: dict[str, dict[int, Item]] = defaultdict(dict)
        # (plural, id, relation) -> ids in the order in which they were linked
        self.links: dict[tuple[str, int, str], list[int]] = defaultdict(list)
        self._ids: dict[str, Iterator[int]] = defaultdict(lambda: itertools.count(1))
        # Called with everything that was deleted.
        self.on_delete: list[Callable[[Store, Item], None]] = []

    def add(self, plural: str, values: Item, *, by: int | None = None) -> Item:
        kind = KINDS[plural]
        now = clock.iso()
        item = {
            "id": next(self._ids[kind.ids or plural]),
            "_plural": plural,
            "_by": by,
            "created": now,
            "modified": now,
            **{f.name: _copy(f.default) for f in kind.fields},
            **values,
        }
        self.objects[plural][item["id"]] = item
        for role in kind.roles:
            self.add("roles", {"name": _role_name(role), "_of": ref(item), "_field": role})
        return item

    def change(self, item: Item, values: Item) -> None:
        item.update(values, modified=clock.iso())

    def get(self, name: str, number: int | None) -> Item | None:
        """The object with this id behind an endpoint, which may hold several kinds."""
        if number is None:
            return None
        for plural in plurals(name):
            item = self.objects[plural].get(number)
            if item is not None:
                return item
        return None

    def all(self, name: str) -> list[Item]:
        found = [item for plural in plurals(name) for item in self.objects[plural].values()]
        return sorted(found, key=lambda item: item["id"])

    def find(self, kind_name: str, /, **fields: Any) -> Item | None:
        return next(iter(self.where(kind_name, **fields)), None)

    def where(self, kind_name: str, /, **fields: Any) -> list[Item]:
        return [i for i in self.all(kind_name) if all(i.get(k) == v for k, v in fields.items())]

    def linked(self, item: Item, relation: str) -> list[Item]:
        """The objects of one of an item's lists, whichever way that is kept."""
        link = KINDS[item["_plural"]].links[relation]
        if isinstance(link, Many):
            ids = self.links[item["_plural"], item["id"], relation]
            return [found for n in ids if (found := self.get(link.to, n)) is not None]
        if isinstance(link, Back):
            return [
                other
                for other in self.all(link.of)
                if item["id"] in self.links[link.of, other["id"], link.relation]
            ]
        return self.where(link.kind, **{link.key: item["id"]}, **link.also)

    def link(self, item: Item, relation: str, other: Item) -> None:
        item, relation, other = self._forward(item, relation, other)
        ids = self.links[item["_plural"], item["id"], relation]
        if other["id"] not in ids:
            ids.append(other["id"])

    def unlink(self, item: Item, relation: str, other: Item) -> None:
        item, relation, other = self._forward(item, relation, other)
        ids = self.links[item["_plural"], item["id"], relation]
        if other["id"] in ids:
            ids.remove(other["id"])

    def _forward(self, item: Item, relation: str, other: Item) -> tuple[Item, str, Item]:
        link = KINDS[item["_plural"]].links[relation]
        if isinstance(link, Back):
            return other, link.relation, item
        return item, relation, other

    def delete(self, item: Item) -> None:
        """With what lives in it; what points to it points nowhere then."""
        if self.objects[item["_plural"]].pop(item["id"], None) is None:
            return
        for role in self.where("roles", _of=ref(item)):
            self.delete(role)
        for kind in KINDS.values():
            for field in kind.fields:
                if not field.to or item["_plural"] not in plurals(field.to):
                    continue
                for holder in self.where(kind.plural, **{field.name: item["id"]}):
                    if field.on_delete == "cascade":
                        self.delete(holder)
                    else:
                        holder[field.name] = None
        self._forget_links(item)
        for hook in self.on_delete:
            hook(self, item)

    def _forget_links(self, item: Item) -> None:
        for place in [p for p in self.links if p[:2] == (item["_plural"], item["id"])]:
            del self.links[place]
        for (plural, _number, relation), ids in self.links.items():
            link = KINDS[plural].links[relation]
            if isinstance(link, Many) and item["_plural"] in plurals(link.to):
                ids[:] = [n for n in ids if n != item["id"]]

    def dump(self) -> dict[str, Any]:
        """Everything as one document; secrets are in clear."""
        return {
            "objects": {plural: self.all(plural) for plural in KINDS if self.objects[plural]},
            "links": [
                {"kind": plural, "id": number, "relation": relation, "ids": ids}
                for (plural, number, relation), ids in self.links.items()
                if ids
            ],
        }


def ref(item: Item) -> tuple[str, int]:
    return item["_plural"], item["id"]


def kind_of(item: Item) -> Kind:
    return KINDS[item["_plural"]]


def _copy(value: Any) -> Any:
    return value.copy() if isinstance(value, (dict, list)) else value


def _role_name(field: str) -> str:
    return field.removesuffix("_role").replace("_", " ").title()


__all__ = ["Item", "Store", "kind_of", "ref"]
