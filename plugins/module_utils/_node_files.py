# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Certificates, keys and configuration of nodes, as they are kept in the store. Files only.

PLACE/nodes/NODE/ mirrors the absolute paths of the node, and index.json in it says what each file
is. A place is a recovery set, the directory of a run, or anything else on the host of the store.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import ssl
import typing as t
from dataclasses import dataclass, field

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _certificates
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._bundle import Bundle, Found
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._disk import sync_folder
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import Refused
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._job_container import (
    refuse_in_job_container,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._sets import (
    NODES,
    write_json,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._times import utc_now

Json = dict[str, t.Any]

INDEX = "index.json"
INDEX_FORMAT = 1

#: The CA that agents trust.
INTERNAL_CA = "/etc/cloudify/ssl/cloudify_internal_ca_cert.pem"

#: What C(cfy_manager remove) of 6.3 and later makes of a name.
_RENAMED = re.compile(r"(\d{8}-\d{6})_(.+)")
_PEM = re.compile(r"\.(pem|crt|key)$")
_PAIRS = ((r"_cert\.pem$", "_key.pem"), (r"-cert\.pem$", "-key.pem"), (r"\.crt$", ".key"))


def folder_of(place: str, node: str) -> str:
    """:raises Refused: for the name of a node that is no plain file name, and in a job of AWX"""
    refuse_in_job_container(f"the place {place}")
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}", node or ""):
        raise Refused(f"{node!r} cannot be the name of a node's directory")
    return os.path.join(place, NODES, node)


@dataclass
class Saved:
    """What a place holds of one node.

    :ivar files: path on the node -> owner, group, mode, size, sha256, certificates, ...
    :ivar product: name and version of the installed package, where they were known
    """

    folder: str
    files: dict[str, Json] = field(default_factory=dict)
    product: Json = field(default_factory=dict)
    saved_at: str = ""

    @classmethod
    def load(cls, folder: str) -> Saved:
        """What the index says; nothing at all when there is none.

        :raises Refused: when it cannot be used
        """
        path = os.path.join(folder, INDEX)
        try:
            with open(path, encoding="utf-8") as file:
                index = json.load(file)
            if index["format"] != INDEX_FORMAT or not isinstance(index["files"], dict):
                raise ValueError("it has another format")
            return cls(folder, index["files"], index["product"], index["saved_at"])
        except FileNotFoundError:
            return cls(folder)
        except (ValueError, KeyError, TypeError) as exc:
            raise Refused(
                f"{path} cannot be used: {exc}", hint="Look at it before anything else is done"
            ) from None

    def store(self, node: str) -> None:
        index = {
            "format": INDEX_FORMAT,
            "node": node,
            "saved_at": self.saved_at,
            "product": self.product,
            "files": dict(sorted(self.files.items())),
        }
        write_json(os.path.join(self.folder, INDEX), index)
        sync_folder(self.folder)

    def path(self, name: str) -> str:
        return os.path.join(self.folder, name.lstrip("/"))

    def read(self, name: str) -> bytes:
        with open(self.path(name), "rb") as file:
            return file.read()

    # -- what it is worth ------------------------------------------------------------------------

    def problems(self) -> list[str]:
        """What is wrong with the files, by reading every byte; empty if they can be relied on."""
        return self.damage() or self.wrong_pairs()

    def damage(self) -> list[str]:
        """What is not as it was saved."""
        found = []
        for name, facts in sorted(self.files.items()):
            try:
                content = self.read(name)
            except OSError as exc:
                found.append(f"{name}: {exc.strerror}")
                continue
            if hashlib.sha256(content).hexdigest() != facts.get("sha256"):
                found.append(f"{name} is not the file that was saved")
            elif reason := flaw(name, content):
                found.append(f"{name} {reason}")
        return found

    def wrong_pairs(self) -> list[str]:
        """Keys that are not those of their certificates, as the node may have had them."""
        found = []
        for name in sorted(self.files):
            for ending, key_ending in _PAIRS:
                key = re.sub(ending, key_ending, name)
                if key != name and key in self.files and not self._belong(name, key):
                    found.append(f"{key} is not the key of {name}")
        return found

    def _belong(self, certificate: str, key: str) -> bool:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            context.load_cert_chain(self.path(certificate), self.path(key), password=_no_password)
        except _Encrypted:
            return True
        except ssl.SSLError as exc:
            return exc.reason != "KEY_VALUES_MISMATCH"
        return True

    @property
    def authorities(self) -> dict[str, str]:
        """Fingerprints of all CA certificates, by path."""
        return {
            name: certificates[0]["fingerprint"]
            for name, facts in sorted(self.files.items())
            if (certificates := facts.get("certificates")) and certificates[0]["is_ca"]
        }

    @property
    def worth(self) -> int:
        """How many certificates it has, under the names that the product knows."""
        names = (name.rpartition("/")[2] for name in self.fingerprints)
        return sum(not _RENAMED.fullmatch(name) for name in names)

    @property
    def fingerprints(self) -> dict[str, str]:
        """Fingerprints of the first certificate of each file, by path."""
        return {
            name: facts["certificates"][0]["fingerprint"]
            for name, facts in sorted(self.files.items())
            if facts.get("certificates")
        }

    def as_dict(self) -> Json:
        return {
            "path": self.folder,
            "saved_at": self.saved_at,
            "product": self.product,
            "files": self.files,
            "fingerprints": self.fingerprints,
            "ca_fingerprints": self.authorities,
            "ca_fingerprint": self.fingerprints.get(INTERNAL_CA),
        }


class _Encrypted(Exception):
    """A key asks for its password."""


def _no_password() -> t.NoReturn:
    raise _Encrypted


def flaw(name: str, content: bytes) -> str | None:
    """Why a file is of no use, as the end of a sentence; None if it may be of use."""
    if not content.strip():
        return "is empty"
    if _PEM.search(name):
        if b"-----BEGIN " not in content or b"-----END " not in content:
            return "is not in PEM form, or was cut off"
        try:
            _certificates.in_pem(content)
        except ValueError as exc:
            return f"cannot be used: {exc}"
    return None


# -- saving ----------------------------------------------------------------------------------------


@dataclass
class Plan:
    """What saving a bundle comes to.

    :ivar new: path on the node -> what is to be written
    :ivar useless: paths on the node whose content is of no use to anybody, which is never saved
    :ivar kept: paths whose saved copy stays, although the node has another content now
    :ivar gone: paths whose saved copy stays, and that the node no longer has
    """

    saved: Saved
    new: dict[str, Found]
    kept: list[str]
    gone: list[str]
    useless: list[str]

    @property
    def reason(self) -> str | None:
        if not self.new:
            return None
        count = f"{len(self.new)} file{'' if len(self.new) == 1 else 's'}"
        return f"{count} not in the store yet, or only as something that is of no use"


def plan(*, place: str, node: str, bundle: Bundle, replace: bool = False) -> Plan:
    """Hold a bundle against what is saved already. A good saved copy is never given up for what a
    node has later, since between the two may lie a reinstallation with a new CA.

    :param replace: a different content that is of use takes the place of the saved one
    """
    saved = Saved.load(folder_of(place, node))
    found = _with_plain_names(bundle.files)
    new, kept, useless = {}, [], []
    for name, file in found.items():
        same = name in saved.files and saved.files[name]["sha256"] == file.sha256
        if flaw(name, file.content):
            useless.append(name)
        elif not _is_good(saved, name) or (replace and not same):
            new[name] = file
        elif not same:
            kept.append(name)
    gone = [name for name in saved.files if name not in found]
    return Plan(saved, new, kept, gone, useless)


def save(planned: Plan, *, node: str, bundle: Bundle) -> Saved:
    """Write what is new, durably, the index last."""
    saved = planned.saved
    folders = set()
    for name, file in planned.new.items():
        path = saved.path(name)
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        _write(path, file.content)
        folders.add(os.path.dirname(path))
        saved.files[name] = _describe(name, file)
    for folder in _upwards(folders, stop=os.path.dirname(os.path.dirname(saved.folder))):
        os.chmod(folder, 0o700)
        sync_folder(folder)
    if planned.new:
        saved.product = bundle.product or saved.product
        saved.saved_at = utc_now()
        saved.store(node)
    return saved


def _describe(name: str, file: Found) -> Json:
    facts: Json = {
        "owner": file.owner,
        "group": file.group,
        "mode": file.mode,
        "size": len(file.content),
        "sha256": file.sha256,
    }
    if file.found_as:
        facts["found_as"] = file.found_as
    try:
        certificates = [each.as_dict() for each in _certificates.in_pem(file.content)]
    except ValueError:
        certificates = []
    if certificates:
        facts["certificates"] = certificates
    return facts


def _is_good(saved: Saved, name: str) -> bool:
    if name not in saved.files:
        return False
    try:
        content = saved.read(name)
    except OSError:
        return False
    whole = hashlib.sha256(content).hexdigest() == saved.files[name]["sha256"]
    return whole and not flaw(name, content)


def _with_plain_names(files: t.Mapping[str, Found]) -> dict[str, Found]:
    """Where a file is there under the name that C(remove) gave it only, it is also what it was."""
    found = dict(files)
    # the newest comes last
    for name, file in sorted(files.items()):
        folder, _slash, base = name.rpartition("/")
        match = _RENAMED.fullmatch(base)
        if match and f"{folder}/{match[2]}" not in files and not flaw(match[2], file.content):
            found[f"{folder}/{match[2]}"] = file.renamed(name)
    return found


def _write(path: str, content: bytes) -> None:
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.rename(temporary, path)


def _upwards(folders: t.Iterable[str], *, stop: str) -> list[str]:
    """The folders and all above them, up to C(stop), which is one of them; deepest first."""
    found = {stop}
    for folder in folders:
        while folder != stop:
            found.add(folder)
            folder = os.path.dirname(folder)
    return sorted(found, key=len, reverse=True)


__all__ = ("INDEX", "INTERNAL_CA", "NODES", "Plan", "Saved", "flaw", "folder_of", "plan", "save")
