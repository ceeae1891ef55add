# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stand-ins that are started at once are like those that everybody starts."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from standin.testing import StandIn

WAYS = pytest.mark.parametrize("python", ["", sys.executable], ids=["at once", "as ever"])


def summary(manager: StandIn) -> dict[str, Any]:
    return {"alive": manager.alive, **manager.summary()}


def test_both_are_the_same(tmp_path: Path) -> None:
    with (
        StandIn(state=tmp_path / "a") as one,
        StandIn(state=tmp_path / "b", python=sys.executable) as other,
    ):
        assert one._process and other._process
        assert list(map(str, one._process.args))[1:2] != ["-m"]  # type: ignore[arg-type]
        assert one.pid != one._process.pid
        assert other.pid == other._process.pid
        assert summary(one) == summary(other)


@WAYS
def test_it_ends_when_it_is_told_to(python: str, tmp_path: Path) -> None:
    with StandIn(state=tmp_path, python=python) as manager:
        pid = manager.pid
        manager.stop()
        assert not manager.alive
        assert not Path(f"/proc/{pid}").exists()
        assert not (tmp_path / "ready.json").exists()


@WAYS
def test_it_comes_back_where_it_was_killed(python: str, tmp_path: Path) -> None:
    with StandIn(state=tmp_path, python=python) as manager:
        manager.seed(sample="rich")
        before, port, pid = manager.summary(), manager.port, manager.pid
        os.kill(pid, 0)
        manager.kill()
        assert not Path(f"/proc/{pid}").exists()
        assert manager.start().port == port
        assert manager.summary() == before


@WAYS
def test_what_keeps_it_from_starting_is_told(python: str, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="invalid choice: 'none'"):
        StandIn(profile="none", state=tmp_path, python=python).start()
