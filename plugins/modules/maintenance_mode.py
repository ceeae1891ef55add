#!/usr/bin/python
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: maintenance_mode
short_description: Put a Cloudify Manager into maintenance mode, or take it out
version_added: 0.1.0
description:
  - Asks the manager to enter or leave maintenance mode, and waits until it has.
  - A manager enters only when no execution is left, queued ones included, and before 5.2 scheduled ones too. There is no way to force it.
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
options:
  state:
    description:
      - V(activated) enters maintenance mode, V(deactivated) leaves it.
    type: str
    choices: [activated, deactivated]
    required: true
  wait_timeout:
    description:
      - Seconds to wait. The manager goes on entering when the time is over, and the error names the executions that it waits for.
        Until it has entered, or O(state=deactivated) takes the request back, it refuses to make or restore snapshots.
    type: float
    default: 600.0
seealso:
  - module: cloudify_ha.recovery.maintenance_mode_info
author:
  - cloudify_ha.recovery contributors (@cloudify-ha)
"""

EXAMPLES = r"""
- name: Enter maintenance mode
  cloudify_ha.recovery.maintenance_mode:
    manager_hosts: [manager1.example.com]
    username: admin
    password: "{{ vault_cloudify_password }}"
    state: activated
    wait_timeout: 1800
"""

RETURN = r"""
maintenance:
  description: The maintenance mode that was reached. In check mode, as it is.
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
reason:
  description: Why it was changed.
  returned: changed
  type: str
  sample: it is deactivated
manager_host:
  description: The manager that answered.
  returned: success
  type: str
  sample: manager1.example.com
duration:
  description: How long it took, in seconds.
  returned: always
  type: float
  sample: 0.4
"""

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _maintenance
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._changing import changing
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import telling
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._module import (
    connect,
    create_manager_module,
    run,
    ticker,
    wait_spec,
)

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


#: For a manager that does not enter it in time.
LEFT_HINT = (
    "It is left activating, in which the manager refuses to make or restore snapshots: wait for "
    "these executions or cancel them, queued and scheduled ones too, and run this again, or take "
    "it back with state=deactivated"
)


def body(module: AnsibleModule) -> dict[str, t.Any]:
    p = module.params
    client = connect(module)
    found = client.maintenance()
    before, activate = found["status"], p["state"] == _maintenance.ACTIVATED
    result: dict[str, t.Any] = {}
    # one that is on its way in needs no second request, only patience
    on_its_way = activate and before == _maintenance.ACTIVATING
    if before != p["state"] and not on_its_way:
        result = {
            "changed": True,
            "reason": f"it is {before}",
            "diff": {"before": {"status": before}, "after": {"status": p["state"]}},
        }
    state = found
    if not module.check_mode and (result or (on_its_way and p["wait"])):
        facts: dict[str, t.Any] = {}
        with telling(facts):
            if result:
                with changing(facts):
                    facts["changed"] = client.set_maintenance(activate=activate)
            if p["wait"]:
                state = _maintenance.wait(
                    client, activate=activate, ticker=ticker(module), hint=LEFT_HINT
                )
            else:
                state = client.maintenance()
        if not facts.get("changed"):
            result = {}  # somebody else was faster
    state = {**state, "remaining_executions": _maintenance.remaining(state)}
    return {**result, "maintenance": state, "manager_host": client.http.host}


def main() -> t.NoReturn:
    run(
        create_manager_module(
            argument_spec={
                "state": {
                    "type": "str",
                    "choices": ["activated", "deactivated"],
                    "required": True,
                },
                **wait_spec(timeout=600.0),
            }
        ),
        body,
    )


if __name__ == "__main__":
    main()
