# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs jobs as AWX does: transmitted, worked on in a place that is gone afterwards, and processed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ansible_runner

from jobs.launch import Credential, Launch, Machine, private_data

BIN = Path(sys.executable).parent
LIMIT = 1500.0
Groups = Mapping[str, Mapping[str, Mapping[str, Any]]]


@dataclass
class Ended:
    """How a job ended, and what is left of it on the side of AWX.

    :ivar artifacts: as they came back, and a copy of those that the worker had
    """

    status: str
    rc: int | None
    events: list[dict[str, Any]]
    artifacts: list[Path]

    @property
    def output(self) -> str:
        return "\n".join(event.get("stdout", "") for event in self.events)

    @property
    def stats(self) -> dict[str, Any]:
        """What set_stats has left, which AWX keeps as the job's artifacts."""
        found: dict[str, Any] = {}
        for event in self.events:
            found.update(event.get("event_data", {}).get("artifact_data", {}))
        return found

    def changed(self) -> list[str]:
        """Tasks that changed something, with their hosts."""
        return [
            f"{event['event_data']['host']}: {event['event_data']['task']}"
            for event in self.events
            if event["event"] == "runner_on_ok" and event["event_data"]["res"].get("changed")
        ]

    def tells(self, secrets: Mapping[str, str]) -> list[str]:
        """The files that have a secret in them, but for the one where ansible-runner itself keeps the environment."""
        found = []
        for place in self.artifacts:
            for path in files(place):
                if path.parent.parent == place and path.name == "command":
                    continue
                data = path.read_bytes()
                found += [
                    f"{name}: {path}"
                    for name, secret in secrets.items()
                    if any(form in data for form in forms(secret))
                ]
        return found


def files(place: Path) -> Iterator[Path]:
    for where, _folders, names in os.walk(place):
        yield from (Path(where) / name for name in names if (Path(where) / name).is_file())


def forms(secret: str) -> set[bytes]:
    """A secret, also as JSON has it; of a key, each of its lines, since any would give it away."""
    lines = [line for line in secret.splitlines() if line and not line.startswith("-----")]
    found = set()
    for text in lines if len(lines) > 1 else [secret]:
        found |= {text.encode(), json.dumps(text)[1:-1].encode()}
    return found


@dataclass
class Awx:
    """
    :ivar project: the project's directory, which each job gets a copy of
    :ivar container: words that the worker is started with, which make it a place of its own
    """

    place: Path
    project: Path
    groups: Groups
    #: Of the inventory, for all hosts.
    variables: Mapping[str, Any] = field(default_factory=dict)
    machine: Machine = field(default_factory=Machine)
    credentials: tuple[Credential, ...] = ()
    container: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    number: int = 0

    def run(
        self, playbook: str, *, kill_when: Callable[[], Any] | None = None, **how: Any
    ) -> Ended:
        """Launch it, and wait for its end.

        :param kill_when: when it is cancelled, as AWX does it: nothing in the container is let to know
        :param how: fields of Launch
        """
        launch = Launch(playbook, **how)
        self.number += 1
        home = Path(tempfile.mkdtemp(prefix=f"awx_{self.number}_", dir=self.place))
        # as short as /runner: sockets of ssh are below it
        node = Path(tempfile.mkdtemp(prefix="n"))
        runner = node / "runner"
        params = private_data(
            home,
            launch,
            number=self.number,
            groups=self.groups,
            variables=self.variables,
            machine=self.machine,
            credentials=self.credentials,
            container=str(runner),
            environment={"ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"]}
            | self.environment,
        )
        shutil.copytree(self.project, home / "project", dirs_exist_ok=True)
        with (node / "sent").open("wb") as stream:
            ansible_runner.run(
                streamer="transmit", _output=stream, private_data_dir=str(home), **params
            )
        left = home / "artifacts-of-the-worker"
        try:
            self._work(node, kill_when)
            if (runner / "artifacts").exists():
                shutil.copytree(runner / "artifacts", left, ignore=no_pipes)
            return self._processed(home, params, node / "back", left)
        finally:
            # as the container's disk is
            shutil.rmtree(node)

    def _work(self, node: Path, kill_when: Callable[[], Any] | None) -> None:
        runner, home = node / "runner", node / "home"
        for folder in (runner, home):
            folder.mkdir()
        with (node / "sent").open("rb") as into, (node / "back").open("wb") as out:
            child = subprocess.Popen(
                [
                    *(word.format(number=self.number) for word in self.container),
                    *(str(BIN / "ansible-runner"), "worker", "--private-data-dir", str(runner)),
                ],
                # what an image has, and nothing of who started AWX
                env={
                    "PATH": f"{BIN}{os.pathsep}{os.defpath}:/usr/sbin:/sbin",
                    "HOME": str(home),
                    "LC_ALL": "C.UTF-8",
                },
                cwd=runner,
                stdin=into,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                wait(child, kill_when)
            finally:
                end(child.pid)
                child.wait()

    def _processed(self, home: Path, params: dict[str, Any], back: Path, left: Path) -> Ended:
        events: list[dict[str, Any]] = []

        def keep(event: dict[str, Any]) -> bool:
            events.append(event)
            return True

        with back.open("rb") as stream:
            told = ansible_runner.run(
                streamer="process",
                quiet=True,
                _input=stream,
                private_data_dir=str(home),
                event_handler=keep,
                **{k: v for k, v in params.items() if k != "ssh_key"},
            )
        code = home / "artifacts" / params["ident"] / "rc"
        rc = int(code.read_text()) if code.exists() else None
        return Ended(told.status, rc, events, [home / "artifacts", left])


def no_pipes(folder: str, names: list[str]) -> set[str]:
    """What ssh-agent has read the key from."""
    return {name for name in names if Path(folder, name).is_fifo()}


def wait(child: subprocess.Popen[bytes], kill_when: Callable[[], Any] | None) -> None:
    limit = time.monotonic() + LIMIT
    while child.poll() is None:
        assert time.monotonic() < limit, "the job hangs"
        if kill_when and kill_when():
            return
        time.sleep(0.1)
    assert kill_when is None, "it was over before it could be killed"


def end(pid: int) -> None:
    """The container with all that is in it."""
    for each in (*descendants(pid), pid):
        try:
            os.kill(each, signal.SIGKILL)
        except ProcessLookupError:
            pass


def descendants(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue
        for child in children:
            found += [int(child), *descendants(int(child))]
    return found


__all__ = ["Awx", "Ended"]
