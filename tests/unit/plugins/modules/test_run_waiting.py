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
