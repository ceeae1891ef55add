# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that fails gives the cluster back at its very end, however it fails, where the callback plugin is enabled."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tooling.played import PLAYBOOK, environment, play

PLUGIN = "cloudify_ha.recovery.give_back"
NODES = {
    "n1": {"ansible_connection": "local"},
    "n2": {"ansible_connection": "local"},
    # where nobody is
    "dead": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1},
}


class Site:
    def __init__(self, place: Path) -> None:
        self.place = place
        self.folder = place / "store" / "c"
        store = {"ansible_connection": "local"}
        groups = {"store": {"hosts": {"s1": store}}, "nodes": {"hosts": NODES}}
        python = {"ansible_python_interpreter": sys.executable}
        (place / "hosts.json").write_text(json.dumps({"all": {"vars": python, "children": groups}}))

    def run(self, **options: Any) -> dict[str, Any]:
        """A task of module run, of whatever run there is."""
        given = {"store": str(self.place / "store"), "cluster": "c", **options}
        if options["state"] != "begun":
            given["id"] = "{{ hostvars['s1'].this_run.id }}"
        task = {"cloudify_ha.recovery.run": given, "delegate_to": "s1", "run_once": True}
        return {**task, "register": "this_run"} if options["state"] == "begun" else task

    def play(
        self,
        *plays: dict[str, Any],
        enabled: bool = True,
        words: tuple[str, ...] = (),
        **variables: str,
    ) -> str:
        book = self.place / "book.json"
        begin = {"hosts": "s1", "tasks": [self.run(state="begun", runbook="replace_node")]}
        book.write_text(json.dumps([{"gather_facts": False, **p} for p in (begin, *plays)]))
        more = {"ANSIBLE_CALLBACKS_ENABLED": PLUGIN, **variables} if enabled else variables
        command = [str(PLAYBOOK), "-i", str(self.place / "hosts.json"), str(book), *words]
        return play(command, environment(self.place / "home", **more)).output

    @property
    def locked(self) -> bool:
        return (self.folder / ".lock").exists()

    def outcomes(self) -> list[str | None]:
        """Of each attempt of the only run."""
        (run,) = [each for each in (self.folder / ".runs").iterdir() if each.is_dir()]
        lines = (run / "journal.jsonl").read_text().splitlines()
        ends = [json.loads(line) for line in lines]
        return [each["outcome"] for each in ends if each["state"] == "ended"]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


FAIL = {"name": "It fails", "ansible.builtin.fail": {"msg": "on purpose"}}
ON_STORE = {"hosts": "s1", "tasks": [FAIL]}
ON_ONE_NODE = {
    "hosts": "n1,n2",
    "any_errors_fatal": True,
    "tasks": [{**FAIL, "when": "inventory_hostname == 'n2'"}],
}
UNREACHABLE = {
    "hosts": "n1,dead",
    "any_errors_fatal": True,
    "tasks": [{"name": "Ask", "ansible.builtin.raw": "true"}],
}


@pytest.mark.smoke
@pytest.mark.parametrize("play", [ON_STORE, ON_ONE_NODE, UNREACHABLE])
def test_it_is_given_back(site: Site, play: dict[str, Any]) -> None:
    told = site.play(play)
    assert "has failed, and has given the cluster back" in told, told
    assert "Give it back" not in told
    assert not site.locked and site.outcomes() == ["failed"]
    # and taken up again
    assert "given the cluster back" in site.play(play)
    assert site.outcomes() == ["failed", "failed"]


@pytest.mark.smoke
def test_a_step_is_told_in_the_log_too(site: Site) -> None:
    """With a log, Ansible stops for ever at a colour that is not one of its own."""
    log = site.place / "ansible.log"
    step = {"hosts": "s1", "tasks": [site.run(state="step", step="tear down")]}
    told = site.play(step, ANSIBLE_LOG_PATH=str(log))
    assert "  tear down" in told and "  tear down" in log.read_text()


def test_run_that_has_ended_is_left_alone(site: Site) -> None:
    told = site.play({"hosts": "s1", "tasks": [site.run(state="ended", outcome="ok"), FAIL]})
    assert "given the cluster back" not in told and "fatal" in told
    assert not site.locked and site.outcomes() == ["ok"]


def test_plan_has_nothing_to_give_back(site: Site) -> None:
    assert "given the cluster back" not in site.play(ON_STORE, words=("--check",))
    assert not site.folder.exists()


def test_store_that_is_gone_is_told(site: Site) -> None:
    gone = {
        "hosts": "s1",
        "tasks": [
            {"ansible.builtin.set_fact": {"ansible_connection": "ssh", "ansible_port": 1}},
            {"ansible.builtin.set_fact": {"ansible_host": "127.0.0.1"}},
            FAIL,
        ],
    }
    told = " ".join(site.play(gone).split())
    assert "has failed, and still has the cluster: " in told and "port 1" in told, told
    assert site.locked


def test_it_has_to_be_enabled(site: Site) -> None:
    told = site.play(ON_STORE, enabled=False)
    assert "on purpose" in told
    assert site.locked
