# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The memory of a manager of its own: one sqlite file."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from standin.state import Item, Query, Store, id_of

SCHEMA = """
CREATE TABLE IF NOT EXISTS items (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL, tenant TEXT NOT NULL, id TEXT NOT NULL,
    visibility TEXT, data TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS items_by_id ON items (kind, id, tenant);
CREATE INDEX IF NOT EXISTS items_by_tenant ON items (kind, tenant, seq);
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS queue (seq INTEGER PRIMARY KEY AUTOINCREMENT, execution TEXT NOT NULL);
"""


class SqliteStore(Store):
    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._lock:
            if self._depth == 0:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._db.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._db.execute("COMMIT")

    # -- named values
    def meta(self, name: str, default: Any = None) -> Any:
        with self._lock:
            row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else default

    def set_meta(self, name: str, value: Any) -> None:
        with self.transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (name, json.dumps(value))
            )

    # -- rows
    def add(self, kind: str, tenant: str, items: Item | Iterable[Item]) -> None:
        rows = [items] if isinstance(items, dict) else items
        with self.transaction():
            self._db.executemany(
                "INSERT INTO items (kind, tenant, id, visibility, data) VALUES (?, ?, ?, ?, ?)",
                ((kind, tenant, id_of(kind, i), i.get("visibility"), json.dumps(i)) for i in rows),
            )

    def get(self, kind: str, item_id: str, tenant: str | None = None) -> Item | None:
        sql = "SELECT data FROM items WHERE kind = ? AND id = ?"
        args: list[Any] = [kind, item_id]
        if tenant is not None:
            sql += " AND (tenant = ? OR visibility = 'global')"
            args.append(tenant)
        with self._lock:
            row = self._db.execute(sql, args).fetchone()
        return json.loads(row[0]) if row else None

    def update(
        self, kind: str, item_id: str, tenant: str | None = None, **changes: Any
    ) -> Item | None:
        with self.transaction():
            sql = "SELECT seq, data FROM items WHERE kind = ? AND id = ?"
            args: list[Any] = [kind, item_id]
            if tenant is not None:
                sql += " AND tenant = ?"
                args.append(tenant)
            row = self._db.execute(sql, args).fetchone()
            if row is None:
                return None
            item: Item = json.loads(row[1])
            item.update(changes)
            self._db.execute(
                "UPDATE items SET data = ?, visibility = ?, id = ? WHERE seq = ?",
                (json.dumps(item), item.get("visibility"), id_of(kind, item), row[0]),
            )
            return item

    def delete(self, kind: str, item_id: str | None = None, tenant: str | None = None) -> int:
        sql, args = "DELETE FROM items WHERE kind = ?", [kind]
        if item_id is not None:
            sql += " AND id = ?"
            args.append(item_id)
        if tenant is not None:
            sql += " AND tenant = ?"
            args.append(tenant)
        with self.transaction():
            return self._db.execute(sql, args).rowcount

    def clear(self, kinds: Iterable[str]) -> None:
        with self.transaction():
            for kind in kinds:
                self._db.execute("DELETE FROM items WHERE kind = ?", (kind,))

    def kinds(self) -> list[str]:
        with self._lock:
            return [r[0] for r in self._db.execute("SELECT DISTINCT kind FROM items ORDER BY 1")]

    def all(self, kind: str, tenant: str | None = None) -> list[Item]:
        sql, args = "SELECT data FROM items WHERE kind = ?", [kind]
        if tenant is not None:
            sql += " AND tenant = ?"
            args.append(tenant)
        with self._lock:
            return [json.loads(r[0]) for r in self._db.execute(sql + " ORDER BY seq", args)]

    def query(self, q: Query) -> tuple[list[Item], int]:
        where, args = ["kind = ?"], [q.kind]
        if q.tenant is not None:
            where.append("(tenant = ? OR visibility = 'global')")
            args.append(q.tenant)
        for name, values in q.filters.items():
            marks = ", ".join("?" for dummy in values)
            where.append(f"{_column(name)} IN ({marks})")
            args.extend(_text(v) for v in values)
        for name, text in q.search.items():
            where.append(f"instr(lower({_column(name)}), ?) > 0")
            args.append(text.lower())
        if q.between:
            name, low, high = q.between
            for sign, value in ((">=", low), ("<=", high)):
                if value:
                    where.append(f"{_column(name)} {sign} ?")
                    args.append(value)
        order = [f"{_column(n)} {'DESC' if desc else 'ASC'}" for n, desc in q.sort] + ["seq"]
        clause = " WHERE " + " AND ".join(where)
        limit = ""
        if q.size is not None:
            limit = f" LIMIT {int(q.size)} OFFSET {int(q.offset)}"
        with self._lock:
            total = self._db.execute("SELECT count(*) FROM items" + clause, args).fetchone()[0]
            rows = self._db.execute(
                "SELECT data FROM items" + clause + " ORDER BY " + ", ".join(order) + limit, args
            ).fetchall()
        return [json.loads(r[0]) for r in rows], total

    def group(self, kind: str, fields: list[str], tenant: str | None) -> list[list[Any]]:
        """Counts by one or more fields; the last value of each row is the count."""
        columns = ", ".join(f"json_extract(data, '$.\"{f}\"')" for f in fields)
        sql = f"SELECT {columns}, count(*) FROM items WHERE kind = ?"
        args: list[Any] = [kind]
        if tenant is not None:
            sql += " AND (tenant = ? OR visibility = 'global')"
            args.append(tenant)
        with self._lock:
            return [list(r) for r in self._db.execute(sql + f" GROUP BY {columns}", args)]

    # -- what the message broker holds for the worker
    def push(self, execution: str) -> None:
        with self.transaction():
            self._db.execute("INSERT INTO queue (execution) VALUES (?)", (execution,))

    def pop(self) -> str | None:
        with self.transaction():
            row = self._db.execute("SELECT seq, execution FROM queue ORDER BY seq").fetchone()
            if row:
                self._db.execute("DELETE FROM queue WHERE seq = ?", (row[0],))
                return str(row[1])
        return None

    def unqueue(self, execution: str) -> None:
        with self.transaction():
            self._db.execute("DELETE FROM queue WHERE execution = ?", (execution,))

    def clear_queue(self) -> None:
        with self.transaction():
            self._db.execute("DELETE FROM queue")


def _column(name: str) -> str:
    if name in ("id", "kind", "tenant"):
        return name
    safe = name.replace('"', "").replace("'", "")
    return f"CAST(json_extract(data, '$.\"{safe}\"') AS TEXT)"


def _text(value: Any) -> str:
    text = str(value)
    return {"true": "1", "false": "0"}.get(text.lower(), text)


__all__ = ["SqliteStore"]
