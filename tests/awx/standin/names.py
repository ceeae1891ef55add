# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Named URLs: `name++organization` instead of an id.

As awx/main/utils/named_url_graph.py: the parts of one object are joined by `+`, those of the objects that it
points to follow after `++`, and what URLs reserve is written as `[+]` and the like.
"""

from __future__ import annotations

from awx.standin.kinds import KINDS, plurals
from awx.standin.store import Item, Store, kind_of

RESERVED = {c: f"[{c}]" for c in ";/?:@=&[]"} | {"+": "[+]"}


def escape(text: str) -> str:
    return "".join(RESERVED.get(c, c) for c in text)


def named(store: Store, item: Item) -> str | None:
    """The named URL's last part; none for kinds without one."""
    kind = kind_of(item)
    if not kind.named:
        return None
    own: list[str] = []
    others: list[str] = []
    for name in kind.named:
        field = kind.field(name)
        if field is not None and field.to:
            other = store.get(field.to, item[name])
            part = named(store, other) if other else ""
            if part is None:
                return None
            others.append(part)
        else:
            own.append(escape(str(item[name])))
    return "++".join(["+".join(own), *others])


def look_up(store: Store, name: str, text: str) -> Item | None:
    """An object by its id, its named URL, or nothing."""
    if text.isdigit():
        return store.get(name, int(text))
    for plural in plurals(name):
        if not KINDS[plural].named:
            continue
        for item in store.all(plural):
            if named(store, item) == text:
                return item
    return None
