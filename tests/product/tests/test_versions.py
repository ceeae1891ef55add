# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The installer's table and that of the stand-in manager, which it starts, speak of the same versions."""

from __future__ import annotations

import pytest

from product.versions import VERSIONS, Version
from standin.profiles import PROFILES


@pytest.mark.parametrize("version", VERSIONS.values(), ids=lambda version: version.name)
def test_its_manager_is_of_that_version(version: Version) -> None:
    profile = PROFILES[version.profile]
    assert version.generation == profile.generation
    assert version.command == profile.command
    # the F5 flavour has numbers of its own
    if version.name in PROFILES and version.command == "cfy":
        assert version.name == version.profile
        assert version.release[:2] == profile.release[:2]


def test_each_manager_can_be_installed() -> None:
    assert set(PROFILES) <= {version.profile for version in VERSIONS.values()}
