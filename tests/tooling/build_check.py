# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds the tarball, installs it into an empty place, and uses what is left when only the four directories are.

Runs in a copy of the repository, with the environment of one ansible-core.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from standin.testing import StandIn

from .paths import NAME, NAMESPACE

KEPT = ("meta", "playbooks", "plugins", "roles")
FULL = f"{NAMESPACE}.{NAME}"
# What is in the tarball and yet no use to anybody who installs it.
UNWANTED = ("tests", "Makefile", ".ci", ".git", ".github", "pyproject.toml", "build")
WARNING = re.compile(r"\[(DEPRECATION )?WARNING\]")


class Failed(Exception):
    pass


def _run(*command: str, place: Path, env: dict[str, str] | None = None) -> str:
    env = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(place), **(env or {})}
    # What other steps packed into modules may be missing here.
    env.pop("TEST_BYTE_CODE", None)
    done = subprocess.run(
        [str(Path(sys.executable).with_name(command[0])), *command[1:]],
        cwd=place,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(f"$ {' '.join(command)}\n{done.stdout}", flush=True)
    if done.returncode:
        raise Failed(f"{' '.join(command)} ended with {done.returncode}")
    for line in done.stdout.splitlines():
        # ansible-doc misses the manifests that were taken away, and one of its own.
        if WARNING.match(line) and "does not have a MANIFEST.json" not in line:
            raise Failed(f"{' '.join(command)} says {line}")
    return done.stdout


def _names(directory: Path, pattern: str) -> list[str]:
    found = sorted(path.stem for path in directory.glob(pattern))
    return [name for name in found if not name.startswith("_")]


def _install(place: Path) -> Path:
    _run(
        "ansible-galaxy", "collection", "build", str(Path.cwd()), "--output-path", ".", place=place
    )
    (tarball,) = place.glob("*.tar.gz")
    _run(
        "ansible-galaxy", "collection", "install", "--offline", "-p", ".", tarball.name, place=place
    )
    installed = place / "ansible_collections" / NAMESPACE / NAME
    unwanted = [name for name in UNWANTED if (installed / name).exists()]
    if unwanted:
        raise Failed(f"the tarball holds {', '.join(unwanted)}")
    for path in installed.iterdir():
        if path.name not in KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in installed.parent.parent.glob("*.info"):
        shutil.rmtree(path)
    return installed


def _check(place: Path) -> None:
    installed = _install(place)
    (place / "hosts").write_text(INVENTORY)
    modules = _names(installed / "plugins" / "modules", "*.py")
    if not modules:
        raise Failed("no module is installed")
    for kind, names in (("module", modules), ("role", _names(installed / "roles", "*"))):
        told = _run("ansible-doc", "-t", kind, *(f"{FULL}.{name}" for name in names), place=place)
        if sum(line.startswith("> ") for line in told.splitlines()) != len(names):
            raise Failed(f"ansible-doc does not tell of each {kind}")
    playbooks = [f"{FULL}.{name}" for name in _names(installed / "playbooks", "*.yml")]
    _run("ansible-playbook", "-i", "hosts", "--syntax-check", *playbooks, place=place)
    with StandIn(speed=50, state=place / "state") as manager:
        account = {
            "CLOUDIFY_MANAGER_HOSTS": "127.0.0.1",
            "CLOUDIFY_MANAGER_PORT": str(manager.port),
            "CLOUDIFY_CA_PATH": manager.ca,
            "CLOUDIFY_USERNAME": manager.username,
            "CLOUDIFY_PASSWORD": manager.password,
        }
        _use(place, account)
    print(f"{len(modules)} modules used from {installed}")


def _use(place: Path, account: dict[str, str]) -> None:
    """Make a snapshot with a module, and a set with the playbook."""
    (place / "play.yml").write_text(PLAY)
    said = _run("ansible-playbook", "-i", "hosts", "play.yml", place=place, env=account)
    if "made from the tarball" not in said:
        raise Failed("the play did not reach its end")
    if _names(place / "ansible_collections" / NAMESPACE / NAME / "playbooks", "backup.yml"):
        given = [
            "-e",
            "cloudify_cluster_name=tarball",
            "-e",
            f"cloudify_store_dir={place / 'store'}",
        ]
        _run("ansible-playbook", "-i", "hosts", *given, f"{FULL}.backup", place=place, env=account)
        if not list((place / "store").glob("**/*.zip")):
            raise Failed("the backup left no snapshot in the store")


INVENTORY = "localhost ansible_connection=local ansible_python_interpreter='{{ ansible_playbook_python }}'\n"
PLAY = f"""\
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Make a snapshot
      {FULL}.snapshot:
        id: from_the_tarball
        state: present
    - name: Look for it
      {FULL}.snapshot_info:
        id: from_the_tarball
      register: found
    - name: It is there
      ansible.builtin.assert:
        that: found.snapshots[0].status == 'created'
        success_msg: made from the tarball
"""


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="cloudify-ha-build-") as work:
        try:
            _check(Path(work))
        except Failed as error:
            print(f"FAILED: {error}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
