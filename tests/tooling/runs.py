# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run's own directories: copies that go away with it, logs that stay for a while."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .locks import locked, try_lock
from .paths import CACHE

KEPT_LOGS = 10


@dataclass(frozen=True)
class Run:
    work: Path
    logs: Path


def _sweep(runs: Path, logs: Path) -> None:
    """Remove what runs that were killed left behind, and the oldest logs of those that are over."""
    for lock in runs.glob("*.lock"):
        if try_lock(lock):
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
            lock.unlink(missing_ok=True)
    going = {lock.stem for lock in runs.glob("*.lock")}
    for old in sorted(each for each in logs.glob("*") if each.name not in going)[:-KEPT_LOGS]:
        shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def new_run() -> Iterator[Run]:
    runs, logs = CACHE / "runs", CACHE / "logs"
    name = f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    with locked(CACHE / "runs.lock"):
        runs.mkdir(parents=True, exist_ok=True)
        _sweep(runs, logs)
        lock = runs / f"{name}.lock"
        held = contextlib.ExitStack()
        held.enter_context(locked(lock))
    run = Run(work=runs / name, logs=logs / name)
    run.work.mkdir()
    run.logs.mkdir(parents=True)
    with held:
        try:
            yield run
        finally:
            shutil.rmtree(run.work, ignore_errors=True)
            lock.unlink(missing_ok=True)


__all__ = ("Run", "new_run")
