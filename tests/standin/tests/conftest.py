# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from standin.testing import StandIn

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
