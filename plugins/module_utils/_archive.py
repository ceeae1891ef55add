# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""A snapshot archive: read it, test it, say what it is and where it can be restored. Pure."""

from __future__ import annotations

import json
import os
import typing as t
import zipfile
from dataclasses import asdict, dataclass

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._checker import (
    StreamChecker,
    feed_file,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import ArchiveError
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._versions import (
    Capabilities,
    Version,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._zipstream import open_zip

METADATA = "metadata.json"
MAX_METADATA = 1 << 20

#: The product takes an archive for legacy when its metadata has all three.
REVISIONS = ("schema_revision", "stage_schema_revision", "composer_schema_revision")

#: Before it, what has been in the database since was in Elasticsearch.
OLDEST_RESTORABLE = Version((4, 0, 0))

NOT_A_SNAPSHOT_HINT = "Take the snapshot again, or use another copy of it"


@dataclass(frozen=True)
class Description:
    """What an archive says of itself.

    :ivar format: C(legacy) or C(new)
    :ivar missing_revisions: metadata keys that 7.x needs in order to take it for legacy
    :ivar unpacked_size: bytes of all entries together
    """

    format: str
    snapshot_version: str
    schema_revision: str | None
    missing_revisions: tuple[str, ...]
    execution_id: str | None
    entries: int
    unpacked_size: int
    has_certificates: bool
    has_credentials: bool

    @property
    def replaces(self) -> bool:
        """Whether a restore puts it in the place of what the manager has, the snapshots too. One
        in new format is added to that, and so is one from before 4.0, which has no dump."""
        return self.format == "legacy" and Version.parse(self.snapshot_version) >= OLDEST_RESTORABLE

    def as_dict(self) -> dict[str, t.Any]:
        return {**asdict(self), "missing_revisions": list(self.missing_revisions)}


def describe(archive: t.BinaryIO) -> Description:
    """Read an archive's directory and metadata, not its contents.

    :param archive: any seekable file, also one that lies on the manager
    :raises ArchiveError: when it is not a zip, or not a snapshot
    """
    with open_zip(archive) as whole:
        infos = whole.infolist()
        names = [info.filename for info in infos]
        if METADATA not in names:
            raise ArchiveError(
                f"not a snapshot: the archive has no {METADATA}", hint=NOT_A_SNAPSHOT_HINT
            )
        if whole.getinfo(METADATA).file_size > MAX_METADATA:
            raise ArchiveError(
                f"not a snapshot: its {METADATA} is far too large", hint=NOT_A_SNAPSHOT_HINT
            )
        metadata, version = _metadata(whole)
    legacy = (
        "pg_data" in names or bool(metadata.get("schema_revision")) or version < OLDEST_RESTORABLE
    )
    return Description(
        format="legacy" if legacy else "new",
        snapshot_version=str(version),
        schema_revision=metadata.get("schema_revision"),
        missing_revisions=tuple(r for r in REVISIONS if r not in metadata) if legacy else (),
        execution_id=metadata.get("execution_id"),
        entries=len(infos),
        unpacked_size=sum(info.file_size for info in infos),
        has_certificates=any(name.startswith("ssl/") and name != "ssl/" for name in names),
        has_credentials=any(
            name.startswith("snapshot-credentials/") and name != "snapshot-credentials/"
            for name in names
        ),
    )


def _metadata(whole: zipfile.ZipFile) -> tuple[dict[str, t.Any], Version]:
    """What an archive says of itself, and the version in it."""
    try:
        metadata = json.loads(whole.read(METADATA))
    except Exception:  # whatever keeps it from being read
        problem = "is not JSON"
    else:
        if not isinstance(metadata, dict):
            problem = "is no JSON object"
        elif "snapshot_version" not in metadata:
            problem = "names no snapshot_version"
        else:
            try:
                return metadata, Version.parse(metadata["snapshot_version"])
            except (TypeError, ValueError):
                problem = f"names {metadata['snapshot_version']!r} as its version"
    raise ArchiveError(f"not a snapshot: its {METADATA} {problem}", hint=NOT_A_SNAPSHOT_HINT)


def describe_file(path: str) -> Description:
    """Like C(describe), of a local file.

    :raises OSError: when it cannot be read
    """
    try:
        with open(path, "rb") as archive:
            _refuse_empty(archive)
            return describe(archive)
    except ArchiveError as exc:
        raise named(path, exc) from None


def check_file(path: str) -> tuple[Description, str, int]:
    """Test every byte of a local archive.

    :returns: its description, sha256 and size in bytes
    :raises ArchiveError: when anything is wrong with it
    :raises OSError: when it cannot be read
    """
    try:
        with open(path, "rb", buffering=0) as archive:
            _refuse_empty(archive)
            checker = StreamChecker()
            try:
                size = os.fstat(archive.fileno()).st_size
                feed_file(checker, archive, doing=f"verify {path}", total=size)
            finally:
                checker.close()
            sha256 = checker.finish(t.cast(t.BinaryIO, archive))
            return describe(t.cast(t.BinaryIO, archive)), sha256, checker.size
    except ArchiveError as exc:
        raise named(path, exc) from None


def _refuse_empty(archive: t.IO[bytes]) -> None:
    if os.fstat(archive.fileno()).st_size == 0:
        raise ArchiveError("the file is empty")


def named(path: str, error: ArchiveError) -> ArchiveError:
    """The same error, with the file it is about."""
    return ArchiveError(
        f"{path}: {error.message}", hint=error.hint or NOT_A_SNAPSHOT_HINT, path=path
    )


def problems_on(description: Description, target: Capabilities) -> list[str]:
    """Why a manager could not restore this archive, or would restore nothing; empty if it can."""
    version = Version.parse(description.snapshot_version)
    problems = []
    if version > target.version:
        problems.append(
            f"the snapshot is of version {version}, newer than the manager's {target.version}"
        )
    if version < OLDEST_RESTORABLE and target.has("restore.refuses_3x"):
        problems.append(
            f"the snapshot is of version {version}, older than {OLDEST_RESTORABLE}, "
            "the oldest that can be restored"
        )
    if description.format == "new" and not target.has("create.new_format"):
        problems.append(
            f"the snapshot is in new format, which version {target.version} does not know"
        )
    if description.missing_revisions and target.has("restore.needs_all_revisions"):
        missing = ", ".join(description.missing_revisions)
        problems.append(
            f"its metadata lacks {missing}: version {target.version} would take this legacy "
            "archive for new format, say terminated, and restore nothing"
        )
    return problems


__all__ = ("Description", "check_file", "describe", "describe_file", "named", "problems_on")
