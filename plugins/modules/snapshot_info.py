#!/usr/bin/python
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: snapshot_info
short_description: List the snapshots on a Cloudify Manager
version_added: 0.1.0
description:
  - Lists the snapshots of a tenant, or looks up one, and tells whether a restore is running.
extends_documentation_fragment:
  - cloudify_ha.recovery._connection
  - cloudify_ha.recovery._attributes
  - cloudify_ha.recovery._attributes.info
  - cloudify_ha.recovery._attributes.group
options:
  id:
    description:
      - Look up this snapshot only. One that does not exist gives an empty list.
    type: str
  describe:
    description:
      - Read each archive's own account of itself from the manager, by a few small requests and without downloading it.
    type: bool
    default: false
seealso:
  - module: cloudify_ha.recovery.snapshot
  - module: cloudify_ha.recovery.snapshot_archive_info
author:
  - cloudify_ha.recovery contributors (@cloudify-ha)
"""

EXAMPLES = r"""
- name: List all snapshots
  cloudify_ha.recovery.snapshot_info:
    manager_hosts: [manager1.example.com]
    username: admin
    password: "{{ vault_cloudify_password }}"
  register: found

- name: Look into one without downloading it
  cloudify_ha.recovery.snapshot_info:
    manager_hosts: [manager1.example.com]
    username: admin
    password: "{{ vault_cloudify_password }}"
    id: before-upgrade
    describe: true
"""

RETURN = r"""
snapshots:
  description: The snapshots, oldest first, as the manager lists them.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The snapshot's id.
      type: str
      returned: always
    status:
      description: C(creating), C(created), C(failed) or C(uploaded).
      type: str
      returned: always
    error:
      description: Why it failed.
      type: str
      returned: always
    archive:
      description: What the archive says of itself, as RV(cloudify_ha.recovery.snapshot_archive_info#module:archive).
      type: dict
      returned: O(describe=true), and the archive can be read
    archive_error:
      description: Why the archive cannot be used.
      type: str
      returned: O(describe=true), and the archive cannot be read
restore_running:
  description: Whether the manager says that a restore is running. Null before 5.0.5, which does not say.
  returned: success
  type: bool
  sample: false
version:
  description: Version of the manager.
  returned: success
  type: str
  sample: 7.0.5
edition:
  description: V(premium) or V(community).
  returned: success
  type: str
  sample: premium
generation:
  description: V(active_standby) up to 4.x, V(all_active) from 5.0 on.
  returned: success
  type: str
  sample: all_active
manager_host:
  description: The manager that answered.
  returned: success
  type: str
  sample: manager1.example.com
duration:
  description: How long it took, in seconds.
  returned: always
  type: float
  sample: 0.2
"""

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import (
    CloudifyClient,
    Json,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import RecoveryError
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._module import (
    connect,
    create_manager_module,
    run,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._preflight import (
    check_usable,
    describe_remote,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._restore import (
    refused_while_restoring,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._snapshots import check_name

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def described(client: CloudifyClient, snapshot: Json) -> Json:
    try:
        check_usable(snapshot)
        return {**snapshot, "archive": describe_remote(client, snapshot["id"]).as_dict()}
    except RecoveryError as exc:
        return {**snapshot, "archive_error": exc.message}


def body(module: AnsibleModule) -> dict[str, t.Any]:
    if module.params["id"] is not None:
        check_name(module.params["id"])
    client = connect(module)
    with refused_while_restoring(client):
        return look(module, client)


def look(module: AnsibleModule, client: CloudifyClient) -> dict[str, t.Any]:
    if module.params["id"] is None:
        snapshots = client.snapshots()
    else:
        found = client.snapshot(module.params["id"])
        snapshots = [found] if found else []
    if module.params["describe"]:
        snapshots = [described(client, snapshot) for snapshot in snapshots]
    capabilities = client.capabilities()
    return {
        "version": str(capabilities.version),
        "edition": capabilities.edition,
        "generation": capabilities.generation,
        "snapshots": snapshots,
        "restore_running": client.restore_is_running(),
        "manager_host": client.http.host,
    }


def main() -> t.NoReturn:
    run(
        create_manager_module(
            argument_spec={
                "id": {"type": "str"},
                "describe": {"type": "bool", "default": False},
            }
        ),
        body,
    )


if __name__ == "__main__":
    main()
