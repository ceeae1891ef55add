# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from awx.setup_tests.operator import Operator, fresh_awx
from tooling.warm import warm


@pytest.fixture(scope="session")
def python() -> Iterator[str]:
    with warm() as executable:
        yield executable


@pytest.fixture
def operator(tmp_path: Path, python: str) -> Iterator[Operator]:
    with fresh_awx() as awx:
        yield Operator(awx, tmp_path, python=python)
