# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""A diagnosis as a page that fits a terminal of 80x24, for somebody who was woken up. Pure."""

from __future__ import annotations

import textwrap
import typing as t
from dataclasses import dataclass

Json = dict[str, t.Any]

WIDTH = 80
HEIGHT = 24
#: Whoever says something.
_WHO = 10


@dataclass
class _Part:
    """Lines under a title.

    :param least: how many entries stay when there is little room
    """

    title: str
    entries: list[list[str]]
    least: int
    left: int = 0

    def lines(self) -> list[str]:
        if not self.entries:
            return []
        found = [self.title, *(line for entry in self.entries for line in entry)]
        if self.left:
            found.append(f"  ... and {self.left} more: -e cloudify_output=json tells all")
        return found


def headline(result: t.Mapping[str, t.Any]) -> str:
    """What is wrong, in one line."""
    state = str(result.get("state") or "unknown").upper()
    cluster = f"cluster {result['cluster']}" if result.get("cluster") else "the cluster"
    summary = _plain(result.get("summary") or result.get("class") or "")
    return f"{state}: {cluster}: {summary}"


def page(result: t.Mapping[str, t.Any]) -> list[str]:
    """The lines; a command is never cut, whatever else has to give way for it."""
    command = _command(_plain(result.get("command") or ""))
    head = [_title(result), *_wrapped(result.get("summary") or "", "", most=3)]
    parts = [
        _Part("Who says so:", _evidence(result.get("evidence")), 3),
        _Part("Safe:", _items(result.get("safe")), 1),
        _Part("Do first:", _items(result.get("first"), numbered=True), 2),
        _Part("Then, which destroys data:" if result.get("destructive") else "Then:", command, 99),
        _Part("Not known; ask:", _items(result.get("ask")), 1),
        _Part("Also:", _also(result.get("also")), 1),
    ]
    tail = _pointer(result)
    _fit(parts, HEIGHT - len(head) - len(tail))
    lines = head + [line for part in parts for line in part.lines()] + tail
    # a command of more lines than there are is not cut either
    return lines


def _fit(parts: list[_Part], room: int) -> None:
    """Take entries away, the last of whoever has the most to spare, until all is short enough."""
    while sum(len(part.lines()) for part in parts) > room:
        spare = [part for part in parts if len(part.entries) > part.least]
        if not spare:
            # the least is too much: what is said last is worth least
            spare = [part for part in parts if part.entries and part.least < 99][::-1]
            if not spare:
                return
            if len(spare[0].entries) == 1:
                spare[0].entries, spare[0].left = [], 0
                continue
        largest = max(spare, key=lambda part: sum(len(entry) for entry in part.entries))
        largest.entries.pop()
        largest.left += 1


def _title(result: t.Mapping[str, t.Any]) -> str:
    state = str(result.get("state") or "unknown").upper()
    name = _plain(result.get("cluster") or "")
    which = f"Cluster {name}" if name else "The cluster"
    left = f"{which}: NOT ENOUGH IS KNOWN" if state == "UNKNOWN" else f"{which} is {state}"
    right = f"{_plain(result.get('class') or '')} ({_plain(result.get('confidence') or 'low')} confidence)"
    gap = WIDTH - len(left) - len(right)
    if gap >= 2:
        return left + " " * gap + right
    return f"{left}: {right}"[:WIDTH]


def _evidence(told: t.Any) -> list[list[str]]:
    """Who says the same is named together."""
    grouped: dict[str, list[str]] = {}
    for one in told or []:
        same = grouped.setdefault(_plain(one.get("says") or ""), [])
        name = _plain(one.get("who") or "")
        if name not in same:
            same.append(name)
    found = []
    for says, names in grouped.items():
        who = ", ".join(names)
        first = f"  {who:<{_WHO}} " if len(who) <= _WHO else "  "
        text = says if len(who) <= _WHO else f"{who}: {says}"
        found.append(_wrapped(text, " " * (2 + _WHO + 1), first=first, most=2))
    return found


def _items(told: t.Any, *, numbered: bool = False) -> list[list[str]]:
    found = []
    for number, line in enumerate(told or [], 1):
        mark = f"  {number}. " if numbered else "  - "
        found.append(_wrapped(line, " " * len(mark), first=mark, most=3))
    return found


def _also(told: t.Any) -> list[list[str]]:
    return [
        _wrapped(one.get("summary") or one.get("class") or "", "    ", first="  - ", most=2)
        for one in told or []
    ]


def _pointer(result: t.Mapping[str, t.Any]) -> list[str]:
    name = _plain(result.get("class") or "")
    return [f"More: docs/docsite/rst/diagnosis_{name}.rst"[:WIDTH]] if name else []


def _wrapped(text: t.Any, indent: str, *, first: str | None = None, most: int) -> list[str]:
    lines = textwrap.wrap(
        _plain(text),
        WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        max_lines=most,
        placeholder=" ...",
        break_on_hyphens=False,
    )
    return lines or ([first.rstrip()] if first else [])


def _command(text: str) -> list[list[str]]:
    """So that it can be copied as it is: a backslash at each end but the last."""
    if not text:
        return []
    lines: list[str] = []
    line = " "
    for word in _words(text):
        if len(line) + 1 + len(word) > WIDTH - 2 and line.strip():
            lines.append(f"{line} \\")
            line = "   "
        line += f" {word}"
    return [[*lines, line]]


def _words(text: str) -> list[str]:
    """At blanks, but for those inside quotes; an option stays with its value."""
    words: list[str] = []
    quote, word = "", ""
    for char in text:
        if char == " " and not quote:
            if word:
                words.append(word)
            word = ""
            continue
        if char in "'\"":
            quote = "" if quote == char else quote or char
        word += char
    if word:
        words.append(word)
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] in ("-e", "-i", "--limit"):
            joined[-1] += f" {word}"
        else:
            joined.append(word)
    return joined


def _plain(text: t.Any) -> str:
    """What a host has said must not move a cursor."""
    return "".join(char if char.isprintable() else " " for char in " ".join(str(text).split()))


__all__ = ("HEIGHT", "WIDTH", "headline", "page")
