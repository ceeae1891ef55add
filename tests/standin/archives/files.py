# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files behind an item: a blueprint's archive, a plugin's package. An item keeps them as base64 in "_archive"."""

from __future__ import annotations

import base64
import io
import json
import zipfile

from .shape import Item

_PACKAGE_FIELDS = {
    "archive_name": "archive_name",
    "package_name": "package_name",
    "package_source": "package_source",
    "package_version": "package_version",
    "supported_platform": "supported_platform",
    "supported_python_versions": "supported_py_versions",
    "wheels": "wheels",
}
_SYSTEM_FIELDS = ("distribution", "distribution_release", "distribution_version")


def keep(data: bytes) -> str:
    return base64.b64encode(data).decode()


def kept(item: Item) -> bytes | None:
    text = item.get("_archive")
    return base64.b64decode(text) if text else None


def pack(members: dict[str, bytes]) -> bytes:
    """A small zip that is the same for the same members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return out.getvalue()


def unpack(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {n: archive.read(n) for n in archive.namelist() if not n.endswith("/")}
    except zipfile.BadZipFile:
        # A tar.gz, for example; its files are not looked at.
        return {}


def blueprint_archive(item: Item) -> bytes:
    main = item.get("main_file_name") or "blueprint.yaml"
    text = f"tosca_definitions_version: cloudify_dsl_1_3\n# {item['id']}\n"
    return kept(item) or pack({f"{item['id']}/{main}": text.encode()})


def blueprint_files(archive: bytes) -> dict[str, bytes]:
    """The files of a blueprint as the manager extracts them: without the one folder around them."""
    return {n.partition("/")[2] or n: data for n, data in unpack(archive).items()}


def plugin_archive(item: Item) -> bytes:
    have = kept(item)
    if have:
        return have
    package = {theirs: item.get(ours) for theirs, ours in _PACKAGE_FIELDS.items()}
    package["build_server_os_properties"] = {key: item.get(key) for key in _SYSTEM_FIELDS}
    name = item.get("package_name") or item["id"]
    wagon = pack({f"{name}/package.json": json.dumps(package).encode()})
    described = f"plugins:\n  {name}:\n    package_name: {name}\n"
    described += f"    package_version: '{item.get('package_version')}'\n"
    archive_name = item.get("archive_name") or f"{name}.wgn"
    return pack({"plugin.yaml": described.encode(), archive_name: wagon})


def plugin_fields(archive: bytes) -> Item:
    """What a manager learns of a plugin from its package."""
    for name, data in unpack(archive).items():
        if not name.endswith(".wgn"):
            continue
        for member, text in unpack(data).items():
            if member.endswith("package.json"):
                package = json.loads(text)
                fields = {ours: package.get(theirs) for theirs, ours in _PACKAGE_FIELDS.items()}
                system = package.get("build_server_os_properties") or {}
                return {**fields, **{key: system.get(key) for key in _SYSTEM_FIELDS}}
    return {}


__all__ = [
    "blueprint_archive",
    "blueprint_files",
    "keep",
    "pack",
    "plugin_archive",
    "plugin_fields",
    "unpack",
]
