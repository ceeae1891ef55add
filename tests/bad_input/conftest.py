# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bad_input.batch import PASSWORD, Place
from standin.testing import StandIn
from standin.warm import start_standins_at_once
from tooling.warm import ANSIBLES, MODULES, warm


@pytest.fixture(scope="session")
def python() -> Iterator[str]:
    with warm() as executable:
        yield executable


@pytest.fixture(scope="session")
def modules_python() -> Iterator[str]:
    with warm((*MODULES, *ANSIBLES)) as executable:
        yield executable


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, python: str, modules_python: str
) -> Iterator[Place]:
    """A premium 7.0.5 manager, and a directory to work in."""
    root = tmp_path_factory.mktemp("place")
    with StandIn(profile="7.0.5", password=PASSWORD, speed=50, state=root / "manager") as manager:
        yield Place(manager, root, warm=python, warm_modules=modules_python)


__all__ = ["start_standins_at_once"]
