# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What cannot be done is told in clear lines, and AWX is not changed."""

from __future__ import annotations

import os
from pathlib import Path

from awx.setup_tests.operator import Operator


def test_all_wrong_settings_are_told_at_once_and_awx_is_not_asked(operator: Operator) -> None:
    operator.settings.update(
        setup_awx_cluster="a b",
        setup_awx_keep="many",
        setup_awx_store={"host": "localhost"},
        setup_awx_schedules={"backup": {"at": "26:00"}},
    )
    del operator.settings["setup_awx_machine"]["username"]
    lines = operator.refused().split("\n")
    assert lines[-1] == "Nothing was asked of AWX."
    for words in (
        "cluster is 'a b'",
        "keep has to be",
        "store is on localhost",
        "backup.at is '26:00'",
    ):
        assert len([line for line in lines if words in line]) == 1
    assert any("setup_awx_machine.username is missing" in line for line in lines)
    assert not operator.awx.requests


def test_a_state_that_is_none(operator: Operator) -> None:
    assert "is present or absent, not gone" in operator.refused("-e", "state=gone")
    assert not operator.awx.requests


def test_a_store_on_one_of_awxs_own_machines(operator: Operator) -> None:
    operator.settings["setup_awx_store"] = {"host": "awx-standin"}
    told = operator.refused()
    assert "setup_awx_store is on awx-standin, which is AWX itself" in told
    assert told.endswith("Nothing was changed.") and not operator.changes


def test_an_awx_that_is_not_named(operator: Operator) -> None:
    del operator.environment["CONTROLLER_HOST"]
    assert operator.refused().startswith("Where is AWX? Set CONTROLLER_HOST")


def test_an_awx_that_does_not_answer(operator: Operator) -> None:
    operator.environment["CONTROLLER_HOST"] = "http://127.0.0.1:1"
    told = operator.refused()
    assert told.startswith("AWX at http://127.0.0.1:1 cannot be asked: ") and "\n" not in told
    assert told.endswith("Nothing was changed.")


def test_a_password_that_is_wrong(operator: Operator) -> None:
    operator.environment["CONTROLLER_PASSWORD"] = "wrong"
    told = operator.refused()
    assert "cannot be asked" in told and "401" in told and "\n" not in told


def test_without_the_collection_that_speaks_with_awx(operator: Operator, tmp_path: Path) -> None:
    ours, *_theirs = os.environ["ANSIBLE_COLLECTIONS_PATH"].split(os.pathsep)
    operator.environment["ANSIBLE_COLLECTIONS_PATH"] = ours
    told = operator.refused()
    assert told.startswith("The collection awx.awx is not installed")
    assert "ansible-galaxy collection install awx.awx" in told and not operator.awx.requests
