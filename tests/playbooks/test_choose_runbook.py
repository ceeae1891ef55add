# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The step of recover that chooses: what it says, and what the runbooks behind it are given. No cluster is needed for that."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tooling.played import PLAYBOOK, environment, play

PLAY = """
- hosts: localhost
  gather_facts: false
  roles:
    - cloudify_ha.recovery.choose_runbook
  tasks:
    - ansible.builtin.debug:
        msg: "GIVEN {{ choose_runbook_result | to_json }} NODE {{ choose_runbook_result.node | default('none') }}"
"""
FROZEN = "resolve_split_brain-20261122T030000Z"
DEAD: dict[str, Any] = {
    "class": "node_down",
    "state": "degraded",
    "confidence": "high",
    "summary": "Down: h3 (dead).",
    "runbook": "replace_node",
    "given": {"node": "h3", "cloudify_dead": ["h9"]},
    "command": "ansible-playbook cloudify_ha.recovery.replace_node",
    "ask": [],
    "first": ["Start the host again if it can be."],
}
UNSURE = {**DEAD, "confidence": "low", "runbook": "", "given": {}, "ask": ["Ask again."]}
WELL = {**DEAD, "class": "healthy", "state": "healthy", "runbook": "", "summary": "All is well."}


def chosen(
    place: Path, diagnosis: dict[str, Any], *words: str, **variables: Any
) -> tuple[int, str]:
    (place / "play.yml").write_text(PLAY)
    given = {
        "diagnose_result": diagnosis,
        "choose_runbook_cluster": "lab",
        "choose_runbook_store": str(place / "store"),
        **variables,
    }
    done = play(
        [str(PLAYBOOK), "-i", "localhost,", "-c", "local", str(place / "play.yml"), *words]
        + ["-e", json.dumps(given)],
        environment(place / "home", COLUMNS="1000"),
    )
    assert "Traceback" not in done.output
    return done.code, " ".join(done.output.replace('\\"', '"').split())


def a_run(place: Path, run_id: str, *entries: dict[str, Any]) -> None:
    folder = place / "store" / "lab" / ".runs" / run_id
    folder.mkdir(parents=True)
    now = subprocess.run(
        ["date", "-u", "+%Y-%m-%dT%H:%M:%SZ"], capture_output=True, text=True, check=True
    ).stdout.strip()
    begun = {"state": "begun", "runbook": run_id.partition("-")[0], "about": ""}
    lines = [json.dumps({"at": now, **entry}) for entry in (begun, *entries)]
    (folder / "journal.jsonl").write_text("\n".join(lines) + "\n")


@pytest.mark.smoke
def test_what_it_chooses_is_given_to_the_runbook(tmp_path: Path) -> None:
    code, output = chosen(tmp_path, DEAD, choose_runbook_confirm="lab")
    assert code == 0, output
    assert "RECOVER: node_down (confidence high), so what is run is: ansible-playbook" in output
    assert '"runbook": "replace_node"' in output and "NODE h3" in output
    assert '"cloudify_dead": ["h9"]' in output


@pytest.mark.smoke
def test_a_frozen_split_brain_is_gone_on_with(tmp_path: Path) -> None:
    step = {"state": "step", "step": "freeze all sides"}
    a_run(tmp_path, FROZEN, step, {"state": "ended", "outcome": "waiting"})
    code, output = chosen(tmp_path, DEAD, choose_runbook_confirm="lab")
    assert code == 0, output
    assert f"and run {FROZEN} did not come to its end, so it is gone on with" in output
    assert '"runbook": "resolve_split_brain"' in output and "NODE none" in output


def removed(place: Path, outcome: str = "") -> str:
    run = "replace_node-20261122T020000Z"
    step = {"state": "step", "step": "remove"}
    ended = [{"state": "ended", "outcome": outcome}] if outcome else []
    a_run(place, run, {"state": "kept", "facts": {"node": "h2"}}, step, *ended)
    return run


