# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in as a context manager, for tests."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar

TESTS = Path(__file__).resolve().parent.parent
START_SECONDS = 30.0


class ControlError(Exception):
    """The control API refused a request."""


class StandIn:
    """A stand-in manager in a process of its own.

    >>> with StandIn(profile="7.0.5", speed=20, state=tmp_path) as manager:
    ...     manager.seed(sample="rich")

    :cvar starter: what starts them in place of their Python and the name of the program
    """

    starter: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        *,
        profile: str = "7.0.5",
        edition: str = "premium",
        speed: float = 1.0,
        state: str | Path | None = None,
        rate_limit: bool = False,
        username: str = "admin",
        password: str = "admin",
        port: int = 0,
        host: str = "127.0.0.1",
        ca_dir: str | Path | None = None,
        standby: bool = False,
        hostname: str | None = None,
        private_ip: str | None = None,
        cluster_config: str | Path | None = None,
        python: str = "",
    ) -> None:
        self._own_state = state is None
        self.state = Path(state) if state else Path(tempfile.mkdtemp(prefix="standin-"))
        self.username = username
        self.password = password
        self.profile = profile
        self.edition = edition
        self._python = python
        self._options = [
            *("--state", str(self.state)),
            *("--profile", profile),
            *("--edition", edition),
            *("--speed", str(speed)),
            *("--username", username),
            *("--password", password),
            *("--host", host),
            "--rate-limit" if rate_limit else "--no-rate-limit",
        ]
        if ca_dir:
            self._options += ["--ca-dir", str(ca_dir)]
        if standby:
            self._options.append("--standby")
        named = (
            ("--hostname", hostname),
            ("--private-ip", private_ip),
            ("--cluster-config", cluster_config),
        )
        for option, value in named:
            if value is not None:
                self._options += [option, str(value)]
        self._process: subprocess.Popen[bytes] | None = None
        # Once it is ready; it may be a child of what was started.
        self._pid: int | None = None
        self._trusted: tuple[str, ssl.SSLContext] | None = None
        self.port = port
        self.url = self.ca = self._control = ""

    # -- the process
    def start(self) -> StandIn:
        self.state.mkdir(parents=True, exist_ok=True)
        ready = self.state / "ready.json"
        ready.unlink(missing_ok=True)
        log = self.state / "standin.log"
        path = os.pathsep.join(p for p in (str(TESTS), os.environ.get("PYTHONPATH", "")) if p)
        start = self.starter
        if self._python or not start:
            start = (self._python or sys.executable, "-m", "standin")
        with log.open("ab") as stream:
            self._process = subprocess.Popen(
                [*start, *self._options, "--port", str(self.port)],
                stdout=stream,
                stderr=stream,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": path},
            )
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"the stand-in did not start:\n{log.read_text()[-4000:]}")
            time.sleep(0.02)
        said = json.loads(ready.read_text())
        self.url, self.port, self.ca = said["url"], said["port"], said["ca"]
        self._control, self._pid = said["control"], said["pid"]
        return self

    @property
    def pid(self) -> int:
        assert self._pid is not None
        return self._pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def restart(self) -> StandIn:
        """Start it again on the same state and port, ending it first if it still runs."""
        self._end(signal.SIGTERM)
        return self.start()

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        pid, self._pid = self._pid, None
        if process is None:
            return
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid or process.pid, number)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> StandIn:
        return self.start() if self._process is None else self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        if self._own_state:
            shutil.rmtree(self.state, ignore_errors=True)

    # -- the control API
    def control(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._control + path, data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=600) as response:
                return json.loads(response.read())
        except urllib.error.HTTPError as error:
            raise ControlError(f"{method} {path}: {error.code} {error.read().decode()}") from None

    def add_fault(
        self,
        do: dict[str, Any],
        *,
        path: str = "",
        method: str = "",
        times: int | None = 1,
        after: int = 0,
    ) -> int:
        match = {"method": method, "path": path}
        spec = {"match": match, "times": times, "after": after, "do": do}
        return int(self.control("POST", "/faults", spec)["id"])

    def clear_faults(self) -> None:
        self.control("DELETE", "/faults")

    def workflow_fault(self, workflow: str, mode: str, **more: Any) -> None:
        self.control("POST", "/faults/workflow", {"workflow": workflow, "mode": mode, **more})

    def requests(self, since: int = 0) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control("GET", f"/requests?since={since}")["requests"]
        return found

    def wipe(self) -> None:
        self.control("POST", "/wipe")

    def seed(self, **content: Any) -> Any:
        return self.control("POST", "/content", content)

    def add_snapshot(self, snapshot_id: str, **more: Any) -> Any:
        return self.control("POST", "/snapshots", {"id": snapshot_id, **more})

    def add_execution(self, **more: Any) -> str:
        return str(self.control("POST", "/execution", more)["id"])

    def end_execution(self, execution_id: str) -> None:
        self.control("DELETE", f"/execution/{execution_id}")

    def worker(self, state: str) -> None:
        self.control("POST", "/worker", {"state": state})

    def flag(self, state: str) -> None:
        self.control("POST", "/flag", {"state": state})

    def summary(self) -> dict[str, Any]:
        found: dict[str, Any] = self.control("GET", "/state")
        return found

    # -- the product's API, for tests of the stand-in itself
    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str | None] | None = None,
        data: bytes | None = None,
    ) -> Answer:
        """One request as an admin of default_tenant; a header given as None is left out."""
        import base64

        given: dict[str, str | None] = {
            "Authorization": "Basic "
            + base64.b64encode(f"{self.username}:{self.password}".encode()).decode(),
            "Tenant": "default_tenant",
        }
        if body is not None:
            data = json.dumps(body).encode()
            given["Content-Type"] = "application/json"
        given.update(headers or {})
        url = self.url + (path if path.startswith("/api") else f"/api/v3.1{path}")
        request = urllib.request.Request(url, data=data, method=method)
        for name, value in given.items():
            if value is not None:
                request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=60, context=self._trust()) as response:
                return Answer(response.status, dict(response.headers.items()), response.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, dict(error.headers.items()), error.read())

    def _trust(self) -> ssl.SSLContext:
        """Made once for each CA, since that takes longer than many a request."""
        ca = Path(self.ca).read_text()
        if self._trusted is None or self._trusted[0] != ca:
            self._trusted = ca, ssl.create_default_context(cadata=ca)
        return self._trusted[1]


class Answer:
    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str | None:
        """The product's error code, if the body is its JSON."""
        try:
            return str(self.json["error_code"])
        except (ValueError, KeyError, TypeError):
            return None


__all__ = ["Answer", "ControlError", "StandIn"]
