# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the integration targets against a stand-in manager of one profile.

The targets are roles, as ansible-test has them. It is not ansible-test that runs them, since that demands ssh-keygen
even for a local run. They are given the variables of `variables()`, and no facts.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from standin.testing import StandIn

from .steps import PROFILES
from .warm import ANSIBLES, MODULES, warm

ARCHIVES = Path("tests/data/archives")
# Unlike the user's name, since Ansible masks every word that equals a password.
PASSWORD = "Correct-horse-7"

TARGETS = Path("tests/integration/targets").absolute()
CONFIG = TARGETS.with_name("integration.cfg")
ANSIBLE = Path(sys.executable).with_name("ansible-playbook")


def variables(*, manager: StandIn, work: Path, samples: str) -> dict[str, Any]:
    ready = json.loads((manager.state / "ready.json").read_text())
    return {
        # For module_defaults of group/cloudify_ha.recovery.manager.
        "manager_connection": {
            "manager_hosts": ["127.0.0.1"],
            "manager_port": manager.port,
            "username": manager.username,
            "password": manager.password,
            "ca_path": manager.ca,
        },
        "standin_control": ready["control"],
        "standin_edition": manager.edition,
        "standin_profile": manager.profile,
        # The archives that a real manager made, and a place for what a target writes.
        "sample_archives": str(ARCHIVES.absolute()),
        # The same for a manager that fetches one by itself.
        "sample_url": samples,
        "work_dir": str(work),
    }


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--profile", choices=PROFILES, default="7.0.5")
    parser.add_argument("--edition", default="premium")
    parser.add_argument("targets", nargs="*")
    asked = parser.parse_args()
    # With Ansible's own Python modules are run in its own process; with another one, as files that are sent there.
    sent = asked.profile == "6.4" or asked.edition == "community"
    starter = warm((*MODULES, *ANSIBLES)) if sent else contextlib.nullcontext(sys.executable)
    with tempfile.TemporaryDirectory(prefix="cloudify-ha-") as name, starter as python:
        place = Path(name)
        (place / "work").mkdir()
        # Ansible warns when it has to make this one itself.
        (place / "home" / ".ansible" / "tmp").mkdir(parents=True, mode=0o700)
        manager = StandIn(
            profile=asked.profile,
            edition=asked.edition,
            password=PASSWORD,
            speed=50,
            state=place / "state",
        )
        with manager, _serve(ARCHIVES) as samples:
            given = variables(manager=manager, work=place / "work", samples=samples)
            names = asked.targets or targets()
            return 0 if run(names, place, given, python=python) else 1


@contextlib.contextmanager
def _serve(folder: Path) -> Iterator[str]:
    """A web server with these files, on this host only. Yields its address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def targets() -> list[str]:
    names = {path.parent.parent.name for path in TARGETS.glob("*/tasks/main.yml")}
    return sorted(name for name in names if not name.startswith("setup_"))


def run(names: list[str], place: Path, given: dict[str, Any], *, python: str) -> bool:
    """All in one run, since starting Ansible costs more than many a target; the first that fails ends it.

    Every warning counts as a failure: what Ansible warns of today, it refuses tomorrow.
    """
    host = {"ansible_connection": "local", "ansible_python_interpreter": python}
    inventory = {"all": {"hosts": {"testhost": {**host, **given}}}}
    (place / "inventory.json").write_text(json.dumps(inventory))
    plays = [
        {"name": name, "hosts": "testhost", "gather_facts": False, "roles": [name]}
        for name in names
    ]
    (place / "play.json").write_text(json.dumps(plays))
    with subprocess.Popen(
        [str(ANSIBLE), "-i", str(place / "inventory.json"), str(place / "play.json")],
        env={
            **os.environ,
            "ANSIBLE_CONFIG": str(CONFIG),
            "ANSIBLE_ROLES_PATH": str(TARGETS),
            "HOME": str(place / "home"),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as child:
        assert child.stdout is not None
        warned = False
        for line in child.stdout:
            print(line, end="", flush=True)
            warned = warned or line.startswith(("[WARNING]", "[DEPRECATION WARNING]"))
    if warned:
        print("FAILED: Ansible warned")
    return child.returncode == 0 and not warned


if __name__ == "__main__":
    sys.exit(main())
