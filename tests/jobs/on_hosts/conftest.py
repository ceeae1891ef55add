# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.on_hosts.operator import Operator
from lab import Lab
from lab.testing import lab


@pytest.fixture(scope="session")
def place_for_ssh() -> Iterator[None]:
    """A container has something of its own there, and that needs a directory to be mounted on."""
    place = Path("/root/.ssh")
    missing = not place.exists()
    place.mkdir(mode=0o700, exist_ok=True)
    yield
    if missing:
        place.rmdir()


@pytest.fixture(scope="module")
def operator(lab: Lab, place_for_ssh: None, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    """A cluster of three hosts, a fourth one for the store, and AWX beside them."""
    return Operator(lab, tmp_path_factory.mktemp("awx"))


__all__ = ["lab"]
