# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The services of a host: systemd units or programs of one supervisord, by version."""

from __future__ import annotations

import contextlib
import fcntl
import json
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Protocol

from product.errors import ProcessExecutionError
from product.paths import Paths

UNITS = "/etc/systemd/system"


@dataclass(frozen=True)
class Service:
    """A program that runs for as long as the host does."""

    name: str
    # one command line; no shell
    command: str
    user: str = "root"
    environment: dict[str, str] = field(default_factory=dict)
    directory: str = "/"
    # systemd only: simple | notify; units that come first; run when the service has ended, however it did
    type: str = "simple"
    after: tuple[str, ...] = ()
    stop_post: str = ""
    # process: only the main process gets the signal to stop
    kill_mode: str = "control-group"
    stop_seconds: int = 20
    log: str = ""


class Services(Protocol):
    """active | inactive | failed | missing are the states."""

    def define(self, service: Service) -> None: ...
    def start(self, *names: str) -> None: ...
    def stop(self, *names: str) -> None: ...
    def restart(self, *names: str) -> None: ...
    def remove(self, *names: str) -> None: ...
    def state(self, name: str) -> str: ...


def _run(*argv: str, check: bool = True, timeout: float = 180) -> str:
    try:
        done = subprocess.run(
            argv,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as error:
        raise ProcessExecutionError(f"{' '.join(argv)}: no end after {timeout} s") from error
    if check and done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).replace("\n", " ")
        raise ProcessExecutionError(f"{' '.join(argv)} exited with {done.returncode}: {said}")
    return done.stdout.strip()


@contextlib.contextmanager
def alone(paths: Paths) -> Iterator[None]:
    """Two installations on one host, of different services, do not define theirs at the same moment."""
    path = paths.at("/var/lock/cfy_manager.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


class Systemd:
    """A unit for each service."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths

    def define(self, service: Service) -> None:
        after = " ".join(("network.target", *service.after))
        lines = [
            "[Unit]",
            f"Description=Cloudify stand-in: {service.name}",
            f"After={after}",
            "[Service]",
            f"Type={service.type}",
            f"ExecStart={service.command}",
            f"User={service.user}",
            f"WorkingDirectory={service.directory}",
            f"KillMode={service.kill_mode}",
            f"TimeoutStopSec={service.stop_seconds}",
            "Restart=no",
            "LimitNOFILE=16384",
            *(f'Environment="{k}={v}"' for k, v in service.environment.items()),
        ]
        if service.stop_post:
            lines.append(f"ExecStopPost=-{service.stop_post}")
        if service.log:
            lines += [f"StandardOutput=append:{service.log}", "StandardError=inherit"]
        lines += ["[Install]", "WantedBy=multi-user.target", ""]
        unit = self.paths.at(UNITS) / f"{service.name}.service"
        unit.parent.mkdir(parents=True, exist_ok=True)
        unit.write_text("\n".join(lines))

    def start(self, *names: str) -> None:
        _run("systemctl", "daemon-reload")
        _run("systemctl", "enable", "--quiet", *names)
        _run("systemctl", "start", *names)

    def stop(self, *names: str) -> None:
        known = [n for n in names if self.state(n) != "missing"]
        if known:
            _run("systemctl", "stop", *known)

    def restart(self, *names: str) -> None:
        _run("systemctl", "daemon-reload")
        _run("systemctl", "enable", "--quiet", *names)
        _run("systemctl", "restart", *names)

    def remove(self, *names: str) -> None:
        self.stop(*names)
        for name in names:
            unit = self.paths.at(UNITS) / f"{name}.service"
            if unit.exists():
                _run("systemctl", "disable", "--quiet", name, check=False)
                unit.unlink()
        _run("systemctl", "daemon-reload")
        _run("systemctl", "reset-failed", *names, check=False)

    def state(self, name: str) -> str:
        if not (self.paths.at(UNITS) / f"{name}.service").exists():
            return "missing"
        found = _run("systemctl", "is-active", name, check=False)
        return found if found in ("active", "failed") else "inactive"


class Recorded:
    """No services at all: what would run is written down, for tests without a host."""

    def __init__(self, paths: Paths) -> None:
        self._file = paths.at("/services.json")

    def _all(self) -> dict[str, dict[str, object]]:
        found: dict[str, dict[str, object]] = {}
        if self._file.exists():
            found = json.loads(self._file.read_text())
        return found

    def _save(self, all_of_them: dict[str, dict[str, object]]) -> None:
        self._file.write_text(json.dumps(all_of_them, indent=1))

    def define(self, service: Service) -> None:
        state = self.state(service.name)
        known = {**asdict(service), "state": "inactive" if state == "missing" else state}
        self._save({**self._all(), service.name: known})

    def _set(self, state: str, names: tuple[str, ...]) -> None:
        found = self._all()
        for name in names:
            if name in found:
                found[name]["state"] = state
            elif state == "active":
                raise ProcessExecutionError(f"there is no service {name}")
        self._save(found)

    def start(self, *names: str) -> None:
        self._set("active", names)

    def stop(self, *names: str) -> None:
        self._set("inactive", names)

    def restart(self, *names: str) -> None:
        self._set("active", names)

    def remove(self, *names: str) -> None:
        self._save({k: v for k, v in self._all().items() if k not in names})

    def state(self, name: str) -> str:
        return str(self._all().get(name, {}).get("state", "missing"))


__all__ = ["Recorded", "Service", "Services", "Systemd", "alone"]
