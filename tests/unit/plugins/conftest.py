# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules run here as Ansible runs them, in this process: options in, JSON out."""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pathlib
import sys
import typing as t

import pytest
import responses
from ansible.module_utils import basic
from ansible.module_utils.common import warnings

from ansible_collections.cloudify_ha.recovery.plugins import modules
from ansible_collections.cloudify_ha.recovery.plugins.module_utils import (
    _download,
    _http,
    _preflight,
    _restore,
    _wait,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.conversation import (
    PASSWORD,
    Conversation,
    StrictOrder,
)

MODULES = "ansible_collections.cloudify_ha.recovery.plugins.modules"

#: All that wait, or look at a clock, by a default of their own.
WAITERS: tuple[t.Any, ...] = (
    _wait.Ticker.__init__,
    _http.Pacer.__init__,
    _http.ManagerHttp.__init__,
    _download.Download.__init__,
    *(
        found.__init__
        for found in vars(_restore).values()
        if isinstance(found, type) and found.__module__ == _restore.__name__
    ),
)

RunModule = t.Callable[..., "dict[str, t.Any]"]


def pytest_collection_finish() -> None:
    """ansible-test runs each test in a fork of its own: what is imported and frozen before is
    shared by all of them, which takes half of the time."""
    for path in pathlib.Path(modules.__path__[0]).glob("[!_]*.py"):
        importlib.import_module(f"{MODULES}.{path.stem}")
    gc.collect()
    gc.freeze()


@contextlib.contextmanager
def module_args(args: dict[str, t.Any]) -> t.Iterator[None]:
    """ansible-core has its own way for this since 2.19, and demands it."""
    try:
        from ansible.module_utils.testing import patch_module_args
    except ImportError:
        before = basic._ANSIBLE_ARGS
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode()
        try:
            yield
        finally:
            basic._ANSIBLE_ARGS = before
    else:
        with patch_module_args(args):
            yield


@pytest.fixture
def run_module(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> RunModule:
    """Call it with the module's name and options; it returns what the module answered."""

    def run(
        name: str, /, *, check: bool = False, diff: bool = False, **options: t.Any
    ) -> dict[str, t.Any]:
        given = {**options, "_ansible_check_mode": check, "_ansible_diff": diff}
        module = importlib.import_module(f"{MODULES}.{name}")
        for leftover in ("_global_warnings", "_global_deprecations"):
            getattr(warnings, leftover).clear()
        capsys.readouterr()
        with module_args(given), pytest.raises(SystemExit) as ended:
            module.main()
        answer = capsys.readouterr().out
        said: dict[str, t.Any] = json.loads(answer)
        assert bool(ended.value.code) == bool(said.get("failed"))
        assert PASSWORD not in answer
        assert "deprecations" not in said
        if said.get("failed"):
            assert "\n" not in said["msg"] and "Traceback" not in said["msg"]
        return said

    monkeypatch.setattr(sys, "argv", ["module"])
    for name in [name for name in os.environ if name.startswith("CLOUDIFY_")]:
        monkeypatch.delenv(name)
    return run


class FakeClock:
    """Time goes by only when somebody sleeps. C(slept) has the pauses."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """No waiting: whatever sleeps moves this clock on instead."""
    fake = FakeClock()
    for waiter in WAITERS:
        defaults = getattr(waiter, "__kwdefaults__", None) or {}
        for name, value in (("sleep", fake.sleep), ("clock", fake)):
            if name in defaults:
                monkeypatch.setitem(defaults, name, value)
    return fake


@pytest.fixture
def manager(
    run_module: RunModule, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> t.Iterator[Conversation]:
    """The managers, as a list of requests and answers; see conversation.py.

    An archive given to a restore counts as the one that the manager has; that it is compared is
    the subject of tests of its own.
    """
    monkeypatch.setattr(_preflight, "same_archive", lambda *_places, **_more: True)
    with responses.RequestsMock(registry=StrictOrder, assert_all_requests_are_fired=False) as mock:
        conversation = Conversation(mock, run_module)
        yield conversation
        conversation.finish()
