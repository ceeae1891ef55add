# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The legacy layout: a database dump beside the manager's files."""

from __future__ import annotations

import json
import re
import secrets
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import files
from .crypto import new_key
from .fromrows import Items
from .links import complete
from .pgcopy import FOOTER, HEADER, Row, block, blocks, timestamp
from .shape import Item
from .tables import COLUMNS, release, tables_of
from .torows import Rows
from .zips import BadArchive, ZipReader, ZipWriter, filler_sizes

FOLDERS = (
    "blueprints",
    "deployments",
    "plugins",
    "snapshot-credentials",
    "ssl",
    "uploaded-blueprints",
)
FILLER = "tenant-resources/default_tenant/bulk/"
_DELETED = re.compile(r"DELETE FROM (?:public\.)?executions WHERE id = '([^']+)'")
# include_metrics is older than this, and ignored from here on.
_NO_METRICS = (5, 0, 5)
# Managers before this one kept 32 bytes of key (AES-128).
_LONG_KEYS = (6, 0)


def new_security(*, version: str) -> dict[str, Any]:
    """What an installer writes to rest-security.conf."""
    letters = list(string.ascii_letters + string.digits)
    secrets.SystemRandom().shuffle(letters)
    return {
        "secret_key": secrets.token_urlsafe(24),
        "hash_salt": secrets.token_urlsafe(24),
        "encryption_key": new_key(size=64 if release(version) >= _LONG_KEYS else 32),
        "encoding_alphabet": "".join(letters),
        "encoding_block_size": 24,
        "encoding_min_length": 5,
    }


def write(
    path: str | Path,
    *,
    content: dict[str, Any],
    version: str,
    schema_revision: str,
    with_revisions: bool,
    options: dict[str, Any] | None = None,
    filler_bytes: int = 0,
    ssl_dir: str | Path | None = None,
    admin_account: dict[str, Any] | None = None,
    security: dict[str, Any] | None = None,
    execution_id: str | None = None,
) -> None:
    """Write a legacy archive; execution_id is the create's own execution, which the restored database drops."""
    options = options or {}
    security = security or new_security(version=version)
    metadata = {"snapshot_version": version, "schema_revision": schema_revision}
    if with_revisions:
        metadata |= {"composer_schema_revision": "", "stage_schema_revision": ""}
    with ZipWriter(path) as out:
        for folder in FOLDERS:
            out.folder(folder)
        account = admin_account or _admin(content)
        out.text("admin_account.json", f" {json.dumps(account, separators=(',', ':'))}\n\n")
        out.json("rest-security.conf", security)
        out.json("agents.json", _agents(content))
        out.json("networks.json", {"active_networks": []})
        for name in ("composer_data", "stage_data"):
            if options.get(name, True):
                out.text(name, HEADER + FOOTER)
        out.json("metadata.json", metadata)
        with out.stream("pg_data", size=1 << 32) as dump:
            for piece in _dump(content, version, str(security["encryption_key"]), options):
                dump.write(piece.encode())
            if execution_id:
                statement = f"\nDELETE FROM public.executions WHERE id = '{execution_id}';"
                dump.write(statement.encode())
        _write_files(out, content)
        if options.get("include_credentials", True):
            _write_credentials(out, content)
        if options.get("include_metrics") and release(version) < _NO_METRICS:
            out.text("influxdb_data", "# no series\n")
        if ssl_dir:
            for file in sorted(Path(ssl_dir).iterdir()):
                if file.is_file():
                    out.text(f"ssl/{file.name}", file.read_bytes())
        for number, size in enumerate(filler_sizes(filler_bytes)):
            out.filler(f"{FILLER}{number:06d}.bin", size=size, seed=number)


def _admin(content: dict[str, Any]) -> dict[str, Any]:
    users = content["management"].get("users") or [{"username": "admin"}]
    first = next((u for u in users if u["username"] == "admin"), users[0])
    return {
        "id": 0,
        "username": first["username"],
        "active": True,
        "created_at": timestamp(first.get("created_at")),
        "email": None,
        "first_name": None,
        "last_login_at": timestamp(first.get("last_login_at")),
        "last_name": None,
        "password": first.get("_password", ""),
        "last_failed_login_at": None,
        "failed_logins_counter": 0,
        "show_getting_started": True,
        "first_login_at": timestamp(first.get("first_login_at")),
    }


