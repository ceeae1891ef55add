# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the table says of given figures."""

from __future__ import annotations

import pytest

from bench.lateness import Lateness
from bench.measure import Figures
from bench.table import held, size_name, table
from bench.transfers import (
    ALL_IN_MEMORY,
    CFY,
    CURL_DOWN,
    CURL_UP,
    MODULE,
    PLAYBOOK,
    START,
    Comparison,
)

GIB = 1 << 30


def figures(*seconds: float, peak: float = 40.0, cpu: float = 1.0) -> list[Figures]:
    return [Figures(each, peak, cpu, "") for each in seconds]


def comparison(direction: str, size: int = GIB, **ways: list[Figures]) -> Comparison:
    names = {"module": MODULE, "down": CURL_DOWN, "up": CURL_UP, "cfy": CFY, "start": START}
    names["playbook"] = PLAYBOOK
    return Comparison(direction, size, {names[name]: ran for name, ran in ways.items()})


def line(text: str, word: str) -> str:
    """The one line that has the word."""
    (found,) = [each for each in text.splitlines() if word in each]
    return found


def test_a_ratio_is_taken_within_each_run_and_then_the_middle_one() -> None:
    # of the medians alone it would be 4 / 2
    ours = comparison("upload", module=figures(4, 9, 1), up=figures(2, 3, 1))
    assert ours.seconds(MODULE) == 4
    assert ours.ratio(CURL_UP) == 2
    ours.figures[CURL_UP] = figures(1, 9, 2)
    assert ours.ratio(CURL_UP) == 1


def test_the_net_ratio_is_without_the_start() -> None:
    ours = comparison("upload", module=figures(3), up=figures(2), start=figures(1))
    assert (ours.ratio(CURL_UP), ours.net_ratio(CURL_UP)) == (1.5, 1)


def test_the_peak_is_that_of_the_worst_run_above_the_worst_start() -> None:
    ours = comparison(
        "upload",
        module=figures(1, peak=40) + figures(1, peak=50),
        start=figures(1, peak=35) + figures(1, peak=38),
    )
    assert (ours.peak(MODULE), ours.above_start(MODULE)) == (50, 12)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.4, "<= 0.4 met"),
        (0.2, "<= 0.4 met"),
        (0.5, "<= 0.4 MISSED by 25 %"),
        (0.86, "<= 0.4 MISSED by 115 %"),
    ],
)
def test_a_target_that_is_missed_says_by_how_much(value: float, words: str) -> None:
    assert held(value, 0.4) == words


@pytest.mark.parametrize(
    ("size", "name"), [(64 << 20, "64 MiB"), (GIB, "1 GiB"), (10 * GIB, "10 GiB")]
)
def test_sizes_are_told_in_the_unit_that_fits(size: int, name: str) -> None:
    assert size_name(size) == name


def test_each_way_has_its_line_with_the_ratio_and_its_target() -> None:
    text = table(
        [
            comparison(
                "download",
                module=figures(2, peak=45),
                down=figures(4),
                cfy=figures(4),
                playbook=figures(3),
                start=figures(1, peak=36),
            )
        ],
        [],
        runs=1,
    )
    assert line(text, f"1 GiB  {MODULE}").split()[-2:] == ["45", "+9"]
    words = line(text, "<= 1 met").split()
    assert words[:5] == [CURL_DOWN, "4.00", "1.00", "0.50", "0.25"]
    assert "<= 0.4 MISSED by 25 %" in line(text, "<= 0.4")
    assert "<=" not in line(text, PLAYBOOK)
    assert line(text, START).split()[3:] == ["1.00", "1.00", "36"]


def test_a_miss_by_the_start_alone_is_told_as_that() -> None:
    ours = comparison("upload", 64 << 20, module=figures(1), up=figures(0.5), start=figures(0.5))
    assert line(table([ours], [], runs=1), "missed:") == (
        f"missed: upload of 64 MiB, {CURL_UP}: "
        "50 % of the module's time are its start, without which it is 1.00"
    )


def test_a_miss_that_is_more_than_the_start_names_the_work() -> None:
    ours = comparison(
        "upload",
        module=figures(4, cpu=3.5),
        up=figures(2, cpu=1),
        start=figures(1, cpu=0.5),
    )
    assert line(table([ours], [], runs=1), "missed:") == (
        f"missed: upload of 1 GiB, {CURL_UP}: 25 % of the module's time are its start; "
        "without it 1.50, with 3.00 s of processor time for TLS, sha256 and the test of each "
        f"entry, against 1.00 s for {CURL_UP}"
    )


def test_no_target_missed_no_cause() -> None:
    ours = comparison("upload", module=figures(1), up=figures(1), start=figures(0.5))
    assert "missed" not in table([ours], [], runs=1)


def test_a_way_that_was_not_run_says_why() -> None:
    ours = comparison("upload", 10 * GIB, module=figures(1), up=figures(1), start=figures(0.5))
    ours.without[CFY] = ALL_IN_MEMORY
    assert line(table([ours], [], runs=1), f"{CFY} ").split() == [CFY, *ALL_IN_MEMORY.split()]


@pytest.mark.parametrize("lacking", [{MODULE}, {START}, {MODULE, START}, {CURL_UP}])
def test_what_failed_leaves_the_lines_of_the_others(lacking: set[str]) -> None:
    ours = comparison("upload", module=figures(2), up=figures(3), start=figures(1))
    for name in lacking:
        del ours.figures[name]
        ours.without[name] = "FAILED"
    text = table([ours], [], runs=1)
    for name, seconds in ((MODULE, "2.00"), (CURL_UP, "3.00"), (START, "1.00")):
        (shown,) = [each for each in text.splitlines() if f"  {name} " in each and "=" not in each]
        assert ("FAILED" if name in lacking else seconds) in shown


@pytest.mark.parametrize(
    ("peaks", "words"),
    [
        ((10, 18), "at most 18 MiB above the module's start (<= 64 MiB met), 8 MiB apart"),
        ((10, 19), "9 MiB apart from 64 MiB to 1 GiB (NOT flat)"),
        ((10, 80), "at most 80 MiB above the module's start (<= 64 MiB MISSED by 25 %)"),
    ],
)
def test_memory_has_a_limit_and_is_flat(peaks: tuple[float, float], words: str) -> None:
    found = [
        comparison("upload", size, module=figures(1, peak=30 + above), start=figures(1, peak=30))
        for size, above in zip((64 << 20, GIB), peaks, strict=True)
    ]
    assert words in line(table(found, [], runs=1), "above the module's start (")


def test_lateness_is_held_against_its_worst_run() -> None:
    text = table([], [Lateness("create", (0.2, 0.4, 1.5))], runs=3)
    assert text.endswith(
        "end of a create: noticed 0.40 s late, at worst 1.50 s (<= 1 s MISSED by 50 %)"
    )
