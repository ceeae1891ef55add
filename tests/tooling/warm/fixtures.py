# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""For a conftest: playbooks that start at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tooling import played
from tooling.warm import warm


@pytest.fixture(scope="session")
def warm_python() -> Iterator[str]:
    with warm() as executable:
        yield executable


@pytest.fixture(autouse=True)
def started_at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what Ansible runs in its own process."""
    if not request.node.get_closest_marker("typed"):
        monkeypatch.setattr(played, "warm_python", request.getfixturevalue("warm_python"))


__all__ = ("started_at_once", "warm_python")
