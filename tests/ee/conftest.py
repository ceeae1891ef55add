# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ee.building import REPO, Context, command


@pytest.fixture(scope="session")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("tarball") / "build"
    command("ansible-galaxy", "collection", "build", str(REPO), "--output-path", str(place))
    (found,) = place.glob("*.tar.gz")
    return found


@pytest.fixture(scope="session")
def context(tarball: Path) -> Context:
    """What ansible-builder makes of our definition, with the tarball where `make build` leaves it."""
    home = tarball.parents[1]
    shutil.copy(REPO / "execution-environment.yml", home)
    return Context(home)
