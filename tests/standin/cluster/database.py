# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the installer does to the shared database: make it, drop it, register nodes in it."""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

import psycopg2
from psycopg2 import sql

from standin import clock
from standin.cluster.pgstore import LOCK, SCHEMA
from standin.cluster.postgres import Connection, Settings, connect_primary
from standin.state import Item, StoreUnavailable

# the product's console and composer keep theirs beside it; here they are only there to be lost
BESIDE = ("stage", "composer")
TIMEOUT = 30.0


class DatabaseError(Exception):
    """One line that says what the database did not let happen."""


def database_exists(database: Settings, admin: Settings) -> bool:
    with _session(database, admin) as cursor:
        return _has(cursor, "pg_database", "datname", _name(database))


def create_database(database: Settings, admin: Settings, *, schema_revision: str) -> bool:
    """The role, the databases and the tables; True when the database was made now."""
    user = str(database.get("user") or "cloudify")
    made = False
    with _session(database, admin) as cursor:
        role = sql.Identifier(user)
        password = sql.Literal(str(database.get("password") or ""))
        verb = "ALTER" if _has(cursor, "pg_roles", "rolname", user) else "CREATE"
        cursor.execute(sql.SQL(verb + " ROLE {} LOGIN PASSWORD {}").format(role, password))
        for name in (_name(database), *BESIDE):
            if not _has(cursor, "pg_database", "datname", name):
                words = sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0")
                cursor.execute(words.format(sql.Identifier(name), role))
                made = made or name == _name(database)
    with _session(database) as cursor:
        cursor.execute("BEGIN;" + LOCK + SCHEMA)
        cursor.execute(
            "INSERT INTO meta (name, value) VALUES ('schema_revision', %s::jsonb) "
            "ON CONFLICT (name) DO NOTHING",
            (json.dumps(schema_revision),),
        )
        cursor.execute("COMMIT")
    return made


def drop_database(database: Settings, admin: Settings) -> None:
    with _session(database, admin) as cursor:
        for name in (_name(database), *BESIDE):
            words = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            cursor.execute(words.format(sql.Identifier(name)))


