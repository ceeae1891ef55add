# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a demonstration shows of a playbook: its steps, its report, the end of what failed, and what a witness says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from demo import witness
from demo.playing import Playbooks, report_of
from demo.progress import AFTER, BEFORE, Progress
from demo.report import StepFailed, Steps

PLAYS = """TASK [cloudify_ha.recovery.end_run : Say what was done] ***
ok: [localhost] => {
    "msg": [
        "RUN ok: cluster demo [a-b]",
        "all: 3.0 s"
    ]
}
TASK [Say more] ***
ok: [localhost] => {
    "msg": [
        "PLAN of something else"
    ]
}
"""


def test_the_report_of_a_role_is_found_by_its_first_word() -> None:
    assert report_of(PLAYS, "RUN") == ["RUN ok: cluster demo [a-b]", "all: 3.0 s"]
    assert report_of(PLAYS) == ["PLAN of something else"]


class Journal:
    """Of a run, as it grows."""

    def __init__(self, runs: Path, name: str) -> None:
        self.path = runs / name / "journal.jsonl"
        self.path.parent.mkdir(parents=True)

    def note(self, **entry: str) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps({"at": "2026-11-22T03:00:00Z", **entry}) + "\n")


def test_each_step_is_told_when_it_has_ended(tmp_path: Path) -> None:
    Journal(tmp_path, "of-the-backup").note(state="step", step="long ago")
    ended: list[str] = []
    now: list[str] = []
    progress = Progress(tmp_path, ended=lambda name, _s: ended.append(name), meanwhile=now.append)
    progress.look()
    assert not ended and now[-1].startswith(BEFORE)
    journal = Journal(tmp_path, "rebuild")
    journal.note(state="begun")
    journal.note(state="step", step="tear down")
    progress.look("TASK [cloudify_ha.recovery.tear_down : Remove the manager] ***\n")
    assert ended == [BEFORE] and now[-1].startswith("tear down, 0 s")
    assert now[-1].endswith("Remove the manager")
    journal.note(state="done", step="tear down")
    journal.note(state="step", step="install")
    progress.look("TASK [x] **\n[h1] cfy_manager install, 4 s: Installing\n")
    assert ended == [BEFORE, "tear down"]
    assert now[-1].endswith("[h1] cfy_manager install, 4 s: Installing")
    journal.note(state="ended", outcome="ok")
    progress.finish()
    assert ended == [BEFORE, "tear down", "install", AFTER]


def test_a_line_that_is_half_written_is_read_later(tmp_path: Path) -> None:
    ended: list[str] = []
    progress = Progress(tmp_path, ended=lambda name, _s: ended.append(name), meanwhile=str)
    journal = Journal(tmp_path, "rebuild")
    whole = json.dumps({"state": "step", "step": "install"})
    journal.path.write_text(whole[:12])
    progress.look()
    assert not ended
    journal.path.write_text(whole + "\n")
    progress.look()
    assert ended == [BEFORE]


def test_a_playbook_that_fails_is_told_with_its_end_and_its_log(tmp_path: Path) -> None:
    book = tmp_path / "broken.json"
    tasks = [{"name": "Break", "ansible.builtin.fail": {"msg": "it is meant to"}}]
    book.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    with pytest.raises(StepFailed, match="it is meant to") as failed:
        Playbooks(tmp_path).play(str(book))
    said = str(failed.value)
    kept = Path(said.rpartition(": ")[2])
    try:
        assert "ended with 2" in said and "TASK [Break]" in kept.read_text()
    finally:
        kept.unlink()


def test_a_step_that_fails_is_no_step_done(capsys: pytest.CaptureFixture[str]) -> None:
    steps = Steps()
    assert steps.step("one", lambda: 5) == 5
    with pytest.raises(StepFailed):
        steps.step("two", _fail)
    assert len(steps.seconds) == 1
    assert capsys.readouterr().out.rstrip().endswith("failed")


def _fail() -> None:
    raise StepFailed("meant to")


def test_the_witness_names_what_is_missing_new_and_different() -> None:
    empty: witness.Content = {kind: {} for kind in witness.KINDS}
    before = {**empty, "secrets": {"a": {"key": "a"}, "b": {"key": "b", "by": "x"}}}
    after = {**empty, "secrets": {"b": {"key": "b", "by": "y"}, "c": {"key": "c"}}}
    assert witness.differences(before, after) == [
        "secrets a: missing",
        "secrets b: by differ",
        "secrets c: new",
    ]
    assert witness.differences(before, before) == []
