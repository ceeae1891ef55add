# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Recovery sets in the store: stage, commit, list, verify, remove. Files only, no manager.

STORE/CLUSTER/ID/ is a whole set: snapshot.zip, content.json, manifest.json.
STORE/CLUSTER/.incoming-ID/ is one that is being made. The rename from one to the other is the
commit, so a kill at any moment leaves either a whole set or none. STORE/CLUSTER/.removed-ID/ is
one that goes away.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import typing as t
from dataclasses import dataclass, field

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _archive
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._checker import sha256_of
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._comparison import (
    Comparison,
    compare,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._content import (
    counts,
    is_filled,
    is_inventory,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._disk import (
    SPARE_BYTES,
    no_space,
    replace_file,
    sync_folder,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ArchiveError,
    RecoveryError,
    Refused,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._job_container import (
    refuse_in_job_container,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._surely_saved import (
    surely_saved,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._times import utc, utc_now
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._versions import (
    Capabilities,
    Version,
)

Json = dict[str, t.Any]

#: The certificates and configurations of nodes, in a set as in any other place.
NODES = "nodes"
SNAPSHOT, CONTENT, MANIFEST = "snapshot.zip", "content.json", "manifest.json"
INCOMING, REMOVED = ".incoming-", ".removed-"
SET_FORMAT = 1

#: What a set has to have passed before it counts as one to restore from (design rule 2).
PROOFS = ("created", "length", "checksums", "metadata", "inventory")


#: Of a manifest, besides what is looked at one by one.
MAPPINGS = ("archive", "counts", "manager", "snapshot")


class SetError(RecoveryError):
    """A set is damaged or incomplete."""


@dataclass
class RecoverySet:
    """One set in the store.

    :ivar problems: why it cannot be relied on; empty while none is known
    :ivar verified: how it was checked in this run: C(size) or C(full)
    """

    id: str
    path: str
    manifest: Json
    problems: list[str] = field(default_factory=list)
    verified: str = "none"

    @property
    def created_at(self) -> str:
        return str(self.manifest.get("created_at") or "")

    @property
    def made_at(self) -> str:
        """As its manifest says; without one as its name does, or else its directory. Empty if it is gone."""
        stamp = re.search(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z", self.id)
        if self.created_at:
            return self.created_at
        if stamp:
            return "{}-{}-{}T{}:{}:{}Z".format(*stamp.groups())
        try:
            return utc(os.path.getmtime(self.path))
        except OSError:
            # removed meanwhile
            return ""

    @property
    def sound(self) -> bool:
        return not self.problems

    @property
    def filled(self) -> bool:
        """Whether its manager had anything that operators make."""
        return is_filled(self.manifest.get("counts") or {})

    def as_dict(self) -> Json:
        return {
            "id": self.id,
            "path": self.path,
            "snapshot_path": os.path.join(self.path, SNAPSHOT),
            "content_path": os.path.join(self.path, CONTENT),
            "manifest": self.manifest,
            "problems": self.problems,
            "sound": self.sound,
            "verified": self.verified,
        }


class ClusterStore:
    """The sets of one cluster.

    :raises Refused: for names that are no plain file names, and in a job of AWX
    """

    def __init__(self, *, store: str, cluster: str) -> None:
        check_name("cluster", cluster)
        refuse_in_job_container(f"the store {store}")
        if os.path.exists(store) and not os.path.isdir(store):
            raise Refused(f"the store {store} is no directory", hint="Name the store's directory")
        self.cluster = cluster
        self.folder = os.path.join(store, cluster)

    # -- making one ----------------------------------------------------------------------------

    def incoming(self, set_id: str) -> str:
        check_name("id", set_id)
        return os.path.join(self.folder, INCOMING + set_id)

    def path(self, set_id: str) -> str:
        check_name("id", set_id)
        return os.path.join(self.folder, set_id)

    def unfinished(self) -> list[str]:
        """Ids of sets that were begun and not committed, newest first."""
        names = [n for n in self._names() if n.startswith(INCOMING)]
        names.sort(key=lambda name: os.path.getmtime(os.path.join(self.folder, name)))
        return [name[len(INCOMING) :] for name in reversed(names)]

    def check_unused(self, set_id: str) -> None:
        """:raises Refused: when there is a set of this name"""
        if os.path.exists(self.path(set_id)):
            raise Refused(f"the store has a set {set_id} already: {self.path(set_id)}")

    def stage(self, set_id: str) -> str:
        """Make the directory that the set grows in. Returns it."""
        self.check_unused(set_id)
        staging = self.incoming(set_id)
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        self.sweep()
        if not os.path.isdir(staging):
            os.mkdir(staging, 0o700)
            sync_folder(self.folder)
        return staging

    def staged_content(self, set_id: str) -> Json | None:
        """The inventory that an unfinished set has, so that going on with it takes no newer one."""
        try:
            content = _read_json(os.path.join(self.incoming(set_id), CONTENT))
        except (OSError, ValueError):
            return None
        return content if is_inventory(content) else None

    def stage_content(self, set_id: str, content: Json) -> None:
        write_json(os.path.join(self.incoming(set_id), CONTENT), content)

    def stage_nodes(self, set_id: str, place: str) -> None:
        """Copy what a place holds of nodes into an unfinished set; nothing when there is nothing."""
        source = os.path.join(place, NODES)
        target = os.path.join(self.incoming(set_id), NODES)
        if os.path.isdir(source):
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target)
            for name in _files(target):
                with open(os.path.join(target, name), "rb") as copied:
                    os.fsync(copied.fileno())

    def commit(
        self,
        set_id: str,
        *,
        snapshot: Json,
        durations: Json,
        warnings: t.Sequence[str],
        content_after: Json | None = None,
    ) -> RecoverySet:
        """Verify what is staged, write the manifest, and give the set its name.

        :param snapshot: what the manager says of the snapshot, and how it was made;
            C(created_seen_at) is when it said that it is created
        :param durations: seconds by step, for the manifest
        :param content_after: a second inventory, taken when the snapshot was done: what is gone by
            then is taken out of the set's own
        :raises ArchiveError: when the staged snapshot is damaged
        :raises SetError: when a part is missing, or a proof is not passed
        """
        staging, final = self.incoming(set_id), self.path(set_id)
        if os.path.isdir(final):
            raise Refused(f"the store has a set {set_id} already: {final}")
        content = self.staged_content(set_id)
        if content is None or not os.path.isfile(os.path.join(staging, SNAPSHOT)):
            part = CONTENT if content is None else SNAPSHOT
            raise SetError(
                f"the set {set_id} cannot be committed: {part} is not staged yet",
                hint="Stage it with state=staged, and download its snapshot into that directory",
            )
        for name in _files(staging):
            if _is_leftover(name):
                os.unlink(os.path.join(staging, name))
        description, sha256, size = _archive.check_file(os.path.join(staging, SNAPSHOT))
        unfit = _archive.problems_on(description, _capabilities(content["manager"]))
        if unfit:
            raise SetError(
                f"the set {set_id} cannot be committed: its own manager could not restore it: "
                f"{'; '.join(unfit)}",
                hint="Remove it with state=absent, and take another one with format auto",
            )
        if snapshot.get("status") != "created":
            raise SetError(
                f"the set {set_id} cannot be committed: the manager says that the snapshot is "
                f"{snapshot.get('status')}"
            )
        if snapshot.get("size") is None:
            raise SetError(
                f"the set {set_id} cannot be committed: the length is not proven, since the "
                "snapshot's size is not given",
                hint="Give the size that snapshot_download returned",
            )
        if snapshot["size"] != size or snapshot.get("sha256") not in (None, sha256):
            raise SetError(
                f"the set {set_id} cannot be committed: {SNAPSHOT} has changed since its download"
            )
        saved = _as_saved(content, content_after)
        if saved != content:
            self.stage_content(set_id, saved)
            content = saved
        now = utc_now()
        passed = {"created": snapshot.get("created_seen_at"), "inventory": content["taken_at"]}
        manifest = {
            "set_format": SET_FORMAT,
            "id": set_id,
            "cluster": self.cluster,
            "created_at": now,
            "manager": content["manager"],
            "content_taken_at": content["taken_at"],
            "counts": counts(content),
            "snapshot": snapshot,
            "archive": description.as_dict(),
            "durations": durations,
            "proofs": [{"name": name, "passed_at": passed.get(name) or now} for name in PROOFS],
            "warnings": [*warnings, *content.get("moved_on", [])],
            "files": {
                SNAPSHOT: {"size": size, "sha256": sha256},
                **{
                    name: {
                        "size": os.path.getsize(os.path.join(staging, name)),
                        "sha256": sha256_of(os.path.join(staging, name)),
                    }
                    for name in _files(staging)
                    if name not in (SNAPSHOT, MANIFEST)
                },
            },
        }
        write_json(os.path.join(staging, MANIFEST), manifest)
        for folder, _folders, _names in os.walk(staging):
            sync_folder(folder)
        os.rename(staging, final)
        sync_folder(self.folder)
        return RecoverySet(set_id, final, manifest, verified="full")

    def check_committed(self, set_id: str) -> RecoverySet:
        """:raises SetError: when a set that is there already has a problem"""
        found = self._load(set_id)
        if found.sound:
            verify(found, full=False)
        if not found.sound:
            raise SetError(
                f"the set {set_id} is in the store, but not sound: {'; '.join(found.problems)}",
                hint="Take another backup, and look at this set before it is removed",
            )
        return found

    def give_up(self, set_id: str) -> None:
        """Free the space of an unfinished set. It stays, for its snapshot on the manager is only
        known by it, and keeps its age and its inventory, which is older than that snapshot."""
        staging = self.incoming(set_id)
        times = os.stat(staging)
        for name in self.spare_files(set_id):
            os.unlink(name)
        os.utime(staging, ns=(times.st_atime_ns, times.st_mtime_ns))

    def check_room(self, *, given_up: t.Sequence[str]) -> None:
        """:raises TransferError: unless a snapshot as large as the newest set's would fit in

        :param given_up: unfinished sets whose space is, or will be, free
        """
        newest = next((found for found in self.sets() if found.manifest), None)
        facts: Json = newest.manifest["files"].get(SNAPSHOT, {}) if newest else {}
        needed = facts.get("size") or 0
        folder = self.folder
        while not os.path.isdir(folder):
            folder = os.path.dirname(folder)
        free = shutil.disk_usage(folder).free
        free += sum(os.path.getsize(n) for set_id in given_up for n in self.spare_files(set_id))
        if free < needed + SPARE_BYTES:
            raise no_space("begin a recovery set", folder, needed=needed, free=free)

    def spare_files(self, set_id: str) -> list[str]:
        """Those of an unfinished set that are of no use once it is given up."""
        staging = self.incoming(set_id)
        return [os.path.join(staging, name) for name in _files(staging) if name != CONTENT]

    def remove(self, set_id: str) -> bool:
        """Remove a set, or an unfinished one. It loses its name before its files."""
        removed = False
        self.sweep()
        for path in (self.path(set_id), self.incoming(set_id)):
            if os.path.isdir(path):
                doomed = os.path.join(self.folder, REMOVED + set_id)
                os.rename(path, doomed)
                shutil.rmtree(doomed)
                removed = True
        if removed:
            sync_folder(self.folder)
        return removed

    def sweep(self) -> None:
        """Remove what is left of sets whose removal was killed."""
        for name in self._names():
            if name.startswith(REMOVED):
                shutil.rmtree(os.path.join(self.folder, name), ignore_errors=True)

    # -- those that are there --------------------------------------------------------------------

    def sets(self) -> list[RecoverySet]:
        """All sets, newest first; one without a readable manifest is there too, as a problem."""
        found = [self._load(name) for name in self._names() if not name.startswith(".")]
        return sorted(found, key=lambda each: (each.created_at, each.id), reverse=True)

    def _names(self) -> list[str]:
        try:
            names = os.listdir(self.folder)
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [n for n in names if os.path.isdir(os.path.join(self.folder, n))]

    def _load(self, name: str) -> RecoverySet:
        path = os.path.join(self.folder, name)
        try:
            manifest = _read_json(os.path.join(path, MANIFEST))
            if not _is_manifest(manifest):
                raise ValueError("it is no manifest")
        except (OSError, ValueError) as exc:
            return RecoverySet(name, path, {}, [f"{MANIFEST} cannot be used: {exc}"])
        found = RecoverySet(name, path, manifest)
        if manifest.get("set_format") != SET_FORMAT:
            found.problems.append(f"{MANIFEST} has format {manifest.get('set_format')}")
        passed = {proof["name"] for proof in manifest["proofs"]}
        missing = [name for name in PROOFS if name not in passed]
        if missing:
            found.problems.append(f"it has not passed: {', '.join(missing)}")
        return found


def verify(found: RecoverySet, *, full: bool) -> None:
    """Hold a set's files against its manifest; what is wrong is added to its problems.

    :param full: also read every byte: sha256 of each file, checksums and metadata of the snapshot
    """
    files: dict[str, Json] = found.manifest.get("files", {})
    for name in (SNAPSHOT, CONTENT):
        if name not in files:
            found.problems.append(f"its manifest does not name {name}")
    for name, facts in sorted(files.items()):
        path = os.path.join(found.path, name)
        try:
            size = os.path.getsize(path)
            if size != facts.get("size"):
                found.problems.append(f"{name} has {size} bytes, not {facts.get('size')}")
            elif full:
                _verify_file(found, name, path, facts)
        except OSError as exc:
            found.problems.append(f"{name}: {exc.strerror}")
    found.verified = "full" if full else "size"


def _verify_file(found: RecoverySet, name: str, path: str, facts: Json) -> None:
    if name == SNAPSHOT:
        try:
            _description, sha256, _size = _archive.check_file(path)
        except ArchiveError as exc:
            found.problems.append(exc.message)
            return
    else:
        sha256 = sha256_of(path)
    if sha256 != facts.get("sha256"):
        found.problems.append(f"{name} is not the file that its manifest describes")
    elif name == CONTENT and not _is_inventory_file(path):
        found.problems.append(f"{name} is no content inventory")


def passed_over(sets: t.Sequence[RecoverySet], newest: RecoverySet) -> list[RecoverySet]:
    """Those with a problem that are newer than the newest sound one: they may hold what it lacks.

    So may one of the same second: a name tells when its backup began, a manifest when the snapshot was there.
    """
    unsound = [found for found in sets if not found.sound and found.made_at >= newest.created_at]
    newer = [found for found in unsound if _has_something_of_a_set(found.path)]
    return sorted(newer, key=lambda each: (each.made_at, each.id), reverse=True)


def _has_something_of_a_set(path: str) -> bool:
    """Not so any other directory that somebody keeps there; so one of which that cannot be seen."""
    try:
        names = os.listdir(path)
    except PermissionError:
        return True
    except OSError:
        return False
    return any(name in (MANIFEST, SNAPSHOT, CONTENT) for name in names)


def unfit_for(found: RecoverySet, version: Version | None = None) -> list[str]:
    """Why a manager could not restore the set; empty if it can.

    :param version: of the manager; without one, the manager that the set was taken from
    """
    archive = found.manifest.get("archive") or {}
    try:
        description = _archive.Description(
            **{**archive, "missing_revisions": tuple(archive.get("missing_revisions") or ())}
        )
        own = _capabilities(found.manifest["manager"])
        target = Capabilities(version, own.edition) if version else own
        return _archive.problems_on(description, target)
    except (KeyError, TypeError, ValueError):
        return ["its manifest does not describe the snapshot"]


def _capabilities(manager: Json) -> Capabilities:
    return Capabilities(Version.parse(manager["version"]), manager["edition"])


def to_prune(
    sets: t.Sequence[RecoverySet], *, keep: int, held: t.Collection[str] = ()
) -> list[RecoverySet]:
    """Sets beyond the C(keep) newest sound ones. A set that is not sound is never counted, and
    never removed: a person has to look at it. Where those that stay are all of an empty manager,
    the newest of one that was not stays with them.

    :param sets: newest first, checked
    :param held: ids of sets that somebody is about to restore
    """
    sound = [found for found in sets if found.sound]
    kept, doomed = sound[:keep], sound[keep:]
    filled = None
    if not any(found.filled for found in kept):
        filled = next((found for found in doomed if found.filled), None)
    return [found for found in doomed if found is not filled and found.id not in held]


# -- small things ----------------------------------------------------------------------------------


def check_name(what: str, name: str) -> None:
    """:raises Refused: unless it can be the name of a directory"""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}", name or ""):
        raise Refused(
            f"{what} {name!r}: it takes up to 200 letters, digits and the characters - . _, "
            "and begins with a letter or digit"
        )


def write_json(path: str, value: t.Any) -> None:
    """Atomically, flushed to disk."""
    replace_file(path, json.dumps(value, indent=1) + "\n", mode=0o600)


def _files(folder: str) -> list[str]:
    """All files below it, as paths relative to it."""
    return sorted(
        os.path.relpath(os.path.join(where, name), folder)
        for where, _folders, names in os.walk(folder)
        for name in names
    )


def _is_leftover(name: str) -> bool:
    """Whether a run that was killed has left it. Nodes have names of their own with a dot."""
    base = os.path.basename(name)
    of_node = name.startswith("nodes/") and not base.endswith(".new")
    return base.startswith(".") and not of_node


def _read_json(path: str) -> t.Any:
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def _is_manifest(value: t.Any) -> bool:
    """Whether it has the shape that is relied on here, whatever it says."""
    if not isinstance(value, dict):
        return False
    files, proofs = value.get("files"), value.get("proofs")
    return (
        all(isinstance(value.get(name), dict) for name in MAPPINGS)
        and isinstance(value.get("created_at"), str)
        and isinstance(files, dict)
        and all(isinstance(facts, dict) for facts in files.values())
        and isinstance(proofs, list)
        and all(isinstance(p, dict) and isinstance(p.get("name"), str) for p in proofs)
    )


def _is_inventory_file(path: str) -> bool:
    try:
        return is_inventory(_read_json(path))
    except ValueError:
        return False


def _as_saved(content: Json, after: Json | None) -> Json:
    """The inventory without what moved on while the snapshot was made, so that no restore takes it
    for a loss and makes it again. It says so itself, for a commit that is killed and done again.

    A manager that has nothing any more has been emptied, and nobody knows when: then all stays.
    """
    comparison = compare(content, after) if after else Comparison()
    told = [
        f"while the snapshot was made, the manager's content moved on: {difference}"
        for difference in (*comparison.lost, *comparison.gained, *comparison.changed)
    ]
    if not after or not told:
        return content
    saved = surely_saved(content, after) if is_filled(counts(after)) else content
    return {**saved, "moved_on": list(dict.fromkeys([*content.get("moved_on", []), *told]))}


__all__ = (
    "CONTENT",
    "MANIFEST",
    "PROOFS",
    "SNAPSHOT",
    "ClusterStore",
    "RecoverySet",
    "SetError",
    "check_name",
    "to_prune",
    "unfit_for",
    "verify",
)