def _dump(
    content: dict[str, Any], version: str, key: str, options: dict[str, Any]
) -> Iterator[str]:
    rows = Rows(content, key=key)
    left_out = {t for t in ("events", "logs") if not options.get(f"include_{t}", True)}
    yield HEADER
    for table in tables_of(version):
        if table not in left_out:
            yield from block(table, COLUMNS[table], rows.of(table))
    for table in tables_of(version):
        if "_storage_id" in COLUMNS[table]:
            count = rows.counts.get(table, 0)
            used = str(bool(count)).lower()
            sequence = f"public.{table}__storage_id_seq"
            yield f"SELECT pg_catalog.setval('{sequence}', {max(count, 1)}, {used});\n\n"
    yield FOOTER


def _write_files(out: ZipWriter, content: dict[str, Any]) -> None:
    for tenant, kinds in content["tenants"].items():
        for item in kinds.get("blueprints", []):
            archive = files.blueprint_archive(item)
            name = f"{tenant}/{item['id']}"
            out.text(f"uploaded-blueprints/{name}/{item['id']}.zip", archive)
            for member, data in files.blueprint_files(archive).items():
                out.text(f"blueprints/{name}/{member}", data)
        for item in kinds.get("deployments", []):
            out.folder(f"deployments/{tenant}/{item['id']}")
        for item in kinds.get("plugins", []):
            archive = files.plugin_archive(item)
            out.text(f"plugins/{item['id']}/plugin_archive.zip", archive)
            for member, data in files.unpack(archive).items():
                out.text(f"plugins/{item['id']}/{member}", data)


def _agents(content: dict[str, Any]) -> dict[str, Any]:
    """agents.json: tenant, deployment, node, instance, and how to reach the agent."""
    found: dict[str, Any] = {}
    for tenant, kinds in content["tenants"].items():
        for item in kinds.get("agents", []):
            nodes = found.setdefault(tenant, {}).setdefault(item.get("deployment"), {})
            instance = item["host_id"] or item["id"]
            agent = {"version": item.get("version"), "ip": item.get("ip")}
            nodes.setdefault(item.get("node"), {})[instance] = agent
    return found


def _write_credentials(out: ZipWriter, content: dict[str, Any]) -> None:
    for kinds in content["tenants"].values():
        for item in kinds.get("agents", []):
            if item.get("_agent_key"):
                folder = f"snapshot-credentials/{item.get('deployment')}__{item.get('node')}"
                out.text(f"{folder}/agent_key", item["_agent_key"])


def read(archive: ZipReader) -> tuple[dict[str, Any], dict[str, Any] | None, dict[str, Any] | None]:
    """Content, admin account and security of a legacy archive."""
    security = archive.json("rest-security.conf") if "rest-security.conf" in archive else None
    admin = archive.json("admin_account.json") if "admin_account.json" in archive else None
    rows: dict[str, list[Row]] = {}
    deleted: set[str] = set()
    with archive.stream("pg_data") as dump:
        try:
            for table, row in blocks(dump):
                if table and row is not None:
                    rows.setdefault(table, []).append(row)
                elif not table and row:
                    deleted |= set(_DELETED.findall(row["sql"]))
        except UnicodeDecodeError as error:
            raise BadArchive(f"pg_data is not text ({error})") from error
    try:
        content = Items(rows, key=(security or {}).get("encryption_key")).content()
    except (KeyError, ValueError, TypeError) as error:
        raise BadArchive(f"pg_data does not fit together ({error!r})") from error
    complete(content)
    _drop(content, deleted)
    _read_files(archive, content)
    return content, admin, security


def _drop(content: dict[str, Any], deleted: set[str]) -> None:
    for kinds in content["tenants"].values():
        kinds["executions"] = [e for e in kinds["executions"] if e["id"] not in deleted]
        kinds["events"] = [e for e in kinds["events"] if e["execution_id"] not in deleted]


def _read_files(archive: ZipReader, content: dict[str, Any]) -> None:
    uploaded: dict[tuple[str, str], str] = {}
    for name in archive.names("uploaded-blueprints/"):
        parts = name.split("/")
        if len(parts) == 4 and parts[3]:
            uploaded.setdefault((parts[1], parts[2]), name)
    for tenant, kinds in content["tenants"].items():
        for item in kinds["blueprints"]:
            _keep(archive, item, uploaded.get((tenant, item["id"]), ""))
        for item in kinds["plugins"]:
            _keep(archive, item, f"plugins/{item['id']}/plugin_archive.zip")


def _keep(archive: ZipReader, item: Item, name: str) -> None:
    if name in archive:
        item["_archive"] = files.keep(archive.read(name))


__all__ = ["FILLER", "new_security", "read", "write"]
