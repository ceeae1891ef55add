# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Making, changing and deleting objects, whatever their kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from awx.standin import fields, kinds, rules
from awx.standin.errors import Invalid, detail, not_found
from awx.standin.kinds import KINDS, Children, Kind, Many
from awx.standin.lists import Lists
from awx.standin.settings import Settings
from awx.standin.store import Item, Store, kind_of

After = Callable[["Service", Item, "Item | None"], None]
AFTER: dict[str, list[After]] = {}


def afterwards(*plurals: str) -> Callable[[After], After]:
    """Register what happens once an object was saved; the last argument is what it was before."""

    def wrap(function: After) -> After:
        for plural in plurals:
            AFTER.setdefault(plural, []).append(function)
        return function

    return wrap


class Service:
    def __init__(self, settings: Settings | None = None) -> None:
        kinds.load()
        rules.load()
        self.settings = settings or Settings()
        self.store = Store()
        self.lists = Lists(self.store)
        # What the dispatcher does once the answer is on its way.
        self._later: list[Callable[[], None]] = []

    def later(self, work: Callable[[], None]) -> None:
        self._later.append(work)

    def dispatch(self) -> None:
        while self._later:
            self._later.pop(0)()

    # --- objects

    def create(self, plural: str, given: dict[str, Any], user: Item | None) -> Item:
        kind = KINDS[plural]
        values = self._cleaned(kind, given, None, partial=False)
        after = {"_plural": plural, **{f.name: f.default for f in kind.fields}, **values}
        change = rules.Change(self, kind, None, after, given, partial=False)
        self._check(change)
        extra = {k: v for k, v in after.items() if k != "_plural"}
        item = self.store.add(plural, extra, by=user["id"] if user else None)
        self._done(item, None)
        return item

    def update(self, item: Item, given: dict[str, Any], *, partial: bool) -> None:
        kind = kind_of(item)
        values = self._cleaned(kind, given, item, partial=partial)
        before = dict(item)
        change = rules.Change(self, kind, before, {**item, **values}, given, partial)
        self._check(change)
        changed = {k: v for k, v in change.after.items() if before.get(k) != v or k not in before}
        self.store.change(item, changed)
        self._done(item, before)

    def delete(self, item: Item) -> None:
        for rule in rules.DELETES.get(item["_plural"], ()):
            rule(self, item)
        self.store.delete(item)

    def _check(self, change: rules.Change) -> None:
        for rule in rules.CHANGES.get(change.kind.plural, ()):
            rule(change)
        self._unique(change)

    def _done(self, item: Item, before: Item | None) -> None:
        for function in AFTER.get(item["_plural"], ()):
            function(self, item, before)

    def _cleaned(
        self, kind: Kind, given: dict[str, Any], item: Item | None, *, partial: bool
    ) -> dict[str, Any]:
        """What was given, as it is kept; what nobody knows is passed over, as AWX does."""
        out: dict[str, Any] = {}
        wrong: dict[str, Any] = {}
        for field in kind.fields:
            if field.read_only or (field.fixed and item is not None):
                continue
            if field.name not in given:
                if field.required and not partial:
                    wrong[field.name] = [fields.REQUIRED]
                continue
            try:
                out[field.name] = self.clean_one(field, given[field.name])
            except fields.Refused as refused:
                wrong[field.name] = [str(refused)]
        if wrong:
            raise Invalid(wrong)
        return out

    def clean_one(self, field: fields.Field, value: Any) -> Any:
        clean = field.clean(value)
        if field.to and clean is None and field.required:
            raise fields.Refused(fields.NULL)
        if field.to and clean is not None and self.store.get(field.to, clean) is None:
            raise fields.Refused(f'Invalid pk "{clean}" - object does not exist.')
        return clean

    def _unique(self, change: rules.Change) -> None:
        for names in change.kind.unique:
            mine = {name: change.after.get(name) for name in names}
            # As in SQL, nothing is never the same as nothing.
            if any(value is None or value == "" for value in mine.values()):
                continue
            for other in self.store.where(change.kind.plural, **mine):
                if change.before is None or other["id"] != change.before["id"]:
                    raise _taken(change.kind, names)

    # --- links

    def associate(self, item: Item, relation: str, other: Item) -> None:
        if other in self.store.linked(item, relation):
            return
        linking = rules.Linking(self, item, relation, other)
        for rule in rules.LINKS.get((item["_plural"], relation), ()):
            rule(linking)
        self.store.link(item, relation, other)

    def target(self, item: Item, relation: str) -> str:
        """The kind of what an item's list holds."""
        link = kind_of(item).links[relation]
        if isinstance(link, Many):
            return link.to
        return link.kind if isinstance(link, Children) else link.of

    def linked_by_id(self, item: Item, relation: str, given: Any) -> Item:
        plural = self.target(item, relation)
        try:
            number = int(given)
        except (TypeError, ValueError):
            raise detail(400, '"id" field must be an integer.') from None
        other = self.store.get(plural, number)
        if other is None:
            raise not_found()
        return other


def _taken(kind: Kind, names: tuple[str, ...]) -> Invalid:
    words = [name.replace("_", " ").capitalize() for name in names]
    if len(words) == 1:
        return Invalid({names[0]: [f"{kind.title} with this {words[0]} already exists."]})
    text = ", ".join(words[:-1]) + f" and {words[-1]}"
    return Invalid({"__all__": [f"{kind.title} with this {text} already exists."]})
