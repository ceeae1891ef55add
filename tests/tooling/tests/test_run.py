# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tooling's own promises: what it runs, what it skips, what it says."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tooling import plan, runs, venvs
from tooling.cores import CORES
from tooling.locks import locked, try_lock
from tooling.plan import Task, UnknownStep, make
from tooling.pythons import Python
from tooling.report import show
from tooling.runner import Result, Runner
from tooling.runs import Run
from tooling.setup import Made
from tooling.steps import AWX, EACH, PROFILES, TOOLS, Step


def python(version: str) -> Python:
    return Python(path=Path(f"/usr/bin/python{version}"), version=version, release=f"{version}.1")


def test_a_core_without_its_python_is_skipped_with_the_reason() -> None:
    tasks = make(
        pythons={"3.11": python("3.11")}, names=["plugins/modules/x.py"], wanted=["sanity"]
    )
    skipped = {task.name: task.skip for task in tasks if task.skip}
    assert skipped.keys() == {"sanity-2.20", "sanity-2.21"}
    assert all("Python 3.12" in reason for reason in skipped.values())
    assert [t.name for t in tasks if not t.skip] == [f"sanity-2.{n}" for n in (16, 17, 18, 19)]


def test_what_is_not_written_yet_is_skipped_not_passed() -> None:
    (task,) = make(pythons={"3.11": python("3.11")}, names=["README.md"], wanted=["playbooks"])
    assert "tests/playbooks/test_*.py" in task.skip


def test_a_step_without_its_programs_is_skipped_with_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    curl = tmp_path / "curl"
    curl.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    (task,) = make(
        pythons={"3.12": python("3.12")},
        names=["tests/bench/__main__.py"],
        wanted=["bench"],
    )
    assert task.skip == "sha256sum and unzip not found"


def test_the_newest_core_runs_what_runs_once() -> None:
    pythons = {version: python(version) for version in ("3.11", "3.12")}
    (task,) = make(pythons=pythons, names=["tests/playbooks/test_a.py"], wanted=["playbooks"])
    assert task.core == CORES[-1]


def test_old_managers_are_run_with_the_oldest_core() -> None:
    pythons = {version: python(version) for version in ("3.11", "3.12")}
    names = ["tests/integration/targets/snapshot/tasks/main.yml"]
    tasks = make(pythons=pythons, names=names, wanted=["integration"])
    assert {task.core for task in tasks if task.name == "integration-4.5.5"} == {CORES[0]}
    assert {task.core for task in tasks if "7.0.5" in task.name} == {CORES[-1]}
    assert [task.skip for task in tasks if task.skip] == []
    assert len(tasks) == len(PROFILES) + 1


def test_what_needs_hosts_is_for_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "why_not", lambda: "")
    given = {"pythons": {"3.12": python("3.12")}, "names": ["tests/lab/tests/test_a.py"]}

    def skip(**more: Any) -> str:
        return next(t.skip for t in make(**{**given, "wanted": [], **more}) if t.name == "lab")

    assert "make test-all" in skip()
    assert skip(everything=True) == skip(wanted=["lab"]) == ""


def test_a_core_of_it_is_run_where_hosts_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "why_not", lambda: "")
    pythons, names = {"3.12": python("3.12")}, ["tests/runbooks/test_a.py"]
    tasks = make(pythons=pythons, names=names, wanted=[])
    hosts = {t.name: t.skip for t in tasks if t.step.group == "runbooks"}
    assert hosts["runbooks-core"] == "" and "make test-all" in hosts["runbooks"]
    none = plan.without_hosts(tasks, why="no hosts: no room")
    assert {t.name: t.skip for t in none}["runbooks-core"] == "no hosts: no room"
    assert {t.name: t.skip for t in none}["runbooks"] == hosts["runbooks"]
    monkeypatch.setattr(plan, "why_not", lambda: "not root")
    tasks = make(pythons=pythons, names=names, wanted=[])
    assert {t.name: t.skip for t in tasks}["runbooks-core"] == "not root"


