# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One file, one server, and each way to transfer it in turn."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bench.measure import CommandFailed, Figures, measure
from bench.others import Cfy, Curl
from bench.through_ansible import Ansible
from standin.testing import StandIn

MODULE, PLAYBOOK, START = "module", "whole playbook", "module's start alone"
CURL_DOWN, CURL_UP, CFY = "curl+sha256sum+unzip", "curl -T", "cfy"

#: The vendor's client holds all of an upload in memory; beyond this, the others' memory is at stake.
CFY_UPLOADS = 2 << 30
ALL_IN_MEMORY = "not run: it holds the whole file in memory"
NO_CFY = "not run: there is no cfy here"
FAILED = "FAILED: see below"


@dataclass(frozen=True)
class Way:
    name: str
    command: list[str]
    environment: dict[str, str]


@dataclass
class Comparison:
    """What each way took, run by run; what was not run to the end, and why."""

    direction: str
    size: int
    figures: dict[str, list[Figures]] = field(default_factory=dict)
    without: dict[str, str] = field(default_factory=dict)
    errors: list[CommandFailed] = field(default_factory=list)

    def seconds(self, name: str) -> float:
        return median(f.seconds for f in self.figures[name])

    def cpu(self, name: str) -> float:
        return median(f.cpu for f in self.figures[name])

    def peak(self, name: str) -> float:
        return max(f.peak for f in self.figures[name])

    def ratio(self, name: str) -> float:
        """What the module takes in terms of another way, each within its own run."""
        pairs = zip(self.figures[MODULE], self.figures[name], strict=True)
        return median(ours.seconds / theirs.seconds for ours, theirs in pairs)

    def net_ratio(self, name: str) -> float:
        """The same without the module's start, which no other one's start is taken off."""
        runs = (self.figures[MODULE], self.figures[START], self.figures[name])
        return median((m.seconds - s.seconds) / o.seconds for m, s, o in zip(*runs, strict=True))

    def above_start(self, name: str) -> float:
        return self.peak(name) - self.peak(START)


@dataclass
class Bench:
    manager: StandIn
    work: Path
    runs: int
    ansible: Ansible
    curl: Curl
    cfy: Cfy | None

    def download(self, snapshot_id: str, size: int) -> Comparison:
        dest = self.work / "download.zip"

        def clear() -> None:
            dest.unlink(missing_ok=True)

        options: dict[str, Any] = {"id": snapshot_id, "dest": str(dest)}
        module = self.ansible.payload("snapshot_download", **options)
        clear()
        start = self.ansible.payload("snapshot_download", check=True, **options)
        ours = self.ansible.environment
        ways = [
            Way(MODULE, module, ours),
            Way(CURL_DOWN, self.curl.download(snapshot_id, dest), ours),
            Way(PLAYBOOK, self.ansible.playbook("snapshot_download", **options), ours),
            Way(START, start, ours),
        ]
        into = Comparison("download", size)
        if self.cfy:
            ways.append(Way(CFY, self.cfy.download(snapshot_id, dest), self.cfy.environment))
        else:
            into.without[CFY] = NO_CFY
        done = self._compare(into, ways, clear)
        clear()
        return done

    def upload(self, source: Path, size: int) -> Comparison:
        def clear() -> None:
            if self.manager.call("GET", "/snapshots/copy").status == 200:
                self.manager.call("DELETE", "/snapshots/copy")

        options: dict[str, Any] = {"id": "copy", "src": str(source)}
        module = self.ansible.payload("snapshot_upload", **options)
        clear()
        ours = self.ansible.environment
        ways = [
            Way(MODULE, module, ours),
            Way(CURL_UP, self.curl.upload("copy", source), ours),
            Way(PLAYBOOK, self.ansible.playbook("snapshot_upload", **options), ours),
            Way(START, self._start(), ours),
        ]
        into = Comparison("upload", size)
        if not self.cfy:
            into.without[CFY] = NO_CFY
        elif size > CFY_UPLOADS:
            into.without[CFY] = ALL_IN_MEMORY
        else:
            ways.append(Way(CFY, self.cfy.upload("copy", source), self.cfy.environment))
        done = self._compare(into, ways, clear)
        clear()
        return done

    def _start(self) -> list[str]:
        """A module that does nothing but start, log in and look up one thing."""
        return self.ansible.payload("snapshot_info", id="none")

    def _compare(self, into: Comparison, ways: list[Way], clear: Callable[[], None]) -> Comparison:
        for run in range(self.runs):
            # nobody always follows the same neighbour
            for way in ways[run % len(ways) :] + ways[: run % len(ways)]:
                if way.name in into.without:
                    continue
                clear()
                try:
                    figures = self._measure(way)
                except CommandFailed as error:
                    into.errors.append(error)
                    into.without[way.name] = FAILED
                    into.figures.pop(way.name, None)
                else:
                    into.figures.setdefault(way.name, []).append(figures)
        return into

    @staticmethod
    def _measure(way: Way) -> Figures:
        figures = measure(way.command, environment=way.environment)
        if way.name == MODULE and not json.loads(figures.output)["changed"]:
            raise CommandFailed(f"the module has transferred nothing: {figures.output}")
        return figures


__all__ = [
    "ALL_IN_MEMORY",
    "CFY",
    "CFY_UPLOADS",
    "CURL_DOWN",
    "CURL_UP",
    "FAILED",
    "MODULE",
    "NO_CFY",
    "PLAYBOOK",
    "START",
    "Bench",
    "Comparison",
    "Way",
]