def schema_revision(database: Settings) -> str | None:
    with _session(database) as cursor:
        cursor.execute("SELECT to_regclass('meta') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return None
        cursor.execute("SELECT value FROM meta WHERE name = 'schema_revision'")
        row = cursor.fetchone()
        return str(row[0]) if row else None


# -- the registers
def managers(database: Settings) -> list[str]:
    return [str(i["hostname"]) for i in _listed(database, "managers")]


def manager_registered(database: Settings, hostname: str) -> bool:
    return hostname in managers(database)


def register_manager(
    database: Settings,
    *,
    hostname: str,
    private_ip: str,
    public_ip: str,
    version: str,
    edition: str = "premium",
    distribution: str = "redhat",
    distro_release: str = "ootpa",
    networks: dict[str, str] | None = None,
    ca_cert_content: str | None = None,
) -> bool:
    """Write the manager's row; True when it is a new one."""
    told = {
        "hostname": hostname,
        "private_ip": private_ip,
        "public_ip": public_ip,
        "version": version,
        "edition": edition,
        "distribution": distribution,
        "distro_release": distro_release,
        "networks": networks or {"default": private_ip},
        "ca_cert_content": ca_cert_content,
    }
    with _writing(database) as cursor:
        row = _find(cursor, "managers", hostname)
        if row:
            _change(cursor, row[0], {**row[1], **told})
            return False
        cursor.execute("SELECT max((data->>'id')::int) FROM items WHERE kind = 'managers'")
        number = (cursor.fetchone()[0] or 0) + 1
        _insert(cursor, "managers", hostname, new_manager(number, told))
        return True


def new_manager(number: int, told: Item) -> Item:
    """A row of the managers table as REST shows it."""
    return {
        "id": number,
        **told,
        # shown by 5.0.5 only, as with the other nodes
        "node_id": str(uuid.uuid4()),
        "fs_sync_node_id": None,
        "last_seen": clock.iso(),
        "status_report_frequency": 0,
    }


def unregister_manager(database: Settings, hostname: str) -> bool:
    with _writing(database) as cursor:
        cursor.execute("DELETE FROM queue WHERE node = %s", (hostname,))
        return _remove(cursor, "managers", hostname)


def register_brokers(database: Settings, brokers: Iterable[Item]) -> None:
    with _writing(database) as cursor:
        for broker in brokers:
            if not _find(cursor, "brokers", str(broker["name"])):
                _insert(cursor, "brokers", str(broker["name"]), new_broker(broker))


def new_broker(told: Item) -> Item:
    host = str(told["host"])
    return {
        "name": told["name"],
        "host": host,
        "management_host": told.get("management_host") or host,
        "port": told.get("port") or 5671,
        "username": told.get("username") or "",
        "password": told.get("password") or "",
        "params": None,
        "networks": told.get("networks") or {"default": host},
        "is_external": bool(told.get("is_external")),
        "ca_cert_content": told.get("ca_cert_content"),
        "node_id": told.get("node_id") or str(uuid.uuid4()),
    }


def register_db_nodes(database: Settings, nodes: Iterable[Item]) -> None:
    with _writing(database) as cursor:
        listed = {i["host"] for i in _read(cursor, "db_nodes")}
        for node in nodes:
            if node["host"] not in listed:
                item = {
                    "name": node["name"],
                    "host": node["host"],
                    "monitoring_username": None,
                    "monitoring_password": None,
                    "is_external": bool(node.get("is_external")),
                    "node_id": node.get("node_id") or str(uuid.uuid4()),
                }
                _insert(cursor, "db_nodes", str(node["name"]), item)


def unregister_db_node(database: Settings, host: str) -> bool:
    with _writing(database) as cursor:
        cursor.execute("DELETE FROM items WHERE kind = 'db_nodes' AND data->>'host' = %s", (host,))
        return bool(cursor.rowcount)


# -- below
def _name(database: Settings) -> str:
    return str(database.get("dbname") or "cloudify_db")


def _has(cursor: Any, table: str, column: str, value: str) -> bool:
    words = sql.SQL("SELECT 1 FROM {} WHERE {} = %s")
    cursor.execute(words.format(sql.Identifier(table), sql.Identifier(column)), (value,))
    return cursor.fetchone() is not None


def _listed(database: Settings, kind: str) -> list[Item]:
    with _session(database) as cursor:
        return _read(cursor, kind)


def _read(cursor: Any, kind: str) -> list[Item]:
    cursor.execute("SELECT data FROM items WHERE kind = %s ORDER BY seq", (kind,))
    return [r[0] for r in cursor.fetchall()]


def _find(cursor: Any, kind: str, name: str) -> tuple[int, Item] | None:
    cursor.execute("SELECT seq, data FROM items WHERE kind = %s AND id = %s", (kind, name))
    found: tuple[int, Item] | None = cursor.fetchone()
    return found


def _change(cursor: Any, seq: int, item: Item) -> None:
    cursor.execute("UPDATE items SET data = %s::jsonb WHERE seq = %s", (json.dumps(item), seq))


def _insert(cursor: Any, kind: str, name: str, item: Item) -> None:
    cursor.execute(
        "INSERT INTO items (kind, tenant, id, data) VALUES (%s, '', %s, %s::jsonb)",
        (kind, name, json.dumps(item)),
    )


def _remove(cursor: Any, kind: str, name: str) -> bool:
    cursor.execute("DELETE FROM items WHERE kind = %s AND id = %s", (kind, name))
    return bool(cursor.rowcount)


@contextlib.contextmanager
def _session(database: Settings, admin: Settings | None = None) -> Iterator[Any]:
    """A cursor at the primary, as the service's user, or as the administrator in `postgres`."""
    told: dict[str, Any] = dict(database)
    if admin is not None:
        told.update(dbname="postgres", user=admin.get("user") or "postgres")
        told.update({k: admin[k] for k in ("password", "cert", "key") if k in admin})
    connection: Connection | None = None
    try:
        connection = connect_primary(told, timeout=TIMEOUT)
        with connection.cursor() as cursor:
            yield cursor
    except (psycopg2.Error, StoreUnavailable) as error:
        hosts = ", ".join(str(h) for h in database.get("hosts") or [])
        raise DatabaseError(f"database on {hosts}: {' '.join(str(error).split())}") from error
    finally:
        if connection is not None:
            connection.close()


@contextlib.contextmanager
def _writing(database: Settings) -> Iterator[Any]:
    with _session(database) as cursor:
        cursor.execute("BEGIN;" + LOCK)
        yield cursor
        cursor.execute("COMMIT")


__all__ = [
    "DatabaseError",
    "create_database",
    "database_exists",
    "drop_database",
    "manager_registered",
    "managers",
    "new_broker",
    "new_manager",
    "register_brokers",
    "register_db_nodes",
    "register_manager",
    "schema_revision",
    "unregister_db_node",
    "unregister_manager",
]
