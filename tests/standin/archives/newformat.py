# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The format of 7.0.1 and later: numbered JSON files per tenant, at most 500 items each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from . import files
from .links import complete
from .newfields import FIELDS
from .shape import TENANT_KINDS, Item, empty_content, shape
from .zips import BadArchive, ZipReader, ZipWriter, filler_sizes

MOST = 500
# A folder of its own for filler would be no part of the format; among the blueprints it harms nothing.
FILLER = "tenants/default_tenant/blueprints/.bulk-"

_COMPOSER = ("favorites", "configuration", "blueprints")
_STAGE = ("configuration", "templates", "blueprint-layouts", "page-groups", "pages")
_EMPTY_ZIP = b"PK\x05\x06" + bytes(18)

_EVENT_SKIP = ("_storage_id", "execution_id", "execution_group_id", "node_name")
# Kinds whose files are one per owner, and the field that names the owner.
_OWNERS = {
    "nodes": "deployment_id",
    "node_instances": "deployment_id",
    "agents": "deployment",
    "events": "execution_id",
    "tasks_graphs": "execution_id",
}
# The product makes these itself when it starts; they are not in the archive.
_NOT_DUMPED = ("snapshots",)


def write(
    path: str | Path,
    *,
    content: dict[str, Any],
    version: str,
    execution_id: str,
    options: dict[str, Any] | None = None,
    filler_bytes: int = 0,
) -> None:
    options = options or {}
    with ZipWriter(path) as out:
        for folder in ("composer", "mgmt", "stage", "tenants"):
            out.folder(folder)
        out.json("metadata.json", {"snapshot_version": version, "execution_id": execution_id})
        out.text("composer/blueprints.zip", _EMPTY_ZIP)
        for name in _COMPOSER:
            out.json(f"composer/{name}.json", {"type": name, "items": []})
        out.text("stage/widgets.zip", _EMPTY_ZIP)
        for name in _STAGE:
            out.json(f"stage/{name}.json", {"type": name, "items": []})
        _Numbered(out, "mgmt").all(_management(content["management"]))
        for tenant, kinds in content["tenants"].items():
            out.json(f"stage/{tenant}/ua.json", {"type": "ua", "items": []})
            for name in ("blueprints", "deployments", "plugins"):
                out.folder(f"tenants/{tenant}/{name}")
            _Numbered(out, f"tenants/{tenant}").all(_tenant(kinds, options))
            _write_files(out, tenant, kinds)
        for number, size in enumerate(filler_sizes(filler_bytes)):
            out.filler(f"{FILLER}{number:06d}.tar.gz", size=size, seed=number)


class _Numbered:
    def __init__(self, out: ZipWriter, folder: str) -> None:
        self._out = out
        self._folder = folder
        self._number = 0

    def all(self, groups: Iterable[tuple[dict[str, Any], list[Item]]]) -> None:
        for head, items in groups:
            for start in range(0, len(items), MOST):
                self._number += 1
                name = f"{self._folder}/{self._number:08d}.json"
                self._out.json(name, {**head, "items": items[start : start + MOST]})


def _management(management: dict[str, list[Item]]) -> Iterator[tuple[dict[str, Any], list[Item]]]:
    tenants = [
        {"name": item["name"], "rabbitmq_password": item.get("_rabbitmq_password", "")}
        for item in management["tenants"]
    ]
    yield {"type": "tenants"}, tenants
    groups = [
        {
            "name": item["name"],
            "ldap_dn": item.get("ldap_dn"),
            "role": item.get("role"),
            "tenants": item.get("_tenants", {}),
            "users": item.get("_users", []),
        }
        for item in management.get("user_groups", [])
    ]
    yield {"type": "user_groups"}, groups
    names = ("username", "role", "active", "created_at", "first_login_at", "last_login_at")
    users = [
        {key: item.get(key) for key in names}
        | {"password_hash": item.get("_password"), "tenants": item.get("_tenants", {})}
        for item in management.get("users", [])
    ]
    yield {"type": "users"}, users
    yield {"type": "permissions"}, management.get("permissions", [])


def _tenant(
    kinds: dict[str, list[Item]], options: dict[str, Any]
) -> Iterator[tuple[dict[str, Any], list[Item]]]:
    names = [*TENANT_KINDS, *(k for k in kinds if k not in TENANT_KINDS and k not in _NOT_DUMPED)]
    for kind in names:
        items = kinds.get(kind, [])
        if kind == "events":
            items = [e for e in items if _wanted(e, options)]
        if kind.endswith("_filters"):
            items = [f for f in items if not f.get("is_system_filter")]
        owner = _OWNERS.get(kind)
        if not owner:
            yield _head(kind, items), [_dumped(kind, item) for item in items]
            continue
        mine: dict[str, list[Item]] = {}
        for item in items:
            mine.setdefault(item[owner], []).append(item)
        for name, group in mine.items():
            yield _head(kind, group, owner=name), [_dumped(kind, item) for item in group]


def _wanted(event: Item, options: dict[str, Any]) -> bool:
    kind = "include_logs" if event["type"] == "cloudify_log" else "include_events"
    return bool(options.get(kind, True))


def _head(kind: str, items: list[Item], *, owner: str | None = None) -> dict[str, Any]:
    head: dict[str, Any] = {"type": kind}
    if owner is not None:
        if kind == "events":
            head["source"] = "executions"
        head["source_id"] = owner
    times = [item.get(k) for item in items for k in ("created_at", "uploaded_at", "timestamp")]
    latest = max((moment for moment in times if moment), default=None)
    if latest and kind not in ("nodes", "node_instances"):
        head["latest_timestamp"] = latest
    return head


