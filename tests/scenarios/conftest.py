# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _http, _versions
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.conftest import (
    run_module,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.conversation import (
    PASSWORD,
)
from scenarios.site import Site
from standin.testing import StandIn
from standin.warm import start_standins_at_once

SPEED = 40.0

__all__ = ["run_module", "start_standins_at_once"]


@pytest.fixture(autouse=True)
def no_pacing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """These stand-ins limit nobody, and a restore takes a second in place of forty."""
    if "paced" not in request.fixturenames:
        monkeypatch.setattr(_http.Pacer, "take", lambda self: None)


@pytest.fixture(autouse=True)
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """What 4.x does after the end of a restore, these stand-ins have done by then, too."""
    monkeypatch.setattr(_versions, "RESTORE_GRACE", 1.0)


@pytest.fixture
def paced() -> None:
    """Modules are as slow as they are against a real manager."""


@pytest.fixture
def start(tmp_path: Path, run_module: Any) -> Iterator[Callable[..., Site]]:
    """Start stand-in managers with options; they end with the test."""
    running: list[StandIn] = []

    def start_one(profile: str = "7.0.5", edition: str = "premium", **options: Any) -> Site:
        state = tmp_path / f"manager{len(running)}"
        manager = StandIn(
            profile=profile,
            edition=edition,
            state=state,
            password=PASSWORD,
            **{"speed": SPEED, **options},
        )
        running.append(manager.start())
        return Site(manager, run_module, tmp_path)

    yield start_one
    for manager in running:
        manager.stop()


@pytest.fixture
def site(start: Callable[..., Site]) -> Site:
    """A premium 7.0.5 manager."""
    return start()
