# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from standin.testing import StandIn
from standin.warm import start_standins_at_once
from transfers.modules import COLLECTIONS, Modules

# Some tests use the collection's own client in this process.
sys.path.insert(0, COLLECTIONS)

MIB = 1 << 20
SIZE = 24 * MIB


@pytest.fixture(scope="session")
def shared_manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """A premium 7.0.5 manager with one snapshot, `big`."""
    with StandIn(state=tmp_path_factory.mktemp("manager"), speed=40) as manager:
        manager.add_snapshot("big", size=SIZE)
        yield manager


@pytest.fixture
def manager(shared_manager: StandIn) -> Iterator[StandIn]:
    yield shared_manager
    shared_manager.clear_faults()


@pytest.fixture
def start_manager(tmp_path: Path) -> Iterator[Callable[..., StandIn]]:
    """Managers of one's own; they end with the test."""
    running: list[StandIn] = []

    def start(**options: Any) -> StandIn:
        place = tmp_path / f"manager{len(running)}"
        running.append(StandIn(**{"state": place, "speed": 40, **options}).start())
        return running[-1]

    yield start
    for each in running:
        each.stop()


@pytest.fixture
def modules(manager: StandIn, tmp_path: Path) -> Iterator[Modules]:
    folder = tmp_path / "controller"
    folder.mkdir()
    made = Modules(manager, folder)
    yield made
    made.close()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Where downloads go: nothing else is in it."""
    place = tmp_path / "store"
    place.mkdir()
    return place


__all__ = ["start_standins_at_once"]
