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
import typing as t

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


def best_sound(
    places: t.Sequence[str], node: str
) -> tuple[t.Optional[str], t.Optional[Saved], list[dict[str, t.Any]]]:
    looked_at: list[dict[str, t.Any]] = []
    best: tuple[t.Optional[str], t.Optional[Saved]] = (None, None)
    for place in places:
        try:
            saved = Saved.load(folder_of(place, node))
            problems = saved.problems()
        except Refused as exc:
            looked_at.append({"place": place, "found": True, "problems": [exc.message]})
            continue
        found = bool(saved.files)
        looked_at.append({"place": place, "found": found, "problems": problems})
        if found and not problems and (best[1] is None or saved.worth > best[1].worth):
            best = (place, saved)
    return (*best, looked_at)


def body(module: AnsibleModule) -> dict[str, t.Any]:
    p = module.params
    folder_of("", p["node"])
    place, saved, looked_at = best_sound(p["places"], p["node"])
    result: dict[str, t.Any] = {"sound": saved is not None, "looked_at": looked_at}
    if saved is None:
        return result
    result.update(place=place, saved=saved.as_dict())
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
                "texts": {"type": "list", "elements": "str", "default": []},
                "bundle": {"type": "list", "elements": "str", "default": []},
                "below": {"type": "str", "default": "/"},
            },
        ),
        body,
    )


if __name__ == "__main__":
    main()
