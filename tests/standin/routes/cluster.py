# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""4.x: /cluster. A stand-in without a cluster's configuration pretends to be one of so many nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from standin import errors
from standin.app import route
from standin.auth import need_admin
from standin.manager import Manager
from standin.state import Item
from standin.wire import Request, Response, reply

if TYPE_CHECKING:
    from standin.cluster.active_standby.rest import StandbyRest

FIELDS = ("initialized", "error", "logs")


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
    if manager.guard:
        return manager.guard.nodes()
    if manager.standby:
        return [
            _node(manager, name="cloudify-active", master=True),
            _node(manager, name="cloudify-manager", master=False),
        ]
    count = int(manager.store.meta("cluster_nodes", 1))
    out = [_node(manager, name="cloudify-manager", master=True)]
    out += [_node(manager, name=f"cloudify-replica-{n}", master=False) for n in range(1, count)]
    return out


def _guard(manager: Manager) -> StandbyRest:
    if manager.guard is None:
        raise errors.internal()
    return manager.guard


def _text(body: dict[str, Any], name: str) -> str:
    if name not in body:
        raise errors.bad_parameters(f"Missing {name} in json request body")
    if not isinstance(body[name], str) or not body[name]:
        raise errors.bad_parameters(f"{name} parameter is expected to be of type string")
    return str(body[name])


def _state(request: Request, state: dict[str, Any]) -> Response:
    include = request.arg("_include")
    wanted = [n.strip() for n in include.split(",")] if include else FIELDS
    return reply({k: v for k, v in state.items() if k in wanted})


@route("GET", "/cluster", since="v3", premium=True, available=_available)
def get_cluster(manager: Manager, request: Request) -> Response:
    if manager.guard:
        return _state(request, manager.guard.status(request.arg("since")))
    started = manager.standby or bool(manager.store.meta("cluster_started", False))
    return reply({"initialized": started, "error": None, "logs": []})


@route("PUT", "/cluster", since="v3", premium=True, available=_available)
def start_cluster(manager: Manager, request: Request) -> Response:
    if manager.guard:
        need_admin(request, "cluster_create")
        body = request.json()
        _text(body, "host_ip")
        _text(body, "node_name")
        return reply(manager.guard.start_or_join(body))
    if manager.store.meta("cluster_started", False):
        raise errors.illegal_action("This manager machine is already part of a cluster")
    manager.store.set_meta("cluster_started", True)
    return reply({"initialized": True, "error": None, "logs": []})


@route("PATCH", "/cluster", since="v3", premium=True, available=_available)
def update_cluster(manager: Manager, request: Request) -> Response:
    """`master` is the only setting that there is."""
    need_admin(request, "cluster_update")
    return reply(_guard(manager).set_active(_text(request.json(), "master")))


@route("GET", "/cluster/nodes", since="v3", premium=True, available=_available)
def list_nodes(manager: Manager, request: Request) -> Response:
    return reply({"items": _nodes(manager)})


@route("GET", "/cluster/nodes/<name>", since="v3", premium=True, available=_available)
def get_node(manager: Manager, request: Request, name: str) -> Response:
    for node in _nodes(manager):
        if node["name"] == name:
            return reply(node)
    raise errors.not_found("ClusterNode", name)


@route("PUT", "/cluster/nodes/<name>", since="v3", premium=True, available=_available)
def add_node(manager: Manager, request: Request, name: str) -> Response:
    need_admin(request, "cluster_node_add")
    body = request.json()
    _text(body, "node_name")
    return reply(_guard(manager).add(name, _text(body, "host_ip")))


@route("PATCH", "/cluster/nodes/<name>", since="v3", premium=True, available=_available)
def update_node(manager: Manager, request: Request, name: str) -> Response:
    need_admin(request, "cluster_node_config_update")
    return reply(_guard(manager).update(name, request.json()))


@route("DELETE", "/cluster/nodes/<name>", since="v3", premium=True, available=_available)
def remove_node(manager: Manager, request: Request, name: str) -> Response:
    need_admin(request, "cluster_node_remove")
    return reply(_guard(manager).remove(name))
