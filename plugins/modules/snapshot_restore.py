#!/usr/bin/python
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: snapshot_restore
short_description: Restore a snapshot on a Cloudify Manager and prove what came back
version_added: 0.1.0
description:
  - Looks at everything that could make the restore fail before it asks for one, follows it through the outages that it causes,
    and decides by the execution, the restore flag, the services and the content whether it is C(RESTORED), C(PARTIAL) or C(FAILED).
  - The manager's own word is not enough. It says C(terminated) when it lost the sites of deployments, or restored nothing at all, and
    C(failed) when all but the schedules is there.
  - The snapshot must be on the manager; see M(cloudify_ha.recovery.snapshot_upload). A restore in legacy format removes it from there.
    In a cluster, its file comes to the other managers a little later, and is waited for, 23 seconds at most.
  - Before 5.0.5 there is no restore flag. What the manager still does after the end, a restart of its REST service and the change of the
    admin's password, is waited for until it has been at rest for 8 seconds.
extends_documentation_fragment:
  - cloudify_ha.recovery._connection
  - cloudify_ha.recovery._wait
  - cloudify_ha.recovery._attributes
  - cloudify_ha.recovery._attributes.group
  - cloudify_ha.recovery._attributes.progress
attributes:
  check_mode:
    support: full
    details:
      - Runs the whole preflight, and fails where the restore would be refused. With O(archive), the snapshot need not be on the
        manager yet.
  diff_mode:
    support: full
    details:
      - Shows the counts of content before and after.
  idempotent:
    support: none
    details:
      - Each run restores again. The second one needs O(force=true), since the manager is no longer empty.
options:
  id:
    description:
      - The snapshot.
    type: str
    required: true
  archive:
    description:
      - The same archive on the host that the module runs on, in order to read its directory and metadata here.
      - Without it, they are read from the manager, by a few small requests where it hands out parts.
    type: path
  content:
    description:
      - The content that has to be there afterwards, as M(cloudify_ha.recovery.content_info) returned it when the snapshot was taken.
    type: dict
  content_path:
    description:
      - The same in a file, as a recovery set has it.
    type: path
  mend:
    description:
      - Put back what the restore lost and the content inventory still holds, which is sites, the sites and labels of
        deployments, and schedules, and compare again. It needs O(content) or O(content_path).
    type: bool
    default: false
  force:
    description:
      - Restore although the manager has content, or other snapshots, of whatever tenant. In legacy format all of that is deleted, in new format the content is
        mixed with the snapshot's. The product itself asks only when there are blueprints.
      - A snapshot from before 4.0 goes into the tenant that is asked in, and is mixed too. On a community manager with blueprints, all is deleted.
    type: bool
    default: false
  restore_certificates:
    description:
      - Replace the manager's internal certificates by those in the snapshot. The manager then restarts, unless O(no_reboot=true).
    type: bool
    default: false
  no_reboot:
    description:
      - Do not restart the manager after O(restore_certificates).
    type: bool
    default: false
  recreate_deployments_envs:
    description:
      - Sent before 5.3, which demands it, as V(true) unless said otherwise. Nothing reads it.
    type: bool
  timeout:
    description:
      - Sent as it is. The manager stores it, and bounds nothing with it; see O(wait_timeout).
    type: int
  ignore_plugin_failure:
    description:
      - Go on when a plugin cannot be installed again. From 4.5 until before 5.1; refused elsewhere.
    type: bool
  tenant_name:
    description:
      - Sent as the published guides do, although no version reads it.
    type: str
  maintenance:
    description:
      - Enter maintenance mode for the time of the restore. It is left as it was found, so this needs O(wait=true). Only where the restore goes
        on when the time is over, or the answer to the request was lost and it cannot be told whether there is one, it stays.
      - Refused while executions are queued or scheduled, since the manager would wait for them first.
    type: bool
    default: false
  maintenance_marker:
    description:
      - File on the host that the module runs on, which is there while maintenance mode is on because of O(maintenance).
      - A run that is killed, or whose restore goes on or may do so, leaves both behind. The next one that is given the same file then leaves
        maintenance mode when it is done, where it would otherwise take it for the wish of a person.
    type: path
  restored_password:
    description:
      - The password that the snapshot brings with it for the same user. It is turned to when the manager refuses O(password).
    type: str
  accept_partial:
    description:
      - Let a C(PARTIAL) restore succeed, with RV(problems) saying what is missing.
    type: bool
    default: false
  settle_timeout:
    description:
      - Seconds for the manager to come to rest after the execution has ended, which is for its restore flag to clear, for its services
        to come up, and for its answers to be its own again.
    type: float
    default: 180.0
  wait_timeout:
    description:
      - Seconds to wait for the restore. The manager goes on with it when the time is over.
    type: float
    default: 7200.0
seealso:
  - module: cloudify_ha.recovery.snapshot_upload
  - module: cloudify_ha.recovery.content_info
author:
  - cloudify_ha.recovery contributors (@cloudify-ha)
"""

EXAMPLES = r"""
- name: Restore the newest verified set, and prove it
  cloudify_ha.recovery.snapshot_restore:
    manager_hosts: [manager1.example.com]
    username: admin
    password: "{{ vault_cloudify_password }}"
    id: nightly-2026-11-22
    content_path: /var/lib/cloudify-store/production/nightly-2026-11-22/content.json
    mend: true
    maintenance: true
"""

RETURN = r"""
outcome:
  description: V(RESTORED), V(PARTIAL) or V(FAILED). The last two fail the module, PARTIAL unless O(accept_partial=true).
  returned: when the restore was followed to its end
  type: str
  sample: RESTORED
problems:
  description: Why it is not better, each loss named.
  returned: when the restore was followed to its end
  type: list
  elements: str
