# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._runs import ClusterRuns

Json = dict[str, t.Any]


def begin(runs: ClusterRuns, runbook: str, number: int, about: str = "") -> str:
    run_id = f"{runbook}-20261122T03000{number}Z"
    found = runs.begin(
        runbook=runbook,
        run_id=run_id,
        controller={"host": "here"},
        take_over=None,
        resume=lambda first: False,
        about=about,
    )
    return found.id


def info(run_module: t.Any, store: pathlib.Path) -> Json:
    told: Json = run_module("runs_info", store=str(store), cluster="production")
    return told


def test_what_was_never_run(run_module: t.Any, tmp_path: pathlib.Path) -> None:
    told = info(run_module, tmp_path)
    assert (told["runs"], told["holder"], told["changed"]) == ([], None, False)


def test_runs_and_how_they_ended(run_module: t.Any, tmp_path: pathlib.Path) -> None:
    runs = ClusterRuns(store=str(tmp_path), cluster="production")
    first = begin(runs, "replace_node", 1, about="h3")
    runs.end(first, outcome="ok", report={})
    second = begin(runs, "rebuild_cluster", 2)
    told = info(run_module, tmp_path)
    by_id = {each["id"]: each for each in told["runs"]}
    assert set(by_id) == {first, second} and told["holder"] == second
    assert (by_id[first]["runbook"], by_id[first]["about"]) == ("replace_node", "h3")
    assert by_id[first]["outcome"] == "ok" and by_id[first]["ended"]
    assert by_id[second]["ended"] is by_id[second]["outcome"] is None
    assert all(0 <= each["age"] < 60 for each in told["runs"])


def test_a_torn_journal_is_passed_over(run_module: t.Any, tmp_path: pathlib.Path) -> None:
    runs = ClusterRuns(store=str(tmp_path), cluster="production")
    kept = begin(runs, "replace_node", 1)
    (tmp_path / "production" / ".runs" / "other").mkdir()
    (tmp_path / "production" / ".runs" / "other" / "journal.jsonl").write_text("{")
    assert [each["id"] for each in info(run_module, tmp_path)["runs"]] == [kept]
