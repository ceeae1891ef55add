#!/usr/bin/python
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_info
short_description: Ask each manager of a cluster for its own view of it
version_added: 0.1.0
description:
  - Asks every manager directly, never through a load balancer, and all at once with one deadline, so that managers that are off cost no more
    than that.
  - What they say is told as they say it. The filter P(cloudify_ha.recovery.cluster_health#filter) judges it.
  - It fails only when its options are wrong. A manager that does not answer is a view, too.
extends_documentation_fragment:
  - cloudify_ha.recovery._connection
  - cloudify_ha.recovery._attributes
  - cloudify_ha.recovery._attributes.info
  - cloudify_ha.recovery._attributes.group
  - cloudify_ha.recovery._attributes.progress
options:
  managers:
    description:
      - The address of each manager, with C(:port) where REST has another one, by the name that its view gets.
      - The addresses of O(manager_hosts) by default, which are also the names then.
    type: dict
  deadline:
    description:
      - Seconds that all of them have together.
    type: float
    default: 5.0
  patience:
    description:
      - Seconds to go on asking, every five seconds, while the REST service of a manager fails with a status of 500 or more and nobody else
        is there, as it is while a database fails over or a manager starts. Where nothing listens at all, nothing is waited for.
    type: float
    default: 0.0
  write:
    description:
      - Before 5.0, try whether the active manager acknowledges a write, which leaves nothing behind. It makes the secret
        C(cloudify_ha_write_check) in the tenant of O(tenant), and deletes it again, or the one that a killed run has left. It has as long
        again as O(deadline) for each.
      - Not tried in check mode, nor while the manager is in maintenance mode, nor unless all other managers that are asked say that they
        are standbys and the active one sees all online, since another manager may be active that nobody sees.
    type: bool
    default: false
  later:
    description:
      - Return at once, with RV(job). The managers are asked meanwhile, and O(job) of a later task brings what they say.
    type: bool
    default: false
  job:
    description:
      - RV(job) of an earlier task in the same run of C(ansible-playbook), which had O(later). Waits for what came of it, and returns that.
      - Where nothing came of it, the managers are asked now.
    type: dict
seealso:
  - plugin: cloudify_ha.recovery.cluster_health
    plugin_type: filter
author:
  - cloudify_ha.recovery contributors (@cloudify-ha)
"""

EXAMPLES = r"""
- name: Ask each manager
  cloudify_ha.recovery.cluster_info:
    manager_hosts: [manager1.example.com, manager2.example.com, manager3.example.com]
    username: admin
    password: "{{ vault_cloudify_password }}"
  register: found

- name: Show who answers
  ansible.builtin.debug:
    msg: "{{ found.views | dict2items | selectattr('value.answers') | map(attribute='key') }}"
"""

RETURN = r"""
views:
  description: What each manager says, by name.
  returned: success, without O(later)
  type: dict
  contains:
    answers:
      description: Whether its REST service answers at all.
      type: bool
      returned: always
    error:
      description: Why it does not.
      type: str
      returned: always
    hangs:
      description: Whether it took the request and was silent from then on, as managers are while no database leads.
      type: bool
      returned: always
    absent:
      description:
        - Whether nothing listens there, because the connection was refused or there is no way to the host. A time-out does not say that.
      type: bool
      returned: when it does not answer, and why is known
    version:
      description: Its version.
      type: str
      returned: when it answers
    status_code:
      description: HTTP status of its own status. Before 5.0 it is 200 with the active manager alone.
      type: int
      returned: when it answers
    error_code:
      description: The error code that came with it.
      type: str
      returned: when it answers
    status:
      description: What it says of itself.
      type: str
      returned: when it answers
    inactive:
      description: Its services that are down.
      type: list
      elements: str
      returned: when its status is known
    maintenance:
      description: Its maintenance mode.
      type: str
      returned: when it answers
    restoring:
      description: Whether it says that a restore is running, which it also does after one that has died.
      type: bool
      returned: when it answers, from 5.0.5 on
    write:
      description: V(ok), or why a write is not acknowledged.
      type: str
      returned: with O(write), of the active manager before 5.0, when it was tried
    nodes:
      description: The nodes of the cluster as it sees them.
      type: list
      elements: dict
      returned: before 5.0
    cluster_status:
      description: The status of the cluster and its tiers as it sees them.
      type: dict
      returned: from 5.0 on
    registers:
      description: The managers, brokers and database nodes that are registered.
      type: dict
      returned: from 5.0 on
    errors:
      description: What else it could not be asked for, and why.
      type: dict
      returned: when there is something
duration:
  description: How long it took, in seconds.
  returned: without O(later)
  type: float
  sample: 0.4
job:
  description: What O(job) of a later task takes.
  returned: with O(later)
  type: dict
"""

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import RecoveryError
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._module import (
    connect,
    create_manager_module,
    run,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._views import ask_all, try_write
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._wait import Ticker

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

#: Seconds between two looks, where there is patience.
INTERVAL = 5.0


def failing(views: t.Mapping[str, dict[str, t.Any]]) -> list[str]:
    """Those whose REST service fails, where nobody else is there."""
    found = [name for name, view in views.items() if (view.get("status_code") or 0) >= 500]
    absent = [name for name, view in views.items() if view.get("absent")]
    return found if len(found) + len(absent) == len(views) else []


def body(module: AnsibleModule) -> dict[str, t.Any]:
    p = module.params
    managers = p["managers"] or {host: host for host in p["manager_hosts"]}
    for name, address in managers.items():
        if not address or not isinstance(address, str):
            raise RecoveryError(f"managers: {name} has no address")
    # whoever is off must not use up what the others need
    p["connect_timeout"] = min(p["connect_timeout"], p["deadline"] * 0.6)
    clients = {}
    for name, address in managers.items():
        p["manager_hosts"] = [address]
        clients[name] = connect(module)
    ticker = Ticker(timeout=p["patience"], interval=INTERVAL)
    while True:
        views = ask_all(clients, deadline=p["deadline"])
        fail = failing(views)
        ticker.tell("a manager's REST service to come back", ", ".join(fail))
        if not fail or not ticker.pause():
            if p["write"] and not module.check_mode:
                try_write(views, clients, timeout=p["deadline"])
            return {"views": views}


def main() -> t.NoReturn:
    run(
        create_manager_module(
            argument_spec={
                "managers": {"type": "dict"},
                "deadline": {"type": "float", "default": 5.0},
                "patience": {"type": "float", "default": 0.0},
                "write": {"type": "bool", "default": False},
                # both are for the action plugin
                "later": {"type": "bool", "default": False},
                "job": {"type": "dict"},
            },
        ),
        body,
    )


if __name__ == "__main__":
    main()
