# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""run: one run at a time on a cluster, taken up again after a kill, with a journal."""

from __future__ import annotations

import json
import pathlib
import typing as t
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _runs

RUNBOOK = "rebuild_cluster"
HERE = {"host": "here", "machine": "m1", "boot": "b1", "pid": 1, "started": "5"}


@pytest.fixture
def run(run_module: t.Any, tmp_path: pathlib.Path) -> t.Callable[..., dict[str, t.Any]]:
    def run_it(state: str, **options: t.Any) -> dict[str, t.Any]:
        if state == "begun":
            options = {"runbook": RUNBOOK, "controller": HERE, **options}
        return t.cast(
            "dict[str, t.Any]",
            run_module("run", store=str(tmp_path), cluster="prod", state=state, **options),
        )

    return run_it


def journal(path: str) -> list[dict[str, t.Any]]:
    return [json.loads(line) for line in (pathlib.Path(path) / "journal.jsonl").open()]


def test_from_beginning_to_end(run: t.Any, tmp_path: pathlib.Path) -> None:
    begun = run("begun")
    assert begun["id"].startswith(f"{RUNBOOK}-2") and not begun["resumed"]
    assert begun["path"] == str(tmp_path / "prod" / ".runs" / begun["id"])
    run("step", id=begun["id"], step="tear down")
    run("step", id=begun["id"], step="install")
    ended = run("ended", id=begun["id"], outcome="ok", report={"lost": []})
    assert [each["step"] for each in ended["steps"]] == ["tear down", "install"]
    assert ended["seconds"] >= 0
    assert [each["state"] for each in journal(begun["path"])] == ["begun", "step", "step", "ended"]
    report = pathlib.Path(begun["path"]) / "report.json"
    assert json.loads(report.read_text()) == {"lost": []}
    assert report.stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "prod" / ".lock").exists()
    assert run("begun")["id"]


def test_a_second_run_is_told_who_has_the_cluster(run: t.Any) -> None:
    first = run("begun")
    for check in (True, False):
        said = run("begun", runbook="replace_node", check=check)
        assert said["failed"] and said["holder"]["run"] == first["id"]
        assert f"run {first['id']} has the cluster prod since" in said["msg"]
        assert f"-e cloudify_take_over={first['id']}" in said["msg"]


def test_one_that_is_dead_is_taken_over(run: t.Any) -> None:
    first = run("begun")
    assert run("begun", runbook="replace_node", take_over=first["id"])["id"] != first["id"]


def test_not_another_one_than_was_named(run: t.Any) -> None:
    run("begun")
    assert run("begun", runbook="replace_node", take_over="another")["failed"]


def test_what_was_said_of_one_attempt_is_not_said_of_the_next(run: t.Any) -> None:
    """The same command again, while the run that it has begun goes on."""
    first = run("begun")
    assert run("begun", take_over=first["id"])["resumed"]
    said = run("begun", take_over=first["id"])
    assert said["failed"] and f"-e cloudify_take_over={first['id']}:2" in said["msg"]
    assert run("begun", take_over=said["take_over"])["resumed"]
    assert run("begun", take_over=said["take_over"])["take_over"] == f"{first['id']}:3"


def test_what_one_attempt_keeps_the_next_one_knows(run: t.Any) -> None:
    first = run("begun")
    assert first["facts"] == {}
    run("kept", id=first["id"], facts={"set": "backup-1", "other": 1})
    run("kept", id=first["id"], facts={"set": "backup-2"})
    run("ended", id=first["id"], outcome="failed")
    assert run("begun")["facts"] == {"set": "backup-2", "other": 1}


def test_one_that_is_given_up_is_not_taken_up_again(run: t.Any) -> None:
    first = run("begun")
    run("done", id=first["id"], step="tear down")
    run("ended", id=first["id"], outcome="failed")
    again = run("begun", give_up=first["id"])
    assert (again["id"], again["resumed"]) == (f"{first['id']}-2", False)
    unknown = run("begun", give_up="rebuild_cluster-never", take_over=again["id"])
    assert (
        unknown["failed"] and "no run rebuild_cluster-never that did not come to" in unknown["msg"]
    )


