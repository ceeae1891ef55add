# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every part of the installation is given: the host, its configuration, and hands to work with."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from product.errors import ProcessExecutionError
from product.paths import Paths
from product.services import Services
from product.versions import Version
from product.work import step

MANAGER_SERVICE = "manager_service"
DATABASE_SERVICE = "database_service"
QUEUE_SERVICE = "queue_service"
MONITORING_SERVICE = "monitoring_service"


@dataclass
class Context:
    version: Version
    paths: Paths
    # all configuration files merged over the packaged defaults
    config: dict[str, Any]
    services: Services
    options: argparse.Namespace
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("cfy_manager"))
    # services with a marker before this command began
    configured: frozenset[str] = frozenset()
    # whether the operator gave: admin_password, internal (certificate and key), ca (likewise)
    operator: frozenset[str] = frozenset()
    config_files: tuple[Path, ...] = ()
    # services that this command is about
    chosen: tuple[str, ...] = ()

    # -- configuration
    def get(self, *keys: str, default: Any = None) -> Any:
        """config["a"]["b"] for get("a", "b"); the default where a part is missing, null or empty."""
        found: Any = self.config
        for key in keys:
            if not isinstance(found, Mapping) or found.get(key) in (None, "", {}, []):
                return default
            found = found[key]
        return found

    @property
    def private_ip(self) -> str:
        return str(self.get("manager", "private_ip", default=""))

    @property
    def public_ip(self) -> str:
        return str(self.get("manager", "public_ip", default=self.private_ip))

    @property
    def hostname(self) -> str:
        named = self.get("manager", "hostname")
        if named:
            return str(named)
        return self.paths.at("/etc/hostname").read_text().strip()

    # -- the host
    def run(
        self,
        *argv: str,
        check: bool = True,
        user: str | None = None,
        env: Mapping[str, str] | None = None,
        input: str | None = None,
        timeout: float = 120,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of the host; ProcessExecutionError unless it exits with 0."""
        command: Sequence[str] = argv
        if user:
            command = ("runuser", "-u", user, "--", *argv)
        self.log.debug("running: %s", " ".join(command))
        try:
            done = subprocess.run(
                command,
                env={**os.environ, **(env or {})},
                input=input,
                stdin=subprocess.DEVNULL if input is None else None,
                capture_output=True,
                text=True,
                timeout=timeout,
                check=False,
                cwd="/",
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ProcessExecutionError(f"{' '.join(argv)}: {error}") from error
        if check and done.returncode:
            said = (done.stderr.strip() or done.stdout.strip()).replace("\n", " ")
            raise ProcessExecutionError(f"{' '.join(argv)} exited with {done.returncode}: {said}")
        return done

    def write(self, path: Path, text: str, *, mode: int = 0o644, owner: str | None = None) -> None:
        """Write a file whole; owner as user:group."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "w") as out:
            out.write(text)
        temporary.chmod(mode)
        self.own(temporary, owner)
        temporary.replace(path)

    def copy(self, source: Path, target: Path, *, mode: int, owner: str | None = None) -> None:
        self.write(target, source.read_text(), mode=mode, owner=owner)

    def folder(self, path: Path, *, mode: int = 0o755, owner: str | None = None) -> None:
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(mode)
        self.own(path, owner)

    def own(self, path: Path, owner: str | None) -> None:
        """Give a path to user:group; nothing outside of a host, which has no such users."""
        if not owner or not self.paths.real:
            return
        user, _colon, group = owner.partition(":")
        shutil.chown(path, user=user, group=group or user)

    def remove(self, *paths: Path) -> None:
        for path in paths:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def ensure_user(self, name: str, *, home: str = "/etc/cloudify") -> None:
        if not self.paths.real:
            return
        with contextlib.suppress(KeyError):
            pwd.getpwnam(name)
            return
        argv = ("useradd", "--system", "--user-group", "--home-dir", home)
        self.run(*argv, "--no-create-home", "--shell", "/usr/sbin/nologin", name)

    # -- the record of the product's own work
    @contextlib.contextmanager
    def work(self, name: str) -> Iterator[None]:
        """A step of the product's own work, for the benchmark."""
        self.log.info("%s...", name)
        with step(self.paths, name, version=self.version.name):
            yield


__all__ = [
    "DATABASE_SERVICE",
    "MANAGER_SERVICE",
    "MONITORING_SERVICE",
    "QUEUE_SERVICE",
    "Context",
]
