# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The registers of the cluster: managers, brokers, database nodes.

A registered node need not be alive, and removing it here does nothing to it.
"""

from __future__ import annotations

from typing import Any

from standin import clock, errors
from standin.app import route
from standin.auth import need_admin
from standin.lists import include_of, page, shown
from standin.manager import Manager
from standin.params import required
from standin.state import Item
from standin.wire import Request, Response, reply

BROKER_PORT = 5671


def _available(profile: Any) -> bool:
    return bool(profile.topology_lists)


def own_item(manager: Manager) -> Item:
    """The row of a manager that is alone."""
    body = manager.version_body()
    return {
        "id": 1,
        "hostname": manager.hostname,
        "private_ip": manager.private_ip,
        "public_ip": manager.private_ip,
        "version": body["version"],
        "edition": body["edition"],
        "distribution": body["distribution"],
        "distro_release": body["distro_release"],
        "fs_sync_node_id": None,
        "networks": {"default": manager.private_ip},
        "last_seen": clock.iso(),
        "status_report_frequency": 0,
        "ca_cert_content": manager.ca_pem,
    }


def _own_broker(manager: Manager) -> Item:
    return {
        **_broker(manager.hostname, manager.private_ip, BROKER_PORT, None),
        "ca_cert_content": manager.ca_pem,
    }


def _broker(name: str, host: str, port: int, networks: dict[str, str] | None) -> Item:
    return {
        "name": name,
        "host": host,
        "management_host": host,
        "port": port,
        "username": "",
        "password": "",
        "params": None,
        "networks": networks or {"default": host},
        "is_external": False,
        "ca_cert_content": None,
    }


def _rows(manager: Manager, kind: str) -> list[Item]:
    found = manager.store.all(kind)
    if manager.shared:
        return found
    own = {"managers": [own_item(manager)], "brokers": [_own_broker(manager)]}
    return own.get(kind, []) + found


def _seen(manager: Manager, kind: str, item: Item, include: list[str] | None = None) -> Item:
    out = shown(manager, kind, item, include)
    if not manager.profile.status_reporters:
        out.pop("node_id", None)
    return out


def _listed(manager: Manager, request: Request, kind: str, key: str) -> Response:
    include = include_of(manager, request, kind)
    wanted = request.args(key)
    rows = [r for r in _rows(manager, kind) if not wanted or r[key] in wanted]
    items = [_seen(manager, kind, r, include) for r in rows]
    return reply(page(items, len(items), 1000, 0, filtered=manager.profile.filtered_metadata))


def _found(manager: Manager, kind: str, model: str, name: str) -> Item:
    item = manager.store.get(kind, name)
    if item is None:
        raise errors.not_found(model, name)
    return item


# -- managers
@route("GET", "/managers", available=_available)
def list_managers(manager: Manager, request: Request) -> Response:
    return _listed(manager, request, "managers", "hostname")


@route("POST", "/managers", premium=True, available=_available)
def add_manager(manager: Manager, request: Request) -> Response:
    need_admin(request, "manager_manage")
    body = request.json()
    required(body, "hostname", "private_ip", "public_ip", "version", "edition")
    name = str(body["hostname"])
    with manager.store.transaction():
        rows = _rows(manager, "managers")
        if any(r["hostname"] == name for r in rows):
            raise errors.conflict(f"<Manager hostname=`{name}`> already exists")
        item = {
            **own_item(manager),
            "ca_cert_content": None,
            "networks": {"default": body["private_ip"]},
            **{k: v for k, v in body.items() if k in own_item(manager)},
            "id": max((int(r["id"]) for r in rows), default=0) + 1,
        }
        manager.store.add("managers", "", item)
    return reply(_seen(manager, "managers", item))


@route("PUT", "/managers/<hostname>", premium=True, available=_available)
def change_manager(manager: Manager, request: Request, hostname: str) -> Response:
    need_admin(request, "manager_manage")
    body = request.json()
    required(body, "fs_sync_node_id", "bootstrap_cluster")
    _found(manager, "managers", "Manager", hostname)
    changed = manager.store.update("managers", hostname, fs_sync_node_id=body["fs_sync_node_id"])
    return reply(_seen(manager, "managers", changed or {}))


@route("DELETE", "/managers/<hostname>", premium=True, available=_available)
def remove_manager(manager: Manager, request: Request, hostname: str) -> Response:
    need_admin(request, "manager_manage")
    item = _found(manager, "managers", "Manager", hostname)
    manager.store.delete("managers", hostname)
    return reply(_seen(manager, "managers", item))


# -- brokers
@route("GET", "/brokers", available=_available)
def list_brokers(manager: Manager, request: Request) -> Response:
    return _listed(manager, request, "brokers", "name")


@route("POST", "/brokers", premium=True, available=_available)
def add_broker(manager: Manager, request: Request) -> Response:
    need_admin(request, "broker_manage")
    body = request.json()
    required(body, "name", "address")
    name, address, networks = str(body["name"]), str(body["address"]), body.get("networks")
    if networks and address not in networks.values():
        raise errors.bad_parameters(
            f"The address {address} is not one of the broker's networks: {networks}"
        )
    item = _broker(name, address, int(body.get("port") or BROKER_PORT), networks)
    with manager.store.transaction():
        known = _rows(manager, "brokers")
        if any(b["name"] == name for b in known):
            raise errors.conflict(f"<RabbitMQBroker name=`{name}`> already exists")
        # all brokers of a cluster have one CA
        item["ca_cert_content"] = next((b["ca_cert_content"] for b in known), None)
        manager.store.add("brokers", "", item)
    return reply(_seen(manager, "brokers", item))


@route("PUT", "/brokers/<name>", premium=True, available=_available)
def change_broker(manager: Manager, request: Request, name: str) -> Response:
    need_admin(request, "broker_manage")
    body = request.json()
    required(body, "networks")
    item = _found(manager, "brokers", "RabbitMQBroker", name)
    networks = {**item["networks"], **body["networks"]}
    changed = manager.store.update("brokers", name, networks=networks)
    return reply(_seen(manager, "brokers", changed or item))


@route("DELETE", "/brokers/<name>", premium=True, available=_available)
def remove_broker(manager: Manager, request: Request, name: str) -> Response:
    need_admin(request, "broker_manage")
    item = _found(manager, "brokers", "RabbitMQBroker", name)
    manager.store.delete("brokers", name)
    return reply(_seen(manager, "brokers", item))


# -- database nodes
@route("GET", "/db-nodes", available=_available)
def list_db_nodes(manager: Manager, request: Request) -> Response:
    return _listed(manager, request, "db_nodes", "name")


@route("POST", "/db-nodes", premium=True, available=lambda p: p.release >= (5, 1, 1))
def update_db_nodes(manager: Manager, request: Request) -> Response:
    """Makes all managers look at the register again: they always do."""
    need_admin(request, "db_nodes_update")
    body = request.json()
    required(body, "action")
    if body["action"] != "update":
        raise errors.bad_parameters(f"Unknown action: {body['action']}")
    return _listed(manager, request, "db_nodes", "name")
