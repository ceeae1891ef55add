# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs that need nothing but a manager and a store, one after the other, each in a container of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jobs.awx import Awx, Ended
from jobs.surveys import answered
from playbooks.cluster import until
from standin.testing import StandIn

NAME = "production"


class Operator:
    """Launches job templates, and looks for secrets in whatever is left."""

    def __init__(self, awx: Awx, manager: StandIn, store: Path) -> None:
        self.awx, self.manager, self.store = awx, manager, store
        self.variables = {"cloudify_cluster_name": NAME, "cloudify_store_dir": str(store)}
        self.secrets = {
            "password": manager.password,
            "ssh key": awx.machine.key,
            "passphrase": awx.machine.passphrase,
        }

    def launch(
        self, runbook: str, *, rc: int = 0, answers: dict[str, Any] | None = None, **how: Any
    ) -> Ended:
        given = answered(runbook, answers or {}, cluster=NAME, nodes=())
        ended = self.awx.run(f"{runbook}.yml", extra_vars=self.variables, answers=given, **how)
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


def test_status_of_an_empty_store(operator: Operator) -> None:
    for check in (False, True):
        assert "CRITICAL" in operator.launch("status", rc=4, check=check).output


def test_backup_and_restore(operator: Operator) -> None:
    manager = operator.manager
    plan = operator.launch("backup", check=True)
    assert "PLAN: backup of cluster production" in plan.output
    assert operator.sets() == [] and operator.changes(0) == []

    done = operator.launch("backup", answers={"take_snapshot_keep": 7})
    assert "BACKUP OK: cluster production" in done.output
    (name,) = operator.sets()
    # there should be two
    assert "WARNING" in operator.launch("status", rc=2).output

    blueprints = manager.call("GET", "/blueprints").json["items"]
    refused = operator.launch("restore", rc=2)
    assert "the manager is not empty" in refused.output
    since = len(manager.requests())
    plan = operator.launch("restore", check=True, answers={"cloudify_confirm": NAME})
    assert "PLAN: restore of cluster production" in plan.output
    assert plan.stats["cloudify_plan"]["restore"]["pins"]["set"] == name
    assert operator.changes(since) == []

    asked = {"cloudify_set": name, "cloudify_confirm": NAME}
    done = operator.launch("restore", answers=asked, verbosity=3)
    assert "RESTORE OK: cluster production" in done.output
    assert manager.call("GET", "/blueprints").json["items"] == blueprints


def test_job_that_is_cancelled(operator: Operator) -> None:
    manager, before = operator.manager, operator.sets()
    since = len(manager.requests())
    manager.add_fault({"delay": 3}, method="PUT", path="/snapshots/")
    cancelled = operator.awx.run(
        "backup.yml",
        extra_vars=operator.variables,
        kill_when=lambda: any("PUT" in each for each in operator.changes(since)),
    )
    manager.clear_faults()
    assert cancelled.status != "successful" and cancelled.tells(operator.secrets) == []
    assert operator.sets() == before
    # processes of this machine can be seen to be dead, other than those of another container; the cancelled one's may take a moment
    (lock,) = operator.store.glob("*/.lock")
    pid = json.loads(lock.read_text())["controller"]["pid"]
    until(lambda: not Path(f"/proc/{pid}").exists())
    assert "BACKUP OK" in operator.launch("backup").output
    assert len(operator.sets()) == len(before) + 1


@pytest.mark.parametrize(
    ("runbook", "answers", "why"),
    [
        ("backup", {"take_snapshot_keep": -1}, "take_snapshot_keep is -1"),
        # no answer is a template
        ("restore", {"cloudify_set": "{{ lookup('pipe', 'id') }}"}, "lookup('pipe'"),
    ],
)
def test_bad_answers_are_refused(
    operator: Operator, runbook: str, answers: dict[str, Any], why: str
) -> None:
    since = len(operator.manager.requests())
    refused = operator.launch(runbook, rc=2, answers=answers)
    assert why in refused.output
    assert "uid=" not in refused.output
    assert operator.changes(since) == []


def test_diagnosis_is_an_artifact_of_the_job(operator: Operator) -> None:
    """Nobody has asked the hosts, so that it is not certain."""
    for check in (False, True):
        found = operator.launch("diagnose", check=check).stats["cloudify_diagnosis"]
        assert (found["class"], found["confidence"]) == ("healthy", "low")


def test_store_in_the_container_is_refused(operator: Operator, awx: Awx) -> None:
    groups, awx.groups = awx.groups, {}
    try:
        refused = operator.launch("backup", rc=2)
    finally:
        awx.groups = groups
    assert "would be in the container of this AWX job" in refused.output


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
