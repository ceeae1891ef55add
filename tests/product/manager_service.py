# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manager: its certificates, its place in the shared database, its services."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

from product import certificates, database, holders, local_rest, member_config
from product.config import override
from product.context import MANAGER_SERVICE, Context
from product.errors import NetworkError
from product.names import BROKER, REST, manager_services
from product.services import Service

PROGRAM = "/usr/bin/python3 -m standin"
FOLDERS = ("rest", "mgmtworker", "nginx", "stage", "composer", "amqp-postgres")
REST_LOG = "/var/log/cloudify/rest/cloudify-rest-service.log"
START_SECONDS = 60.0
# of agents: their part of REST, and their files
INTERNAL_PORT = 53333
BROKER_PORT = 5671


def services(context: Context) -> tuple[str, ...]:
    return manager_services(context.version)


def install(context: Context) -> None:
    with context.work("manager_service.install"):
        for path in (context.paths.config_dir, context.paths.manager, context.paths.logs):
            context.folder(path)
        for name in FOLDERS:
            context.folder(context.paths.logs / name, owner="cfyuser:cfyuser")
        context.folder(context.paths.config_dir / ".ssh", mode=0o700, owner="cfyuser:cfyuser")


def configure(context: Context) -> None:
    with context.work("manager_service.configure"):
        certificates.deploy_manager(context)
        _admin_password(context)
        _security(context)
        first = True
        if context.version.clustered_tiers:
            first = database.configure(context)
        elif getattr(context.options, "clean_db", False):
            context.services.stop(REST)
            context.remove(context.paths.state)
        member_config.write(context)
        _define(context)
        context.services.restart(*services(context))
        _wait(context)
        if first:
            local_rest.upload_license(context)


def _admin_password(context: Context) -> None:
    """A blank one is made up, and shown; the configuration of old versions keeps it."""
    if context.get("manager", "security", "admin_password"):
        return
    password = secrets.token_urlsafe(9)
    override(context.config, ("manager", "security", "admin_password"), password)
    if MANAGER_SERVICE not in context.configured:
        context.log.warning("Admin password generated: %s", password)


def _security(context: Context) -> None:
    path = context.paths.rest_security
    if path.exists():
        return
    found = {name: secrets.token_hex(16) for name in ("hash_salt", "secret_key", "encryption_key")}
    context.write(path, json.dumps(found, indent=1), mode=0o660, owner="cfyuser:cfyuser")


def command(context: Context) -> str:
    """The command line of the stand-in manager on this host."""
    ssl = context.paths.ssl
    served = certificates.EXTERNAL
    if not (ssl / served.file).exists():
        # 7.x without one of its own: the internal one answers everybody
        served = certificates.INTERNAL
    security: dict[str, Any] = context.get("manager", "security", default={})
    words = [
        *(PROGRAM, "--state", context.paths.shown(context.paths.state)),
        *("--host", "0.0.0.0", "--port", "443", "--control-port", str(local_rest.CONTROL_PORT)),
        *("--profile", context.version.profile, "--edition", "premium"),
        *("--tls-cert", context.paths.shown(ssl / served.file)),
        *("--tls-key", context.paths.shown(ssl / served.key_file)),
        *("--internal-port", str(INTERNAL_PORT)),
        *("--internal-cert", context.paths.shown(ssl / certificates.INTERNAL.file)),
        *("--internal-key", context.paths.shown(ssl / certificates.INTERNAL.key_file)),
        *("--hostname", context.hostname, "--private-ip", context.private_ip),
        *("--username", str(security.get("admin_username") or "admin")),
        *("--password", str(security["admin_password"])),
        *("--cluster-config", context.paths.shown(context.paths.member_config)),
        *_lab_options(context),
    ]
    return " ".join(words)


def _lab_options(context: Context) -> list[str]:
    """What a test adds: durations of workflows, no rate limit."""
    path = context.paths.lab / "standin-options"
    return path.read_text().split() if path.exists() else []


def _define(context: Context) -> None:
    context.services.define(
        Service(
            name=REST,
            command=command(context),
            environment={"PYTHONPATH": "/opt/cloudify/standin", "PYTHONDONTWRITEBYTECODE": "1"},
            log=REST_LOG,
            stop_seconds=10,
        )
    )
    holders.define(context, *(n for n in services(context) if n not in (REST, BROKER)))
    if BROKER in services(context):
        # one of the manager's own, of which only the certificate counts
        holders.define_port(context, BROKER, BROKER_PORT, certificates.INTERNAL)


def _wait(context: Context) -> None:
    """Until the REST service answers, whatever it says."""
    if not context.paths.real:
        return
    deadline = time.monotonic() + START_SECONDS
    while not local_rest.answers():
        if context.services.state(REST) != "active":
            raise NetworkError(f"{REST} has ended: {_last_words(context)}")
        if time.monotonic() > deadline:
            raise NetworkError(f"The REST service does not answer after {START_SECONDS:.0f} s")
        time.sleep(0.05)


def _last_words(context: Context) -> str:
    try:
        lines = context.paths.at(REST_LOG).read_text().strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else f"see {REST_LOG}"


def start(context: Context) -> None:
    context.services.start(*services(context))
    _wait(context)


def stop(context: Context) -> None:
    context.services.stop(*reversed(services(context)))


def remove(context: Context) -> None:
    with context.work("manager_service.remove"):
        context.services.remove(REST)
        holders.remove(context, *(n for n in services(context) if n != REST))
        paths = context.paths
        context.remove(paths.manager, paths.state, paths.at("/etc/nginx/conf.d/cloudify.conf"))
        context.remove(paths.cluster_marker, paths.cluster_ssl)
        context.remove(*(paths.logs / name for name in FOLDERS))


__all__ = ["command", "configure", "install", "remove", "services", "start", "stop"]