def test_no_backup_of_a_cluster_that_is_torn_down(run: t.Any) -> None:
    """It would be the newest set, and empty."""
    first = run("begun")
    run("step", id=first["id"], step="tear down")
    run("ended", id=first["id"], outcome="failed")
    for check in (True, False):
        said = run("begun", runbook="backup", check=check)
        assert said["failed"] and f"run {first['id']} has torn cluster prod down" in said["msg"]
    again = run("begun")
    run("done", id=again["id"], step="restore")
    run("ended", id=again["id"], outcome="failed")
    assert not run("begun", runbook="backup").get("failed")


def test_a_backup_of_one_that_was_given_up(run: t.Any) -> None:
    first = run("begun")
    run("step", id=first["id"], step="tear down")
    run("ended", id=first["id"], outcome="failed")
    assert not run("begun", runbook="backup", give_up=first["id"]).get("failed")


@pytest.mark.parametrize("failed", [True, False])
def test_what_did_not_come_to_a_good_end_is_taken_up_again(failed: bool, run: t.Any) -> None:
    first = run("begun")
    run("step", id=first["id"], step="tear down")
    if failed:
        run("ended", id=first["id"], outcome="failed")
    again = run("begun", take_over=None if failed else first["id"])
    assert (again["id"], again["resumed"]) == (first["id"], True)
    run("step", id=first["id"], step="install")
    ended = run("ended", id=first["id"], outcome="ok")
    assert [each["step"] for each in ended["steps"]] == ["install"]


def test_what_an_earlier_attempt_has_finished_is_known(run: t.Any) -> None:
    first = run("begun")
    assert first["done"] == first["begun"] == []
    run("step", id=first["id"], step="tear down")
    run("done", id=first["id"], step="tear down")
    run("step", id=first["id"], step="install")
    again = run("begun", take_over=first["id"])
    assert (again["done"], again["begun"]) == (["tear down"], ["install", "tear down"])


def test_what_came_to_a_good_end_is_not(run: t.Any) -> None:
    first = run("begun")
    run("ended", id=first["id"], outcome="ok")
    assert not run("begun")["resumed"]


def test_nor_what_is_too_old_or_another_runbook(run: t.Any) -> None:
    first = run("begun")
    run("ended", id=first["id"], outcome="failed")
    assert not run("begun", runbook="replace_node")["resumed"]


def test_too_old(run: t.Any, tmp_path: pathlib.Path) -> None:
    first = run("begun")
    run("ended", id=first["id"], outcome="failed")
    path = pathlib.Path(first["path"]) / "journal.jsonl"
    path.write_text(path.read_text().replace('"at": "2', '"at": "1'))
    assert not run("begun")["resumed"]


def test_check_mode_writes_nothing(run: t.Any, tmp_path: pathlib.Path) -> None:
    said = run("begun", check=True)
    assert said["id"]
    run("step", id=said["id"], step="x", check=True)
    run("ended", id=said["id"], outcome="ok", check=True)
    assert list(tmp_path.iterdir()) == []


def test_secrets_are_written_nowhere(run: t.Any, tmp_path: pathlib.Path) -> None:
    begun = run("begun")
    secret = {"secrets": ["hunter2"]}
    run("step", id=begun["id"], step="log in with hunter2", **secret)
    run("ended", id=begun["id"], outcome="ok", report={"a": ["hunter2!"]}, **secret)
    text = "".join(each.read_text() for each in tmp_path.rglob("*") if each.is_file())
    assert "hunter2" not in text and "********" in text


def test_of_many_at_once_one_has_it(tmp_path: pathlib.Path) -> None:
    def begin(number: int) -> str:
        runs = _runs.ClusterRuns(store=str(tmp_path), cluster="prod")
        try:
            return runs.begin(
                runbook=f"r{chr(97 + number)}",
                run_id=f"run-{number}",
                controller=HERE,
                take_over=None,
                resume=lambda first: False,
            ).id
        except _runs.Busy:
            return ""

    with ThreadPoolExecutor(8) as pool:
        assert len([each for each in pool.map(begin, range(8)) if each]) == 1


def test_a_torn_last_line_is_left_out(run: t.Any) -> None:
    begun = run("begun")
    with (pathlib.Path(begun["path"]) / "journal.jsonl").open("a") as file:
        file.write('{"at": "2026')
    assert run("ended", id=begun["id"], outcome="ok")["steps"] == []