def test_what_says_nothing_of_what_users_get_is_for_when_it_is_asked_for() -> None:
    def skip(**more: Any) -> str:
        tasks = make(
            **{"pythons": {"3.12": python("3.12")}, "names": ["plugins/a.py"], "wanted": [], **more}
        )
        return next(t.skip for t in tasks if t.name == "sanity-programs")

    assert "make test-all" in skip()
    assert skip(everything=True) == skip(wanted=["sanity-programs"]) == ""


def test_a_step_is_chosen_rather_than_the_group_of_its_name() -> None:
    given: dict[str, Any] = {"pythons": {"3.12": python("3.12")}, "names": []}
    assert [task.name for task in make(**given, wanted=["product"])] == ["product"]
    assert [task.name for task in make(**given, wanted=["lint"])][:2] == ["black", "ruff"]
    assert {task.step.name for task in make(**given, wanted=["sanity"])} == {"sanity"}


def test_an_unknown_step_is_an_error() -> None:
    with pytest.raises(UnknownStep, match="no step is called unitz"):
        make(pythons={}, names=[], wanted=["unitz", "lint"])


def runner(tmp_path: Path, *, collections: Path | None = None) -> Runner:
    run = Run(work=tmp_path / "work", logs=tmp_path / "logs")
    run.work.mkdir()
    run.logs.mkdir()
    return Runner(
        run=run,
        names=[],
        made=Made(cores={}, tools=Path("/usr/bin"), awx=tmp_path / "awx", collections=collections),
        pythons={},
        interpreters=[],
    )


def task(name: str, command: str) -> Task:
    return Task(name, Step(name, "lint", TOOLS, command, ("*",), own_copy=True))


def shell(words: str) -> str:
    return f"sh -c 'mkdir -p {{bin}} 2>/dev/null; {words}'"


def go(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *tasks: Task,
    collections: Path | None = None,
) -> list[Result]:
    def copied(root: Path, _names: list[str]) -> Path:
        place = root / "ansible_collections" / "cloudify_ha" / "recovery"
        place.mkdir(parents=True)
        return place

    monkeypatch.setattr("tooling.runner.copy", copied)
    return runner(tmp_path, collections=collections).go(list(tasks), jobs=2)


def test_what_runs_jobs_in_awx_has_its_own_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = Step("jobs", "awx", AWX, "sh -c 'echo {bin}'", ("*",))
    (result,) = go(tmp_path, monkeypatch, Task("jobs", step))
    assert result.log and str(tmp_path / "awx") in result.log.read_text()


def test_a_step_finds_the_collections_that_it_asks_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = "sh -c 'echo $ANSIBLE_COLLECTIONS_PATH'"
    steps = [Step(name, "awx", TOOLS, line, ("*",), awx=name == "with") for name in ("with", "out")]
    theirs = tmp_path / "theirs"
    found = {
        result.task.name: str(theirs) in (result.log or Path()).read_text()
        for result in go(
            tmp_path, monkeypatch, *(Task(s.name, s) for s in steps), collections=theirs
        )
    }
    assert found == {"with": True, "out": False}


def test_what_was_seen_on_another_core_is_not_looked_at_again(tmp_path: Path) -> None:
    of = runner(tmp_path)
    pythons = {each: python(each.pythons[0]) for each in CORES}
    of.pythons, of.newest = pythons, CORES[-1]
    step = Step(
        *("each", "units", EACH, "all", ("*",)),
        elsewhere="most",
        between="some",
    )

    def lines(**changed: Any) -> list[str]:
        tasks = [Task("each", replace(step, **changed), core) for core in CORES]
        return [of._line(task) for task in tasks]

    assert lines() == ["most", "some", "some", "some", "some", "all"]
    assert lines(between="") == ["most"] * 5 + ["all"]
    assert lines(elsewhere="") == ["all", "some", "some", "some", "some", "all"]
    # with everything each is whole
    of.whole = True
    assert lines() == ["all"] * 6
    of.whole = False
    # on its own it is the oldest that there is
    of.pythons = {CORES[2]: pythons[CORES[2]]}
    assert of._line(Task("each", step, CORES[2])) == "most"


