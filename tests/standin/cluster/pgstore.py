# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The memory that the managers of a cluster share: a database on the cluster's PostgreSQL."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg2
import psycopg2.errors
import psycopg2.extensions
from psycopg2.extras import execute_values

from standin.cluster.postgres import Connection, Pool, Settings
from standin.state import Item, Query, Store, StoreBlocked, StoreUnavailable, id_of

SCHEMA = """
CREATE TABLE IF NOT EXISTS items (
    seq bigserial PRIMARY KEY,
    kind text NOT NULL, tenant text NOT NULL, id text NOT NULL,
    visibility text, data jsonb NOT NULL);
CREATE INDEX IF NOT EXISTS items_by_id ON items (kind, id, tenant);
CREATE INDEX IF NOT EXISTS items_by_tenant ON items (kind, tenant, seq);
CREATE TABLE IF NOT EXISTS meta (name text PRIMARY KEY, value jsonb NOT NULL);
CREATE TABLE IF NOT EXISTS queue (
    seq bigserial PRIMARY KEY, execution text NOT NULL, node text NOT NULL);
"""
# Whoever writes holds it, on every manager: so transactions follow one another, as on one file.
LOCK = "SELECT pg_advisory_xact_lock(78310500);"
PAGE = 500

T = TypeVar("T")


class _Local(threading.local):
    connection: Connection | None = None
    depth = 0


