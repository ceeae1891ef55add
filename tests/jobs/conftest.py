# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.awx import Awx
from jobs.launch import Machine
from jobs.surveys import injected
from standin.testing import StandIn

SPEED = 40.0
PASSWORD = "S3cr3t/Passw0rd+of-the-stand-in"
PASSPHRASE = "p4ssphrase of the key"
PROJECT = Path(__file__).parents[2] / "awx"
CONNECTIONS = Path(__file__).parent / "connections"


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    state = tmp_path_factory.mktemp("manager")
    with StandIn(profile="7.0.5", state=state, speed=SPEED, password=PASSWORD) as started:
        started.seed(sample="rich")
        yield started


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A key that has to be unlocked before the job begins, though these jobs reach nobody by ssh."""
    path = tmp_path_factory.mktemp("key") / "key"
    words = ("ssh-keygen", "-q", "-t", "ed25519", "-N", PASSPHRASE, "-f", str(path))
    subprocess.run(words, check=True)
    return Machine(username="ops", key=path.read_text(), passphrase=PASSPHRASE)


@pytest.fixture(scope="module")
def awx(tmp_path_factory: pytest.TempPathFactory, manager: StandIn, machine: Machine) -> Awx:
    """With a job template for each playbook that a manager is enough for, and a store on another host."""
    place = tmp_path_factory.mktemp("awx")
    store = {
        "ansible_connection": "elsewhere",
        "ansible_python_interpreter": sys.executable,
        "ansible_remote_tmp": str(place / "tmp"),
    }
    return Awx(
        place=place,
        project=Path(shutil.copytree(PROJECT, place / "project")),
        machine=machine,
        groups={"cloudify_store": {"store1": store}},
        credentials=(
            injected(
                {
                    "manager_hosts": "127.0.0.1",
                    "manager_port": str(manager.port),
                    "username": manager.username,
                    "password": manager.password,
                    "ca": Path(manager.ca).read_text(),
                }
            ),
        ),
        environment={"ANSIBLE_CONNECTION_PLUGINS": str(CONNECTIONS)},
    )