@pytest.mark.parametrize("diagnosis", [DEAD, UNSURE], ids=["another", "uncertain"])
def test_what_is_gone_on_with_is_told_with_its_node(
    tmp_path: Path, diagnosis: dict[str, Any]
) -> None:
    run = removed(tmp_path)
    code, output = chosen(tmp_path, diagnosis, "--check")
    assert code == 0, output
    assert f"and run {run} of node h2 did not come to its end, so it is gone on with" in output
    assert f"-e cloudify_give_up={run}" in output and "NODE h2" in output


def test_what_is_given_up_is_not_gone_on_with(tmp_path: Path) -> None:
    run = removed(tmp_path, "failed")
    given = {"choose_runbook_confirm": "lab"}
    code, output = chosen(tmp_path, DEAD, **given)
    assert code == 2 and f"-e cloudify_acknowledge={run}" in output
    assert f"-e cloudify_give_up={run}" in output
    code, output = chosen(tmp_path, DEAD, **given, cloudify_give_up=run)
    assert code == 0 and "NODE h3" in output, output
    code, output = chosen(tmp_path, UNSURE, **given, cloudify_give_up=run)
    assert code == 2 and "There is no runbook for this" in output


@pytest.mark.parametrize("diagnosis", [DEAD, UNSURE], ids=["another", "uncertain"])
def test_nothing_is_gone_on_with_in_a_cluster_that_was_rebuilt(
    tmp_path: Path, diagnosis: dict[str, Any]
) -> None:
    run = removed(tmp_path)
    journal = tmp_path / "store" / "lab" / ".runs" / run / "journal.jsonl"
    journal.write_text(journal.read_text().replace('"at": "2', '"at": "1'))
    a_run(tmp_path, "rebuild_cluster-20261122T030000Z", {"state": "ended", "outcome": "ok"})
    code, output = chosen(
        tmp_path, diagnosis, choose_runbook_block_period="0", choose_runbook_confirm="lab"
    )
    assert "gone on with" not in output
    assert code == (0 if diagnosis is DEAD else 2), output


@pytest.mark.smoke
def test_not_twice_within_an_hour(tmp_path: Path) -> None:
    a_run(tmp_path, "recover_active-20261122T030000Z", {"state": "ended", "outcome": "ok"})
    code, output = chosen(tmp_path, DEAD, choose_runbook_confirm="lab")
    assert code == 2
    assert "say -e cloudify_acknowledge=recover_active-20261122T030000Z" in output
    code, output = chosen(tmp_path, DEAD, "--check")
    assert code == 0 and "PLAN: node_down" in output, output
    blocked = "would be refused until -e cloudify_acknowledge=recover_active-20261122T030000Z"
    assert blocked in output
    known = {"cloudify_acknowledge": "recover_active-20261122T030000Z"}
    code, output = chosen(tmp_path, DEAD, "--check", **known)
    assert code == 0 and "would be refused" not in output, output


def test_what_was_approved_is_for_that_node(tmp_path: Path) -> None:
    pins = {"cluster": "lab", "runbook": "replace_node", "node": "h3", "dead": "h9"}
    plan = {"recover": {"pins": pins}}
    code, output = chosen(tmp_path, DEAD, choose_runbook_confirm="lab", cloudify_plan=plan)
    assert code == 0, output
    for wrong in ({"node": "h2"}, {"dead": ""}):
        plan = {"recover": {"pins": {**pins, **wrong}}}
        code, output = chosen(tmp_path, DEAD, choose_runbook_confirm="lab", cloudify_plan=plan)
        assert code == 2 and "Plan it again, and have that approved" in output, output


def test_it_is_asked_for_and_refused(tmp_path: Path) -> None:
    code, output = chosen(tmp_path, DEAD)
    assert code == 2 and "say -e cloudify_confirm=lab." in output
    code, output = chosen(tmp_path, UNSURE, choose_runbook_confirm="lab")
    assert code == 2
    assert "node_down, confidence low. Ask again. Start the host again if it can be." in output
    code, output = chosen(tmp_path, WELL)
    assert code == 0 and "RECOVER: nothing is to be done. All is well." in output, output
