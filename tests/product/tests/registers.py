# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`standin.cluster.database` without a database."""

from __future__ import annotations

from typing import Any


class Registers:
    class DatabaseError(Exception):
        pass

    def __init__(self) -> None:
        self.revision = ""
        self.rows: dict[str, dict[str, Any]] = {}
        self.brokers: list[dict[str, Any]] = []
        self.dropped = 0

    def database_exists(self, database: Any, admin: dict[str, Any]) -> bool:
        if admin["password"] == "<removed>":
            raise self.DatabaseError("password authentication failed for user postgres")
        return bool(self.revision)

    def create_database(self, database: Any, admin: Any, *, schema_revision: str) -> bool:
        self.revision = schema_revision
        return True

    def drop_database(self, database: Any, admin: Any) -> None:
        self.revision, self.rows = "", {}
        self.dropped += 1

    def schema_revision(self, database: Any) -> str:
        return self.revision

    def managers(self, database: Any) -> list[str]:
        return sorted(self.rows)

    def register_manager(self, database: Any, *, hostname: str, **row: Any) -> bool:
        new = hostname not in self.rows
        self.rows[hostname] = row
        return new

    def register_brokers(self, database: Any, brokers: list[dict[str, Any]]) -> None:
        self.brokers += brokers

    def register_db_nodes(self, database: Any, nodes: list[dict[str, Any]]) -> None:
        pass


__all__ = ["Registers"]
