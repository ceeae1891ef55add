#!/usr/bin/python
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_member
short_description: Start a cluster, join a manager to it, add or remove a member
version_added: 0.1.0
description:
  - Before 5.0, managers are joined to an active_standby cluster over REST. From then on, installing a manager is joining, and what is left to
    do here is to add a broker to the register, and to remove a member from it.
  - The product's own commands are not idempotent; this looks first.
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
  name:
    description:
      - Name of the member; before 5.0 the node's name, from then on the hostname of the manager or broker.
    type: str
    required: true
  tier:
    description:
      - Which register it is in, from 5.0 on.
      - V(database) has the managers read the list of database nodes again; it is C(cfy_manager dbs remove) that takes one out of it.
    type: str
    choices: [manager, broker, database]
    default: manager
  state:
    description:
      - V(started) makes the manager that is connected to the first member of a new cluster. Before 5.0 only.
      - V(joined) has the manager at O(address) join the cluster. It has to be empty. One that the cluster has already, and that is offline, is only
        waited for; but if it says itself that it has not begun to join, it is invited anew. Before 5.0 only.
      - V(present) adds a broker to the register, or has the managers look at a new database node. From 5.0 on.
      - V(absent) takes the member out of the register. A node that was removed before 5.0 has to be installed anew before it can join again.
    type: str
    choices: [started, joined, present, absent]
    default: joined
  host_ip:
    description:
      - The member's address for its peers. Required but for O(state=absent).
    type: str
  address:
    description:
      - Where the REST API of the joining manager is, if not at O(host_ip). With O(state=joined).
    type: str
  networks:
    description:
      - The broker's address in each network, where it has more than the one. With O(state=present).
    type: dict
  wait_timeout:
    description:
      - Seconds to wait until the cluster shows the member online.
    type: float
    default: 900.0
author:
  - cloudify_ha.recovery contributors (@cloudify-ha)
"""

EXAMPLES = r"""
- name: Join
  cloudify_ha.recovery.cluster_member:
    manager_hosts: [manager1.example.com]
    username: admin
    password: "{{ admin_password }}"
    ca_path: /etc/pki/cloudify-ca.pem
    name: manager2
    host_ip: 10.0.0.12
    state: joined
"""

RETURN = r"""
reason:
  description: Why something was changed.
  returned: changed
  type: str
members:
  description: The members afterwards, as the cluster names them.
  returned: success
  type: list
  elements: str
manager_host:
  description: The manager that was asked.
  returned: success
  type: str
duration:
  description: How long it took, in seconds.
  returned: always
  type: float
