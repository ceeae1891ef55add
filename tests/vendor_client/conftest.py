# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client, and managers for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from standin.testing import StandIn
from standin.warm import start_standins_at_once
from tooling.warm import warm
from vendor_client.client import MODULES, Client, find_program


@pytest.fixture(scope="session")
def program() -> Path:
    return find_program()


@pytest.fixture(scope="session")
def python(program: Path) -> Iterator[str]:
    with warm(MODULES, python=program.with_name("python")) as executable:
        yield executable


@pytest.fixture
def cfy(program: Path, python: str, tmp_path: Path) -> Client:
    home = tmp_path / "home"
    home.mkdir()
    return Client(program=program, home=home, python=python)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., StandIn]]:
    """Starts managers and ends them with the test."""
    running: list[StandIn] = []

    def one(**options: Any) -> StandIn:
        state = tmp_path / f"manager{len(running)}"
        manager = StandIn(**{"speed": 20.0, "state": state, **options}).start()
        running.append(manager)
        return manager

    yield one
    for manager in running:
        manager.stop()


__all__ = ["start_standins_at_once"]
