# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking the tiers of the cluster how they are: each node by itself, all at the same time."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from standin.cluster.config import Settings
from standin.cluster.peers import Link, PeerError

TIMEOUT = 3.0
T = TypeVar("T")


@dataclass
class Report:
    """What one node said. Without services nothing was heard of it."""

    services: dict[str, bool] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    # database: the role and what the others are to this one; broker: the nodes that it sees
    role: str = ""
    members: list[dict[str, Any]] = field(default_factory=list)
    seen: frozenset[str] = frozenset()
    at: float = 0.0

    @property
    def good(self) -> bool:
        return bool(self.services) and all(self.services.values()) and not self.failures


def at_once(ask: Callable[[str], T], hosts: Iterable[str]) -> dict[str, T]:
    listed = list(dict.fromkeys(hosts))
    if not listed:
        return {}
    with ThreadPoolExecutor(max_workers=len(listed)) as pool:
        return dict(zip(listed, pool.map(ask, listed), strict=True))


def reachable(host: str, port: int, timeout: float = TIMEOUT) -> bool:
    try:
        socket.create_connection((host, port), timeout=timeout).close()
    except OSError:
        return False
    return True


def get_json(
    host: str, port: int, path: str, *, ca: str | None, account: tuple[str, str] | None = None
) -> tuple[int, Any]:
    """Status and body; (0, None) when nothing came."""
    headers = {}
    if account:
        pair = base64.b64encode(":".join(account).encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    if ca:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        try:
            context.load_verify_locations(ca)
        except OSError:
            return 0, None
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, port, timeout=TIMEOUT, context=context
        )
    else:
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        data = answer.read()
        return answer.status, json.loads(data) if data else None
    except (OSError, http.client.HTTPException):
        return 0, None
    except ValueError:
        return answer.status, None
    finally:
        connection.close()


def ask_database(host: str, settings: Settings) -> Report:
    """A node of the database tier: Patroni, what it drives, and etcd."""
    report = Report(at=time.monotonic())
    patroni, etcd = settings.get("patroni"), settings.get("etcd")
    if not patroni:
        port = int((settings.get("database") or {}).get("port") or 5432)
        if reachable(host, port):
            report.services["PostgreSQL"] = True
        return report
    port = int(patroni.get("port") or 8008)
    status, body = get_json(host, port, "/patroni", ca=patroni.get("ca"))
    if etcd:
        healthy = get_json(host, int(etcd.get("port") or 2379), "/health", ca=etcd.get("ca"))[1]
        up = isinstance(healthy, dict) and str(healthy.get("health")).lower() == "true"
    if not isinstance(body, dict):
        if etcd and up:
            report.services = {"Patroni HA Template": False, "Etcd key-value store": True}
        return report
    report.services["Patroni HA Template"] = True
    if etcd:
        report.services["Etcd key-value store"] = up
    report.services["PostgreSQL"] = body.get("state") == "running"
    report.role = str(body.get("role") or "")
    if report.role in ("master", "primary"):
        cluster = get_json(host, port, "/cluster", ca=patroni.get("ca"))[1]
        if isinstance(cluster, dict):
            report.members = list(cluster.get("members") or [])
    if status and body.get("cluster_unlocked"):
        report.failures.append("there is no leader")
    return report


def ask_broker(host: str, settings: Settings) -> Report:
    report = Report(at=time.monotonic())
    told = settings.get("brokers") or {}
    up = reachable(host, int(told.get("port") or 5671))
    if not told.get("management_port"):
        if up:
            report.services["RabbitMQ"] = True
        return report
    account = (str(told.get("username") or ""), str(told.get("password") or ""))
    status, nodes = get_json(
        host, int(told["management_port"]), "/api/nodes", ca=told.get("ca"), account=account
    )
    if status == 200 and isinstance(nodes, list):
        report.services["RabbitMQ"] = up
        report.seen = frozenset(str(n["name"]) for n in nodes if n.get("running"))
        report.failures += [f"{n['name']} sees a partition" for n in nodes if n.get("partitions")]
    elif up:
        report.services["RabbitMQ"] = True
        report.failures.append(f"its management answers {status}")
    return report


def ask_manager(link: Link) -> Report:
    report = Report(at=time.monotonic())
    try:
        said = link.json("/status")
    except PeerError:
        return report
    report.services = {str(k): bool(v) for k, v in said["services"].items()}
    return report


__all__ = ["Report", "ask_broker", "ask_database", "ask_manager", "at_once", "reachable"]
