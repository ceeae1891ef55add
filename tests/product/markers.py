# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that say what is installed and configured, by version."""

from __future__ import annotations

from pathlib import Path

import yaml

from product.errors import BootstrapError
from product.paths import Paths
from product.versions import Version

COMPONENTS = {
    "manager_service": [
        "manager",
        "nginx",
        "restservice",
        "stage",
        "composer",
        "mgmtworker",
        "cli",
    ],
    "database_service": ["postgresql_server"],
    "queue_service": ["rabbitmq"],
    "monitoring_service": ["prometheus"],
}


class Markers:
    def __init__(self, version: Version, paths: Paths) -> None:
        self._version = version
        self._installed = paths.at(version.installed_marker)
        self._configured = paths.at(version.configured_marker)
        self._paths = paths

    def installed(self) -> frozenset[str]:
        """Services with a marker; every one there is when the version has only one file."""
        return self._services(self._installed)

    def configured(self) -> frozenset[str]:
        if self._version.markers == "file":
            return self.installed()
        return self._services(self._configured)

    def _services(self, path: Path) -> frozenset[str]:
        if self._version.markers != "directories":
            return frozenset(COMPONENTS) if path.is_file() else frozenset()
        if not path.is_dir():
            return frozenset()
        return frozenset(p.name for p in path.iterdir() if p.suffix != ".yaml")

    def set_installed(self, services: tuple[str, ...]) -> None:
        self._set(self._installed, services)
        if self._version.markers == "directories":
            self._lists()

    def set_configured(self, services: tuple[str, ...]) -> None:
        if self._version.markers != "file":
            self._set(self._configured, services)

    def _set(self, path: Path, services: tuple[str, ...]) -> None:
        if self._version.markers != "directories":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            return
        path.mkdir(parents=True, exist_ok=True)
        for service in services:
            (path / service).touch()

    def _lists(self) -> None:
        there = sorted(self.installed())
        components = [c for s in there for c in COMPONENTS.get(s, [])]
        (self._installed / "components.yaml").write_text(yaml.safe_dump(components))
        packages = {s: [f"cloudify-{c}" for c in COMPONENTS.get(s, [])] for s in there}
        (self._installed / "packages.yaml").write_text(yaml.safe_dump(packages))

    def clear(self, services: tuple[str, ...]) -> None:
        for path in (self._installed, self._configured):
            if self._version.markers != "directories":
                if path.is_file():
                    path.unlink()
                continue
            for service in services:
                (path / service).unlink(missing_ok=True)
            if path.is_dir():
                if path == self._installed and self.installed():
                    self._lists()
                elif not self._services(path):
                    for left in path.iterdir():
                        left.unlink()
                    path.rmdir()

    def demand(self, command: str, services: tuple[str, ...], *, config: str) -> None:
        """A command that needs an installed, or a configured, host."""
        version = self._version
        if version.markers == "file":
            self._demand_file(self._installed, command, "install")
            if self._paths.cluster_marker.exists():
                raise BootstrapError(f"Operation '{command}' is not allowed on a cluster node")
        elif version.markers == "files":
            self._demand_file(self._installed, command, "install")
            if command != "configure":
                self._demand_file(self._configured, command, "configure")
        elif command != "configure" and not set(services) <= self.configured():
            raise BootstrapError(
                f"Files in {version.configured_marker} do not match configured services.\n"
                f"Make sure you use the correct config file (currently used: {config}).\n"
                "This can also mean you need to run `cfy_manager configure` "
                f"before running `cfy_manager {command}`."
            )

    def _demand_file(self, path: Path, command: str, missing: str) -> None:
        if not path.is_file():
            raise BootstrapError(
                f"Could not find {self._paths.shown(path)}.\nThis most likely means that you need "
                f"to run `cfy_manager {missing}` before running `cfy_manager {command}`"
            )


__all__ = ["COMPONENTS", "Markers"]
