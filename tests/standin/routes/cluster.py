# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""4.x: the cluster as the active node shows it. The stand-in is a cluster of one node."""

from __future__ import annotations

from typing import Any

from standin import errors
from standin.app import route
from standin.manager import Manager
from standin.state import Item
from standin.wire import Request, Response, reply


def _available(profile: Any) -> bool:
    return bool(profile.cluster_endpoint)


def _node(manager: Manager, *, name: str, master: bool) -> Item:
    return {
        "name": name,
        "host_ip": "127.0.0.1",
        "public_ip": "127.0.0.1",
        "online": True,
        "master": master,
        "initialized": True,
        "checks": {"consul": True, "services": True, "database": True, "heartbeat": True},
        "remote_database": False,
        "options": {},
    }


def _nodes(manager: Manager) -> list[Item]:
    if manager.standby:
        return [
            _node(manager, name="cloudify-active", master=True),
            _node(manager, name="cloudify-manager", master=False),
        ]
    count = int(manager.store.meta("cluster_nodes", 1))
    out = [_node(manager, name="cloudify-manager", master=True)]
    out += [_node(manager, name=f"cloudify-replica-{n}", master=False) for n in range(1, count)]
    return out


@route("GET", "/cluster", since="v3", premium=True, available=_available)
def get_cluster(manager: Manager, request: Request) -> Response:
    started = manager.standby or bool(manager.store.meta("cluster_started", False))
    return reply({"initialized": started, "error": None, "logs": []})


@route("PUT", "/cluster", since="v3", premium=True, available=_available)
def start_cluster(manager: Manager, request: Request) -> Response:
    if manager.store.meta("cluster_started", False):
        raise errors.illegal_action("This manager machine is already part of a cluster")
    manager.store.set_meta("cluster_started", True)
    return reply({"initialized": True, "error": None, "logs": []})


@route("GET", "/cluster/nodes", since="v3", premium=True, available=_available)
def list_nodes(manager: Manager, request: Request) -> Response:
    return reply({"items": _nodes(manager)})


@route("GET", "/cluster/nodes/<name>", since="v3", premium=True, available=_available)
def get_node(manager: Manager, request: Request, name: str) -> Response:
    for node in _nodes(manager):
        if node["name"] == name:
            return reply(node)
    raise errors.not_found("ClusterNode", name)