def test_outcomes_and_the_last_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    absent = Task("later", task("later", "true").step, skip="no file is x")
    results = go(
        tmp_path, monkeypatch, task("good", "true"), task("bad", shell("echo why; exit 3")), absent
    )
    assert {r.task.name: r.outcome for r in results} == {
        "good": "passed",
        "bad": "failed",
        "later": "skipped",
    }
    assert show(results) == 1
    said = capsys.readouterr().out.rstrip().splitlines()
    assert said[-1] == "1 passed, 1 failed, 1 skipped"
    assert "why" in said


def test_a_command_that_is_missing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (result,) = go(tmp_path, monkeypatch, task("gone", "{bin}/no-such-command"))
    assert result.outcome == "failed"
    assert result.log and "FileNotFoundError" in result.log.read_text()


def test_a_step_has_no_terminal_and_none_of_our_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSIBLE_STDOUT_CALLBACK", "json")
    monkeypatch.setenv("CLOUDIFY_PASSWORD", "secret")
    (result,) = go(tmp_path, monkeypatch, task("env", shell("env; cat")))
    assert result.outcome == "passed"
    assert result.log
    log = result.log.read_text()
    assert "ANSIBLE_STDOUT_CALLBACK" not in log
    assert "CLOUDIFY_PASSWORD" not in log


def test_what_a_step_leaves_running_ends_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "held.lock"
    lock.touch()
    # The one in the background would hold the lock for an hour.
    command = shell(f"flock {lock} sleep 3600 & while flock -n {lock} true; do :; done")
    (result,) = go(tmp_path, monkeypatch, task("leaves", command))
    assert result.outcome == "passed"
    deadline = time.monotonic() + 10
    while not try_lock(lock):
        assert time.monotonic() < deadline, "it still runs"


def test_an_environment_that_was_cut_off_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def run(command: list[str | Path], _log: Path) -> None:
        if "venv" in command:
            place = Path(command[-1])
            assert not place.exists()
            (place / "bin").mkdir(parents=True)
            made.append(place)
        elif len(made) == 1:
            raise venvs.SetupFailed("the network went away")

    monkeypatch.setattr(venvs, "CACHE", tmp_path)
    monkeypatch.setattr(venvs, "_run", run)
    with pytest.raises(venvs.SetupFailed):
        venvs.venv("some", python=python("3.11"), file="pytest.txt")
    first = venvs.venv("some", python=python("3.11"), file="pytest.txt")
    again = venvs.venv("some", python=python("3.11"), file="pytest.txt")
    other = venvs.venv("some", python=python("3.12"), file="pytest.txt")
    assert first == again != other
    assert len(made) == 3


def test_locks_are_free_again_after_their_holder(tmp_path: Path) -> None:
    lock = tmp_path / "some.lock"
    with locked(lock):
        assert not try_lock(lock)
    assert try_lock(lock)


def test_logs_of_a_run_that_goes_on_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "CACHE", tmp_path)
    for number in range(runs.KEPT_LOGS + 3):
        (tmp_path / "logs" / f"2026010{number // 10}-{number % 10}").mkdir(parents=True)
    names = iter(["20250101-000000", "20250101-000001"])
    monkeypatch.setattr(runs.time, "strftime", lambda _how: next(names))
    with runs.new_run() as oldest, runs.new_run() as other:
        assert oldest.logs.is_dir() and other.logs.is_dir()
        assert len(list((tmp_path / "logs").iterdir())) == runs.KEPT_LOGS + 2
