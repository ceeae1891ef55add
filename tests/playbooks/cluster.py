# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster of one manager, a store, and an operator who types ansible-playbook."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from standin.testing import StandIn
from tooling.played import PLAYBOOK, Played, environment, play

NAME = "production"
PATIENCE = 60.0


class Cluster:
    def __init__(self, manager: StandIn, place: Path) -> None:
        self.manager = manager
        self.store = place / "store"
        self.log = place / "ansible.log"
        self.variables: dict[str, Any] = {
            "cloudify_cluster_name": NAME,
            "cloudify_store_dir": str(self.store),
        }
        self.environment = environment(
            place / "home",
            CLOUDIFY_MANAGER_HOSTS=f"127.0.0.1:{manager.port}",
            CLOUDIFY_USERNAME=manager.username,
            CLOUDIFY_PASSWORD=manager.password,
            CLOUDIFY_CA_PATH=manager.ca,
            ANSIBLE_PYTHON_INTERPRETER=sys.executable,
            ANSIBLE_DEPRECATION_WARNINGS="true",
            ANSIBLE_REMOTE_TMP=str(place / "tmp"),
            ANSIBLE_LOG_PATH=str(self.log),
        )

    def connect_with_variables(self) -> None:
        """Say where the manager is in cloudify_connection, and nothing in the environment."""
        for name in [name for name in self.environment if name.startswith("CLOUDIFY_")]:
            del self.environment[name]
        self.variables["cloudify_connection"] = {
            "manager_hosts": ["127.0.0.1"],
            "manager_port": self.manager.port,
            "username": self.manager.username,
            "password": self.manager.password,
            "ca_path": self.manager.ca,
        }

    # -- playbooks -----------------------------------------------------------------------------------

    def command(self, playbook: str, *words: str, **variables: Any) -> list[str]:
        given = json.dumps({**self.variables, **variables})
        name = f"cloudify_ha.recovery.{playbook}"
        return [str(PLAYBOOK), name, "--extra-vars", given, *words]

    def play(self, playbook: str, *words: str, warned: bool = False, **variables: Any) -> Played:
        """Run it to its end. A warning of Ansible is a failure of the test, unless it is due."""
        played = play(self.command(playbook, *words, **variables), self.environment)
        assert ("[WARNING]" in played.output) == warned, played.output
        assert "DEPRECATION" not in played.output, played.output
        return played

    def ok(self, playbook: str, *words: str, **variables: Any) -> Played:
        played = self.play(playbook, *words, **variables)
        assert played.code == 0, played.output
        return played

    def fail(self, playbook: str, *words: str, **variables: Any) -> str:
        """Run it, and see it fail as Ansible does. The message that says why, which is one line."""
        played = self.play(playbook, *words, **variables)
        assert played.code == 2, played.output
        assert "\n" not in played.failure
        assert "Traceback" not in played.failure
        return played.failure

    def kill_when(self, playbook: str, reached: Callable[[], Any], **variables: Any) -> None:
        """Run it, and kill it with all its children once a point is reached."""
        with open(self.log, "ab") as log:
            child = subprocess.Popen(
                self.command(playbook, **variables),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            until(lambda: reached() or child.poll() is not None)
            assert child.poll() is None, "it was over before it could be killed"
        finally:
            # tasks are in sessions of their own on some versions of Ansible, so by parent too
            for each in (*descendants(child.pid), child.pid):
                try:
                    os.kill(each, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            child.wait()

    # -- what there is ---------------------------------------------------------------------------------

    @property
    def folder(self) -> Path:
        return self.store / NAME

    def names(self) -> list[str]:
        """All that lies in the store of the cluster, hidden ones too, but for the journals."""
        names = os.listdir(self.folder) if self.folder.is_dir() else []
        return sorted(name for name in names if name != ".runs")

    def manifest(self, name: str) -> Any:
        return json.loads((self.folder / name / "manifest.json").read_text())

    def edit_manifest(self, name: str, **changes: Any) -> None:
        path = self.folder / name / "manifest.json"
        path.write_text(json.dumps({**self.manifest(name), **changes}))

    def whole(self, name: str, *, kept: bool = False) -> Any:
        """The manifest of a set, which has to be complete, readable by its owner only, and true."""
        folder = self.folder / name
        assert sorted(each.name for each in folder.iterdir()) == [
            "content.json",
            "manifest.json",
            "snapshot.zip",
        ]
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}
        manifest = self.manifest(name)
        for file, facts in manifest["files"].items():
            data = (folder / file).read_bytes()
            assert len(data) == facts["size"]
            assert hashlib.sha256(data).hexdigest() == facts["sha256"]
        proofs = ["created", "length", "checksums", "metadata", "inventory"]
        assert [each["name"] for each in manifest["proofs"]] == proofs
        passed = {each["name"]: each["passed_at"] for each in manifest["proofs"]}
        assert passed["inventory"] <= passed["created"] <= passed["length"] <= now()
        assert manifest["id"] == name
        assert manifest["snapshot"]["size"] == manifest["files"]["snapshot.zip"]["size"]
        assert manifest["snapshot"]["kept_on_manager"] is kept
        assert all(seconds >= 0 for seconds in manifest["durations"].values())
        return manifest

    def snapshots(self) -> list[str]:
        """Those on the manager."""
        return sorted(self.manager.summary()["snapshots"])

    def get(self, path: str) -> Any:
        return self.manager.call("GET", path).json

    def ids(self, kind: str) -> list[str]:
        return sorted(each["id"] for each in self.get(f"/{kind}")["items"])

    def changes(self, since: int = 0) -> list[str]:
        """Requests that change something, as the manager saw them."""
        return [
            f"{each['method']} {each['path'].removeprefix('/api/v3.1')}"
            for each in self.manager.requests(since)
            if each["method"] not in ("GET", "HEAD")
        ]

    def seen(self, method: str, path: str, *, times: int = 1) -> bool:
        """Whether the manager has got such a request, or so many of them."""
        found = [
            each
            for each in self.manager.requests()
            if each["method"] == method and path in each["path"]
        ]
        return len(found) >= times


def descendants(pid: int) -> list[int]:
    """The children of a process and theirs, oldest first."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child), *descendants(int(child))]
    return found


def until(condition: Callable[[], Any]) -> Any:
    """Wait for a condition, however long the machine takes."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not come about")


def now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


__all__ = ["NAME", "Cluster", "Played", "now", "until"]
