# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The source with an ansible-playbook that does what the test says."""

from __future__ import annotations

import asyncio
import json
import runpy
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eda.places import SOURCE
from eda.scripted_playbook import DOWN, HEALTHY, Scripted, alive, diagnosis

MAIN = runpy.run_path(str(SOURCE))["main"]


PATIENCE = 30.0
SECRET = "S3cr3t/Passw0rd+of-the-test"


class Queue:
    """Of ansible-rulebook: it takes one event at a time."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    async def put(self, event: dict[str, Any]) -> None:
        await asyncio.sleep(0)
        self.events.append(event["cluster_health"])

    @property
    def classes(self) -> list[tuple[str, str]]:
        return [(event["reason"], event["class"]) for event in self.events]


@pytest.fixture
def scripted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    """Nothing that it has started runs on, and nothing lies about."""
    places = tmp_path / "tmp"
    places.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(places))
    # by which all that belongs to this test is found
    monkeypatch.setenv("TEST_OF", str(tmp_path))
    monkeypatch.setenv("CLOUDIFY_PASSWORD", SECRET)
    yield Scripted(tmp_path)
    until = time.monotonic() + PATIENCE
    while alive(f"TEST_OF={tmp_path}") and time.monotonic() < until:
        time.sleep(0.05)
    assert alive(f"TEST_OF={tmp_path}") == []
    assert list(places.iterdir()) == []


def watch(
    until: Callable[[Queue], Any], main: Callable[..., Any] = MAIN, **args: Any
) -> list[dict[str, Any]]:
    """Run the source as ansible-rulebook does, and cancel it then. The events."""
    queue = Queue()
    given = {"interval": 1, "confirmations": 1, **args}

    async def run() -> None:
        task = asyncio.create_task(main(queue, given))
        end = time.monotonic() + PATIENCE
        while not until(queue) and not task.done() and time.monotonic() < end:
            await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() < end

    asyncio.run(run())
    assert SECRET not in json.dumps(queue.events)
    return queue.events


def seen(number: int) -> Callable[[Queue], bool]:
    return lambda queue: len(queue.events) >= number


def test_from_healthy_to_down_and_back(scripted: Scripted) -> None:
    program = scripted.does(HEALTHY, DOWN, DOWN, HEALTHY, HEALTHY)
    events = watch(seen(3), confirmations=2, ansible_playbook=program)
    assert [(e["reason"], e["previous"], e["class"], e["state"]) for e in events] == [
        ("first", "", "healthy", "healthy"),
        ("changed", "healthy", "cluster_down", "down"),
        ("changed", "cluster_down", "healthy", "healthy"),
    ]
    assert events[1]["nodes"] == ["h1", "h2"] and events[1]["runbook"] == "rebuild_cluster"
    assert {e["cluster"] for e in events} == {"production"}
    assert len(scripted.started) == 5


def test_as_ansible_rulebook_loads_it(scripted: Scripted) -> None:
    """By its path, outside of any package, and more than once."""
    for _each in range(2):
        loaded = runpy.run_path(str(SOURCE))
        assert asyncio.iscoroutinefunction(loaded["main"])
        program = scripted.does(HEALTHY)
        assert watch(seen(1), main=loaded["main"], ansible_playbook=program)


def test_what_ansible_playbook_is_given(scripted: Scripted, tmp_path: Path) -> None:
    inventory, variables = tmp_path / "hosts.yml", tmp_path / "vars.yml"
    inventory.touch()
    variables.touch()
    watch(
        seen(1),
        ansible_playbook=scripted.does(HEALTHY),
        inventory=[str(inventory), str(tmp_path)],
        cluster="production",
        extra_vars_file=str(variables),
        environment={"CLOUDIFY_TOKEN": SECRET, "ANSIBLE_FORKS": 9},
        ssh=False,
    )
    (started,) = scripted.started
    *words, given = started["args"]
    assert words == [
        "cloudify_ha.recovery.diagnose",
        *("-i", str(inventory), "-i", str(tmp_path)),
        *("-e", f"@{variables}", "-e"),
    ]
    found = json.loads(given)
    assert found.pop("cloudify_diagnosis_file").endswith("/diagnosis.json")
    assert found == {
        "cloudify_output": "none",
        "cloudify_cluster_name": "production",
        "diagnose_ssh": False,
        "diagnose_fails": False,
    }
    assert SECRET not in json.dumps(started["args"])
    environment = started["environment"]
    assert environment["CLOUDIFY_PASSWORD"] == environment["CLOUDIFY_TOKEN"] == SECRET
    assert environment["ANSIBLE_FORKS"] == "9"


@pytest.mark.parametrize("kept", [True, False])
def test_the_next_look_knows_the_last(scripted: Scripted, tmp_path: Path, kept: bool) -> None:
    file = tmp_path / "found.json"
    more = {"diagnosis_file": str(file)} if kept else {}
    watch(seen(2), ansible_playbook=scripted.does(HEALTHY, DOWN), **more)
    assert scripted.earlier == HEALTHY["file"]
    assert file.exists() == kept


@pytest.mark.parametrize(
    ("step", "evidence"),
    [
        (
            {"code": 4, "prints": f"PLAY\nERROR! no such playbook {SECRET}\nmore"},
            ["ansible-playbook ended with 4", "ERROR! no such playbook ********"],
        ),
        ({"code": 1, "prints": "one\n\ntwo"}, ["ansible-playbook ended with 1", "one", "two"]),
        ({"prints": "all is well"}, ["ansible-playbook left no diagnosis in ", "all is well"]),
        ({"file": "{"}, ["what diagnose left is no JSON: "]),
        ({"file": "[]"}, ["what diagnose left has no class or state"]),
        (diagnosis("healthy", "fine"), ["what diagnose left has no class or state"]),
    ],
)
def test_a_look_that_fails_is_told(
    scripted: Scripted, step: dict[str, Any], evidence: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    program = scripted.does(HEALTHY, step)
    event = watch(seen(2), ansible_playbook=program, confirmations=2)[1]
    assert (event["class"], event["state"], event["looks"]) == ("no_diagnosis", "unknown", 2)
    assert event["previous"] == "healthy"
    assert event["cluster"] == "production"
    assert "no diagnosis: " in caplog.text and SECRET not in caplog.text
    assert len(event["evidence"]) == len(evidence), event["evidence"]
    for line, begin in zip(event["evidence"], evidence):
        assert line.startswith(f"controller: {begin}")


def test_a_file_that_was_there_before_is_no_diagnosis(scripted: Scripted, tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    file.write_text(HEALTHY["file"])
    program = scripted.does({})
    (event,) = watch(seen(1), ansible_playbook=program, diagnosis_file=str(file))
    assert event["class"] == "no_diagnosis"


def test_a_look_that_hangs_is_ended_with_all_that_it_has_started(
    scripted: Scripted, tmp_path: Path
) -> None:
    program = scripted.does(
        {"hangs": 1, "leaves": ["child", "session"], "prints": "TASK [Ask] ***"}
    )
    left: list[int] = []

    def told(queue: Queue) -> bool:
        if queue.events and not left:
            left.append(len(alive(f"TEST_OF={tmp_path}")))
        return bool(queue.events)

    (event,) = watch(told, ansible_playbook=program, deadline=1, interval=60)
    assert event["evidence"] == [
        "controller: ansible-playbook had not ended after 1 s",
        "controller: TASK [Ask] ***",
    ]
    # only this test itself may have it by then
    assert left == [0]


def test_nothing_runs_on_when_it_is_cancelled(scripted: Scripted) -> None:
    program = scripted.does({"hangs": 1, "leaves": ["child", "session"]})
    assert watch(lambda _queue: scripted.hangs, ansible_playbook=program) == []


def test_nothing_else_waits_for_a_look(scripted: Scripted) -> None:
    """Other sources and all rules are in the same loop."""
    late: list[float] = []

    async def run() -> None:
        given = {
            "ansible_playbook": scripted.does({"hangs": 1, "leaves": ["session"]}),
            "deadline": 1,
        }
        task = asyncio.create_task(MAIN(Queue(), given))
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            before = time.monotonic()
            await asyncio.sleep(0.01)
            late.append(time.monotonic() - before)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert max(late) < 0.7


def test_the_program_vanishes(scripted: Scripted) -> None:
    program = Path(scripted.does(HEALTHY))

    def vanished(queue: Queue) -> bool:
        if queue.events:
            program.unlink(missing_ok=True)
        return len(queue.events) == 2

    event = watch(vanished, ansible_playbook=str(program))[1]
    assert event["class"] == "no_diagnosis"
    assert event["evidence"][1].endswith(f"{program} cannot be started: No such file or directory")


def test_wrong_options_end_it_at_once(scripted: Scripted) -> None:
    with pytest.raises(Exception, match="^cluster_health: interval: 0 is not a number"):
        asyncio.run(MAIN(Queue(), {"interval": 0, "ansible_playbook": scripted.does(HEALTHY)}))
    assert scripted.started == []


def test_reminders(scripted: Scripted) -> None:
    program = scripted.does(DOWN)
    events = watch(seen(2), ansible_playbook=program, remind_after=1)
    assert [event["reason"] for event in events] == ["first", "reminder"]
    assert events[1]["since"] == events[0]["since"]


def test_nobody_else_reads_what_it_leaves(scripted: Scripted, tmp_path: Path) -> None:
    modes: list[int] = []

    def look(_queue: Queue) -> bool:
        modes.extend(stat.S_IMODE(each.stat().st_mode) for each in (tmp_path / "tmp").iterdir())
        return scripted.hangs

    watch(look, ansible_playbook=scripted.does({"hangs": 1}))
    assert set(modes) == {0o700}
