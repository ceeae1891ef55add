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


REMOVED = a_run("replace_node", about="h9", holds=True, **KILLED)


def test_what_was_killed_while_it_holds_is_gone_on_with() -> None:
    found = diagnosed("7.0.5-async-killed-settled-hosts")
    choice = runbook_choice(found, [a_run("recover_active"), REMOVED])
    assert (choice["runbook"], choice["given"]) == ("replace_node", {"node": "h9"})
    assert choice["resumed"] == REMOVED["id"] and choice["blocked_by"] == {}
    others = runbook_choice(found, [{**REMOVED, "facts": {"dead": ["h3"]}}])
    assert others["given"] == {"node": "h9", "cloudify_dead": ["h3"]}
    # not of the day before, and not a split brain that was only looked at
    assert not runbook_choice(found, [{**REMOVED, "age": 90000.0}])["resumed"]
    assert not runbook_choice(found, [a_run("resolve_split_brain", **KILLED)])["resumed"]
    # what was frozen comes before it
    assert runbook_choice(found, [REMOVED, FROZEN])["resumed"] == FROZEN["id"]


@pytest.mark.parametrize("name", ["7.0.5-all-unreachable", "7.0.5-async-killed-settled-hosts"])
@pytest.mark.parametrize("end", [KILLED, {"outcome": "failed"}, {"outcome": "refused"}])
def test_what_has_changed_nothing_is_no_diagnosis(name: str, end: Json) -> None:
    """Refused, broken off before its first change, or of another node: the diagnosis of now counts."""
    found = diagnosed(name)
    last = a_run("replace_node", about="h9", **end)
    choice = runbook_choice(found, [{**last, "age": 79200.0}])
    assert (choice["runbook"], choice["given"]) == (found["runbook"], found["given"])
    assert (choice["resumed"], choice["blocked_by"]) == ("", {})
    # and it waits for somebody who has looked
    choice = runbook_choice(found, [last])
    assert choice["blocked_by"] == (last if found["runbook"] else {})
    assert runbook_choice(found, [last], acknowledged=last["id"])["blocked_by"] == {}


def test_what_is_still_asked_for_is_gone_on_with() -> None:
    found = diagnosed("7.0.5-async-killed-settled-hosts")
    same = a_run("replace_node", about=found["given"]["node"], facts={"dead": ["h3"]}, **KILLED)
    choice = runbook_choice(found, [same])
    assert (choice["runbook"], choice["resumed"]) == ("replace_node", same["id"])
    assert choice["given"] == {"cloudify_dead": ["h3"], **found["given"]}
    assert choice["blocked_by"] == {}
    # beside it something else was done, which somebody has to look at
    other = a_run("recover_active")
    assert runbook_choice(found, [same, other])["blocked_by"] == other
    assert runbook_choice(found, [same, other], acknowledged=other["id"])["blocked_by"] == {}
    # once, and not again and again
    again = {**same, "attempts": 2}
    assert runbook_choice(found, [again])["blocked_by"] == again
    assert not runbook_choice(found, [{**same, "about": "h9"}])["resumed"]
    assert not runbook_choice(found, [{**same, "age": 90000.0}])["resumed"]


@pytest.mark.parametrize(
    "end", [{"outcome": "failed"}, {"outcome": "refused"}, {**KILLED, "attempts": 2}]
)
def test_what_has_failed_while_it_holds_waits_for_somebody(end: Json) -> None:
    found = diagnosed("7.0.5-async-killed-settled-hosts")
    for held in (REMOVED, {**FROZEN, "age": 60.0}):
        failed = {**held, "ended": "2026-11-22T03:00:00Z", **end}
        choice = runbook_choice(found, [failed])
        assert choice["resumed"] == choice["blocked_by"]["id"] == failed["id"]
        assert runbook_choice(found, [failed], acknowledged=failed["id"])["blocked_by"] == {}
        later = {**failed, "age": 3700.0}
        assert runbook_choice(found, [later])["blocked_by"] == {}


def test_one_that_waits_for_a_person_has_not_failed() -> None:
    found = diagnosed("7.0.5-async-killed-settled-hosts")
    assert runbook_choice(found, [{**FROZEN, "age": 60.0}])["blocked_by"] == {}


def test_a_run_of_recover_is_for_the_node_that_it_has_kept() -> None:
    """It was given no node on its command line."""
    found = {"state": "degraded", "runbook": "recover_active", "given": {"node": "h1"}}
    kept = {"node": "h1", "action": "fix"}
    last = a_run("recover_active", facts=kept, **KILLED)
    choice = runbook_choice(found, [last])
    assert choice["resumed"] == last["id"]
    assert choice["given"] == {"node": "h1", "cloudify_action": "fix"}
    assert not runbook_choice({**found, "given": {"node": "h2"}}, [last])["resumed"]


@pytest.mark.parametrize("bad", [None, "", [], {"class": "healthy"}])
def test_no_diagnosis(bad: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match="has to be a diagnosis"):
        runbook_choice(bad)


def test_no_number() -> None:
    with pytest.raises(AnsibleFilterError, match="block_period has to be a number"):
        runbook_choice(diagnosed("7.0.5-two-killed-hosts"), block_period="soon")


def test_it_is_data() -> None:
    json.dumps(runbook_choice(diagnosed("7.0.5-promoted"), [FROZEN]))
