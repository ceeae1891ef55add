# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from standin.testing import StandIn
from standin.tests.clusters import Cluster
from standin.tests.postgres import Postgres, missing
from standin.warm import start_standins_at_once

SPEED = 100


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., StandIn]]:
    """Start stand-ins with options; they end with the test."""
    running: list[StandIn] = []

    def start_one(**options: Any) -> StandIn:
        options.setdefault("speed", SPEED)
        options.setdefault("state", tmp_path / f"manager{len(running)}")
        manager = StandIn(**options).start()
        running.append(manager)
        return manager

    yield start_one
    for manager in running:
        manager.stop()


@pytest.fixture
def manager(start: Callable[..., StandIn]) -> StandIn:
    return start()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    why = missing()
    if why:
        pytest.skip(why)
    with Postgres() as server:
        yield server


@pytest.fixture
def cluster(postgres: Postgres, tmp_path: Path) -> Iterator[Callable[..., Cluster]]:
    """Make a cluster with options; it ends with the test."""
    made: list[Cluster] = []

    def make(**options: Any) -> Cluster:
        made.append(Cluster(postgres, tmp_path, **options))
        return made[-1]

    yield make
    for one in made:
        one.stop()


__all__ = ["start_standins_at_once"]
