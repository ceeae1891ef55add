# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in's memory, as the rest of it sees it.

Everything that REST lists is a row (kind, tenant, id, data), with data the object as REST shows it
plus private keys that begin with an underscore. `sqlite_store` keeps the rows of a manager of its
own, `cluster.pgstore` those that the managers of a cluster share.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

Item = dict[str, Any]

ID_FIELDS = {
    "secrets": "key",
    "sites": "name",
    "tenants": "name",
    "users": "username",
    "user_groups": "name",
    "events": "_storage_id",
    "managers": "hostname",
    "brokers": "name",
    "db_nodes": "name",
}
# What the cluster is made of; no restore and no wipe of content touches it.
TOPOLOGY = ("managers", "brokers", "db_nodes")


def id_of(kind: str, item: Item) -> str:
    return str(item.get(ID_FIELDS.get(kind, "id"), ""))


@dataclass
class Query:
    """What a list asks for."""

    kind: str
    tenant: str | None = None
    filters: dict[str, list[str]] = field(default_factory=dict)
    search: dict[str, str] = field(default_factory=dict)
    sort: list[tuple[str, bool]] = field(default_factory=list)
    size: int | None = None
    offset: int = 0
    between: tuple[str, str | None, str | None] | None = None


class StoreUnavailable(Exception):
    """The database does not answer, or answers as a standby does."""


class StoreBlocked(StoreUnavailable):
    """The database took the words and gave no answer in time."""


class Store(ABC):
    """All rows; every method is one transaction unless inside `transaction()`.

    Transactions follow one another, in whatever process they run, so that what one of them has
    looked at does not change before it ends.
    """

    @abstractmethod
    def close(self) -> None: ...

    @abstractmethod
    def transaction(self) -> AbstractContextManager[None]: ...

    # -- named values
    @abstractmethod
    def meta(self, name: str, default: Any = None) -> Any: ...

    @abstractmethod
    def set_meta(self, name: str, value: Any) -> None: ...

    # -- rows
    @abstractmethod
    def add(self, kind: str, tenant: str, items: Item | Iterable[Item]) -> None: ...

    @abstractmethod
    def get(self, kind: str, item_id: str, tenant: str | None = None) -> Item | None: ...

    @abstractmethod
    def update(
        self, kind: str, item_id: str, tenant: str | None = None, **changes: Any
    ) -> Item | None: ...

    @abstractmethod
    def delete(self, kind: str, item_id: str | None = None, tenant: str | None = None) -> int: ...

    @abstractmethod
    def clear(self, kinds: Iterable[str]) -> None: ...

    @abstractmethod
    def kinds(self) -> list[str]: ...

    @abstractmethod
    def all(self, kind: str, tenant: str | None = None) -> list[Item]: ...

    @abstractmethod
    def query(self, q: Query) -> tuple[list[Item], int]: ...

    @abstractmethod
    def group(self, kind: str, fields: list[str], tenant: str | None) -> list[list[Any]]:
        """Counts by one or more fields; the last value of each row is the count."""

    def where(self, kind: str, **equal: Any) -> list[Item]:
        """Rows whose fields equal the given values (a list means any of them), any tenant."""
        return self.query(
            Query(kind, filters={k: v if isinstance(v, list) else [v] for k, v in equal.items()})
        )[0]

    def count(self, kind: str, tenant: str | None = None) -> int:
        return self.query(Query(kind, tenant=tenant, size=0))[1]

    # -- what the message broker holds for the worker
    @abstractmethod
    def push(self, execution: str) -> None: ...

    @abstractmethod
    def pop(self) -> str | None: ...

    @abstractmethod
    def unqueue(self, execution: str) -> None: ...

    @abstractmethod
    def clear_queue(self) -> None: ...


__all__ = [
    "ID_FIELDS",
    "TOPOLOGY",
    "Item",
    "Query",
    "Store",
    "StoreBlocked",
    "StoreUnavailable",
    "id_of",
]
