# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults on demand: on HTTP exchanges and in workflows."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Fault:
    id: int
    method: str
    path: str
    times: int | None
    after: int
    do: dict[str, Any]
    seen: int = 0
    fired: int = 0

    def describe(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "match": {"method": self.method, "path": self.path},
            "times": self.times,
            "after": self.after,
            "do": self.do,
            "seen": self.seen,
            "fired": self.fired,
        }


@dataclass
class FaultList:
    """Faults of the web server in front; the first that matches a request is used."""

    _faults: list[Fault] = field(default_factory=list)
    _next: int = 1
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, spec: dict[str, Any]) -> int:
        match = spec.get("match") or {}
        path = str(match.get("path") or "")
        re.compile(path)
        do = spec["do"]
        if not isinstance(do, dict) or not do:
            raise ValueError("`do` says nothing")
        with self._lock:
            fault = Fault(
                id=self._next,
                method=str(match.get("method") or "").upper(),
                path=path,
                times=spec.get("times", 1),
                after=int(spec.get("after") or 0),
                do=do,
            )
            self._next += 1
            self._faults.append(fault)
            return fault.id

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def all(self) -> list[dict[str, Any]]:
        with self._lock:
            return [f.describe() for f in self._faults]

    def take(self, method: str, path: str) -> dict[str, Any] | None:
        with self._lock:
            for fault in self._faults:
                if fault.method and fault.method != method:
                    continue
                if not re.search(fault.path, path):
                    continue
                if fault.times is not None and fault.fired >= fault.times:
                    continue
                fault.seen += 1
                if fault.seen <= fault.after:
                    continue
                fault.fired += 1
                return fault.do
        return None


MODES = (
    "fail",
    "die",
    "hang",
    "corrupt_archive",
    "truncate_archive",
    "disk_full",
    "restore_nothing",
    "drop_content",
)


@dataclass
class WorkflowFaults:
    """Faults of the workflows, in the order in which they were asked for."""

    _faults: list[dict[str, Any]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, spec: dict[str, Any]) -> None:
        if spec.get("mode") not in MODES:
            raise ValueError(f"mode is one of {', '.join(MODES)}")
        if spec.get("workflow") not in ("create_snapshot", "restore_snapshot"):
            raise ValueError("workflow is create_snapshot or restore_snapshot")
        with self._lock:
            self._faults.append({**spec, "left": spec.get("times", 1)})

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def all(self) -> list[dict[str, Any]]:
        with self._lock:
            return [dict(f) for f in self._faults]

    def take(self, workflow: str) -> dict[str, Any] | None:
        with self._lock:
            for fault in self._faults:
                if fault["workflow"] != workflow or fault["left"] == 0:
                    continue
                if fault["left"] is not None:
                    fault["left"] -= 1
                return fault
        return None


__all__ = ["MODES", "Fault", "FaultList", "WorkflowFaults"]
