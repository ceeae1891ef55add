# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from playbooks.cluster import Cluster
from standin.testing import StandIn
from standin.warm import start_standins_at_once
from tooling.warm.fixtures import started_at_once, warm_python

SPEED = 40.0
#: Not a word that anything else contains, so that it can be looked for.
PASSWORD = "S3cr3t/Passw0rd+of-the-stand-in"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Cluster]]:
    """Start stand-in managers with options; they end with the test."""
    running: list[StandIn] = []

    def start_one(profile: str = "7.0.5", edition: str = "premium", **options: Any) -> Cluster:
        place = tmp_path / f"cluster{len(running)}"
        manager = StandIn(
            profile=profile,
            edition=edition,
            state=place / "manager",
            **{"speed": SPEED, "password": PASSWORD, **options},
        )
        running.append(manager.start())
        return Cluster(manager, place)

    yield start_one
    for manager in running:
        manager.stop()


@pytest.fixture
def cluster(start: Callable[..., Cluster]) -> Cluster:
    """A premium 7.0.5 manager with the rich content, and an empty store."""
    made = start()
    made.manager.seed(sample="rich")
    return made


__all__ = ["start_standins_at_once", "started_at_once", "warm_python"]