execution_id:
  description: The execution that restored.
  returned: when it was started
  type: str
execution_status:
  description: How it ended. Null where it could not be followed to its end.
  returned: when the restore was followed to its end
  type: str
outages:
  description: How often the manager was out of reach meanwhile, which is normal in legacy format.
  returned: when the restore was followed to its end
  type: int
password_switched:
  description: Whether it is another login that holds now, which is O(restored_password), or the password in place of a token.
  returned: when the restore was followed to its end
  type: bool
besides:
  description: What is there beside the snapshot's content, executions left out. After a restore onto a manager that had content in new format,
    that is what it had.
  returned: when there is an inventory and the content could be read
  type: list
  elements: str
comparison:
  description: What is lost, gained and changed against the content inventory, as the filter P(cloudify_ha.recovery.content_diff#filter) gives it.
    It is that from before O(mend) where the content could not be read again after it.
  returned: when there is an inventory and the content could be read
  type: dict
counts:
  description: How much there is of each kind after the restore.
  returned: when there is an inventory and the content could be read
  type: dict
expected_counts:
  description: How much of each kind the inventory has.
  returned: when there is an inventory and the content could be read
  type: dict
losses_before_mending:
  description: What was lost and changed before O(mend) set in.
  returned: when something was mended
  type: list
  elements: str
mended:
  description: What was put back.
  returned: when something was mended
  type: list
  elements: str
not_mended:
  description: What could not be put back, and why.
  returned: when something was mended
  type: list
  elements: str
scheduled_executions:
  description: What became of the executions that were scheduled when the inventory was taken.
  returned: when there is an inventory, and the content and they could be read
  type: dict
  contains:
    kept:
      description: Those that are still scheduled.
      type: list
      elements: dict
      returned: always
    rescheduled:
      description: Those that failed and got a schedule in their place.
      type: list
      elements: dict
      returned: always
    failed:
      description: Those that were failed as overdue.
      type: list
      elements: dict
      returned: always
    moved_on:
      description: Those in another state than scheduled or failed, since they ran or were cancelled after the set was made.
      type: list
      elements: dict
      returned: always
    lost:
      description: Those that are not there.
      type: list
      elements: dict
      returned: always
    rule:
      description: How this version treats them.
      type: str
      returned: always
maintenance:
  description: In which state maintenance mode is now, and why.
  returned: success and O(wait=true), not in check mode
  type: str
  sample: deactivated, as it was found
preflight:
  description: What was found before.
  returned: success
  type: dict
warnings_found:
  description: What the operator should know.
  returned: success
  type: list
  elements: str
manager_host:
  description: The manager that was restored.
  returned: success
  type: str
  sample: manager1.example.com
duration:
  description: How long it took, in seconds.
  returned: always
  type: float
  sample: 46.1
"""

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._apply import (
    Restore,
    Wishes,
    load_inventory,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._module import (
    connect,
    create_manager_module,
    run,
    wait_spec,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._snapshots import check_name

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

RESTORE_OPTIONS = (
    "force",
    "restore_certificates",
    "no_reboot",
    "recreate_deployments_envs",
    "timeout",
    "ignore_plugin_failure",
    "tenant_name",
)

TAKEN_OVER = (
    "mend",
    "maintenance",
    "maintenance_marker",
    "accept_partial",
    "password",
    "restored_password",
    "wait",
    "wait_timeout",
    "wait_interval",
    "settle_timeout",
)


def body(module: AnsibleModule) -> dict[str, t.Any]:
    p = module.params
    check_name(p["id"])
    inventory = load_inventory(p["content"], p["content_path"])
    client = connect(module)
    restore = Restore(
        client,
        Wishes(
            snapshot_id=p["id"],
            options={name: p[name] for name in RESTORE_OPTIONS},
            archive_path=p["archive"],
            inventory=inventory,
            **{name: p[name] for name in TAKEN_OVER},
        ),
    )
    result = restore.preflight(check_mode=module.check_mode)
    warnings, losses = result.pop("warnings"), result.pop("losses")
    # what is going to be mended is no reason to alarm anybody
    for warning in (*warnings, *([] if p["mend"] else losses)):
        module.warn(warning)
    found = [*warnings, *losses]
    result.update(changed=True, warnings_found=found, manager_host=client.http.host)
    if not module.check_mode:
        result.update(restore.run())
    before = result["preflight"]["content_before"]
    after = result.get("counts") or {"blueprints": "those of the snapshot"}
    return {**result, "diff": {"before": before, "after": after}}


def main() -> t.NoReturn:
    run(
        create_manager_module(
            argument_spec={
                "id": {"type": "str", "required": True},
                "archive": {"type": "path"},
                "content": {"type": "dict"},
                "content_path": {"type": "path"},
                "mend": {"type": "bool", "default": False},
                "force": {"type": "bool", "default": False},
                "restore_certificates": {"type": "bool", "default": False},
                "no_reboot": {"type": "bool", "default": False},
                "recreate_deployments_envs": {"type": "bool"},
                "timeout": {"type": "int"},
                "ignore_plugin_failure": {"type": "bool"},
                "tenant_name": {"type": "str"},
                "maintenance": {"type": "bool", "default": False},
                "maintenance_marker": {"type": "path"},
                "restored_password": {"type": "str", "no_log": True},
                "accept_partial": {"type": "bool", "default": False},
                "settle_timeout": {"type": "float", "default": 180.0},
                **wait_spec(timeout=7200.0),
            },
            mutually_exclusive=[["content", "content_path"]],
            required_if=[["mend", True, ["content", "content_path"], True]],
        ),
        body,
    )


if __name__ == "__main__":
    main()
