# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tiers of 7.0.5 that stand for a whole file of tests; each test finds them whole, and leaves them so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab import Lab
from product.cluster import deploy
from product.on_hosts.tiers import QUEUE, Tiers


@pytest.fixture(scope="module")
def formed_brokers(lab: Lab) -> Iterator[Tiers]:
    lab.down()
    tiers = Tiers(deploy(lab, version="7.0.5", services=(QUEUE,)))
    tiers.wait_brokers()
    yield tiers
    lab.down()


@pytest.fixture
def brokers(formed_brokers: Tiers) -> Iterator[Tiers]:
    yield formed_brokers
    formed_brokers.cluster.lab.reset()
    formed_brokers.wait_brokers()


@pytest.fixture(scope="module")
def formed_databases(lab: Lab) -> Iterator[Tiers]:
    lab.down()
    tiers = Tiers(deploy(lab, version="7.0.5"))
    tiers.wait_healthy()
    tiers.write()
    yield tiers
    lab.down()


@pytest.fixture
def databases(formed_databases: Tiers) -> Iterator[Tiers]:
    yield formed_databases
    formed_databases.cluster.lab.reset()
    formed_databases.wait_healthy()


__all__ = ("brokers", "databases", "formed_brokers", "formed_databases")
