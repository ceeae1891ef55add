#!/usr/bin/python
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: recovery_set_info
short_description: List and verify the recovery sets of a cluster, and name the newest verified one
version_added: 0.1.0
description:
  - Lists the sets in the store, newest first, and holds their files against their manifests.
  - Works on files only, on the host of the store; it needs no manager.
extends_documentation_fragment:
  - cloudify_ha.recovery._attributes
  - cloudify_ha.recovery._attributes.info
  - cloudify_ha.recovery._attributes.progress
options:
  store:
    description:
      - Directory of the store on the host that the module runs on.
    type: path
    required: true
  cluster:
    description:
      - Name of the cluster.
    type: str
    required: true
  id:
    description:
      - Look at this set only. One that does not exist is an error.
    type: str
  verify:
    description:
      - V(size) compares sizes, and looks whether the manifest names all proofs.
      - V(newest) also reads every byte of the newest set, and of the next one if that has a problem, until one is sound. It compares
        checksums, tests each entry of the snapshot, and reads its metadata.
      - V(full) reads every byte of all sets.
    type: str
    choices: [size, newest, full]
    default: newest
  for_version:
    description:
      - Take a set that a manager of this version could not restore for one with a problem.
    type: str
seealso:
  - module: cloudify_ha.recovery.recovery_set
author:
  - cloudify_ha.recovery contributors (@cloudify-ha)
"""

EXAMPLES = r"""
- name: Find the newest set that can be relied on
  cloudify_ha.recovery.recovery_set_info:
    store: /var/lib/cloudify-store
    cluster: production
  register: sets
  failed_when: sets is failed or sets.newest_verified is none
"""

RETURN = r"""
sets:
  description: The sets, newest first.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The set.
      type: str
      returned: always
    path:
      description: Its directory.
      type: str
      returned: always
    snapshot_path:
      description: Its snapshot.
      type: str
      returned: always
    content_path:
      description: Its content inventory.
      type: str
      returned: always
    manifest:
      description: Its manifest. Empty where there is none that can be read.
      type: dict
      returned: always
    problems:
      description: Why it cannot be relied on.
      type: list
      elements: str
      returned: always
    sound:
      description: Whether no problem was found.
      type: bool
      returned: always
    verified:
      description: How far it was checked, V(size) or V(full).
      type: str
      returned: always
newest_verified:
  description: The newest sound set, as in RV(sets), checked as far as O(verify) says. Null where there is none.
  returned: success
  type: dict
passed_over:
  description:
    - Sets with a problem that are newer than RV(newest_verified), newest first. One without a manifest that can be read is as old as its
      name says, or else as its directory. A directory with no file of a set in it is none.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The set.
      type: str
      returned: always
    problems:
      description: Why it cannot be relied on.
      type: list
      elements: str
      returned: always
unfinished:
  description: Sets that were begun and not committed.
  returned: success
  type: list
  elements: str
duration:
  description: How long it took, in seconds.
  returned: always
  type: float
"""

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _sets
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._apply import in_short
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import Refused
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._module import create_module, run
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._versions import Version

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def check(found: _sets.RecoverySet, *, full: bool, version: Version | None) -> None:
    if found.manifest:
        _sets.verify(found, full=full)
        if version:
            found.problems += _sets.unfit_for(found, version)


def body(module: AnsibleModule) -> dict[str, t.Any]:
    p = module.params
    try:
        version = Version.parse(p["for_version"]) if p["for_version"] else None
    except ValueError:
        raise Refused(f"for_version {p['for_version']!r} is not a version such as 7.0.5") from None
    store = _sets.ClusterStore(store=p["store"], cluster=p["cluster"])
    sets = store.sets()
    if p["id"] is not None:
        known = in_short([found.id for found in sets])
        sets = [found for found in sets if found.id == p["id"]]
        if not sets:
            raise Refused(
                f"the store has no set {p['id']} of cluster {p['cluster']}",
                hint=f"It has {known}" if known else f"It has none at all in {store.folder}",
            )
    newest = None
    for found in sets:
        full = p["verify"] == "full" or (p["verify"] == "newest" and newest is None)
        check(found, full=full, version=version)
        if newest is None and found.sound:
            newest = found
    return {
        "sets": [found.as_dict() for found in sets],
        "newest_verified": newest.as_dict() if newest else None,
        "passed_over": [
            {"id": found.id, "problems": found.problems}
            for found in (_sets.passed_over(sets, newest) if newest else [])
        ],
        "unfinished": store.unfinished(),
    }


def main() -> t.NoReturn:
    run(
        create_module(
            argument_spec={
                "store": {"type": "path", "required": True},
                "cluster": {"type": "str", "required": True},
                "id": {"type": "str"},
                "verify": {
                    "type": "str",
                    "choices": ["size", "newest", "full"],
                    "default": "newest",
                },
                "for_version": {"type": "str"},
            },
        ),
        body,
    )


if __name__ == "__main__":
    main()
