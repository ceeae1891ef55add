# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options: what is wrong is said at the start, in one line."""

from __future__ import annotations

import os
import pathlib
import sys
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.extensions.eda.plugins.event_source.cloudify_ha_watch import (
    settings,
)
from ansible_collections.cloudify_ha.recovery.extensions.eda.plugins.event_source.cloudify_ha_watch.settings import (
    Settings,
    WrongOptions,
)


@pytest.fixture
def program(tmp_path: pathlib.Path) -> str:
    path = tmp_path / "ansible-playbook"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def wrong(program: str, **args: t.Any) -> str:
    with pytest.raises(WrongOptions) as raised:
        Settings.read({"ansible_playbook": program, **args})
    text = str(raised.value)
    assert text.startswith("cluster_health: ") and "\n" not in text
    return text.replace("cluster_health: ", "")


def test_defaults(program: str) -> None:
    found = Settings.read({"ansible_playbook": program})
    assert (found.interval, found.deadline, found.remind_after) == (60.0, 60.0, 0.0)
    assert (found.confirmations, found.confirmations_better) == (2, 2)
    assert found.emit_first and found.ssh
    assert found.inventory == [] and found.environment == {}


def test_what_a_rulebook_leaves_out_is_not_given(program: str) -> None:
    """Its variables without a value come as None, or as an empty text."""
    args = dict.fromkeys(settings.READERS) | {"cluster": "", "ansible_playbook": program}
    assert Settings.read(args) == Settings.read({"ansible_playbook": program})


def test_numbers_may_be_texts(program: str) -> None:
    """From the environment nothing else comes."""
    found = Settings.read(
        {
            "ansible_playbook": program,
            "interval": "30",
            "confirmations": "4",
            "confirmations_better": 5,
            "remind_after": "0",
            "emit_first": "no",
            "ssh": "False",
        }
    )
    assert (found.interval, found.confirmations, found.confirmations_better) == (30.0, 4, 5)
    assert not found.emit_first and not found.ssh


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("interval", 0, "0 is not a number of seconds, 1 or more"),
        ("interval", "soon", "'soon' is not a number of seconds"),
        ("interval", float("inf"), "inf is not a number of seconds"),
        ("interval", True, "True is not a number of seconds"),
        ("deadline", -1, "-1 is not a number of seconds"),
        ("deadline", [5], "[5] is not a number of seconds"),
        ("remind_after", "nan", "'nan' is not a number of seconds, 0 or more"),
        ("confirmations", 0, "0 is not a whole number, 1 or more"),
        ("confirmations", 1.5, "1.5 is not a whole number"),
        ("confirmations_better", True, "True is not a whole number"),
        ("emit_first", "perhaps", "'perhaps' is neither true nor false"),
        ("ssh", 1, "1 is neither true nor false"),
        ("cluster", ["a"], "['a'] is not a text"),
        ("inventory", "/nowhere/hosts", "there is no /nowhere/hosts"),
        ("inventory", [7], "7 is not a text"),
        ("extra_vars_file", "/nowhere/vars.yml", "there is no file /nowhere/vars.yml"),
        ("extra_vars_file", "/", "there is no file /"),
        ("diagnosis_file", "/", "/ is a directory"),
        ("diagnosis_file", "/nowhere/found.json", "nothing can be written to /nowhere"),
        ("environment", ["A=b"], "it is not a mapping of names to values"),
        ("environment", {"A=B": "c"}, "'A=B' is not the name of a variable"),
        ("intervall", 60, "is no option; there are inventory, cluster, interval"),
        # it would be waited for, and nobody reads what comes back
        ("feedback", True, "is no option"),
    ],
)
def test_what_is_wrong(program: str, name: str, value: t.Any, text: str) -> None:
    assert wrong(program, **{name: value}).startswith(f"{name}: {text}")


def test_all_that_is_wrong_is_said_at_once(program: str) -> None:
    text = wrong(program, interval=0, ssh="x", ansible_playbook="/nowhere/ansible-playbook")
    assert text.count("; ") == 3
    assert "there is no program /nowhere/ansible-playbook; install ansible-core" in text


def test_no_value_of_the_environment_is_told(program: str) -> None:
    for value in (["S3cr3t"], {"S3cr3t": 1}, "S3cr3t\0"):
        text = wrong(program, environment={"CLOUDIFY_PASSWORD": value})
        assert text == "environment: the value of CLOUDIFY_PASSWORD is not a text"


def test_paths_are_whole(
    program: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "hosts").mkdir()
    found = Settings.read(
        {
            "ansible_playbook": "./ansible-playbook",
            "inventory": ["hosts", "~/hosts"],
            "diagnosis_file": "found.json",
        }
    )
    assert found.inventory == [str(tmp_path / "hosts")] * 2
    assert found.diagnosis_file == str(tmp_path / "found.json")
    assert found.ansible_playbook == program


def test_the_program_is_found(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place = os.path.dirname(program)
    monkeypatch.setenv("PATH", "/nowhere")
    # that of the environment that it gets
    assert Settings.read({"environment": {"PATH": place}}).ansible_playbook == program
    # beside the Python that runs ansible-rulebook
    monkeypatch.setattr(sys, "executable", os.path.join(place, "python"))
    assert Settings.read({}).ansible_playbook == program
