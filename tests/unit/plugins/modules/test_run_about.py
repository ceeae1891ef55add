# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""run: a run for one node is not taken up again for another one."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

RUNBOOK = "replace_node"
NAMES = (f"{RUNBOOK}-{second}" for second in range(1000, 2000))


@pytest.fixture
def begin(run_module: t.Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> t.Any:
    """Begin a run about a node, and end it with an outcome, if one is given."""
    from ansible_collections.cloudify_ha.recovery.plugins.modules import run as module

    # their names have seconds in them, and tests are quicker
    monkeypatch.setattr(module, "new_id", lambda _runbook: next(NAMES))

    def begin_it(
        about: str | None, *, outcome: str | None = None, **more: t.Any
    ) -> dict[str, t.Any]:
        store = {"store": str(tmp_path), "cluster": "prod"}
        options = {} if about is None else {"about": about}
        said = run_module("run", state="begun", runbook=RUNBOOK, **store, **options, **more)
        assert not said.get("failed"), said
        if outcome:
            run_module("run", state="ended", id=said["id"], outcome=outcome, **store)
        return t.cast("dict[str, t.Any]", said)

    return begin_it


def test_a_failed_run_is_taken_up_for_the_same_node(begin: t.Any) -> None:
    first = begin("h1", outcome="failed")
    again = begin("h1", outcome="failed")
    assert again["resumed"] and again["id"] == first["id"]


def test_and_not_for_another_one(begin: t.Any) -> None:
    first = begin("h1", outcome="failed")
    other = begin("h2", outcome="failed")
    assert not other["resumed"] and other["id"] != first["id"]
    assert begin("h1")["id"] == first["id"]


@pytest.mark.parametrize("about", ["h10", "", None])
def test_nor_for_a_name_that_begins_the_same(about: str | None, begin: t.Any) -> None:
    begin("h1", outcome="failed")
    assert not begin(about)["resumed"]


def test_a_good_end_of_one_does_not_end_the_other(begin: t.Any) -> None:
    first = begin("h1", outcome="failed")
    begin("h2", outcome="ok")
    assert begin("h1")["id"] == first["id"]


def test_after_a_good_end_it_is_a_new_run(begin: t.Any) -> None:
    begin("h1", outcome="failed")
    begin("h1", outcome="ok")
    assert not begin("h1")["resumed"]


def test_a_run_of_before_there_was_such_a_thing(begin: t.Any) -> None:
    """Its journal does not say what it was about."""
    first = begin(None, outcome="failed")
    journal = pathlib.Path(first["path"]) / "journal.jsonl"
    entries = [json.loads(line) for line in journal.open()]
    assert entries[0].pop("about") == ""
    journal.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    assert begin("")["resumed"]
