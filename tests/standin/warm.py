# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stand-ins that start at once, for tests that start hundreds of them: most of a start is imports."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from standin.routes import SUBJECTS
from standin.testing import TESTS, StandIn
from tooling.warm import warm

MODULES = (
    "standin.__main__",
    *(f"standin.routes.{name}" for name in SUBJECTS),
    *("standin.workflows.create", "standin.workflows.restore"),
    *("standin.cluster.active", "standin.cluster.pgstore", "standin.cluster.standby"),
    "standin.cluster.active_standby.serving",
)
SCRIPT = """import sys
from standin.__main__ import main
sys.exit(main())
"""


@contextlib.contextmanager
def warm_standins() -> Iterator[None]:
    """Those that are started meanwhile are processes of their own as ever, and begin with everything imported."""
    with (
        warm(MODULES, path=TESTS) as python,
        tempfile.TemporaryDirectory(prefix="standins-") as place,
    ):
        script = Path(place) / "start.py"
        script.write_text(SCRIPT)
        before, StandIn.starter = StandIn.starter, (python, str(script))
        try:
            yield
        finally:
            StandIn.starter = before


@pytest.fixture(scope="session", autouse=True)
def start_standins_at_once() -> Iterator[None]:
    with warm_standins():
        yield


__all__ = ["start_standins_at_once", "warm_standins"]