"""

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    Refused,
    telling,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._members import (
    REGISTERS,
    Nodes,
    enter,
    registered,
    reread_databases,
    strike,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._module import (
    connect,
    create_manager_module,
    run,
    ticker,
    wait_spec,
)

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import (
        CloudifyClient,
    )

Result = dict[str, t.Any]


def changed(reason: str, before: str, after: str) -> Result:
    return {
        "changed": True,
        "reason": reason,
        "diff": {"before": {"state": before}, "after": {"state": after}},
    }


def started(module: AnsibleModule, client: CloudifyClient) -> Result:
    p = module.params
    nodes = Nodes(client)
    if nodes.initialized():
        if nodes.get(p["name"]) is None:
            raise Refused(
                f"{client.http.host} is in a cluster already, which has no node {p['name']}",
                hint="Name the node as the cluster does, or remove it and install it anew",
            )
        return {}
    if not module.check_mode:
        nodes.start(p["name"], host_ip=p["host_ip"], ticker=ticker(module))
    return changed("the manager is in no cluster", "absent", "started")


def joined(module: AnsibleModule, client: CloudifyClient) -> Result:
    p = module.params
    nodes = Nodes(client)
    node = nodes.get(p["name"])
    if node and node.get("online"):
        return {}
    if module.check_mode:
        return {} if node else changed("the cluster has no such node", "absent", "joined")
    module.params["manager_hosts"] = [p["address"] or p["host_ip"]]
    joining = Nodes(connect(module))
    reason = "the cluster has no such node"
    if node:
        # of whoever has begun it and was killed: it may be joining still
        if node.get("host_ip") != p["host_ip"] or joining.heard_of_a_cluster():
            nodes.await_online(p["name"], joining=joining, ticker=ticker(module))
            return {}
        nodes.remove(p["name"])
        reason = "the node was invited, and has not begun to join"
    nodes.join(p["name"], host_ip=p["host_ip"], joining=joining, ticker=ticker(module))
    return changed(reason, "absent", "joined")


def listed(module: AnsibleModule, client: CloudifyClient) -> Result:
    """A database node is added by `cfy_manager dbs add` on each manager; they only have to look again."""
    p = module.params
    if not any(node.get("host") == p["host_ip"] for node in registered(client, "database")):
        raise Refused(
            f"the managers do not list a database node {p['host_ip']}",
            hint="Add it by `cfy_manager dbs add` on each manager",
        )
    look_again(module, client)
    return {}


def look_again(module: AnsibleModule, client: CloudifyClient) -> None:
    if not module.check_mode and client.capabilities().has("dbs.register"):
        reread_databases(client)


def present(module: AnsibleModule, client: CloudifyClient) -> Result:
    p = module.params
    if p["tier"] == "manager":
        raise Refused("a manager cannot be added over REST", hint="Installing it adds it")
    if p["tier"] == "database":
        return listed(module, client)
    if has_broker(client, p["name"], p["host_ip"]):
        return {}
    if not module.check_mode and not enter(
        client, p["name"], address=p["host_ip"], networks=p["networks"]
    ):
        if has_broker(client, p["name"], p["host_ip"]):
            return {}  # somebody else was faster
        raise Refused(
            f"the managers refuse the broker {p['name']} at {p['host_ip']} as one that they have, "
            "and list none of that name",
            hint="Look in the list of brokers for its address under another name",
        )
    return changed("the cluster has no such broker", "absent", "present")


def has_broker(client: CloudifyClient, name: str, address: str) -> bool:
    """:raises Refused: when the name is in the register with another address"""
    found = next((b for b in registered(client, "broker") if b["name"] == name), None)
    if found and found.get("host") != address:
        raise Refused(
            f"the broker {name} is registered with address {found.get('host')}, not {address}",
            hint="Remove it first (state=absent), if it is the dead one",
        )
    return found is not None


def absent(module: AnsibleModule, client: CloudifyClient) -> Result:
    name, tier = module.params["name"], module.params["tier"]
    if client.capabilities().has("cluster.active_standby"):
        nodes = Nodes(client)
        if nodes.get(name) is None:
            return {}
        if not module.check_mode:
            nodes.remove(name)
        return changed("the cluster has such a node", "present", "absent")
    key = REGISTERS[tier][1]
    names = {name, module.params["host_ip"] or name}
    present = any(
        member[key] == name or (tier == "database" and member.get("host") in names)
        for member in registered(client, tier)
    )
    if tier == "database":
        if present:
            raise Refused(
                f"the managers still list the database node {name}",
                hint="Remove it by `cfy_manager dbs remove` on a database node and each manager",
            )
        look_again(module, client)
        return {}
    if not present:
        return {}
    if not module.check_mode and not strike(client, tier, name):
        return {}  # somebody else was faster
    return changed(f"the cluster has such a {tier}", "present", "absent")


def body(module: AnsibleModule) -> Result:
    p = module.params
    client = connect(module)
    standby = client.capabilities().has("cluster.active_standby")
    if p["state"] == "present" and standby:
        raise Refused(f"version {client.capabilities().version} has no register of brokers")
    if p["state"] in ("started", "joined") and not standby:
        raise Refused(
            f"version {client.capabilities().version} has no such call: installing a manager with "
            "the cluster's configuration is joining",
        )
    told: Result = {"manager_host": client.http.host}
    with telling(told):
        act = {"started": started, "joined": joined, "present": present, "absent": absent}[
            p["state"]
        ]
        result = {**told, **act(module, client)}
    if standby:
        members = [node["name"] for node in Nodes(client).all()]
    else:
        members = [each[REGISTERS[p["tier"]][1]] for each in registered(client, p["tier"])]
    return {**result, "members": sorted(members)}


def main() -> t.NoReturn:
    run(
        create_manager_module(
            argument_spec={
                "name": {"type": "str", "required": True},
                "tier": {
                    "type": "str",
                    "choices": ["manager", "broker", "database"],
                    "default": "manager",
                },
                "state": {
                    "type": "str",
                    "choices": ["started", "joined", "present", "absent"],
                    "default": "joined",
                },
                "host_ip": {"type": "str"},
                "address": {"type": "str"},
                "networks": {"type": "dict"},
                **wait_spec(timeout=900.0),
            },
            required_if=[
                ["state", "started", ["host_ip"]],
                ["state", "joined", ["host_ip"]],
                ["state", "present", ["host_ip"]],
            ],
        ),
        body,
    )


if __name__ == "__main__":
    main()
