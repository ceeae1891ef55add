#!/usr/bin/python
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: node_files
short_description: Save a node's certificates, keys and configuration in the store
version_added: 0.1.0
description:
  - Takes what the role C(cloudify_ha.recovery.save_certificates) collected on a node, and keeps it in a directory of the store, each file
    under the path that it has on the node, with mode 0600, and an index of what each file is.
  - Nothing is written before every file is proven to be what the node listed. What is in the store is read back and verified.
  - A good saved copy is never given up for what a node has later, since between the two may lie a reinstallation with a new CA. It takes the
    place of a saved copy that is of no use, such as an empty file. An empty node changes nothing.
  - Where C(cfy_manager remove) has renamed a file to C(YYYYmmdd-HHMMSS_NAME) and there is none under the plain name, the newest such copy is
    saved under the plain name as well.
extends_documentation_fragment:
  - cloudify_ha.recovery._attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details:
      - The files hold private keys.
  idempotent:
    support: full
options:
  place:
    description:
      - Directory that gets C(nodes/NODE), such as a recovery set that is being made, or that of a run.
    type: path
    required: true
  node:
    description:
      - The node's name in the inventory.
    type: str
    required: true
  bundle:
    description:
      - What C(collect.sh) of the role printed on the node.
    type: str
    required: true
  replace:
    description:
      - Also give up a good saved copy for another content, as long as that is of use.
    type: bool
    default: false
seealso:
  - module: cloudify_ha.recovery.node_files_info
author:
  - cloudify_ha.recovery contributors (@cloudify-ha)
"""

EXAMPLES = r"""
- name: Save what the node has
  cloudify_ha.recovery.node_files:
    place: /var/lib/cloudify_ha/production/.runs/20261122T030000Z
    node: "{{ inventory_hostname }}"
    bundle: "{{ collected.stdout }}"
  delegate_to: localhost
"""

RETURN = r"""
path:
  description: The directory of the node's files.
  returned: success
  type: str
  sample: /var/lib/cloudify_ha/production/.runs/20261122T030000Z/nodes/h1
found:
  description: How many files the node has.
  returned: success
  type: int
  sample: 14
saved:
  description: Paths on the node whose files were saved now, or in check mode would be.
  returned: success
  type: list
  elements: str
kept:
  description: Paths whose saved copy stays, although the node has another content now.
  returned: success
  type: list
  elements: str
gone:
  description: Paths whose saved copy stays, and that the node no longer has.
  returned: success
  type: list
  elements: str
useless:
  description: Paths on the node that are never saved, since the file is empty, or no PEM file although its name says so.
  returned: success
  type: list
  elements: str
stored:
  description: What the store holds of the node now, read back and verified, as RV(cloudify_ha.recovery.node_files_info#module:saved) has it.
  returned: success, not in check mode
  type: dict
problems:
  description: What cannot be right on the node itself, such as a key that is not that of its certificate.
  returned: success, not in check mode
  type: list
  elements: str
reason:
  description: Why something was saved.
  returned: changed
  type: str
duration:
  description: How long it took, in seconds.
  returned: always
  type: float
"""

import os
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _node_files
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._bundle import Bundle
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    RecoveryError,
    Refused,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._module import create_module, run

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def body(module: AnsibleModule) -> dict[str, t.Any]:
    p = module.params
    if not os.path.isdir(p["place"]) and not module.check_mode:
        raise Refused(f"there is no directory {p['place']}", hint="Make it first")
    bundle = Bundle.parse(p["bundle"])
    plan = _node_files.plan(place=p["place"], node=p["node"], bundle=bundle, replace=p["replace"])
    result = {
        "changed": bool(plan.new),
        "path": plan.saved.folder,
        "found": len(bundle.files),
        "saved": sorted(plan.new),
        "kept": sorted(plan.kept),
        "gone": sorted(plan.gone),
        "useless": sorted(plan.useless),
    }
    if plan.reason:
        result["reason"] = plan.reason
    if not module.check_mode:
        _node_files.save(plan, node=p["node"], bundle=bundle)
        stored = _node_files.Saved.load(plan.saved.folder)
        damage = stored.damage()
        if damage:
            raise RecoveryError(
                f"{stored.folder} cannot be relied on: {'; '.join(damage)}",
                hint="Look at the disk of the store",
            )
        result.update(stored=stored.as_dict(), problems=stored.wrong_pairs())
    return result


def main() -> t.NoReturn:
    run(
        create_module(
            argument_spec={
                "place": {"type": "path", "required": True},
                "node": {"type": "str", "required": True},
                "bundle": {"type": "str", "required": True, "no_log": True},
                "replace": {"type": "bool", "default": False},
            },
        ),
        body,
    )


if __name__ == "__main__":
    main()
