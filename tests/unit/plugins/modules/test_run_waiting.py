# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""run: one that waits for a person is gone on with, however long that takes."""

from __future__ import annotations

import pathlib
import re
import typing as t


def test_it_is_taken_up_again_however_old(run_module: t.Any, tmp_path: pathlib.Path) -> None:
    def run(state: str, **options: t.Any) -> t.Any:
        if state == "begun":
            options["controller"] = {"host": "here", "pid": 1, "started": "5"}
        return run_module("run", store=str(tmp_path), cluster="prod", state=state, **options)

    book: dict[str, t.Any] = {"runbook": "resolve_split_brain"}
    first = run("begun", **book)
    run("ended", id=first["id"], outcome="waiting")
    journal = pathlib.Path(first["path"]) / "journal.jsonl"
    journal.write_text(re.sub(r'"at": "\d+', '"at": "2020', journal.read_text()))
    again = run("begun", **book)
    assert (again["id"], again["resumed"]) == (first["id"], True)
    run("ended", id=first["id"], outcome="ok")
    assert not run("begun", **book)["resumed"]


def test_no_other_runbook_is_begun_meanwhile(run_module: t.Any, tmp_path: pathlib.Path) -> None:
    """It would start a database that was stopped on purpose, or wipe it."""

    def run(state: str, **options: t.Any) -> t.Any:
        if state == "begun":
            options["controller"] = {"host": "here", "pid": 1, "started": "5"}
        return run_module("run", store=str(tmp_path), cluster="prod", state=state, **options)

    first = run("begun", runbook="resolve_split_brain")
    run("step", id=first["id"], step="see which sides there are")
    run("step", id=first["id"], step="freeze all sides")
    run("ended", id=first["id"], outcome="waiting")
    for check in (True, False):
        said = run("begun", runbook="recover_active", check=check)
        assert said["failed"] and "has begun to freeze all sides" in said["msg"]
        assert f"-e cloudify_give_up={first['id']}" in said["msg"]
    backup = run("begun", runbook="backup")
    run("ended", id=backup["id"], outcome="ok")
    # nor with the words for a run that is dead
    said = run("begun", runbook="recover_active", take_over=first["id"])
    assert said["failed"]
    other = run("begun", runbook="recover_active", give_up=first["id"])
    run("ended", id=other["id"], outcome="ok")
    again = run("begun", runbook="resolve_split_brain")
    assert not again["resumed"]


def test_one_that_was_killed_holds_the_cluster_too(
    run_module: t.Any, tmp_path: pathlib.Path
) -> None:
    def run(state: str, **options: t.Any) -> t.Any:
        if state == "begun":
            options["controller"] = {"host": "here", "pid": 1, "started": "5"}
        return run_module("run", store=str(tmp_path), cluster="prod", state=state, **options)

    def holds() -> list[bool]:
        told = run_module("runs_info", store=str(tmp_path), cluster="prod")
        return [each["holds"] for each in told["runs"]]

    first = run("begun", runbook="resolve_split_brain")
    run("step", id=first["id"], step="see which sides there are")
    assert holds() == [False]
    run("step", id=first["id"], step="freeze all sides")
    assert holds() == [True]
    killed: dict[str, t.Any] = {"take_over": first["id"]}
    assert "freeze all sides" in run("begun", runbook="replace_node", **killed)["msg"]
    again = run("begun", runbook="resolve_split_brain", **killed)
    assert again["resumed"]
    run("ended", id=again["id"], outcome="ok")
    assert holds() == [False]
    assert not run("begun", runbook="replace_node").get("failed")
