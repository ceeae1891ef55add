# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest

from lab.testing import lab, three_hosts


@pytest.fixture
def nested() -> dict[str, str]:
    """The environment of a program that starts a lab within this one, to which this one is the machine."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LAB_")}


__all__ = ("lab", "nested", "three_hosts")
