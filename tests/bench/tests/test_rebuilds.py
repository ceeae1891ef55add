# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The floor of a runbook, and what the table says of it."""

from __future__ import annotations

from typing import Any

import pytest

from bench.floor import covered, floor
from bench.rebuild_table import GUIDE, RUNBOOK, Rebuilds, Timed, rebuild_table


@pytest.mark.parametrize(
    ("intervals", "seconds"),
    [
        ([], 0),
        ([(1, 3)], 2),
        ([(1, 3), (5, 6)], 3),
        ([(5, 6), (1, 3)], 3),
        ([(1, 4), (2, 3)], 3),
        ([(1, 4), (2, 6)], 5),
        ([(1, 2), (2, 3)], 2),
        ([(1, 9), (2, 3), (4, 10)], 9),
    ],
)
def test_what_intervals_cover(intervals: list[tuple[float, float]], seconds: float) -> None:
    assert covered(intervals) == seconds


def line(step: str, started: float, ended: float) -> dict[str, Any]:
    return {"step": step, "started": started, "ended": ended, "host": "h1", "version": "7.0.5"}


def test_hosts_beside_each_other_count_once() -> None:
    work = [line("install", 10, 20), line("install", 12, 25), line("restore_snapshot", 30, 34)]
    found = floor(work, since=0, until=100)
    assert found.parts == {"install": 15, "restore_snapshot": 4}
    assert found.seconds == 19


def test_only_whole_steps_count() -> None:
    work = [line("install", 10, 20), line("manager_service.configure", 11, 40)]
    assert floor(work, since=0, until=100).seconds == 10


def test_only_what_was_done_meanwhile_counts() -> None:
    work = [line("install", 1, 4), line("install", 8, 12), line("install", 18, 30)]
    assert floor(work, since=10, until=20).seconds == 4


def timed(seconds: float, at_least: float) -> Timed:
    return Timed(seconds, at_least, {"install": at_least})


def shown(*found: Rebuilds, runs: int = 1) -> str:
    return rebuild_table(list(found), runs=runs)


def test_a_target_that_is_met() -> None:
    ways = {RUNBOOK: (timed(80, 60),), GUIDE: (timed(64, 60),)}
    text = shown(Rebuilds("compact", 3, ways))
    assert "<= 21 s met" in text
    assert "1.25 times what the script takes" in text
    assert "the floor is install 60.0" in text


def test_by_how_much_a_target_is_missed() -> None:
    text = shown(Rebuilds("compact", 3, {RUNBOOK: (timed(90, 50),)}))
    assert "<= 20 s MISSED by 100 %" in text


def test_nine_nodes_against_three() -> None:
    three = Rebuilds("compact", 3, {RUNBOOK: (timed(100, 90),)})
    nine = Rebuilds("nine", 9, {RUNBOOK: (timed(160, 140),)})
    assert "nine nodes take 1.60 times what three take (<= 1.5 MISSED by 7 %)" in shown(three, nine)
    assert "nine nodes" not in shown(three)


def test_ratios_are_within_one_run() -> None:
    ways = {
        RUNBOOK: (timed(20, 10), timed(60, 10), timed(40, 10)),
        GUIDE: (timed(10, 10), timed(20, 10), timed(40, 10)),
    }
    found = Rebuilds("compact", 3, ways)
    assert found.against_guide == 2.0
    assert found.typical(RUNBOOK).seconds == 40
