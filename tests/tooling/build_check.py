# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds the tarball, installs it into an empty place, and uses what is left when only the four directories are.

Runs in a copy of the repository, with the environment of one ansible-core.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .paths import NAME, NAMESPACE

KEPT = ("meta", "playbooks", "plugins", "roles")
FULL = f"{NAMESPACE}.{NAME}"
# What is in the tarball and yet no use to anybody who installs it.
UNWANTED = ("tests", "Makefile", ".ci", ".git", ".github", "pyproject.toml", "build")


class Failed(Exception):
    pass


def _run(*command: str, place: Path) -> str:
    env = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(place)}
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
    for word in ("[WARNING]", "[DEPRECATION WARNING]"):
        if word in done.stdout:
            raise Failed(f"{' '.join(command)} says {word}")
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
    modules = _names(installed / "plugins" / "modules", "*.py")
    if not modules:
        raise Failed("no module is installed")
    for name in modules:
        _run("ansible-doc", "-t", "module", f"{FULL}.{name}", place=place)
    for name in _names(installed / "roles", "*"):
        _run("ansible-doc", "-t", "role", f"{FULL}.{name}", place=place)
    for name in _names(installed / "playbooks", "*.yml"):
        _run(
            "ansible-playbook", "-i", "localhost,", "--syntax-check", f"{FULL}.{name}", place=place
        )
    # Called for real, each module must at least be found, be sent and refuse to run without its options.
    (place / "play.yml").write_text(PLAY)
    said = _run("ansible-playbook", "-i", "localhost,", "play.yml", place=place)
    if "ran from the tarball" not in said:
        raise Failed("the play did not reach its end")
    print(f"{len(modules)} modules used from {installed}")


PLAY = f"""\
- hosts: localhost
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{{{ ansible_playbook_python }}}}"
  tasks:
    - name: Ask a port where nothing listens
      {FULL}.snapshot_info:
        manager_hosts: [127.0.0.1]
        manager_port: 1
        username: nobody
        password: none
      register: answer
      ignore_errors: true
    - name: The module itself said so
      ansible.builtin.assert:
        that:
          - answer is failed
          - "'127.0.0.1' in answer.msg"
        success_msg: ran from the tarball
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
