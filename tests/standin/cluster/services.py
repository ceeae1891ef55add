# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The services of the manager's own host: which run, and what follows when one does not."""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import socket
import subprocess
import threading
import xmlrpc.client
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from standin.cluster.config import Settings

if TYPE_CHECKING:
    from standin.front import Front
    from standin.manager import Manager

SUPERVISORD_SOCKET = "/run/supervisord.sock"
LOOK_EVERY = 0.5

# as the supervisor calls them, and as /status does
NAMES = {
    "nginx": "Webserver",
    "cloudify-mgmtworker": "Management Worker",
    "cloudify-restservice": "Manager Rest-Service",
    "cloudify-api": "Cloudify API",
    "cloudify-execution-scheduler": "Cloudify Execution Scheduler",
    "cloudify-stage": "Cloudify Console",
    "cloudify-amqp-postgres": "AMQP-Postgres",
    "cloudify-composer": "Cloudify Composer",
    "cloudify-syncthing": "File Sync Service",
}
SINCE_6 = ("cloudify-api", "cloudify-execution-scheduler")


class _SocketConnection(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(SUPERVISORD_SOCKET)


def ask_supervisord() -> dict[str, bool] | None:
    """Its programs and whether they run; None when it does not answer."""
    connection = _SocketConnection("localhost", timeout=5)
    call = xmlrpc.client.dumps((), "supervisor.getAllProcessInfo")
    try:
        connection.request("POST", "/RPC2", call, {"Content-Type": "text/xml"})
        answer = connection.getresponse().read().decode()
        programs: Any = xmlrpc.client.loads(answer)[0][0]
    except (OSError, http.client.HTTPException, xmlrpc.client.Error, ValueError):
        return None
    finally:
        connection.close()
    return {str(p["name"]): p["statename"] in ("RUNNING", "STARTING") for p in programs}


def ask_systemd() -> dict[str, bool] | None:
    """Those of our units that are installed, and whether they run."""
    units = [f"{name}.service" for name in NAMES]
    told = ["systemctl", "show", "--property=Id,LoadState,ActiveState", *units]
    try:
        done = subprocess.run(told, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    out = {}
    for block in done.stdout.split("\n\n"):
        fields = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if fields.get("LoadState") == "loaded":
            name = fields["Id"].removesuffix(".service")
            out[name] = fields["ActiveState"] in ("active", "reloading", "activating")
    return out


ASK: dict[str, Callable[[], dict[str, bool] | None]] = {
    "supervisord": ask_supervisord,
    "systemd": ask_systemd,
}


def ask_locks(folder: Path) -> dict[str, bool]:
    """Each service holds a lock on a file of its name for as long as it lives."""
    out = {}
    for name in NAMES:
        with contextlib.suppress(OSError), (folder / f"{name}.lock").open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                out[name] = False
            except BlockingIOError:
                out[name] = True
    return out


class HostServices:
    """What runs, by the locks of the services or the supervisor's word; else as one was told."""

    def __init__(self, manager: Manager, front: Front) -> None:
        self._manager = manager
        self._front = front
        self._running: dict[str, bool] = {}
        self._seen: dict[str, bool] = {}
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._settings: Settings = {}
        threading.Thread(target=self._watch, name="services", daemon=True).start()

    def follow(self, settings: Settings) -> None:
        self._settings = settings
        self._look()

    def close(self) -> None:
        self._ending.set()

    def reload(self) -> None:
        """nginx restarts, with the certificates that are there now."""
        self._front.reload()

    def told(self, name: str, up: bool) -> None:
        """Somebody says that a service has come up or gone down."""
        with self._lock:
            changed = self._running.get(name, True) != up
            self._running[name] = up
        if changed:
            self._act(name, up)

    def runs(self, name: str) -> bool:
        return self._running.get(name, True)

    def states(self) -> dict[str, bool]:
        """By the names that /status shows, those that this version has."""
        old = self._manager.profile.release < (6, 0, 0)
        return {
            shown: self.runs(name) for name, shown in NAMES.items() if not (old and name in SINCE_6)
        }

    def _watch(self) -> None:
        while not self._ending.wait(LOOK_EVERY):
            self._look()

    def _look(self) -> None:
        locks, ask = self._settings.get("locks"), ASK.get(self._settings.get("supervisor") or "")
        found = ask_locks(Path(locks)) if locks else ask() if ask else None
        for name, up in (found or {}).items():
            # only news counts: what was told meanwhile is newer than what is still seen
            if name in NAMES and self._seen.get(name) != up:
                self._seen[name] = up
                self.told(name, up)

    def _act(self, name: str, up: bool) -> None:
        if name == "nginx":
            self._front.listen(up)
        elif name == "cloudify-mgmtworker":
            self._manager.worker.set_state(up)


__all__ = ["NAMES", "HostServices"]
