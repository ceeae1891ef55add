#!/usr/bin/python
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: snapshot
short_description: Make or delete a snapshot on a Cloudify Manager
version_added: 0.1.0
description:
  - Has the manager make a snapshot of its state, and waits until both the snapshot and the execution that makes it are done.
  - The snapshot stays on the manager. Download it with M(cloudify_ha.recovery.snapshot_download); a copy that lives only on the
    manager is no backup, since a restore in legacy format removes it.
extends_documentation_fragment:
  - cloudify_ha.recovery._connection
  - cloudify_ha.recovery._wait
  - cloudify_ha.recovery._attributes
  - cloudify_ha.recovery._attributes.group
  - cloudify_ha.recovery._attributes.progress
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - The snapshot is known by its O(id). An existing one is not made again.
options:
  id:
    description:
      - The snapshot's id. It begins with a letter and has at most 256 letters, digits and characters C(-), C(.), C(_).
    type: str
    required: true
  state:
    description:
      - V(present) makes the snapshot unless it exists, V(absent) deletes it if it exists.
      - A snapshot that is being made is not deleted; the error names the execution that makes it.
    type: str
    choices: [present, absent]
    default: present
  format:
    description:
      - V(auto) takes the format that keeps everything on this version and edition, and RV(format_reason) says why.
      - V(legacy) is the only format before 7.0. From then on this option is sent as the manager's own option C(legacy), which is
        C(true) for V(legacy) and C(false) for V(new).
      - V(new) loses the sites of deployments and, on a restore, schedules that have no C(rrule).
    type: str
    choices: [auto, legacy, new]
    default: auto
  include_credentials:
    description:
      - Whether to put the agents' key files into the snapshot. The manager's default is to do so.
      - Refused where it would be ignored, which is in new format from 7.0.4 on.
    type: bool
  include_metrics:
    description:
      - Whether to put metrics into the snapshot. V(true) is refused from 5.0.5 on, which ignores it.
    type: bool
  include_logs:
    description:
      - Whether to put the logs of executions into the snapshot. The manager's default is to do so.
    type: bool
  include_events:
    description:
      - Whether to put the events of executions into the snapshot. The manager's default is to do so.
    type: bool
  queue:
    description:
      - Have the manager make the snapshot after the executions that are active now, rather than refuse it. From 4.5 on.
    type: bool
  tempdir_path:
    description:
      - Directory on the manager to work in. From 6.4 on, and in legacy format only.
    type: str
  listener_timeout:
    description:
      - Seconds that the manager waits for its audit log at the end. From 7.0.4 on, and in new format only.
    type: float
  replace_failed:
    description:
      - Delete a snapshot of this O(id) first that has failed, or that is stuck in C(creating) with no execution working on it.
      - Without this, such a snapshot is an error.
    type: bool
    default: false
  wait_timeout:
    description:
      - Seconds to wait for the snapshot. The manager goes on with it when the time is over.
    type: float
    default: 3600.0
seealso:
  - module: cloudify_ha.recovery.snapshot_info
  - module: cloudify_ha.recovery.snapshot_download
author:
  - cloudify_ha.recovery contributors (@cloudify-ha)
"""

EXAMPLES = r"""
- name: Connect in the same way everywhere
  hosts: localhost
  module_defaults:
    group/cloudify_ha.recovery.manager:
      manager_hosts: [manager1.example.com, manager2.example.com]
      username: admin
      password: "{{ vault_cloudify_password }}"
      ca_path: /etc/pki/cloudify-ca.pem
  tasks:
    - name: Make a snapshot
      cloudify_ha.recovery.snapshot:
        id: before-upgrade

    - name: Delete it again
      cloudify_ha.recovery.snapshot:
        id: before-upgrade
        state: absent
"""

RETURN = r"""
snapshot:
  description: The snapshot as the manager lists it. In check mode, as it is before.
  returned: success and the snapshot exists
  type: dict
  sample:
    id: before-upgrade
    status: created
    created_at: "2026-11-22T05:00:09.476Z"
    tenant_name: default_tenant
execution_id:
  description: The execution that made the snapshot, or is in the way of deleting it.
  returned: when this run started it, or found it running; also with an error
  type: str
  sample: 20420efe-854b-4a07-b007-eeddf3568c33
format:
  description: The format that the snapshot is made in.
  returned: O(state=present) and changed
  type: str
  sample: legacy
