# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator

import pytest

from awx.standin.testing import AwxStandIn
from awx.standin.world import GIT, PLAYBOOKS, World


@pytest.fixture
def awx() -> Iterator[AwxStandIn]:
    with AwxStandIn(projects={GIT: list(PLAYBOOKS)}, deletion_delay=0) as running:
        yield running


@pytest.fixture
def world(awx: AwxStandIn) -> World:
    return World(awx)
