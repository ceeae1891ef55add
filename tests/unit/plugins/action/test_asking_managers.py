# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""cluster_info in a process of its own, whose answer a later task brings."""

from __future__ import annotations

import os
import pathlib
import signal
import threading
import types
import typing as t

import pytest
from ansible import constants

from ansible_collections.cloudify_ha.recovery.plugins.action import cluster_info
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils import _direct
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.watching import group

Json = dict[str, t.Any]
ANSWER = {"changed": False, "views": {"m1": {"answers": False, "error": "it is off"}}}


@pytest.fixture
def act(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> t.Callable[..., Json]:
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))

    def act_it(
        *, module: t.Callable[[], Json] = lambda: {**ANSWER, "by": os.getpid()}, **args: t.Any
    ) -> Json:
        monkeypatch.setattr(_direct.DirectAction, "run", lambda self, tmp, task_vars: module())
        action = t.cast("t.Any", object.__new__(cluster_info.ActionModule))
        action._task = types.SimpleNamespace(args=args)
        done: Json = action.run(None, {})
        return done

    return act_it


def test_nobody_waits(act: t.Callable[..., Json]) -> None:
    """Whoever would wait for the module waited for ever."""
    job = act(module=threading.Event().wait, later="yes")["job"]
    os.killpg(group(job["pid"]), signal.SIGKILL)
    os.waitpid(job["pid"], 0)


def test_the_answer_is_brought_once(act: t.Callable[..., Json]) -> None:
    job = act(later=True)["job"]
    assert act(job=job, module=dict) == {**ANSWER, "by": job["pid"]}
    os.waitpid(job["pid"], 0)
    assert not os.path.exists(job["path"])
    assert act(job=job)["by"] == os.getpid()


def test_what_is_wrong_is_told_where_the_answer_is_brought(act: t.Callable[..., Json]) -> None:
    def refuses() -> Json:
        raise ValueError("no such option: prot")

    job = act(later=True, module=refuses)["job"]
    assert act(job=job) == {"failed": True, "msg": "no such option: prot"}


@pytest.mark.parametrize("job", [None, {}, {"pid": 1}])
def test_what_was_not_begun_is_asked_now(act: t.Callable[..., Json], job: Json | None) -> None:
    assert act(job=job)["by"] == os.getpid()


def test_what_was_killed_is_asked_now(act: t.Callable[..., Json]) -> None:
    job = act(module=threading.Event().wait, later=True)["job"]
    os.killpg(group(job["pid"]), signal.SIGKILL)
    os.waitpid(job["pid"], 0)
    assert act(job=job)["by"] == os.getpid()


def test_nonsense_is_for_the_module_to_refuse(act: t.Callable[..., Json]) -> None:
    assert act(later="perhaps")["by"] == os.getpid()
