# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What recover runs, by the diagnoses of recorded clusters and by what was run before."""

from __future__ import annotations

import functools
import json
import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.cloudify_ha.recovery.plugins.filter.runbook_choice import runbook_choice
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._diagnosis import diagnose
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.health_recordings import (
    DIAGNOSED,
    RECORDED,
    Cluster,
)

Json = dict[str, t.Any]
SPLIT = ("7.0.5-promoted", "4.5.5-both-sides-written", "4.5.5-active-isolated-hosts")
ALL = (*RECORDED, *DIAGNOSED)


@functools.cache
def diagnosed(name: str) -> Json:
    return diagnose(Cluster(name).case(), inventories=["hosts.yml"], cluster="lab")


def a_run(runbook: str, **more: t.Any) -> Json:
    run = {"id": f"{runbook}-1", "runbook": runbook, "about": "", "holds": False, "age": 60.0}
    return {**run, "ended": "2026-11-22T03:00:00Z", "outcome": "ok", **more}


KILLED: Json = {"ended": None, "outcome": None}
FROZEN = a_run("resolve_split_brain", outcome="waiting", holds=True, age=90000.0)


@pytest.mark.parametrize("name", SPLIT)
def test_a_split_brain_is_frozen_and_no_survivor_is_chosen(name: str) -> None:
    choice = runbook_choice(diagnosed(name))
    assert (choice["runbook"], choice["given"]) == ("resolve_split_brain", {})
    assert choice["blocked_by"] == {} and not choice["resumed"]


@pytest.mark.parametrize("name", ALL)
def test_a_frozen_split_brain_comes_before_all_else(name: str) -> None:
    """Whatever the nodes look like meanwhile: their databases were stopped on purpose."""
    found = diagnosed(name)
    choice = runbook_choice(found, [a_run("backup"), a_run("recover_active"), FROZEN])
    if found["state"] == "healthy":
        assert choice["runbook"] == ""
    else:
        assert (choice["runbook"], choice["given"]) == ("resolve_split_brain", {})
        assert choice["resumed"] == FROZEN["id"] and choice["blocked_by"] == {}


@pytest.mark.parametrize("name", ALL)
def test_what_nobody_is_sure_of_is_not_run(name: str) -> None:
    found = diagnosed(name)
    choice = runbook_choice(found)
    assert choice["runbook"] == found["runbook"] and choice["given"] == found["given"]
    if found["confidence"] == "low" or found["class"] in ("unclear", "my_path_broken", "healthy"):
        assert not choice["runbook"]


def test_nothing_twice_within_an_hour_unless_somebody_has_looked() -> None:
    found = diagnosed("7.0.5-async-killed-settled-hosts")
    last = a_run("recover_active", age=3000.0)
    assert runbook_choice(found, [last])["blocked_by"] == last
    assert runbook_choice(found, [last], acknowledged=last["id"])["blocked_by"] == {}
    assert runbook_choice(found, [last], block_period="600")["blocked_by"] == {}
    assert runbook_choice(found, [{**last, "age": 3601.0}])["blocked_by"] == {}
    assert runbook_choice(found, [a_run("backup", age=1.0)])["blocked_by"] == {}
    # to acknowledge an older one says nothing of the newer one
    newer = a_run("replace_node", age=10.0)
    assert runbook_choice(found, [newer, last], acknowledged=last["id"])["blocked_by"] == newer
    # to acknowledge the newest says all of those before it, of which no more can be named
    assert runbook_choice(found, [newer, last], acknowledged=newer["id"])["blocked_by"] == {}


def test_nothing_is_blocked_where_nothing_is_run() -> None:
    choice = runbook_choice(diagnosed("7.0.5-all-unreachable"), [a_run("replace_node")])
    assert (choice["runbook"], choice["blocked_by"]) == ("", {})


def test_what_was_killed_is_gone_on_with() -> None:
    found = diagnosed("7.0.5-async-killed-settled-hosts")
    killed = a_run("replace_node", about="h9", **KILLED)
    choice = runbook_choice(found, [killed, a_run("recover_active")])
    assert (choice["runbook"], choice["given"]) == ("replace_node", {"node": "h9"})
    assert choice["resumed"] == killed["id"] and choice["blocked_by"] == {}
    others = runbook_choice(found, [{**killed, "facts": {"dead": ["h3"]}}])
    assert others["given"] == {"node": "h9", "cloudify_dead": ["h3"]}
    # not what came before another one, nor of the day before
    assert not runbook_choice(found, [a_run("recover_active"), killed])["resumed"]
    assert not runbook_choice(found, [{**killed, "age": 90000.0}])["resumed"]
    # nor a split brain that was only looked at
    assert not runbook_choice(found, [a_run("resolve_split_brain", **KILLED)])["resumed"]


@pytest.mark.parametrize("bad", [None, "", [], {"class": "healthy"}])
def test_no_diagnosis(bad: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match="has to be a diagnosis"):
        runbook_choice(bad)


def test_no_number() -> None:
    with pytest.raises(AnsibleFilterError, match="block_period has to be a number"):
        runbook_choice(diagnosed("7.0.5-two-killed-hosts"), block_period="soon")


def test_it_is_data() -> None:
    json.dumps(runbook_choice(diagnosed("7.0.5-promoted"), [FROZEN]))
