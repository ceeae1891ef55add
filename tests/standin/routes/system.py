# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manager's own state and that of its cluster."""

from __future__ import annotations

from typing import Any

from standin import errors
from standin.app import route
from standin.manager import Manager
from standin.routes.topology import own_item
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
    if manager.member:
        return _of_member(manager, broker)
    out = {}
    for name in SERVICES:
        extra = {"connection_check": broker} if name == "RabbitMQ" else {}
        state = "Inactive" if is_down(manager, name) else "Active"
        out[name] = {"status": state, "is_remote": False, "extra_info": extra}
    return out


def _of_member(manager: Manager, broker: str) -> dict[str, Any]:
    """In a cluster the database and the broker are others' services."""
    assert manager.member is not None
    out: dict[str, Any] = {}
    for name, up in manager.member.status().items():
        state = "Active" if up and not is_down(manager, name) else "Inactive"
        out[name] = {"status": state, "is_remote": False, "extra_info": {}}
    out["RabbitMQ"] = {
        "status": "Active" if broker == "OK" else "Inactive",
        "is_remote": True,
        "extra_info": {"connection_check": broker},
    }
    # who got here has been let in by it
    out["PostgreSQL"] = {"status": "Active", "is_remote": True, "extra_info": {}}
    return out


def _units(manager: Manager) -> list[dict[str, Any]]:
    """4.x: a list of systemd units."""
    out = []
    guard = manager.guard
    for name, unit in (guard.units(OLD_UNITS) if guard else OLD_UNITS).items():
        stopped = guard and not guard.services.runs(unit.removesuffix(".service"))
        state = "dead" if stopped or is_down(manager, name) else "running"
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
    if manager.member:
        return manager.member.cluster_status()
    monitored = manager.local.meta("monitoring", True)
    host = own_item(manager)

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


@route("GET", "/provider/context", since="v1")
def provider_context(manager: Manager, request: Request) -> Response:
    return reply({"id": "CONTEXT", "name": "provider", "context": {}})
