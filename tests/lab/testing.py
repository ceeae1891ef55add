# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""For tests on hosts of the lab. They run inside: `python -m lab run --hosts 3 -- python -m pytest ...`.

A package of tests takes what it needs into its conftest.py: `from lab.testing import lab, three_hosts`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest

from . import namespace
from .host import Host
from .lab import Lab

T = TypeVar("T")


def wait_until(
    condition: Callable[[], T], *, timeout: float = 60, what: str = "", every: float = 0.1
) -> T:
    """What the condition says, as soon as that is true. A test does not depend on how soon."""
    end = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < end, f"not within {timeout:g} s: {what or condition}"
        time.sleep(every)
    return value


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The lab around this run; its hosts stay as the tests leave them."""
    if not namespace.inside():
        pytest.exit("run it inside a lab: python -m lab run -- python -m pytest ...", returncode=2)
    yield Lab()


@pytest.fixture
def three_hosts(lab: Lab) -> Iterator[list[Host]]:
    """h1 to h3, up and whole before the test and after it; their disks are as earlier tests left them."""
    yield lab.up(1, 2, 3)
    lab.reset()


__all__ = ("lab", "three_hosts", "wait_until")
