# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshot archives in the product's layouts: content in, zip out, and back."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from . import legacy, newformat
from .legacy import new_security
from .shape import MANAGEMENT_KINDS, TENANT_KINDS, empty_content, key_of, shape
from .zips import BadArchive, ZipReader

_REVISIONS = ("schema_revision", "stage_schema_revision", "composer_schema_revision")


@dataclasses.dataclass(frozen=True)
class Archive:
    """What an archive says and holds; format is its layout ("legacy" or "new")."""

    format: str
    metadata: dict[str, Any]
    content: dict[str, Any]
    admin_account: dict[str, Any] | None = None
    security: dict[str, Any] | None = None
    filler_bytes: int = 0

    @property
    def version(self) -> str:
        return str(self.metadata["snapshot_version"])

    @property
    def legacy_for_product(self) -> bool:
        """A manager of version 7 takes an archive for a legacy one iff it names all three revisions."""
        return all(key in self.metadata for key in _REVISIONS)


def write_legacy(
    path: str | Path,
    *,
    content: dict[str, Any],
    version: str,
    schema_revision: str = "edd6d829a209",
    with_revisions: bool | None = None,
    edition: str = "premium",
    options: dict[str, Any] | None = None,
    filler_bytes: int = 0,
    ssl_dir: str | Path | None = None,
    admin_account: dict[str, Any] | None = None,
    security: dict[str, Any] | None = None,
    execution_id: str | None = None,
) -> None:
    """Write a legacy archive. A premium manager names all revisions in it, a community one only its schema's."""
    if with_revisions is None:
        with_revisions = edition == "premium"
    legacy.write(
        path,
        content=content,
        version=version,
        schema_revision=schema_revision,
        with_revisions=with_revisions,
        options=options,
        filler_bytes=filler_bytes,
        ssl_dir=ssl_dir,
        admin_account=admin_account,
        security=security,
        execution_id=execution_id,
    )


def write_new(
    path: str | Path,
    *,
    content: dict[str, Any],
    version: str,
    execution_id: str,
    options: dict[str, Any] | None = None,
    filler_bytes: int = 0,
) -> None:
    newformat.write(
        path,
        content=content,
        version=version,
        execution_id=execution_id,
        options=options,
        filler_bytes=filler_bytes,
    )


def read_metadata(archive: ZipReader) -> dict[str, Any]:
    if "metadata.json" not in archive:
        raise BadArchive("no metadata.json in it")
    metadata = archive.json("metadata.json")
    if not isinstance(metadata, dict) or not metadata.get("snapshot_version"):
        raise BadArchive("metadata.json names no snapshot_version")
    return metadata


def read(path: str | Path, *, verify: bool = False) -> Archive:
    """Read an archive with its content; verify also reads every byte of members that hold no content."""
    with ZipReader(path) as archive:
        if verify:
            archive.verify()
        metadata = read_metadata(archive)
        filler = sum(
            archive.sizes[n] for p in (legacy.FILLER, newformat.FILLER) for n in archive.names(p)
        )
        if "pg_data" in archive:
            content, admin, security = legacy.read(archive)
            return Archive("legacy", metadata, content, admin, security, filler)
        if not archive.names("tenants/"):
            raise BadArchive("neither a database dump nor tenants in it")
        return Archive("new", metadata, newformat.read(archive), filler_bytes=filler)


__all__ = [
    "MANAGEMENT_KINDS",
    "TENANT_KINDS",
    "Archive",
    "BadArchive",
    "empty_content",
    "key_of",
    "new_security",
    "read",
    "shape",
    "write_legacy",
    "write_new",
]
