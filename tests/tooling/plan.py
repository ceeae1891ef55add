# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which steps a run consists of, on this machine, for what was asked."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace

from lab.support import why_not

from .cores import Core, missing, present
from .pythons import Python
from .steps import EACH, NEWEST, OLDEST, STEPS, Step


class UnknownStep(Exception):
    pass


@dataclass(frozen=True)
class Task:
    """One step on one ansible-core; `skip` says why it will not run."""

    name: str
    step: Step
    core: Core | None = None
    skip: str = ""


def _selected(tasks: list[Task], wanted: list[str]) -> list[Task]:
    """A word is the name of a step, on one core or on all; only where there is none, it is a group's."""
    named = {word for task in tasks for word in (task.name, task.step.name)}
    return [
        task
        for task in tasks
        if not wanted
        or any(word in (task.name, task.step.name) for word in wanted)
        or any(word == task.step.group and word not in named for word in wanted)
    ]


def _lacking(step: Step) -> str:
    absent = [name for name in step.programs if not shutil.which(name)]
    return f"{' and '.join(absent)} not found" if absent else ""


def make(
    *, pythons: dict[str, Python], names: list[str], wanted: list[str], everything: bool = False
) -> list[Task]:
    """:param everything: also what needs hosts and takes long; what is wanted by name is run"""
    have, lack = present(pythons), missing(pythons)
    one = {OLDEST: list(have)[0], NEWEST: list(have)[-1]} if have else {}
    impossible = why_not()
    too_long = "" if wanted or everything else "needs hosts: `make test-all` runs it"
    tasks: list[Task] = []
    for step in STEPS:
        nothing = "" if step.applies(names) else f"no file is {' or '.join(step.files)}"
        no_lab = impossible or ("" if step.lab_core else too_long)
        nothing = nothing or (no_lab if step.lab else "") or _lacking(step)
        if step.late and not (wanted or everything):
            nothing = nothing or "`make test-all` runs it"
        if step.environment == EACH:
            for core in (*have, *lack):
                skip = nothing or lack.get(core, "")
                tasks.append(Task(f"{step.name}-{core.name}", step, core, skip))
        elif step.environment in (OLDEST, NEWEST):
            skip = nothing or ("" if one else "no ansible-core runs here")
            tasks.append(Task(step.name, step, one.get(step.environment), skip))
        else:
            tasks.append(Task(step.name, step, None, nothing))
    chosen = _selected(tasks, wanted)
    known = {word for task in tasks for word in (task.name, task.step.name, task.step.group)}
    unknown = [word for word in wanted if word not in known]
    if unknown:
        raise UnknownStep(f"no step is called {', '.join(unknown)}; `make test-list` lists them")
    return chosen


def without_hosts(tasks: list[Task], *, why: str) -> list[Task]:
    """What needs hosts is skipped after all."""
    return [replace(task, skip=why) if task.step.lab and not task.skip else task for task in tasks]


def pythons_of(tasks: list[Task], pythons: dict[str, Python]) -> dict[Core, Python]:
    """The cores that these tasks need, each with its Python."""
    have = present(pythons)
    return {task.core: have[task.core] for task in tasks if task.core and not task.skip}


__all__ = ("Task", "UnknownStep", "make", "pythons_of", "without_hosts")
