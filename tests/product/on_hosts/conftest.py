# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab import Lab
from lab.testing import lab
from product.on_hosts.formed import brokers, databases, formed_brokers, formed_databases


@pytest.fixture
def empty_lab(lab: Lab) -> Iterator[Lab]:
    """No hosts before, none after."""
    lab.down()
    yield lab
    lab.down()


__all__ = ("brokers", "databases", "empty_lab", "formed_brokers", "formed_databases", "lab")