format_reason:
  description: Why this format.
  returned: O(state=present) and changed
  type: str
  sample: it keeps schedules, sites and timestamps, which the new format loses
reason:
  description: Why the snapshot was made or deleted.
  returned: changed
  type: str
  sample: there is no snapshot of this id
manager_host:
  description: The manager that answered.
  returned: success
  type: str
  sample: manager1.example.com
duration:
  description: How long it took, in seconds.
  returned: always
  type: float
  sample: 5.2
"""

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._changing import changing
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import CloudifyClient
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    NotFound,
    telling,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._module import (
    connect,
    create_manager_module,
    run,
    ticker,
    wait_spec,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._snapshots import (
    CreatePlan,
    assess_existing,
    check_id,
    check_name,
    plan_create,
    refuse_if_being_made,
    refuse_if_blocked,
    start_create,
    wait_created,
)

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

CREATE_OPTIONS = (
    "include_credentials",
    "include_metrics",
    "include_logs",
    "include_events",
    "queue",
    "tempdir_path",
    "listener_timeout",
)


def diff(before: str, after: str) -> dict[str, t.Any]:
    return {"diff": {"before": {"status": before}, "after": {"status": after}}}


def present(module: AnsibleModule, client: CloudifyClient) -> dict[str, t.Any]:
    p = module.params
    check_id(p["id"])
    plan: CreatePlan = plan_create(
        client.capabilities(),
        requested_format=p["format"],
        options={name: p[name] for name in CREATE_OPTIONS},
    )
    found = assess_existing(client, client.snapshot(p["id"]), replace_failed=p["replace_failed"])
    snapshot = found.snapshot
    if found.reason is None:
        return {"snapshot": snapshot}
    result: dict[str, t.Any]
    if found.join:
        result = {"changed": False, "execution_id": found.join, "reason": found.reason}
    else:
        before = snapshot["status"] if snapshot else "absent"
        result = {
            "changed": True,
            "reason": found.reason,
            "format": plan.format,
            "format_reason": plan.why,
            **diff(before, "created"),
        }
    if module.check_mode:
        if not found.join:
            refuse_if_blocked(client, p["id"], plan)
        return {**result, **({"snapshot": snapshot} if snapshot else {})}
    facts = {"execution_id": found.join} if found.join else {}
    with telling(facts):
        if found.replace:
            with changing(facts):
                client.delete_snapshot(p["id"])
        if not found.join:
            with changing(facts):
                facts["execution_id"] = start_create(client, p["id"], plan)
        if p["wait"]:
            result["snapshot"] = wait_created(
                client, p["id"], facts["execution_id"], ticker=ticker(module)
            )
        else:
            result["snapshot"] = client.snapshot(p["id"])
    return {**result, **facts}


def absent(module: AnsibleModule, client: CloudifyClient) -> dict[str, t.Any]:
    snapshot = client.snapshot(module.params["id"])
    if snapshot is None:
        return {}
    refuse_if_being_made(client, snapshot)
    if not module.check_mode:
        try:
            with changing({}):
                client.delete_snapshot(module.params["id"])
        except NotFound as exc:
            if exc.code is None:
                raise  # a proxy's page, which says nothing of the snapshot
            return {}  # somebody else was faster
    return {
        "changed": True,
        "reason": f"the snapshot exists and is {snapshot['status']}",
        **diff(snapshot["status"], "absent"),
    }


def body(module: AnsibleModule) -> dict[str, t.Any]:
    check_name(module.params["id"])
    client = connect(module)
    act = present if module.params["state"] == "present" else absent
    return {**act(module, client), "manager_host": client.http.host}


def main() -> t.NoReturn:
    run(
        create_manager_module(
            argument_spec={
                "id": {"type": "str", "required": True},
                "state": {
                    "type": "str",
                    "choices": ["present", "absent"],
                    "default": "present",
                },
                "format": {
                    "type": "str",
                    "choices": ["auto", "legacy", "new"],
                    "default": "auto",
                },
                "include_credentials": {"type": "bool"},
                "include_metrics": {"type": "bool"},
                "include_logs": {"type": "bool"},
                "include_events": {"type": "bool"},
                "queue": {"type": "bool"},
                "tempdir_path": {"type": "str"},
                "listener_timeout": {"type": "float"},
                "replace_failed": {"type": "bool", "default": False},
                **wait_spec(timeout=3600.0),
            }
        ),
        body,
    )


if __name__ == "__main__":
    main()
