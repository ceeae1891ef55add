# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""node_files and node_files_info do in the controller what their modules do."""

from __future__ import annotations

import pathlib
import types
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.action import node_files_info
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils import _on_store

Json = dict[str, t.Any]


def action(monkeypatch: pytest.MonkeyPatch, *, transport: str = "local", **given: t.Any) -> t.Any:
    monkeypatch.setattr(_on_store.ActionBase, "run", lambda self, tmp=None, task_vars=None: {})
    made = object.__new__(node_files_info.ActionModule)
    made._task = types.SimpleNamespace(check_mode=False)
    made._connection = types.SimpleNamespace(transport=transport, become=None)
    made.validate_argument_spec = lambda **dummy: (None, {"texts": [], "bundle": [], **given})
    made._execute_module = lambda **dummy: {"by": "the module"}
    return made


def test_where_the_store_is_here_no_module_is_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    done = action(monkeypatch, places=[str(tmp_path)], node="h1").run()
    assert (done["sound"], done["changed"]) == (False, False)
    assert [each["found"] for each in done["looked_at"]] == [False]
    assert "by" not in done and done["duration"] >= 0


def test_a_refusal_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    done = action(monkeypatch, places=["/x"], node="../up").run()
    assert done["failed"] and "'../up' cannot be the name" in done["msg"]


def test_elsewhere_the_module_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    done = action(monkeypatch, transport="ssh", places=["/x"], node="h1").run()
    assert done == {"by": "the module"}


def test_what_the_disk_says_is_left_to_the_module(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = action(monkeypatch, places=["/x"], node="h1")

    def no_disk(_p: Json, _check: bool) -> Json:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(node_files_info.ActionModule, "work", staticmethod(no_disk))
    assert made.run() == {"by": "the module"}
