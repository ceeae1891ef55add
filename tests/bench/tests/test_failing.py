# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One command that fails, or that is not there, does not throw away what the others have shown."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import pytest

import bench.__main__ as program
from bench import lateness as late
from bench import transfers
from bench.lateness import Lateness
from bench.measure import CommandFailed, Figures, measure
from bench.transfers import (
    ALL_IN_MEMORY,
    CFY,
    CFY_UPLOADS,
    CURL_UP,
    FAILED,
    MODULE,
    NO_CFY,
    PLAYBOOK,
    START,
    Bench,
    Comparison,
)

GIB = 1 << 30
DONE = Figures(1.0, 40.0, 0.5, '{"changed": true}')


class Anything:
    """Whatever is asked of it makes the command that has the asked one's name."""

    environment: dict[str, str] = {}
    status = 404

    def __init__(self, name: str) -> None:
        self._name = name

    def call(self, *_words: Any) -> Anything:
        return self

    def __getattr__(self, name: str) -> Any:
        return lambda *_words, **_options: [self._name, name]


def bench_of(work: Path, *, runs: int = 3, cfy: bool = True) -> Bench:
    parts: dict[str, Any] = {name: Anything(name) for name in ("manager", "ansible", "curl", "cfy")}
    if not cfy:
        parts["cfy"] = None
    return Bench(work=work, runs=runs, **parts)


def measures(monkeypatch: pytest.MonkeyPatch, *, broken: str = "", after: int = 0) -> list[str]:
    """Have each command take a second; one of them fails, after so many runs of it."""
    ran: list[str] = []

    def fake(command: list[str], *, environment: dict[str, str]) -> Figures:
        ran.append(command[0])
        if command[0] == broken and ran.count(broken) > after:
            raise CommandFailed(f"{broken} ended with 1")
        return DONE

    monkeypatch.setattr(transfers, "measure", fake)
    return ran


@pytest.mark.parametrize("after", [0, 1])
def test_a_way_that_fails_is_left_out_and_the_others_run_to_the_end(
    after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = measures(monkeypatch, broken="curl", after=after)
    found = bench_of(tmp_path).upload(tmp_path / "one.zip", GIB)
    assert found.without == {CURL_UP: FAILED}
    assert [str(error) for error in found.errors] == ["curl ended with 1"]
    assert {name: len(each) for name, each in found.figures.items()} == dict.fromkeys(
        (MODULE, PLAYBOOK, START, CFY), 3
    )
    assert ran.count("curl") == after + 1


def test_a_module_that_changes_nothing_has_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle = Figures(1.0, 40.0, 0.5, '{"changed": false}')
    monkeypatch.setattr(transfers, "measure", lambda *_words, **_options: idle)
    found = bench_of(tmp_path).upload(tmp_path / "one.zip", GIB)
    assert found.without == {MODULE: FAILED}
    assert "transferred nothing" in str(found.errors[0])


@pytest.mark.parametrize(
    ("size", "cfy", "without"),
    [
        (CFY_UPLOADS, True, {}),
        (CFY_UPLOADS + 1, True, {CFY: ALL_IN_MEMORY}),
        (GIB, False, {CFY: NO_CFY}),
    ],
)
def test_an_upload_that_the_client_would_hold_in_memory_is_not_run(
    size: int, cfy: bool, without: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measures(monkeypatch)
    found = bench_of(tmp_path, cfy=cfy).upload(tmp_path / "one.zip", size)
    assert found.without == without
    assert (CFY in found.figures) == (not without)


def test_a_download_is_run_with_the_client_whatever_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measures(monkeypatch)
    assert bench_of(tmp_path).download("one", 10 * GIB).without == {}
    assert bench_of(tmp_path, cfy=False).download("one", GIB).without == {CFY: NO_CFY}


def test_a_job_that_fails_leaves_the_lateness_of_those_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fake(_ansible: Any, _manager: Any, module: str, options: dict[str, Any]) -> float:
        if options["id"] == "late-new-1":
            raise CommandFailed("no")
        return 0.25

    monkeypatch.setattr(late, "_late", fake)
    found, errors = late.lateness(Anything("ansible"), Anything("manager"), runs=3)  # type: ignore[arg-type]
    assert [(each.job, len(each.runs)) for each in found] == [
        ("create, legacy format", 2),
        ("restore, legacy format", 2),
        ("create, new format", 1),
        ("restore, new format", 1),
    ]
    assert len(errors) == 1


def test_the_table_is_printed_and_then_the_program_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    found = program.Found(late=[Lateness("create", (0.5,))])
    found.comparisons.append(Comparison("upload", GIB, {START: [DONE]}, {MODULE: FAILED}))
    found.comparisons[0].errors.append(CommandFailed("the module ended with 1"))
    with found.errors_kept():
        raise CommandFailed("no payload")
    given = argparse.Namespace(sizes=[1], runs=1, only=None, work=tmp_path, runbooks=False)
    monkeypatch.setattr(program, "arguments", lambda: given)
    monkeypatch.setattr(program, "missing_programs", lambda: "")
    monkeypatch.setattr(program, "run", lambda *_words: found)
    assert program.main() == 1
    said = capsys.readouterr()
    assert FAILED in said.out and "end of a create: noticed 0.50 s late" in said.out
    assert "FAILED: the module ended with 1" in said.err and "FAILED: no payload" in said.err
    found.comparisons.clear()
    found.broken.clear()
    assert program.main() == 0


def test_a_process_is_measured(tmp_path: Path) -> None:
    hog = "import time; data = bytearray(100 << 20); time.sleep(0.2); print('done')"
    seen = measure([sys.executable, "-c", hog], environment={})
    assert seen.output == "done\n"
    assert seen.seconds > 0.2
    assert 100 < seen.peak < 200
    assert seen.cpu > 0


@pytest.mark.parametrize(("code", "fails"), [(3, False), (0, True)])
def test_a_process_that_ends_otherwise_than_meant_is_an_error(code: int, fails: bool) -> None:
    with pytest.raises(CommandFailed, match=f"ended with {bool(code):d}:\nwhy"):
        measure(
            [sys.executable, "-c", f"print('why'); raise SystemExit({code})"],
            environment={},
            fails=fails,
        )
