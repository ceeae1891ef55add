# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A manager, a directory, and what an operator does with the modules."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from standin.testing import StandIn

ARCHIVES = Path(__file__).resolve().parent.parent / "data" / "archives"

Said = dict[str, Any]


class Site:
    """One manager and the modules that talk to it.

    :ivar password: what the operator takes for the manager's password
    """

    def __init__(self, manager: StandIn, run_module: Callable[..., Said], work: Path) -> None:
        self.manager = manager
        self.work = work
        self.password = manager.password
        self._run = run_module

    # -- modules -----------------------------------------------------------------------------------

    def run(self, name: str, **options: Any) -> Said:
        """Run a module, which has to succeed."""
        said = self._call(name, **options)
        assert not said.get("failed"), said["msg"]
        return said

    def fail(self, name: str, **options: Any) -> Said:
        """Run a module, which has to fail."""
        said = self._call(name, **options)
        assert said.get("failed"), said
        return said

    def _call(self, name: str, **options: Any) -> Said:
        account = {
            "manager_hosts": [f"127.0.0.1:{self.manager.port}"],
            "username": self.manager.username,
            "password": self.password,
            "ca_path": self.manager.ca,
        }
        if name in ("snapshot", "snapshot_restore", "maintenance_mode"):
            options.setdefault("wait_interval", 0.05)
            options.setdefault("wait_timeout", 60)
        if name == "snapshot_restore":
            options.setdefault("settle_timeout", 10)
        return self._run(name, **{**account, **options})

    # -- steps -------------------------------------------------------------------------------------

    def content(self) -> Any:
        return self.run("content_info")["content"]

    def backup(self, snapshot_id: str = "backup", **options: Any) -> Backup:
        """Inventory, snapshot, download."""
        content = self.content()
        made = self.run("snapshot", id=snapshot_id, **options)
        path = self.work / f"{snapshot_id}.zip"
        fetched = self.run("snapshot_download", id=snapshot_id, dest=str(path))
        return Backup(snapshot_id, path, content, fetched["archive"]["format"], made)

    def upload(self, snapshot_id: str, path: Path, **options: Any) -> Said:
        return self.run("snapshot_upload", id=snapshot_id, src=str(path), **options)

    def bring(self, backup: Backup) -> None:
        """Lose the manager, and bring the backup to a fresh one."""
        self.manager.wipe()
        self.upload(backup.id, backup.path)

    def restore(self, backup: Backup, **options: Any) -> Said:
        return self.run("snapshot_restore", id=backup.id, content=backup.content, **options)

    def fail_to_restore(self, backup: Backup, **options: Any) -> Said:
        return self.fail("snapshot_restore", id=backup.id, content=backup.content, **options)

    # -- what the manager says -----------------------------------------------------------------------

    def get(self, path: str, **options: Any) -> Any:
        return self.manager.call("GET", path, **options).json

    def maintenance(self) -> str:
        return str(self.get("/maintenance")["status"])

    def active(self) -> list[Any]:
        found: list[Any] = self.manager.summary()["active"]
        return found

    def posts(self, since: int = 0) -> list[str]:
        """Requests that change something, as the manager saw them."""
        return [
            f"{each['method']} {each['path'].removeprefix('/api/v3.1')}"
            for each in self.manager.requests(since)
            if each["method"] not in ("GET", "HEAD")
        ]


class Backup:
    def __init__(
        self, snapshot_id: str, path: Path, content: Any, archive_format: str, made: Said
    ) -> None:
        self.id = snapshot_id
        self.path = path
        self.content = content
        self.format = archive_format
        self.made = made


def with_metadata(source: Path, target: Path, **changes: Any) -> Path:
    """A copy of an archive whose metadata says something else; None takes a key out."""
    import json

    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            data = old.read(info)
            if info.filename == "metadata.json":
                metadata = {**json.loads(data), **changes}
                data = json.dumps({k: v for k, v in metadata.items() if v is not None}).encode()
            new.writestr(info, data)
    return target


__all__ = ["ARCHIVES", "Backup", "Said", "Site", "with_metadata"]
