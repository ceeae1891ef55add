# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives, inventories and recovery sets for tests, as small as they can be."""

from __future__ import annotations

import json
import os
import pathlib
import typing as t
import zipfile

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _sets
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._content import build_inventory

REVISIONS = {
    "schema_revision": "a",
    "stage_schema_revision": "b",
    "composer_schema_revision": "c",
}
CLUSTER = "prod"


def archive(path: str | os.PathLike[str], *, version: str = "7.0.5", **metadata: t.Any) -> None:
    """A legacy snapshot, sound in every byte."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        facts = {"snapshot_version": version, **REVISIONS, **metadata}
        zipped.writestr("metadata.json", json.dumps(facts))
        zipped.writestr("pg_data", "COPY secrets FROM stdin;\n" * 200)


def inventory(*secrets: str, version: str = "7.0.5") -> dict[str, t.Any]:
    items = {"secrets": [{"key": key, "tenant_name": "t1"} for key in secrets]}
    manager = {"version": version, "edition": "premium"}
    return build_inventory(items=items, manager=manager, now="2026-11-22T00:00:00Z")


def store(path: pathlib.Path) -> _sets.ClusterStore:
    return _sets.ClusterStore(store=str(path), cluster=CLUSTER)


def stage(path: pathlib.Path, set_id: str, *, version: str = "7.0.5") -> pathlib.Path:
    """A set with all it needs to be committed. Returns its directory."""
    sets = store(path)
    staging = pathlib.Path(sets.stage(set_id))
    sets.stage_content(set_id, inventory("a", version=version))
    archive(staging / _sets.SNAPSHOT, version=version)
    return staging


def snapshot(staging: pathlib.Path) -> dict[str, t.Any]:
    """What the manager says of what was downloaded from it."""
    return {"status": "created", "size": (staging / _sets.SNAPSHOT).stat().st_size}


def commit(
    path: pathlib.Path, set_id: str, *, at: str | None = None, version: str = "7.0.5"
) -> pathlib.Path:
    """A whole set, made at a time. Returns its directory."""
    staging = stage(path, set_id, version=version)
    done = store(path).commit(set_id, snapshot=snapshot(staging), durations={}, warnings=[])
    if at:
        edit_manifest(pathlib.Path(done.path), created_at=at)
    return pathlib.Path(done.path)


def edit_manifest(folder: pathlib.Path, **changes: t.Any) -> None:
    manifest = json.loads((folder / _sets.MANIFEST).read_text())
    (folder / _sets.MANIFEST).write_text(json.dumps({**manifest, **changes}))
