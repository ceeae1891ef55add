# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A PostgreSQL server of one's own on loopback, run as an unprivileged user."""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

ACCOUNTS = ("postgres", "nobody")


def missing() -> str:
    """Why there can be no server here; empty when there can."""
    try:
        import psycopg2  # noqa: F401
    except ImportError:
        return "psycopg2 is not installed"
    return "" if _programs() else "PostgreSQL's programs (initdb, postgres) are not installed"


def _programs() -> Path | None:
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    listed = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    return Path(listed[-1]).parent if listed else None


def _account() -> pwd.struct_passwd | None:
    """Whom to become: the server refuses to run as root."""
    if os.getuid() != 0:
        return None
    for name in ACCOUNTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("no unprivileged account to run PostgreSQL as")


def _ends_with_us() -> list[str]:
    """A test run that is killed leaves no server behind."""
    found = shutil.which("setpriv")
    return [found, "--pdeathsig", "QUIT"] if found else []


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Postgres:
    def __init__(self) -> None:
        programs = _programs()
        assert programs is not None
        self._programs = programs
        self._account = _account()
        self.folder = Path(tempfile.mkdtemp(prefix="standin-pg-"))
        if self._account:
            os.chown(self.folder, self._account.pw_uid, self._account.pw_gid)
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def database(self) -> dict[str, Any]:
        return {
            "hosts": ["127.0.0.1"],
            "port": self.port,
            "user": "cloudify",
            "password": "x",
            "connect_timeout": 2,
            "timeout": 3,
        }

    admin = {"user": "postgres", "password": "x"}

    def __enter__(self) -> Postgres:
        data = self.folder / "data"
        told = ["-D", str(data), "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8"]
        self._run("initdb", *told, "--locale=C.UTF-8")
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
            "fsync": "off",
            "max_connections": "60",
        }
        told = [part for k, v in settings.items() for part in ("-c", f"{k}={v}")]
        data = str(self.folder / "data")
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*_ends_with_us(), str(self._programs / "postgres"), "-D", data, *told],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                **self._as(),
            )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self._ask("SELECT 1", check=False) == "1":
                return
            time.sleep(0.05)
        raise RuntimeError((self.folder / "log").read_text()[-2000:])

    def stop(self) -> None:
        """At once, as a crash does."""
        if self._process:
            self._process.send_signal(3)
            self._process.wait(timeout=20)
            self._process = None

    def set(self, **settings: str) -> None:
        for name, value in settings.items():
            self._ask(f"ALTER SYSTEM SET {name} = '{value}'")
        self._ask("SELECT pg_reload_conf()")

    def _ask(self, words: str, *, check: bool = True) -> str:
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-d", "postgres"]
        return self._run("psql", *where, "-XAtc", words, check=check).strip()

    ask = _ask

    def _run(self, program: str, *argv: str, check: bool = True) -> str:
        done = subprocess.run(
            [str(self._programs / program), *argv],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            **self._as(),
        )
        if check and done.returncode:
            raise RuntimeError(f"{program}: {done.stderr.strip()}")
        return done.stdout

    def _as(self) -> dict[str, Any]:
        if self._account is None:
            return {}
        account = self._account
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


__all__ = ["Postgres", "free_port", "missing"]