class PostgresStore(Store):
    """`node` is whose queue this is: a manager runs what it has accepted itself."""

    def __init__(
        self, settings: Settings, *, node: str, timeout: float, failover_tries: int = 1
    ) -> None:
        self._node = node
        self._pool = Pool(settings, timeout=timeout, failover_tries=failover_tries)
        self._own = _Local()

    def reconfigure(self, settings: Settings) -> None:
        self._pool.reconfigure(settings)

    def close(self) -> None:
        self._pool.close()

    # -- talking
    @contextmanager
    def transaction(self) -> Iterator[None]:
        own = self._own
        if own.depth:
            own.depth += 1
            try:
                yield
            finally:
                own.depth -= 1
            return
        connection = self._pool.take()
        broken = True
        try:
            self._talk(connection, lambda c: c.execute("BEGIN;" + LOCK))
            own.connection, own.depth = connection, 1
            try:
                yield
            except BaseException:
                own.connection, own.depth = None, 0
                if not connection.closed:
                    self._talk(connection, lambda c: c.execute("ROLLBACK"))
                    broken = False
                raise
            own.connection, own.depth = None, 0
            self._talk(connection, lambda c: c.execute("COMMIT"))
            broken = False
        finally:
            self._pool.give(connection, broken=broken)

    def _do(self, work: Callable[[Any], T]) -> T:
        if self._own.connection is not None:
            return self._talk(self._own.connection, work)
        connection = self._pool.take()
        broken = True
        try:
            answer = self._talk(connection, work)
            broken = False
            return answer
        except StoreUnavailable:
            raise
        except Exception:
            broken = False
            raise
        finally:
            self._pool.give(connection, broken=broken)

    def _talk(self, connection: Connection, work: Callable[[Any], T]) -> T:
        late = False
        token = self._pool.deadlines.begin(connection, self._pool.timeout)
        try:
            with connection.cursor() as cursor:
                return work(cursor)
        except psycopg2.extensions.QueryCanceledError as error:
            raise StoreBlocked(_words(error)) from error
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            late = self._pool.deadlines.end(token)
            raise (StoreBlocked if late else StoreUnavailable)(_words(error)) from error
        except (
            psycopg2.errors.ReadOnlySqlTransaction,
            psycopg2.errors.UndefinedTable,
        ) as error:
            # a primary no longer, or a database that is being made
            connection.close()
            raise StoreUnavailable(_words(error)) from error
        finally:
            self._pool.deadlines.end(token)

    def _rows(self, sql: str, args: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        def work(cursor: Any) -> list[tuple[Any, ...]]:
            cursor.execute(sql, tuple(args))
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

        return self._do(work)

    def _write(self, sql: str, args: Iterable[Any] = ()) -> int:
        """One statement under the lock; the number of rows that it was about."""

        def work(cursor: Any) -> int:
            cursor.execute(self._locked(sql), tuple(args))
            return int(cursor.rowcount)

        return self._do(work)

    def _locked(self, sql: str) -> str:
        # sent as one message, the two are one transaction
        return sql if self._own.depth else LOCK + sql

    # -- named values
    def meta(self, name: str, default: Any = None) -> Any:
        rows = self._rows("SELECT value FROM meta WHERE name = %s", (name,))
        return rows[0][0] if rows else default

    def set_meta(self, name: str, value: Any) -> None:
        self._write(
            "INSERT INTO meta (name, value) VALUES (%s, %s::jsonb) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, json.dumps(value)),
        )

    # -- rows
    def add(self, kind: str, tenant: str, items: Item | Iterable[Item]) -> None:
        listed = [items] if isinstance(items, dict) else list(items)
        rows = [(kind, tenant, id_of(kind, i), i.get("visibility"), json.dumps(i)) for i in listed]
        if not rows:
            return
        sql = "INSERT INTO items (kind, tenant, id, visibility, data) VALUES "
        if len(rows) == 1:
            self._write(sql + "(%s, %s, %s, %s, %s::jsonb)", rows[0])
            return
        with self.transaction():
            self._do(lambda cursor: execute_values(cursor, sql + "%s", rows, page_size=PAGE))

    def get(self, kind: str, item_id: str, tenant: str | None = None) -> Item | None:
        sql = "SELECT data FROM items WHERE kind = %s AND id = %s"
        args: list[Any] = [kind, item_id]
        if tenant is not None:
            sql += " AND (tenant = %s OR visibility = 'global')"
            args.append(tenant)
        rows = self._rows(sql + " ORDER BY tenant, seq LIMIT 1", args)
        return rows[0][0] if rows else None

    def update(
        self, kind: str, item_id: str, tenant: str | None = None, **changes: Any
    ) -> Item | None:
        which = "SELECT seq FROM items WHERE kind = %s AND id = %s"
        args: list[Any] = [kind, item_id]
        if tenant is not None:
            which += " AND tenant = %s"
            args.append(tenant)
        # the identity follows when the field that holds it is among the changes
        named = id_of(kind, {**changes}) if changes else ""
        renamed = named if named and named != item_id else item_id
        text = json.dumps(changes)
        sql = (
            "UPDATE items SET data = data || %s::jsonb, id = %s, "
            "visibility = (data || %s::jsonb)->>'visibility' "
            f"WHERE seq = ({which} ORDER BY tenant, seq LIMIT 1) RETURNING data"
        )
        rows = self._rows(self._locked(sql), [text, renamed, text, *args])
        return rows[0][0] if rows else None

    def delete(self, kind: str, item_id: str | None = None, tenant: str | None = None) -> int:
        sql, args = "DELETE FROM items WHERE kind = %s", [kind]
        if item_id is not None:
            sql += " AND id = %s"
            args.append(item_id)
        if tenant is not None:
            sql += " AND tenant = %s"
            args.append(tenant)
        return self._write(sql, args)

    def clear(self, kinds: Iterable[str]) -> None:
        self._write("DELETE FROM items WHERE kind = ANY(%s)", (list(kinds),))

    def kinds(self) -> list[str]:
        return [r[0] for r in self._rows("SELECT DISTINCT kind FROM items ORDER BY 1")]

    def all(self, kind: str, tenant: str | None = None) -> list[Item]:
        sql, args = "SELECT data FROM items WHERE kind = %s", [kind]
        if tenant is not None:
            sql += " AND tenant = %s"
            args.append(tenant)
        return [r[0] for r in self._rows(sql + " ORDER BY seq", args)]

    def query(self, q: Query) -> tuple[list[Item], int]:
        clause, args = _where(q)
        total = self._rows("SELECT count(*) FROM items" + clause, args)[0][0]
        if q.size == 0 or not total:
            return [], total
        order = []
        ordered: list[Any] = []
        for name, descending in q.sort:
            column, more = _column(name)
            # as on one file: what has no value is the least
            order.append(column + (" DESC NULLS LAST" if descending else " ASC NULLS FIRST"))
            ordered += more
        sql = f"SELECT data FROM items{clause} ORDER BY {', '.join([*order, 'seq'])}"
        if q.size is not None:
            sql += f" LIMIT {int(q.size)} OFFSET {int(q.offset)}"
        return [r[0] for r in self._rows(sql, [*args, *ordered])], total

    def group(self, kind: str, fields: list[str], tenant: str | None) -> list[list[Any]]:
        columns = ", ".join("nullif(data->%s, 'null'::jsonb)" for _field in fields)
        numbers = ", ".join(str(n) for n in range(1, len(fields) + 1))
        sql = f"SELECT {columns}, count(*) FROM items WHERE kind = %s"
        args: list[Any] = [*fields, kind]
        if tenant is not None:
            sql += " AND (tenant = %s OR visibility = 'global')"
            args.append(tenant)
        return [list(r) for r in self._rows(f"{sql} GROUP BY {numbers}", args)]

    # -- what the message broker holds for the worker
    def push(self, execution: str) -> None:
        self._write("INSERT INTO queue (execution, node) VALUES (%s, %s)", (execution, self._node))

    def pop(self) -> str | None:
        if not self._rows("SELECT 1 FROM queue WHERE node = %s LIMIT 1", (self._node,)):
            return None
        rows = self._rows(
            "DELETE FROM queue WHERE seq = (SELECT seq FROM queue WHERE node = %s "
            "ORDER BY seq LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING execution",
            (self._node,),
        )
        return str(rows[0][0]) if rows else None

    def unqueue(self, execution: str) -> None:
        self._write("DELETE FROM queue WHERE execution = %s", (execution,))

    def clear_queue(self) -> None:
        self._write("DELETE FROM queue")


def _words(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _column(name: str) -> tuple[str, list[Any]]:
    if name in ("id", "kind", "tenant"):
        return f'{name} COLLATE "C"', []
    return '(data->>%s) COLLATE "C"', [name]


def _where(q: Query) -> tuple[str, list[Any]]:
    where = ["kind = %s"]
    args: list[Any] = [q.kind]
    if q.tenant is not None:
        where.append("(tenant = %s OR visibility = 'global')")
        args.append(q.tenant)
    for name, values in q.filters.items():
        column, more = _column(name)
        where.append(f"{column} = ANY(%s)")
        args += [*more, [t for v in values for t in _texts(v)]]
    for name, text in q.search.items():
        column, more = _column(name)
        where.append(f"position(%s in lower({column})) > 0")
        args += [text.lower(), *more]
    if q.between:
        name, low, high = q.between
        for sign, value in ((">=", low), ("<=", high)):
            if value:
                column, more = _column(name)
                where.append(f"{column} {sign} %s")
                args += [*more, value]
    return " WHERE " + " AND ".join(where), args


def _texts(value: Any) -> list[str]:
    """How a value may look as text: booleans are given in several ways."""
    text = str(value)
    return {
        "true": ["true", "1"],
        "false": ["false", "0"],
        "1": ["1", "true"],
        "0": ["0", "false"],
    }.get(text.lower(), [text])


__all__ = ["LOCK", "SCHEMA", "PostgresStore"]
