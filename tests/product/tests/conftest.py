# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from product import database, x509
from product.tests.node import Node
from product.tests.registers import Registers


@pytest.fixture(autouse=True)
def small_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quicker to make, and as different from each other as large ones."""
    monkeypatch.setattr(x509, "KEY_SIZE", 1024)


@pytest.fixture(autouse=True)
def registers(monkeypatch: pytest.MonkeyPatch) -> Registers:
    """The managers' shared database, in memory."""
    found = Registers()
    monkeypatch.setattr(database, "_registers", lambda: found)
    return found


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Node]:
    """A host of this version, nothing installed."""
    return lambda version: Node(tmp_path / version, version, monkeypatch)
