# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a demonstration prints: numbered steps with their times, and tables."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from . import witness

T = TypeVar("T")
WIDTH = 70


class StepFailed(Exception):
    """A step of the demonstration did not work."""


class Steps:
    """Numbered, each with its seconds; what a step consists of stands below it."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._terminal = sys.stdout.isatty()

    def step(self, title: str, action: Callable[[], T]) -> T:
        print(f"  {self._title(title)}", end="", flush=True)
        started = time.monotonic()
        try:
            result = action()
        except BaseException:
            print("   failed", flush=True)
            raise
        self.seconds.append(time.monotonic() - started)
        print(f"{self.seconds[-1]:7.1f} s", flush=True)
        return result

    def long_step(self, title: str, action: Callable[[], T]) -> T:
        """Its parts are printed by part() meanwhile, and its own time below them."""
        print(f"  {self._title(title).rstrip()}", flush=True)
        started = time.monotonic()
        result = action()
        self.seconds.append(time.monotonic() - started)
        print(f"      {'together':{WIDTH - 4}}{self.seconds[-1]:7.1f} s", flush=True)
        return result

    def part(self, name: str, seconds: float) -> None:
        self.meanwhile("")
        print(f"        {name[: WIDTH - 7]:{WIDTH - 6}}{seconds:7.1f} s", flush=True)

    def meanwhile(self, text: str) -> None:
        """On a terminal, what is going on now; the next line takes its place."""
        if self._terminal:
            shown = f"        {text}"[: WIDTH + 11] if text else ""
            print(f"\r\033[K{shown}", end="", flush=True)

    @property
    def total(self) -> float:
        return sum(self.seconds)

    def _title(self, title: str) -> str:
        return f"{len(self.seconds) + 1:>2}. {title:<{WIDTH - 4}}"


def print_table(columns: Sequence[tuple[str, witness.Content]]) -> None:
    """How much there was of each kind."""
    widths = [max(len(name) + 2, 8) for name, _content in columns]
    heads = "".join(f"{name:>{width}}" for (name, _content), width in zip(columns, widths))
    print(f"\n  {'':24}{heads}")
    for kind in witness.KINDS:
        row = "".join(f"{len(c[kind]):>{width}}" for (_name, c), width in zip(columns, widths))
        print(f"  {kind.replace('-', ' '):24}{row}")


def print_words(title: str, lines: Sequence[Any]) -> None:
    print(f"\n  {title}")
    for line in lines:
        print(f"    {line}")


__all__ = ("StepFailed", "Steps", "print_table", "print_words")
