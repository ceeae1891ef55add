# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many bad inputs in one run of ansible-playbook, and what must hold of each and of the whole."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from standin.testing import StandIn

ARCHIVES = Path(__file__).resolve().parent.parent / "data" / "archives"
ANSIBLE = Path(sys.executable).parent
COLLECTION = "cloudify_ha.recovery"
# Unlike the user's name, since Ansible masks every word that equals a password.
PASSWORD = "Correct-horse-7"
WRONG = "Wrong-battery-8"
TOKEN = "Wrong-token-staple-9"
SECRETS = (PASSWORD, WRONG, TOKEN)

READING = ("GET", "HEAD")


@dataclass(frozen=True)
class Case:
    """One bad input.

    :ivar args: of the module; the batch's variables can be used as in a playbook
    :ivar says: what the message has to have in it: what was tried, where, what came back
    :ivar todo: what it has to tell the operator to do
    :ivar undone: something was changed, and taken back
    """

    name: str
    module: str
    args: dict[str, Any]
    says: tuple[str, ...]
    todo: str
    check_mode: bool = False
    undone: bool = False

    def __str__(self) -> str:
        return self.name


@dataclass
class Place:
    """Where a run happens: a manager, and a directory of its own with nothing else in it."""

    manager: StandIn
    root: Path
    variables: dict[str, Any] = field(default_factory=dict)
    # A command that runs Ansible somewhere else, as in a namespace with mounts of its own.
    wrapper: tuple[str, ...] = ()
    # Those that start Ansible and modules at once, but in the namespace of the test.
    warm: str = sys.executable
    warm_modules: str = sys.executable

    def __post_init__(self) -> None:
        for name in ("files", "home/.ansible/tmp", "tmp"):
            (self.root / name).mkdir(parents=True, mode=0o700, exist_ok=True)
        self.variables = {
            "files": str(self.files),
            "manager": {
                "manager_hosts": ["127.0.0.1"],
                "manager_port": self.manager.port,
                "username": self.manager.username,
                "password": self.manager.password,
                "ca_path": self.manager.ca,
            },
            **self.variables,
        }

    @property
    def python(self) -> str:
        """What Ansible is run with."""
        return sys.executable if self.wrapper else self.warm

    @property
    def modules_python(self) -> str:
        return sys.executable if self.wrapper else self.warm_modules

    @property
    def files(self) -> Path:
        """What the cases read and write; nothing in it may change."""
        return self.root / "files"

    def upload(self, snapshot_id: str, data: bytes) -> None:
        """Past the modules, which would look at it first."""
        answer = self.manager.call(
            "PUT",
            f"/snapshots/{snapshot_id}/archive",
            data=data,
            headers={"Content-Type": "application/octet-stream"},
        )
        assert answer.status == 201, answer.body

    def traces(self) -> dict[str, str]:
        """Every file here, but for journals of runs and what Ansible keeps for itself."""
        found = {}
        for folder in (self.files, self.root / "tmp"):
            for path in sorted(folder.rglob("*")):
                if ".runs" in path.parts or (path / ".runs").is_dir():
                    continue
                facts = path.lstat()
                found[str(path)] = f"{facts.st_mode:o} {facts.st_size} {facts.st_mtime_ns}"
        return found

    def ansible(self, program: str, *words: str, **env: str) -> Ended:
        done = subprocess.run(
            [*self.wrapper, self.python, str(ANSIBLE / program), *words],
            cwd=self.root,
            env={
                **os.environ,
                "ANSIBLE_PIPELINING": "true",
                "HOME": str(self.root / "home"),
                "TMPDIR": str(self.root / "tmp"),
                "NO_PROXY": "*",
                **env,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        return Ended(done.returncode, done.stdout)


@dataclass(frozen=True)
class Ended:
    code: int
    output: str


@dataclass
class Batch:
    """What a batch of cases came to."""

    ended: Ended
    results: dict[str, dict[str, Any]]
    changing: list[str]
    left_behind: dict[str, Any]
    state_before: dict[str, Any]
    state_after: dict[str, Any]

    def message(self, case: Case) -> str:
        return str(self.results[case.name].get("msg"))


def run(place: Place, cases: list[Case]) -> Batch:
    """All cases one after the other; each may fail, and what it returned is kept."""
    tasks = [
        {**_task(case, case.args), "name": case.name, "register": f"case_{number}"}
        for number, case in enumerate(cases)
    ]
    kept = ", ".join(f"case_{number}" for number in range(len(cases)))
    return _play(place, cases, tasks, f"[{kept}]")


def run_side_by_side(place: Place, cases: list[Case], **args: Any) -> Batch:
    """The same for cases of one module that wait, each as a host of its own.

    :param args: what all of them are given
    """
    names = sorted({name for case in cases for name in case.args})
    shared = {
        name: f"{{{{ given[inventory_hostname].{name} | default(manager.{name}) }}}}"
        for name in names
    }
    task = {**_task(cases[0], {**shared, **args}), "name": "Try", "register": "case"}
    given = {f"case{number}": case.args for number, case in enumerate(cases)}
    kept = "groups['all'] | map('extract', hostvars, 'case') | list"
    return _play(place, cases, [task], kept, given=given)


def _task(case: Case, args: dict[str, Any]) -> dict[str, Any]:
    return {
        f"{COLLECTION}.{case.module}": args,
        "ignore_errors": True,
        "check_mode": case.check_mode,
    }


def _play(
    place: Place,
    cases: list[Case],
    tasks: list[dict[str, Any]],
    kept: str,
    given: dict[str, Any] | None = None,
) -> Batch:
    assert len({case.name for case in cases}) == len(cases)
    told = place.root / "results.json"
    told.unlink(missing_ok=True)
    keep = {
        "name": "Keep what they returned",
        "ansible.builtin.copy": {
            "content": f"{{{{ {kept} | to_json }}}}",
            "dest": str(told),
            "mode": "0600",
        },
        "run_once": True,
    }
    play = {
        "hosts": "all",
        "gather_facts": False,
        "vars": {**place.variables, "given": given or {}},
        "module_defaults": {f"group/{COLLECTION}.manager": "{{ manager }}"},
        "tasks": [*tasks, keep],
    }
    host = {"ansible_connection": "local", "ansible_python_interpreter": place.modules_python}
    inventory = {"all": {"hosts": {name: host for name in given or ["localhost"]}}}
    playbook, hosts = place.root / "play.json", place.root / "inventory.json"
    playbook.write_text(json.dumps([play], indent=1))
    hosts.write_text(json.dumps(inventory))
    before, state = place.traces(), place.manager.summary()
    seen = len(place.manager.requests())
    ended = place.ansible("ansible-playbook", "-f", "8", "-i", str(hosts), str(playbook))
    assert told.exists(), ended.output
    results = json.loads(told.read_text())
    after = place.traces()
    return Batch(
        ended=ended,
        results={case.name: result for case, result in zip(cases, results, strict=True)},
        changing=[
            f"{each['method']} {each['path']}"
            for each in place.manager.requests()[seen:]
            # One that breaks off before its answer has never got past the web server in front.
            if each["method"] not in READING and each["status"] is not None
        ],
        left_behind={
            path: facts
            for path, facts in (before | after).items()
            if before.get(path) != after.get(path)
        },
        state_before=state,
        state_after=place.manager.summary(),
    )


@contextlib.contextmanager
def web_server(folder: Path) -> Iterator[int]:
    """These files over plain HTTP. Yields the port."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()


def check(case: Case, batch: Batch) -> None:
    """It failed, in one line that says what was tried, where, what came back, and what to do."""
    result, message = batch.results[case.name], batch.message(case)
    assert result["failed"] is True
    assert result["changed"] is case.undone
    assert "\n" not in message
    assert re.search(r"[^.]\.$", message), message
    for part in (*case.says, case.todo):
        assert part in message, message


def check_nothing_happened(batch: Batch, cases: list[Case]) -> None:
    """No case changed the manager or a file, told a secret, or broke in an unforeseen way."""
    assert batch.ended.code == 0, batch.ended.output
    ignored = re.findall(r"ignored=(\d+)", batch.ended.output)
    assert sum(map(int, ignored)) == len(cases), batch.ended.output
    assert batch.changing == []
    assert batch.left_behind == {}
    assert batch.state_after == batch.state_before
    check_output(batch.ended.output)
    kept = json.dumps(batch.results)
    assert [secret for secret in SECRETS if secret in kept] == []


def check_output(output: str) -> None:
    for word in ("Traceback", "This is a defect", "[WARNING]", "[DEPRECATION"):
        assert word not in output
    assert [secret for secret in SECRETS if secret in output] == []


__all__ = [
    "ARCHIVES",
    "COLLECTION",
    "PASSWORD",
    "SECRETS",
    "TOKEN",
    "WRONG",
    "Batch",
    "Case",
    "Ended",
    "Place",
    "check",
    "check_nothing_happened",
    "check_output",
    "run",
    "run_side_by_side",
    "web_server",
]
