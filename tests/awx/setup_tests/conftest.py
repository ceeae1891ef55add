# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from awx.setup_tests.operator import Operator, fresh_awx
from tooling.warm.fixtures import started_at_once, warm_python


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    with fresh_awx() as awx:
        yield Operator(awx, tmp_path)


__all__ = ("started_at_once", "warm_python")
