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

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _node_files_work
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._module import run


def main() -> t.NoReturn:
    run(
        AnsibleModule(argument_spec=_node_files_work.SAVE, supports_check_mode=True),
        lambda module: _node_files_work.save(module.params, module.check_mode),
    )


if __name__ == "__main__":
    main()
