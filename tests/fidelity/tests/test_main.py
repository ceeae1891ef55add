# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the replay as a whole takes for a failure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fidelity import __main__ as replay
from fidelity.session import Outcome

EXCHANGES = [f"E{number:03}" for number in range(100)]


class Entry:
    name, options = "one", {}


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any) -> Any:
    """Replay a hundred exchanges, of which some differ and some are on the list."""

    def run(*arguments: str, differ: int = 0, not_modelled: int = 0) -> tuple[int, str]:
        outcome = Outcome()
        for name in EXCHANGES:
            outcome.differences[name] = ["differs"] if name in EXCHANGES[:differ] else []
            outcome.requests[name] = "GET /x"
        listed = tmp_path / "not_modelled.json"
        listed.write_text(json.dumps(dict.fromkeys(EXCHANGES[:not_modelled], "too hard")))
        monkeypatch.setattr(replay, "NOT_MODELLED", listed)
        monkeypatch.setattr(replay.recorded, "names", lambda: EXCHANGES)
        monkeypatch.setattr(replay.recorded, "transition_names", list)
        monkeypatch.setattr(replay, "load_all", lambda: [Entry()])
        monkeypatch.setattr(replay, "run", lambda entry, wanted: (outcome, ""))
        monkeypatch.setattr("sys.argv", ["fidelity", *arguments])
        return replay.main(), capsys.readouterr().out

    return run


def test_all_of_them_pass(main: Any) -> None:
    code, told = main()
    assert code == 0
    assert "100 passed, 0 failed, 0 not modelled" in told


def test_one_that_differs_is_a_failure(main: Any) -> None:
    code, told = main(differ=1)
    assert code == 1
    assert "FAILED E000: GET /x" in told


def test_a_few_may_be_left_out(main: Any) -> None:
    code, told = main(differ=5, not_modelled=5)
    assert code == 0
    assert "95 passed, 0 failed, 5 not modelled" in told


def test_more_than_a_few_may_not_be_left_out(main: Any) -> None:
    code, told = main(differ=6, not_modelled=6)
    assert code == 1
    assert "FAILED 94 of 100 recorded exchanges pass, which is less than 95 %" in told


@pytest.mark.parametrize("part", ["--only=E00*", "--session=on*"])
def test_a_part_of_them_has_no_share(part: str, main: Any) -> None:
    assert main(part, differ=6, not_modelled=6)[0] == 0


def test_no_exchanges_at_all_are_too_few() -> None:
    assert replay.too_few([], [])


def test_transitions_do_not_make_up_for_exchanges() -> None:
    assert replay.too_few([*EXCHANGES[:94], "one_transitions"], EXCHANGES)
    assert not replay.too_few(EXCHANGES[:95], EXCHANGES)


@pytest.mark.parametrize(
    ("failed", "again"),
    [
        ({}, False),
        ({"R08_legacy_restore": "transitions"}, True),
        ({"H09_during_restore_version": "GET /version"}, True),
        ({"R08_legacy_restore": "transitions", "E01": "GET /x"}, False),
    ],
)
def test_only_what_depends_on_the_moment_is_looked_at_again(
    failed: dict[str, str], again: bool
) -> None:
    outcome = Outcome()
    outcome.requests = {**failed, "A01": "GET /ok"}
    outcome.differences = {"A01": [], **{name: ["differs"] for name in failed}}
    assert replay.missed_a_moment(outcome) is again
