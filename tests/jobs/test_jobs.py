# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs that need nothing but a manager and a store, one after the other, each in a container of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobs.awx import Awx, Ended
from standin.testing import StandIn

NAME = "production"


class Operator:
    """Launches job templates, and looks for secrets in whatever is left."""

    def __init__(self, awx: Awx, manager: StandIn, store: Path) -> None:
        self.awx, self.manager, self.store = awx, manager, store
        self.variables = {"cloudify_cluster_name": NAME, "cloudify_store_dir": str(store)}
        self.secrets = {"password": manager.password}

    def launch(self, playbook: str, *, rc: int = 0, **how: Any) -> Ended:
        ended = self.awx.run(f"{playbook}.yml", extra_vars=self.variables, **how)
        assert ended.rc == rc, ended.output
        assert ended.status == ("failed" if rc else "successful")
        assert ended.tells(self.secrets) == []
        assert "Traceback" not in ended.output
        return ended

    def sets(self) -> list[str]:
        return sorted(each.parent.name for each in self.store.glob("*/*/manifest.json"))

    def changes(self, since: int) -> list[str]:
        return [
            f"{each['method']} {each['path']}"
            for each in self.manager.requests(since)
            if each["method"] not in ("GET", "HEAD")
        ]


@pytest.fixture(scope="module")
def operator(awx: Awx, manager: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    return Operator(awx, manager, tmp_path_factory.mktemp("store") / "sets")


def test_backup_and_restore(operator: Operator) -> None:
    manager = operator.manager
    plan = operator.launch("backup", check=True)
    assert "PLAN: backup of cluster production" in plan.output
    assert operator.sets() == [] and operator.changes(0) == []

    done = operator.launch("backup", answers={"take_snapshot_keep": 7, "take_snapshot_id": ""})
    assert "BACKUP OK: cluster production" in done.output
    (name,) = operator.sets()

    blueprints = manager.call("GET", "/blueprints").json["items"]
    asked: dict[str, Any] = {"apply_snapshot_set": "newest", "cloudify_confirm": ""}
    refused = operator.launch("restore", rc=2, answers=asked)
    assert "the manager is not empty" in refused.output
    since = len(manager.requests())
    plan = operator.launch("restore", check=True, answers={**asked, "cloudify_confirm": NAME})
    assert "PLAN: restore of cluster production" in plan.output
    assert operator.changes(since) == []

    asked = {
        "apply_snapshot_set": name,
        "cloudify_confirm": NAME,
        "apply_snapshot_accept_partial": "no",
        "apply_snapshot_timeout": 600,
    }
    done = operator.launch("restore", answers=asked, verbosity=3)
    assert "RESTORE OK: cluster production" in done.output
    assert manager.call("GET", "/blueprints").json["items"] == blueprints


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({"cloudify_cluster_name": "{{ lookup('pipe', 'id') }}"}, "lookup"),
        ({"take_snapshot_keep": -1}, "take_snapshot_keep is -1"),
        ({"take_snapshot_id": "a b"}, "begin with a letter"),
    ],
)
def test_bad_answers_are_refused(operator: Operator, answers: dict[str, Any], why: str) -> None:
    since = len(operator.manager.requests())
    refused = operator.launch("backup", rc=2, answers=answers)
    assert why in refused.output
    assert "uid=" not in refused.output
    assert operator.changes(since) == []


def test_diagnosis_has_its_own_exit_codes(operator: Operator) -> None:
    well = operator.launch("diagnose")
    assert "healthy" in well.output.lower()
    well = operator.launch("diagnose", check=True)
    operator.manager.stop()
    try:
        down = operator.launch("diagnose", rc=4)
    finally:
        operator.manager.start()
    assert "4" in str(down.rc)


def test_wrong_password_is_not_told_either(operator: Operator, awx: Awx) -> None:
    (right,) = awx.credentials
    wrong = "Wr0ng/Passw0rd+of-somebody"
    awx.credentials = (type(right)({**right.env, "CLOUDIFY_PASSWORD": wrong}, right.files),)
    operator.secrets["wrong password"] = wrong
    try:
        refused = operator.launch("backup", rc=2, verbosity=4)
    finally:
        awx.credentials = (right,)
    assert "BACKUP FAILED" in refused.output
