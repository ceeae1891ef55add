# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Do something in a process of its own that dies at its n-th step, as with kill -9: nothing is
flushed, no handler runs."""

from __future__ import annotations

import os
import traceback
import typing as t

#: What changes a file system, so what a kill can come between.
STEPS = ("open", "fdopen", "fsync", "rename", "mkdir", "unlink", "rmdir")
KILLED, BROKEN = 57, 58


def killed(action: t.Callable[[], t.Any], *, at: int, after: bool) -> bool:
    """Whether it was killed. False: it was done before that step.

    :param at: the step, from 0
    :param after: die when the step is done, rather than before
    """
    pid = os.fork()
    if not pid:
        try:
            _arm(at, after)
            action()
        except BaseException:
            traceback.print_exc()
            os._exit(BROKEN)
        os._exit(0)
    _pid, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, KILLED), "it raised an error of its own"
    return code == KILLED


def _arm(at: int, after: bool) -> None:
    left = at

    def deadly(step: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
        def take(*args: t.Any, **options: t.Any) -> t.Any:
            nonlocal left
            mine, left = left == 0, left - 1
            if mine and not after:
                os._exit(KILLED)
            result = step(*args, **options)
            if mine:
                os._exit(KILLED)
            return result

        return take

    for name in STEPS:
        setattr(os, name, deadly(getattr(os, name)))


def each_death(action: t.Callable[[], t.Any], prepare: t.Callable[[], t.Any]) -> t.Iterator[str]:
    """Prepare, act and die, at each step in turn. Yields where it died, for looking what is left.

    The last one is the action that nobody killed.
    """
    for after in (False, True):
        for at in range(1000):
            prepare()
            if not killed(action, at=at, after=after):
                break
            yield f"killed {'after' if after else 'before'} step {at}"
        assert at > 2, "it takes more steps than that"
    yield "not killed"
