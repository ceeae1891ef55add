# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A step is noted by the controller itself where the store is there, and by the module elsewhere."""

from __future__ import annotations

import json
import pathlib
import types
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.action import run as action

RUN = "rebuild_cluster-20261122T030000Z"


@pytest.fixture
def store(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "production" / ".runs" / RUN).mkdir(parents=True)
    return tmp_path


def noted(store: pathlib.Path) -> list[dict[str, t.Any]]:
    journal = store / "production" / ".runs" / RUN / "journal.jsonl"
    return [json.loads(line) for line in journal.read_text().splitlines()]


def plugin(
    *, transport: str = "local", become: object = None, check: bool = False
) -> tuple[t.Any, list[dict[str, t.Any]]]:
    """The plugin, and what its module was asked for."""
    asked: list[dict[str, t.Any]] = []
    made = action.ActionModule.__new__(action.ActionModule)
    made._connection = types.SimpleNamespace(transport=transport, become=become)
    made._task = types.SimpleNamespace(check_mode=check)

    def execute(**words: t.Any) -> dict[str, t.Any]:
        asked.append(words["module_args"])
        return {"by": "module"}

    made._execute_module = execute
    return made, asked


def arguments(place: pathlib.Path, **more: t.Any) -> dict[str, t.Any]:
    given = {"store": str(place), "cluster": "production", "state": "step", "id": RUN}
    return {**given, "step": "tear down", **more}


def test_a_step_is_noted_without_a_module(store: pathlib.Path) -> None:
    made, asked = plugin()
    result = made._on_store(arguments(store), {})
    assert (result["id"], result["path"]) == (RUN, str(store / "production" / ".runs" / RUN))
    assert [(e["state"], e["step"]) for e in noted(store)] == [("step", "tear down")]
    assert not asked


def test_secrets_are_not_written_down(store: pathlib.Path) -> None:
    made, _asked = plugin()
    made._on_store(arguments(store, step="with s3cret", secrets=["s3cret"]), {})
    assert [e["step"] for e in noted(store)] == ["with ********"]


def test_a_plan_writes_nothing(store: pathlib.Path) -> None:
    made, asked = plugin(check=True)
    assert made._on_store(arguments(store), {})["id"] == RUN
    assert not asked and not list(store.rglob("journal.jsonl"))


@pytest.mark.parametrize("change", [{"transport": "ssh"}, {"become": object()}])
def test_elsewhere_it_is_the_module(store: pathlib.Path, change: dict[str, t.Any]) -> None:
    made, asked = plugin(**change)
    assert made._on_store(arguments(store), {}) == {"by": "module"}
    assert len(asked) == 1 and not list(store.rglob("journal.jsonl"))


@pytest.mark.parametrize(
    "change",
    [{"state": "ended"}, {"id": "no-such-run"}, {"cluster": "../x"}, {"store": "~/store"}],
)
def test_what_is_more_or_wrong_is_for_the_module(
    store: pathlib.Path, change: dict[str, t.Any]
) -> None:
    made, asked = plugin()
    assert made._on_store(arguments(store, **change), {}) == {"by": "module"}
    assert len(asked) == 1
