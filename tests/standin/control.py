# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control API: how a test or a person breaks and fills the stand-in. No part of the product."""

from __future__ import annotations

import contextlib
import functools
import json
import threading
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from standin import seed
from standin.executions import display
from standin.state import StoreUnavailable

if TYPE_CHECKING:
    from standin.cluster.active_standby.rest import StandbyRest
    from standin.front import Front
    from standin.manager import Manager

RESTART_SECONDS = 1.0
# what changes content: a standby holds what its leader does, and nothing else
WRITES = ("post_content", "post_snapshots", "post_execution", "post_admin_password")


class Control:
    """What each control request does."""

    def __init__(self, manager: Manager, front: Front) -> None:
        self.manager = manager
        self.front = front

    def call(self, method: str, target: str, body: dict[str, Any]) -> tuple[int, Any]:
        parts = urlsplit(target)
        words = parts.path.strip("/").split("/")
        name = f"{method.lower()}_{words[0].replace('-', '_')}"
        if words[0] == "faults" and words[1:] == ["workflow"]:
            name = f"{method.lower()}_workflow_faults"
            words = words[1:]
        action: Callable[..., Any] | None = getattr(self, name, None)
        if action is None or name.startswith("_"):
            return 404, {"error": f"no {method} {parts.path}"}
        query = {k: v[-1] for k, v in parse_qs(parts.query).items()}
        with contextlib.suppress(StoreUnavailable):
            self.manager.prepare()
        guard = self.manager.guard if name in WRITES else None
        try:
            if guard and not guard.writable():
                raise ValueError("this is a standby, and has the content of its leader")
            answer = action(body, query, *words[1:]) or {}
            if guard:
                guard.settle_now()
            return 200, answer
        except (KeyError, ValueError, TypeError) as error:
            return 400, {"error": f"{type(error).__name__}: {error}"}

    # -- looking
    def get_requests(self, body: Any, query: dict[str, str]) -> Any:
        return {"requests": self.front.journal.since(int(query.get("since", 0)))}

    def get_state(self, body: Any, query: dict[str, str]) -> Any:
        manager = self.manager
        return {
            "profile": manager.profile.name,
            "edition": manager.edition,
            "counts": {kind: manager.store.count(kind) for kind in manager.store.kinds()},
            "snapshots": {s["id"]: s["status"] for s in manager.store.all("snapshots")},
            "active": [
                {k: e[k] for k in ("id", "workflow_id", "status")}
                for e in manager.executions.unfinished()
            ],
            "flag": manager.restoring,
            "maintenance": manager.maintenance.status,
            "worker": "up" if manager.worker.up else "down",
            "broker": "up" if manager.broker_up else "down",
        }

    # -- faults
    def post_faults(self, body: dict[str, Any], query: Any) -> Any:
        return {"id": self.manager.faults.add(body)}

    def get_faults(self, body: Any, query: Any) -> Any:
        return {"faults": self.manager.faults.all(), "workflow": self.manager.workflow_faults.all()}

    def delete_faults(self, body: Any, query: Any) -> None:
        self.manager.faults.clear()
        self.manager.workflow_faults.clear()

    def post_workflow_faults(self, body: dict[str, Any], query: Any) -> None:
        self.manager.workflow_faults.add(body)

    # -- the manager's parts
    def post_worker(self, body: dict[str, Any], query: Any) -> None:
        self.manager.worker.set_state(_up(body))

    def post_service(self, body: dict[str, Any], query: Any) -> None:
        """A service of the product's, by its unit's name, has come up or gone down."""
        name, up = str(body["name"]), _up(body)
        host = self.manager.member or self.manager.guard
        if host:
            host.services.told(name, up)
        elif name == "nginx":
            self.front.listen(up)
        elif name == "cloudify-mgmtworker":
            self.manager.worker.set_state(up)
        elif name == "cloudify-rabbitmq":
            self.manager.broker_up = up

    def post_broker(self, body: dict[str, Any], query: Any) -> None:
        self.manager.broker_up = _up(body)

    def post_monitoring(self, body: dict[str, Any], query: Any) -> None:
        self.manager.local.set_meta("monitoring", _up(body))

    def post_restart(self, body: dict[str, Any], query: Any) -> None:
        self.manager.rest_down(float(body.get("seconds", RESTART_SECONDS)))

    def post_flag(self, body: dict[str, Any], query: Any) -> None:
        self.manager.flag(body["state"] == "set")

    def post_wipe(self, body: dict[str, Any], query: Any) -> Any:
        self.manager.worker.kill_all()
        if self.manager.guard:
            self.manager.guard.wiped()
        self.manager.reinstall()
        return seed.add_content(self.manager, body) if body else None

    def post_admin_password(self, body: dict[str, Any], query: Any) -> None:
        self.manager.set_admin_password(str(body["password"]))

    def post_security(self, body: dict[str, Any], query: Any) -> None:
        """Another rest-security.conf, as if this manager had been installed with it."""
        manager = self.manager
        manager.store.set_meta("security", {**manager.security, **body})
        manager.set_admin_password(manager.password)

    def post_cluster(self, body: dict[str, Any], query: Any) -> None:
        self.manager.store.set_meta("cluster_nodes", int(body["nodes"]))

    # -- a member of an active/standby cluster
    def get_peers(self, body: Any, query: Any) -> Any:
        return self._guard().seen()

    def post_peers(self, body: dict[str, Any], query: Any) -> Any:
        return self._guard().set_peers(body)

    def _guard(self) -> StandbyRest:
        if self.manager.guard is None:
            raise ValueError("this is no member of an active/standby cluster")
        return self.manager.guard

    # -- content
    def post_content(self, body: dict[str, Any], query: Any) -> Any:
        return seed.add_content(self.manager, body)

    def post_snapshots(self, body: dict[str, Any], query: Any) -> Any:
        return seed.add_snapshot(self.manager, body)

    def post_execution(self, body: dict[str, Any], query: Any) -> Any:
        return seed.add_execution(self.manager, body)

    def delete_execution(self, body: Any, query: Any, execution_id: str) -> Any:
        self.manager.worker.kill(execution_id)
        ended = self.manager.executions.set_status(execution_id, "terminated")
        if ended is None:
            raise KeyError(execution_id)
        return {"id": execution_id, "status": display("terminated")}


def _up(body: dict[str, Any]) -> bool:
    if body["state"] not in ("up", "down"):
        raise ValueError("state is up or down")
    return bool(body["state"] == "up")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    control: Control

    def _serve(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = json.loads(data) if data else {}
            status, answer = self.control.call(self.command, self.path, body)
        except Exception as error:  # a test has to see what broke
            status, answer = 500, {"error": str(error), "traceback": traceback.format_exc()}
        out = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)

    do_GET = do_POST = do_DELETE = do_PUT = _serve

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the journal of the front is what tests read."""


def serve_control(control: Control, port: int = 0) -> ThreadingHTTPServer:
    handler = type("Handler", (_Handler,), {"control": control})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    serve = functools.partial(server.serve_forever, poll_interval=0.05)
    threading.Thread(target=serve, name="control", daemon=True).start()
    return server


__all__ = ["Control", "serve_control"]
