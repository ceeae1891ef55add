#!/usr/bin/python
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: content_info
short_description: Take the content inventory of a Cloudify Manager
version_added: 0.1.0
description:
  - Lists what the manager holds, per tenant and kind, as counts and ids, a thousand items a request. Values of secrets are never read.
  - With it comes what a restore is known to lose, in enough detail to put it back, which is schedules, sites, and the sites and labels of
    deployments.
  - The parameters of schedules are among it, as they are, and they can be secrets. So keep the inventory where only its owner can read it,
    as M(cloudify_ha.recovery.recovery_set) does with mode 0600, and do not have the task's result logged.
  - Two inventories are compared by the filter P(cloudify_ha.recovery.content_diff#filter).
extends_documentation_fragment:
  - cloudify_ha.recovery._connection
  - cloudify_ha.recovery._attributes
  - cloudify_ha.recovery._attributes.info
  - cloudify_ha.recovery._attributes.group
  - cloudify_ha.recovery._attributes.progress
options:
  last_writes:
    description:
      - Also tell when anything was made or changed last, kind by kind.
    type: bool
    default: false
seealso:
  - module: cloudify_ha.recovery.snapshot_restore
  - plugin: cloudify_ha.recovery.content_diff
    plugin_type: filter
author:
  - cloudify_ha.recovery contributors (@cloudify-ha)
"""

EXAMPLES = r"""
- name: Take the inventory
  cloudify_ha.recovery.content_info:
    manager_hosts: [manager1.example.com]
    username: admin
    password: "{{ vault_cloudify_password }}"
  register: before

- name: Compare it with an earlier one
  ansible.builtin.debug:
    msg: "{{ earlier.content | cloudify_ha.recovery.content_diff(before.content) }}"
"""

RETURN = r"""
content:
  description: The inventory.
  returned: success
  type: dict
  contains:
    taken_at:
      description: When it was begun.
      type: str
      returned: always
    manager:
      description: Version and edition.
      type: dict
      returned: always
    kinds:
      description: The kinds that were read. Others do not exist in this version or edition.
      type: list
      elements: str
      returned: always
    content:
      description: Tenant, then kind, then C(count) and C(ids). What belongs to no tenant is under the key V((manager\)).
      type: dict
      returned: always
    details:
      description: Schedules, sites, placements of deployments, and scheduled executions.
      type: dict
      returned: always
counts:
  description: How much there is of each kind, in all tenants together.
  returned: success
  type: dict
  sample: {blueprints: 4, deployments: 5}
warnings_found:
  description: What a restore in new format is known to do to this content.
  returned: success
  type: list
  elements: str
last_writes:
  description: When the newest of each kind was made or changed, as the manager's clock says.
  returned: O(last_writes=true)
  type: dict
  sample: {secrets: "2026-11-22T03:00:00.000Z"}
manager_host:
  description: The manager that answered.
  returned: success
  type: str
  sample: manager1.example.com
duration:
  description: How long it took, in seconds.
  returned: always
  type: float
  sample: 0.6
"""

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._apply import (
    new_format_warnings,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._content import counts
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._inventory import (
    last_writes,
    take_inventory,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._module import (
    connect,
    create_manager_module,
    run,
)

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def body(module: AnsibleModule) -> dict[str, t.Any]:
    client = connect(module)
    inventory = take_inventory(client)
    newest = {"last_writes": last_writes(client)} if module.params["last_writes"] else {}
    return {
        **newest,
        "content": inventory,
        "counts": counts(inventory),
        "warnings_found": new_format_warnings(inventory),
        "manager_host": client.http.host,
    }


def main() -> t.NoReturn:
    run(
        create_manager_module(argument_spec={"last_writes": {"type": "bool", "default": False}}),
        body,
    )


if __name__ == "__main__":
    main()