def _dumped(kind: str, item: Item) -> Item:
    if kind == "secrets":
        return _secret(item)
    if kind == "events":
        return {k: v for k, v in item.items() if k not in _EVENT_SKIP}
    if kind not in FIELDS:
        return {k: v for k, v in item.items() if not k.startswith("_")}
    row = {key: item[key] for key in FIELDS[kind] if key in item}
    if kind == "deployments":
        workflows = item.get("_workflows") or {}
        row["workflows"] = [{"name": name, **flow} for name, flow in workflows.items()]
    return row


def _secret(item: Item) -> Item:
    return {
        "key": item["key"],
        "value": item.get("_value"),
        "visibility": item["visibility"],
        "tenant_name": item["tenant_name"],
        "is_hidden_value": item["is_hidden_value"],
        "encrypted": False,
        "provider": item.get("provider_name"),
        "provider_options": item.get("provider_options"),
        "creator": item["created_by"],
        "created_at": item["created_at"],
    }


def _write_files(out: ZipWriter, tenant: str, kinds: dict[str, list[Item]]) -> None:
    for item in kinds.get("blueprints", []):
        name = f"tenants/{tenant}/blueprints/{item['id']}.tar.gz"
        out.text(name, files.blueprint_archive(item))
    for item in kinds.get("plugins", []):
        out.text(f"tenants/{tenant}/plugins/{item['id']}.zip", files.plugin_archive(item))
    for item in kinds.get("deployments", []):
        if item.get("_workdir"):
            out.text(f"tenants/{tenant}/deployments/{item['id']}.b64zip", item["_workdir"])


def read(archive: ZipReader) -> dict[str, Any]:
    try:
        content = _read(archive)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadArchive(f"the numbered files do not fit together ({error!r})") from error
    complete(content)
    return content


def _read(archive: ZipReader) -> dict[str, Any]:
    tenants = dict.fromkeys(n.split("/")[1] for n in archive.names("tenants/") if n.count("/") > 1)
    content = empty_content(tenants=tuple(tenants))
    management = content["management"]
    for name in archive.names("mgmt/", ".json"):
        data = archive.json(name)
        _read_management(management, str(data["type"]), data["items"])
    for tenant in tenants:
        kinds = content["tenants"][tenant]
        for name in archive.names(f"tenants/{tenant}/", ".json"):
            data = archive.json(name)
            kind = str(data["type"])
            for row in data["items"]:
                item = _restored(kind, row, data.get("source_id"), tenant)
                kinds.setdefault(kind, []).append(item)
        _read_files(archive, tenant, kinds)
    return content


def _read_management(management: dict[str, list[Item]], kind: str, rows: list[Item]) -> None:
    for row in rows:
        if kind == "tenants":
            for item in management["tenants"]:
                if item["name"] == row["name"]:
                    item["_rabbitmq_password"] = row.get("rabbitmq_password")
            continue
        private: Item = {}
        if kind in ("users", "user_groups"):
            row = dict(row)
            private["_tenants"] = row.pop("tenants", {})
            if kind == "users":
                private["_password"] = row.pop("password_hash", None)
            else:
                private["_users"] = row.pop("users", [])
        management.setdefault(kind, []).append(shape(kind, **row, **private))


def _restored(kind: str, row: Item, source: str | None, tenant: str) -> Item:
    """The item as the manager has it after a restore: what the format lacks is at its default."""
    row = dict(row)
    if kind == "events":
        shown = "logs" if row["type"] == "cloudify_log" else "events"
        return shape(shown, **row, execution_id=source)
    if kind == "secrets":
        row["created_by"] = row.pop("creator", "admin")
        row["_value"] = row.pop("value")
        row["provider_name"] = row.pop("provider", None)
        for key in ("encrypted", "provider_options"):
            if not row.get(key):
                row.pop(key, None)
    elif kind == "deployments":
        flows = row.pop("workflows", None) or []
        row["_workflows"] = {
            flow["name"]: {k: v for k, v in flow.items() if k != "name"} for flow in flows
        }
    elif kind == "sites" and row.get("location"):
        row["latitude"], row["longitude"] = (float(x) for x in row["location"].split(","))
    elif kind == "tasks_graphs":
        row.setdefault("operations", [])
    if source is not None and kind in _OWNERS:
        row[_OWNERS[kind]] = source
    return shape(kind, **row, **({} if "tenant_name" in row else {"tenant_name": tenant}))


def _read_files(archive: ZipReader, tenant: str, kinds: dict[str, list[Item]]) -> None:
    for item in kinds["blueprints"]:
        name = f"tenants/{tenant}/blueprints/{item['id']}.tar.gz"
        if name in archive:
            item["_archive"] = files.keep(archive.read(name))
    for item in kinds["plugins"]:
        name = f"tenants/{tenant}/plugins/{item['id']}.zip"
        if name in archive:
            data = archive.read(name)
            item["_archive"] = files.keep(data)
            item.update(files.plugin_fields(data))
    for item in kinds["deployments"]:
        name = f"tenants/{tenant}/deployments/{item['id']}.b64zip"
        if name in archive:
            item["_workdir"] = archive.read(name).decode()


__all__ = ["FILLER", "MOST", "read", "write"]
