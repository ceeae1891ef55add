#!/usr/bin/python
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: node_files_info
short_description: Verify what the store holds of a node's certificates and configuration
version_added: 0.1.0
description:
  - Looks for a node's files in several places, reads every byte of them, and tells of the best sound copy. That is the one with the most
    certificates, since a node that was half removed has fewer than it had; of equal ones, that of the first place.
  - A copy is sound when every file is the one that was saved, certificates and keys can be read, and each key belongs to its certificate.
extends_documentation_fragment:
  - cloudify_ha.recovery._attributes
  - cloudify_ha.recovery._attributes.info
options:
  places:
    description:
      - Directories that may have C(nodes/NODE), such as that of a run and then a recovery set.
    type: list
    elements: path
    required: true
  node:
    description:
      - The node's name in the inventory.
    type: str
    required: true
  peers:
    description:
      - Other nodes that have the same CA. Their copies count for RV(cas) as long as no two places agree on that of O(node).
    type: list
    elements: str
    default: []
  cas:
    description:
      - Fingerprints of CAs (C(sha256), or the first 16 digits of it and more). A copy with another CA is not taken, and not told of in RV(cas).
    type: list
    elements: str
    default: []
  texts:
    description:
      - Also return the text of the files whose path matches one of these patterns. They hold passwords, so use C(no_log).
    type: list
    elements: str
    default: []
  bundle:
    description:
      - Also return the files whose path matches one of these patterns, to be unpacked on a node. They hold private keys, so use C(no_log).
    type: list
    elements: str
    default: []
  below:
    description:
      - Directory that RV(bundle) is unpacked into.
    type: str
    default: /
seealso:
  - module: cloudify_ha.recovery.node_files
author:
  - cloudify_ha.recovery contributors (@cloudify-ha)
"""

EXAMPLES = r"""
- name: Ask whether the node could be installed with its old certificates
  cloudify_ha.recovery.node_files_info:
    places:
      - /var/lib/cloudify_ha/production/.runs/20261122T030000Z
      - /var/lib/cloudify_ha/production/backup-20261121T020000Z
    node: h1
  register: saved
  failed_when: saved is failed or not saved.sound
"""

RETURN = r"""
sound:
  description: Whether there is a copy that can be relied on.
  returned: success
  type: bool
place:
  description: The place that has it.
  returned: success and RV(sound)
  type: str
saved:
  description: What it holds.
  returned: success and RV(sound)
  type: dict
  contains:
    path:
      description: The directory of the node's files.
      type: str
      returned: always
    saved_at:
      description: When it was saved.
      type: str
      returned: always
    product:
      description: C(package) and C(version) that were installed, where that was known.
      type: dict
      returned: always
    files:
      description: By path on the node, C(owner), C(group), C(mode), C(size), C(sha256), C(certificates) and C(found_as).
      type: dict
      returned: always
    fingerprints:
      description: sha256 of the first certificate of each file, by path.
      type: dict
      returned: always
    ca_fingerprints:
      description: The same of CA certificates alone.
      type: dict
      returned: always
    ca_fingerprint:
      description: That of the CA that agents trust.
      type: str
      returned: always
cas:
  description:
    - For the fingerprint of each CA that is in a sound copy, whose copies have it, and where. With more than one, an installation with the wrong
      one would take the cluster from its agents.
  returned: success
  type: dict
  sample: {"f2b8b527f1c46302350b144b16e75805e31c52e1d004e9da152d6dc4ce2a1dbe": ["h1 in /var/lib/cloudify_ha/production/backup-20261121T020000Z"]}
looked_at:
  description: Each place that was looked at, with C(place), C(found), and what is wrong with it as C(problems).
  returned: success
  type: list
  elements: dict
texts:
  description: Texts of files by path.
  returned: success and RV(sound) and O(texts) is given
  type: dict
bundle:
  description: A compressed tar in base64.
  returned: success and RV(sound) and O(bundle) is given
  type: str
bundled:
  description: The paths that are in it, without O(below).
  returned: success and RV(sound) and O(bundle) is given
  type: list
  elements: str
