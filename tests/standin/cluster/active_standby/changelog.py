# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database as a log of changes, so that a replica can follow and take over.

Triggers note which rows changed, in the transaction that changes them. A replica asks for what changed since its own
position and is given these rows as they are now, or everything when its position is none of the leader's history. A promotion opens a new timeline.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from standin.sqlite_store import SqliteStore

_TABLES = """
CREATE TABLE IF NOT EXISTS replication (
    one INTEGER PRIMARY KEY CHECK (one = 1), n INTEGER NOT NULL, base INTEGER NOT NULL,
    updated REAL NOT NULL, applying INTEGER NOT NULL, history TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS changes (
    tbl TEXT NOT NULL, row NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (tbl, row)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS changes_by_n ON changes (n);
"""
_NOW = "(julianday('now') - 2440587.5) * 86400.0"
_TRIGGER = """
CREATE TRIGGER IF NOT EXISTS note_{table}_{event} AFTER {event} ON {table}
WHEN (SELECT applying FROM replication) = 0
BEGIN
    UPDATE replication SET n = n + 1, updated = {now};
    INSERT OR REPLACE INTO changes (tbl, row, n)
        VALUES ('{table}', {row}.{key}, (SELECT n FROM replication));
END;
"""
# what is replicated, and its key; the broker's queue is each manager's own
_REPLICATED = {"items": "seq", "meta": "name"}
_COLUMNS = {
    "items": ("seq", "kind", "tenant", "id", "visibility", "data"),
    "meta": ("name", "value"),
}
_EVENTS = (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))

Line = dict[str, Any]


@dataclass(frozen=True)
class Position:
    """Where a database is: its timeline, how many changes, and when the last of them was made."""

    timeline: str = ""
    n: int = 0
    updated: float = 0.0

    def as_json(self) -> Line:
        return {"timeline": self.timeline, "n": self.n, "updated": self.updated}

    @classmethod
    def of(cls, data: Any) -> Position:
        data = data or {}
        return cls(str(data.get("timeline", "")), int(data.get("n", 0)), float(data["updated"]))


class ChangeLog:
    """On the database of one manager. Writing goes through the manager's own store."""

    def __init__(self, store: SqliteStore, path: Path) -> None:
        self._store = store
        self._path = path

    @property
    def on(self) -> bool:
        with self._store._lock:
            found = self._store._db.execute(
                "SELECT 1 FROM sqlite_master WHERE name = 'note_items_INSERT'"
            ).fetchone()
        return found is not None

    def begin(self) -> None:
        """Note changes from now on; a database that does so already goes on where it is."""
        with self._store.transaction():
            if self.on:
                return
            for statement in _TABLES.split(";"):
                self._store._db.execute(statement)
            history = json.dumps([[uuid.uuid4().hex, 0]])
            self._store._db.execute(
                f"INSERT OR REPLACE INTO replication VALUES (1, 0, 0, {_NOW}, 0, ?)", (history,)
            )
            for table, key in _REPLICATED.items():
                for event, row in _EVENTS:
                    self._store._db.execute(
                        _TRIGGER.format(table=table, event=event, row=row, key=key, now=_NOW)
                    )

    def end(self) -> None:
        with self._store.transaction():
            for table in _REPLICATED:
                for event, _row in _EVENTS:
                    self._store._db.execute(f"DROP TRIGGER IF EXISTS note_{table}_{event}")
            for table in ("replication", "changes"):
                self._store._db.execute(f"DROP TABLE IF EXISTS {table}")

    def position(self) -> Position:
        with self._store._lock:
            row = self._store._db.execute("SELECT history, n, updated FROM replication").fetchone()
        return Position(json.loads(row[0])[-1][0], row[1], row[2])

    def promote(self) -> None:
        """A new timeline, so that what another leader writes meanwhile is told apart."""
        with self._store.transaction():
            history, n = self._store._db.execute("SELECT history, n FROM replication").fetchone()
            lines = [*json.loads(history), [uuid.uuid4().hex, n]]
            self._store._db.execute(
                "UPDATE replication SET history = ?", (json.dumps(lines[-50:]),)
            )

    # -- on the leader
    def since(self, timeline: str, n: int) -> Iterator[Line]:
        """A header, the rows, an end; all of one moment, whatever is written meanwhile."""
        uri = f"file:{self._path}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as db:
            db.execute("BEGIN")
            now, base, updated, text = db.execute(
                "SELECT n, base, updated, history FROM replication"
            ).fetchone()
            history = json.loads(text)
            whole = not _is_ancestor(history, timeline, n, now) or n < base
            yield {"whole": whole, "n": now, "updated": updated, "history": history}
            rows: Iterable[Any]
            if whole:
                for table, key in _REPLICATED.items():
                    for row in db.execute(
                        f"SELECT {', '.join(_COLUMNS[table])} FROM {table} ORDER BY {key}"
                    ):
                        yield {"t": table, "r": row}
            else:
                rows = db.execute("SELECT tbl, row, n FROM changes WHERE n > ? ORDER BY n", (n,))
                for table, key_value, at in rows:
                    row = db.execute(
                        f"SELECT {', '.join(_COLUMNS[table])} FROM {table} "
                        f"WHERE {_REPLICATED[table]} = ?",
                        (key_value,),
                    ).fetchone()
                    yield {"t": table, "k": key_value, "n": at, "r": row}
            yield {"end": True}

    # -- on a replica
    def apply(self, lines: Iterator[Line]) -> bool:
        """Take over what a leader sent, all or nothing; whether everything was replaced."""
        header = next(lines)
        db = self._store._db
        with self._store.transaction():
            db.execute("UPDATE replication SET applying = 1")
            if header["whole"]:
                for table in (*_REPLICATED, "changes"):
                    db.execute(f"DELETE FROM {table}")
            ended = False
            for line in lines:
                if line.get("end"):
                    ended = True
                    break
                _put(db, line)
            if not ended:
                raise ConnectionError("the leader's answer was cut off")
            base = ", base = :n" if header["whole"] else ""
            db.execute(
                f"UPDATE replication SET n = :n, updated = :updated, history = :history, "
                f"applying = 0{base}",
                {**header, "history": json.dumps(header["history"])},
            )
        return bool(header["whole"])


def _put(db: sqlite3.Connection, line: Line) -> None:
    table, row = line["t"], line["r"]
    if row is None:
        db.execute(f"DELETE FROM {table} WHERE {_REPLICATED[table]} = ?", (line["k"],))
    else:
        marks = ", ".join("?" for dummy in row)
        columns = ", ".join(_COLUMNS[table])
        db.execute(f"INSERT OR REPLACE INTO {table} ({columns}) VALUES ({marks})", row)
    if "k" in line:
        db.execute(
            "INSERT OR REPLACE INTO changes (tbl, row, n) VALUES (?, ?, ?)",
            (table, line["k"], line["n"]),
        )


def _is_ancestor(history: list[list[Any]], timeline: str, n: int, now: int) -> bool:
    """Whether a database at this place holds nothing but the beginning of ours."""
    for place, (name, _start) in enumerate(history):
        if name == timeline:
            last = place + 1 == len(history)
            return bool(n <= (now if last else history[place + 1][1]))
    return False


__all__ = ["ChangeLog", "Position"]
