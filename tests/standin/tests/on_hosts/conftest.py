# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab import Lab, namespace
from lab.testing import lab
from product.cluster import Cluster, deploy

# outside of a lab there are no hosts
collect_ignore_glob = [] if namespace.inside() else ["test_*.py"]


@pytest.fixture(scope="package")
def cluster(lab: Lab) -> Iterator[Cluster]:
    """Three hosts, each of them everything; tests leave it whole."""
    lab.down()
    made = deploy(lab, version="7.0.5", layout="compact")
    made.seed(sample="rich")
    yield made
    lab.down()


__all__ = ("cluster", "lab")
