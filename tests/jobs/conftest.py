# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.awx import Awx, thin_project
from jobs.launch import Credential
from standin.testing import StandIn

SPEED = 40.0
PASSWORD = "S3cr3t/Passw0rd+of-the-stand-in"
CONNECTIONS = Path(__file__).parent / "connections"


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    state = tmp_path_factory.mktemp("manager")
    with StandIn(profile="7.0.5", state=state, speed=SPEED, password=PASSWORD) as started:
        started.seed(sample="rich")
        yield started


@pytest.fixture(scope="module")
def awx(tmp_path_factory: pytest.TempPathFactory, manager: StandIn) -> Awx:
    """With a job template for each playbook that a manager is enough for, and a store on another host."""
    place = tmp_path_factory.mktemp("awx")
    store = {
        "ansible_connection": "elsewhere",
        "ansible_python_interpreter": sys.executable,
        "ansible_remote_tmp": str(place / "tmp"),
    }
    return Awx(
        place=place,
        project=thin_project(place / "project", "backup", "restore", "diagnose"),
        groups={"cloudify_store": {"store1": store}},
        credentials=(
            Credential(
                env={
                    "CLOUDIFY_MANAGER_HOSTS": f"127.0.0.1:{manager.port}",
                    "CLOUDIFY_USERNAME": manager.username,
                    "CLOUDIFY_PASSWORD": manager.password,
                    "CLOUDIFY_VALIDATE_CERTS": "True",
                },
                files={"CLOUDIFY_CA_PATH": Path(manager.ca).read_text()},
            ),
        ),
        environment={"ANSIBLE_CONNECTION_PLUGINS": str(CONNECTIONS)},
    )
