# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manager's own state: version, status, topology."""

from __future__ import annotations

from typing import Any

from standin import clock, errors
from standin.app import route
from standin.lists import answer_list, page
from standin.manager import Manager
from standin.wire import Request, Response, reply

SERVICES = (
    "Webserver",
    "Management Worker",
    "Manager Rest-Service",
    "Cloudify API",
    "Cloudify Execution Scheduler",
    "Cloudify Console",
    "AMQP-Postgres",
    "PostgreSQL",
    "RabbitMQ",
    "Cloudify Composer",
)
WITHOUT_MONITORING = SERVICES[:5]
OLD_UNITS = {
    "Webserver": "nginx.service",
    "Management Worker": "cloudify-mgmtworker.service",
    "Manager Rest-Service": "cloudify-restservice.service",
    "Cloudify Console": "cloudify-stage.service",
    "AMQP-Postgres": "cloudify-amqp-postgres.service",
    "PostgreSQL": "postgresql-9.5.service",
    "RabbitMQ": "cloudify-rabbitmq.service",
    "Cloudify Composer": "cloudify-composer.service",
}
NO_BROKER = "Broker check failed with <class 'pika.exceptions.AMQPConnectionError'>: "


def is_down(manager: Manager, service: str) -> bool:
    return (service == "Management Worker" and not manager.worker.up) or (
        service == "RabbitMQ" and not manager.broker_up
    )


@route("GET", "/version", since="v1")
def version(manager: Manager, request: Request) -> Response:
    return reply(manager.version_body())


@route("GET", "/status", since="v1")
def status(manager: Manager, request: Request) -> Response:
    if manager.standby:
        raise errors.RestError(
            400,
            "not_cluster_master",
            f"This node is not the active of its cluster; the active is {manager.standby_of}",
        )
    if manager.profile.status_style == "list":
        return reply({"status": "running", "services": _units(manager)})
    services = _services(manager)
    good = all(s["status"] == "Active" for s in services.values())
    state = "OK" if good else "Fail"
    summary = request.flag("summary")
    return reply({"status": state, "services": {} if summary else services})


def _services(manager: Manager) -> dict[str, Any]:
    broker = "OK" if manager.broker_up else NO_BROKER
    if not manager.local.meta("monitoring", True):
        out: dict[str, Any] = {
            name: {"status": "Inactive", "is_remote": False, "extra_info": {}}
            for name in WITHOUT_MONITORING
        }
        out["RabbitMQ"] = {
            "is_remote": True,
            "status": "Active" if manager.broker_up else "Inactive",
            "extra_info": {"connection_check": broker},
        }
        out["PostgreSQL"] = {"is_remote": True, "status": "Active"}
        return out
    out = {}
    for name in SERVICES:
        extra = {"connection_check": broker} if name == "RabbitMQ" else {}
        state = "Inactive" if is_down(manager, name) else "Active"
        out[name] = {"status": state, "is_remote": False, "extra_info": extra}
    return out


def _units(manager: Manager) -> list[dict[str, Any]]:
    """4.x: a list of systemd units."""
    out = []
    for name, unit in OLD_UNITS.items():
        state = "dead" if is_down(manager, name) else "running"
        instance = {
            "Id": unit,
            "state": state,
            "LoadState": "loaded",
            "ActiveState": "active" if state == "running" else "inactive",
            "SubState": state,
            "MainPID": 1000,
            "Description": name,
        }
        out.append({"display_name": name, "unit_id": unit, "instances": [instance]})
    return out


@route("GET", "/ok", auth=False, available=lambda p: p.ok_endpoint)
def ok(manager: Manager, request: Request) -> Response:
    services = _services(manager)
    good = all(s["status"] == "Active" for s in services.values())
    return reply("OK", 200) if good else reply("FAIL", 500)


@route("GET", "/cluster-status", available=lambda p: p.cluster_status)
def cluster_status(manager: Manager, request: Request) -> Response:
    if manager.profile.cluster_status_503_in_restore and manager.restoring:
        raise errors.RestError(
            503,
            "in_snapshot_restore_error",
            "Your request was rejected since Cloudify manager is in snapshot restore",
        )
    body = _cluster(manager)
    if request.flag("summary"):
        bad = body["status"] == "Fail"
        return reply({"status": body["status"], "services": {}}, 500 if bad else 200)
    return reply(body)


def _cluster(manager: Manager) -> dict[str, Any]:
    monitored = manager.local.meta("monitoring", True)
    host = _manager_item(manager)

    def node(names: tuple[str, ...]) -> dict[str, Any]:
        services: dict[str, Any] = {
            n: {"status": "Inactive" if is_down(manager, n) else "Active", "extra_info": {}}
            for n in names
        }
        failures = [f"service {n} is down" for n in names if is_down(manager, n)]
        if not monitored:
            services = {}
            failures = ["No services.", "No metrics"]
        out = {
            "private_ip": host["private_ip"],
            "public_ip": host["public_ip"],
            "version": host["version"],
            "services": services,
            "metrics": [],
            "failures": failures,
            "status": "Fail" if failures else "OK",
        }
        return {
            "is_external": False,
            "status": out["status"],
            "nodes": {host["hostname"]: out},
        }

    services = {
        "broker": node(("RabbitMQ",)),
        "db": (
            node(("PostgreSQL",))
            if monitored
            else {"is_external": False, "status": "OK", "nodes": {}}
        ),
        "manager": node(tuple(s for s in SERVICES if s not in ("RabbitMQ", "PostgreSQL"))),
    }
    bad = any(s["status"] == "Fail" for s in services.values())
    return {"status": "Fail" if bad else "OK", "services": services}


def _manager_item(manager: Manager) -> dict[str, Any]:
    body = manager.version_body()
    return {
        "id": 1,
        "hostname": "cloudify-manager",
        "private_ip": "127.0.0.1",
        "public_ip": "127.0.0.1",
        "version": body["version"],
        "edition": body["edition"],
        "distribution": body["distribution"],
        "distro_release": body["distro_release"],
        "fs_sync_node_id": None,
        "networks": {"default": "127.0.0.1"},
        "last_seen": clock.iso(),
        "status_report_frequency": 0,
        "ca_cert_content": manager.ca_pem,
    }


def _one_page(manager: Manager, items: list[dict[str, Any]]) -> Response:
    return reply(page(items, len(items), 1000, 0, filtered=manager.profile.filtered_metadata))


@route("GET", "/managers", available=lambda p: p.topology_lists)
def managers(manager: Manager, request: Request) -> Response:
    item = _manager_item(manager)
    wanted = request.args("hostname")
    return _one_page(manager, [item] if not wanted or item["hostname"] in wanted else [])


@route("GET", "/brokers", available=lambda p: p.topology_lists)
def brokers(manager: Manager, request: Request) -> Response:
    item = {
        "name": "cloudify-manager",
        "host": "127.0.0.1",
        "management_host": "127.0.0.1",
        "port": 5671,
        "username": "",
        "password": "",
        "params": None,
        "networks": {"default": "127.0.0.1"},
        "is_external": False,
        "ca_cert_content": manager.ca_pem,
    }
    return _one_page(manager, [item])


@route("GET", "/db-nodes", available=lambda p: p.topology_lists)
def db_nodes(manager: Manager, request: Request) -> Response:
    return answer_list(manager, request, "db_nodes", tenant=None)


@route("GET", "/provider/context", since="v1")
def provider_context(manager: Manager, request: Request) -> Response:
    return reply({"id": "CONTEXT", "name": "provider", "context": {}})