duration:
  description: How long it took, in seconds.
  returned: always
  type: float
"""

import fnmatch
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._bundle import pack
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import Refused
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._module import create_module, run
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._node_files import (
    Saved,
    folder_of,
)

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def matching(saved: Saved, patterns: t.Sequence[str]) -> list[str]:
    return [
        name
        for name in sorted(saved.files)
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
    ]


@dataclass
class Copy:
    """What one place has of a node.

    :ivar saved: None where it cannot be read
    :ivar problems: why it is not to be used
    """

    place: str
    node: str
    saved: Saved | None
    problems: list[str]

    @property
    def ca(self) -> str:
        found = self.saved.as_dict()["ca_fingerprint"] if self.saved else None
        return str(found or "")

    @property
    def found(self) -> bool:
        return self.saved is None or bool(self.saved.files)

    @property
    def is_sound(self) -> bool:
        return self.found and not self.problems


def copies(places: t.Sequence[str], node: str, cas: t.Sequence[str]) -> list[Copy]:
    """
    :param cas: where there are any, a copy with another CA is a problem
    """
    found = []
    for place in places:
        try:
            saved = Saved.load(folder_of(place, node))
            copy = Copy(place, node, saved, saved.problems())
        except Refused as exc:
            copy = Copy(place, node, None, [exc.message])
        if cas and copy.ca and not copy.ca.startswith(tuple(cas)):
            copy.problems.append(f"its CA is {copy.ca}, which is not asked for")
        found.append(copy)
    return found


def with_ca(found: t.Iterable[Copy]) -> list[Copy]:
    return [copy for copy in found if copy.is_sound and copy.ca]


def by_ca(found: t.Iterable[Copy]) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    for copy in found:
        told.setdefault(copy.ca, []).append(f"{copy.node} in {copy.place}")
    return told


def fingerprints(given: t.Sequence[str]) -> list[str]:
    """:raises Refused: for one that could mean several"""
    plain = [each.replace(":", "").strip().lower() for each in given]
    for each in plain:
        if not re.fullmatch(r"[0-9a-f]{16,64}", each):
            raise Refused(
                f"{each!r} is no fingerprint of a CA: it has at least 16 of its 64 digits"
            )
    return plain


def body(module: AnsibleModule) -> dict[str, t.Any]:
    p = module.params
    folder_of("", p["node"])
    cas = fingerprints(p["cas"])
    found = copies(p["places"], p["node"], cas)
    # of equal ones the first
    best = max(
        (copy for copy in found if copy.is_sound and copy.saved),
        key=lambda copy: copy.saved.worth if copy.saved else 0,
        default=None,
    )
    own = with_ca(found)
    peers = p["peers"] if len(own) == 1 else []
    result: dict[str, t.Any] = {
        "sound": best is not None,
        "looked_at": [
            {"place": copy.place, "found": copy.found, "problems": copy.problems} for copy in found
        ],
        "cas": by_ca(own + with_ca(c for peer in peers for c in copies(p["places"], peer, cas))),
    }
    if best is None or best.saved is None:
        return result
    saved = best.saved
    result.update(place=best.place, saved=saved.as_dict())
    if p["texts"]:
        names = matching(saved, p["texts"])
        result["texts"] = {name: saved.read(name).decode("utf-8", "replace") for name in names}
    if p["bundle"]:
        names = matching(saved, p["bundle"])
        files = {f"{p['below'].rstrip('/')}{name}": (saved.read(name), 0o600) for name in names}
        result.update(bundle=pack(files), bundled=names)
    return result


def main() -> t.NoReturn:
    run(
        create_module(
            argument_spec={
                "places": {"type": "list", "elements": "path", "required": True},
                "node": {"type": "str", "required": True},
                "peers": {"type": "list", "elements": "str", "default": []},
                "cas": {"type": "list", "elements": "str", "default": []},
                "texts": {"type": "list", "elements": "str", "default": []},
                "bundle": {"type": "list", "elements": "str", "default": []},
                "below": {"type": "str", "default": "/"},
            },
        ),
        body,
    )


if __name__ == "__main__":
    main()
