#!/usr/bin/python
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: maintenance_mode_info
short_description: Tell whether a Cloudify Manager is in maintenance mode
version_added: 0.1.0
description:
  - Reads the maintenance mode, and which executions keep the manager from entering it.
extends_documentation_fragment:
  - cloudify_ha.recovery._connection
  - cloudify_ha.recovery._attributes
  - cloudify_ha.recovery._attributes.info
  - cloudify_ha.recovery._attributes.group
seealso:
  - module: cloudify_ha.recovery.maintenance_mode
author:
  - cloudify_ha.recovery contributors (@cloudify-ha)
"""

EXAMPLES = r"""
- name: Ask for the maintenance mode
  cloudify_ha.recovery.maintenance_mode_info:
    manager_hosts: [manager1.example.com]
    username: admin
    password: "{{ vault_cloudify_password }}"
  register: found
"""

RETURN = r"""
maintenance:
  description: The maintenance mode.
  returned: success
  type: dict
  contains:
    status:
      description: C(activated), C(activating) or C(deactivated).
      type: str
      returned: always
    activated_at:
      description: When it was entered.
      type: str
      returned: when it is activated
    requested_by:
      description: Who asked for it.
      type: str
      returned: always
    remaining_executions:
      description: Executions that the manager waits for.
      type: list
      elements: dict
      returned: always
manager_host:
  description: The manager that answered.
  returned: success
  type: str
  sample: manager1.example.com
duration:
  description: How long it took, in seconds.
  returned: always
  type: float
  sample: 0.1
"""

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _maintenance
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._module import (
    connect,
    create_manager_module,
    run,
)

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def body(module: AnsibleModule) -> dict[str, t.Any]:
    client = connect(module)
    found = client.maintenance()
    found["remaining_executions"] = _maintenance.remaining(found)
    return {"maintenance": found, "manager_host": client.http.host}


def main() -> t.NoReturn:
    run(create_manager_module(argument_spec={}), body)


if __name__ == "__main__":
    main()
