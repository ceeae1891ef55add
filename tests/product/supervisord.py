# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One supervisord with a program for each service, spoken to over its socket: its own client takes half a second."""

from __future__ import annotations

import http.client
import socket
import time
import xmlrpc.client
from collections.abc import Callable
from pathlib import Path
from typing import Any

from product.errors import ProcessExecutionError
from product.paths import Paths
from product.services import Service, Systemd, alone

CONFIG = "/etc/supervisord.conf"
PROGRAMS = "/etc/supervisord.d"
SOCKET = "/run/supervisord.sock"
UNIT = "supervisord"
START_SECONDS = 30.0
STOP_SECONDS = 90.0
RUNNING = ("RUNNING", "STARTING")
FAILED = ("FATAL", "BACKOFF", "EXITED")
# Faults that say that it is so already.
ALREADY_ADDED, ALREADY_STARTED, NOT_RUNNING = 90, 60, 70

TEXT = f"""[unix_http_server]
file={SOCKET}
chmod=0700
[supervisord]
logfile=/var/log/supervisord.log
pidfile=/run/supervisord.pid
minfds=16384
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://{SOCKET}
[include]
files={PROGRAMS}/*.conf
"""


class _Connection(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(SOCKET)


class _Transport(xmlrpc.client.Transport):
    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _Connection("localhost", timeout=60)


def _call(method: str, *arguments: Any, so_already: tuple[int, ...] = ()) -> Any:
    proxy = xmlrpc.client.ServerProxy("http://localhost", transport=_Transport())
    try:
        return getattr(proxy.supervisor, method)(*arguments)
    except xmlrpc.client.Fault as fault:
        if fault.faultCode in so_already:
            return None
        text = f"supervisord: {method} {' '.join(map(str, arguments))}: {fault.faultString}"
        raise ProcessExecutionError(text) from fault
    except (OSError, http.client.HTTPException, xmlrpc.client.Error) as error:
        raise ProcessExecutionError(f"supervisord does not answer: {error}") from error


def _wait(done: Callable[[], bool], seconds: float, otherwise: str) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise ProcessExecutionError(otherwise)
        time.sleep(0.05)


def _states() -> dict[str, str]:
    return {str(p["name"]): str(p["statename"]) for p in _call("getAllProcessInfo")}


def _answers() -> bool:
    try:
        return _call("getState")["statename"] == "RUNNING"
    except ProcessExecutionError:
        return False


class Supervisord:
    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self._systemd = Systemd(paths)

    def _file(self, name: str) -> Path:
        return self.paths.at(f"{PROGRAMS}/{name}.cloudify.conf")

    def _pending(self, name: str) -> Path:
        """A definition that nobody has started yet: supervisord starts whatever it is shown."""
        return self.paths.at(f"{PROGRAMS}/{name}.defined")

    def _ensure(self) -> None:
        """The daemon itself runs."""
        config = self.paths.at(CONFIG)
        if not config.exists():
            config.write_text(TEXT)
        if self._systemd.state(UNIT) != "active":
            command = f"/usr/bin/supervisord -n -c {CONFIG}"
            unit = Service(name=UNIT, command=command, stop_seconds=60, kill_mode="mixed")
            self._systemd.define(unit)
            self._systemd.start(UNIT)
        _wait(_answers, START_SECONDS, "supervisord does not answer")

    def define(self, service: Service) -> None:
        pairs = ",".join(f'{k}="{v}"' for k, v in service.environment.items())
        lines = [
            f"[program:{service.name}]",
            f"command={service.command}",
            f"user={service.user}",
            f"directory={service.directory}",
            f"environment={pairs}",
            "autostart=true",
            "autorestart=false",
            "startsecs=0",
            f"stopasgroup={'true' if service.kill_mode == 'control-group' else 'false'}",
            "killasgroup=true",
            f"stopwaitsecs={service.stop_seconds}",
            "redirect_stderr=true",
            f"stdout_logfile={service.log or f'/var/log/cloudify/{service.name}.log'}",
            "",
        ]
        program = self._pending(service.name)
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text("\n".join(lines))

    def _update(self, *names: str) -> None:
        """Take over these programs' definitions: a new one starts at once, another one anew."""
        added, changed, removed = _call("reloadConfig")[0]
        for name in (*changed, *removed):
            if name in names:
                self.stop(name)
                _call("removeProcessGroup", name)
        for name in (*added, *changed):
            if name in names:
                _call("addProcessGroup", name, so_already=(ALREADY_ADDED,))

    def start(self, *names: str) -> None:
        with alone(self.paths):
            for name in names:
                if self._pending(name).exists():
                    self._pending(name).replace(self._file(name))
            self._ensure()
            self._update(*names)
        for name in names:
            if _states().get(name) not in RUNNING:
                _call("startProcess", name, True, so_already=(ALREADY_STARTED,))

    def stop(self, *names: str) -> None:
        if not _answers():
            return
        found = _states()
        going = [n for n in names if found.get(n) in (*RUNNING, "BACKOFF", "STOPPING")]
        for name in going:
            if found[name] != "STOPPING":
                _call("stopProcess", name, False, so_already=(NOT_RUNNING,))

        def ended() -> bool:
            states = _states()
            return not any(states.get(n) in (*RUNNING, "STOPPING") for n in going)

        _wait(ended, STOP_SECONDS, f"supervisord does not end {', '.join(going)}")

    def restart(self, *names: str) -> None:
        self.stop(*names)
        self.start(*names)

    def remove(self, *names: str) -> None:
        self.stop(*names)
        with alone(self.paths):
            for name in names:
                self._file(name).unlink(missing_ok=True)
                self._pending(name).unlink(missing_ok=True)
            if _answers():
                self._update(*names)
            if not list(self.paths.at(PROGRAMS).glob("*.conf")):
                self._systemd.remove(UNIT)
                self.paths.at(CONFIG).unlink(missing_ok=True)

    def state(self, name: str) -> str:
        if not self._file(name).exists():
            return "inactive" if self._pending(name).exists() else "missing"
        found = _states().get(name, "") if _answers() else ""
        if found in RUNNING:
            return "active"
        return "failed" if found in FAILED else "inactive"


__all__ = ["CONFIG", "PROGRAMS", "SOCKET", "Supervisord"]
