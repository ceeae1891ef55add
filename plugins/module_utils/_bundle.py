# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Files of a node as one text, which a command on the node prints or reads: a list with a checksum
for each, and a compressed tar in base64. Pure.

cloudify-node-files 1
P PACKAGE VERSION
F MODE OWNER GROUP SIZE SHA256 PATH      (one for each file)
T COUNT
(base64)
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import posixpath
import re
import tarfile
import typing as t
import zlib
from dataclasses import dataclass, field, replace

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import TransferError

HEAD = "cloudify-node-files 1"
_HINT = "Run it again; what is saved already has not been touched"


@dataclass(frozen=True)
class Found:
    """A file as the node has it.

    :ivar found_as: where it lies there, if that is not the path that it is saved under
    """

    content: bytes
    sha256: str
    mode: str
    owner: str
    group: str
    found_as: str = ""

    def renamed(self, found_as: str) -> Found:
        return replace(self, found_as=found_as)


@dataclass
class Bundle:
    """Everything that one node had."""

    files: dict[str, Found] = field(default_factory=dict)
    product: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Bundle:
        """:raises TransferError: unless all that was listed has arrived as it was"""
        lines = text.splitlines()
        if not lines or lines[0] != HEAD:
            raise _broken("it does not begin as one")
        product: dict[str, str] = {}
        listed: dict[str, t.Sequence[str]] = {}
        for number, line in enumerate(lines[1:], 2):
            kind, _space, rest = line.partition(" ")
            if kind == "P" and rest.count(" ") == 1:
                product = dict(zip(("package", "version"), rest.split(" ")))
            elif kind == "F" and rest.count(" ") >= 5:
                *facts, path = rest.split(" ", 5)
                listed[_plain(path)] = facts
            elif kind == "T":
                if rest != str(len(listed)):
                    raise _broken(f"{rest} files were found, and {len(listed)} are listed")
                contents = _unpack("".join(lines[number:])) if listed else {}
                return cls(_checked(listed, contents), product)
            else:
                raise _broken(f"line {number} of its list makes no sense")
        raise _broken("it ends too early")


def pack(files: t.Mapping[str, tuple[bytes, int]]) -> str:
    """Files for C(base64 -d | tar -xzf -), by path; each a content and a mode."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz", format=tarfile.GNU_FORMAT) as tar:
        for path, (content, mode) in sorted(files.items()):
            member = tarfile.TarInfo(path.lstrip("/"))
            member.size, member.mode = len(content), mode
            tar.addfile(member, io.BytesIO(content))
    return base64.b64encode(raw.getvalue()).decode("ascii")


def _unpack(text: str) -> dict[str, bytes]:
    try:
        raw = io.BytesIO(base64.b64decode(text, validate=True))
        with tarfile.open(fileobj=raw, mode="r:gz") as tar:
            members = [member for member in tar if member.isreg()]
            read = ((member.name, tar.extractfile(member)) for member in members)
            return {_plain(f"/{name}"): file.read() for name, file in read if file}
    except (binascii.Error, tarfile.TarError, EOFError, OSError, zlib.error) as exc:
        raise _broken(f"its files cannot be unpacked: {exc}") from None


def _checked(
    listed: t.Mapping[str, t.Sequence[str]], contents: t.Mapping[str, bytes]
) -> dict[str, Found]:
    found = {}
    for path, (mode, owner, group, size, sha256) in listed.items():
        if path not in contents:
            raise _broken(f"{path} is listed, and not there")
        content = contents[path]
        if str(len(content)) != size or hashlib.sha256(content).hexdigest() != sha256:
            raise _broken(f"{path} did not arrive as it was read")
        found[path] = Found(content, sha256, mode.zfill(4), owner, group)
    for path in contents:
        if path not in listed:
            raise _broken(f"{path} is there, and not listed")
    return found


def _plain(path: str) -> str:
    if not path.startswith("/") or posixpath.normpath(path) != path or re.search(r"\s$", path):
        raise _broken(f"{path!r} is no plain path")
    return path


def _broken(why: str) -> TransferError:
    return TransferError(f"The node's files did not arrive whole: {why}", hint=_HINT)


__all__ = ("HEAD", "Bundle", "Found", "pack")
