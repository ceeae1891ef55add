# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""run: what only one run can bring to an end is not forgotten, however old it is, and whatever was refused or given up since."""

from __future__ import annotations

import pathlib
import re
import typing as t

import pytest

Json = dict[str, t.Any]

HOLDING = {
    "rebuild_cluster": "tear down",
    "replace_node": "remove",
    "resolve_split_brain": "freeze all sides",
}
SECONDS = (f"{second:06}" for second in range(1000, 2000))


class Store:
    """A cluster's runs, each of which is begun in a second of its own."""

    def __init__(self, run_module: t.Any, place: pathlib.Path) -> None:
        self._run_module, self._place = run_module, place

    def run(self, state: str, **options: t.Any) -> Json:
        if state == "begun":
            options["controller"] = {"host": "here", "pid": 1, "started": "5"}
        return t.cast(
            "Json",
            self._run_module("run", store=str(self._place), cluster="prod", state=state, **options),
        )

    def broken_off(self, runbook: str, step: str = "", *, outcome: str = "failed") -> Json:
        """A run that has begun a step, and has failed."""
        begun = self.run("begun", runbook=runbook)
        assert not begun.get("failed"), begun
        if step:
            self.run("step", id=begun["id"], step=step)
        self.run("ended", id=begun["id"], outcome=outcome)
        return begun

    def long_ago(self, begun: Json) -> None:
        journal = pathlib.Path(begun["path"]) / "journal.jsonl"
        journal.write_text(re.sub(r'"at": "\d+', '"at": "2020', journal.read_text()))

    def told(self) -> list[Json]:
        return t.cast(
            "list[Json]",
            self._run_module("runs_info", store=str(self._place), cluster="prod")["runs"],
        )


@pytest.fixture
def store(run_module: t.Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    from ansible_collections.cloudify_ha.recovery.plugins.modules import run as module

    monkeypatch.setattr(module, "new_id", lambda runbook: f"{runbook}-20261122T{next(SECONDS)}Z")
    return Store(run_module, tmp_path)


# -- what holds is gone on with ----------------------------------------------------------------------


@pytest.mark.parametrize("runbook", HOLDING)
def test_it_is_taken_up_again_however_old(runbook: str, store: Store) -> None:
    first = store.broken_off(runbook, HOLDING[runbook])
    store.long_ago(first)
    (told,) = store.told()
    assert told["holds"]
    again = store.run("begun", runbook=runbook)
    assert (again["id"], again["resumed"], again["old"]) == (first["id"], True, True)
    store.run("ended", id=first["id"], outcome="ok")
    assert not store.run("begun", runbook=runbook)["resumed"]


@pytest.mark.parametrize("runbook", HOLDING)
def test_one_that_has_changed_nothing_yet_is_not(runbook: str, store: Store) -> None:
    first = store.broken_off(runbook, "look around")
    assert not store.told()[0]["holds"]
    again = store.run("begun", runbook=runbook)
    assert again["resumed"] and not again["old"]
    store.run("ended", id=first["id"], outcome="failed")
    store.long_ago(first)
    assert not store.run("begun", runbook=runbook)["resumed"]


def test_a_newer_one_that_was_refused_does_not_hide_it(store: Store) -> None:
    """Of a version that began a new one after a day."""
    first = store.broken_off("rebuild_cluster", "tear down")
    store.run("begun", runbook="rebuild_cluster", about="x")
    refused = [each for each in store.told() if each["about"] == "x"][0]
    store.run("ended", id=refused["id"], outcome="failed")
    journal = pathlib.Path(first["path"]).parent / refused["id"] / "journal.jsonl"
    journal.write_text(journal.read_text().replace('"about": "x"', '"about": ""'))
    assert [each["holds"] for each in store.told()] == [False, True]
    assert store.run("begun", runbook="rebuild_cluster")["id"] == first["id"]


def test_only_a_split_brain_keeps_the_others_out(store: Store) -> None:
    for runbook in ("rebuild_cluster", "replace_node"):
        store.broken_off(runbook, HOLDING[runbook])
        store.broken_off("recover_active")
    store.broken_off("resolve_split_brain", "freeze all sides")
    assert store.run("begun", runbook="recover_active")["failed"]


def test_what_is_frozen_is_unfrozen_before_it_is_given_up(store: Store) -> None:
    first = store.broken_off("resolve_split_brain", "freeze all sides", outcome="waiting")
    said = store.run("begun", runbook="recover_active")["msg"]
    assert "unfreeze first (playbook resolve_split_brain, -e cloudify_action=unfreeze)" in said
    assert said.index("unfreeze first") < said.index(f"-e cloudify_give_up={first['id']}")


def test_what_was_refused_is_not_taken_up_again(store: Store) -> None:
    first = store.broken_off("replace_node", outcome="refused")
    again = store.run("begun", runbook="replace_node")
    assert not again["resumed"] and again["id"] != first["id"]


def test_an_attempt_that_was_refused_does_not_end_it(store: Store) -> None:
    first = store.broken_off("replace_node", "look around")
    assert store.run("begun", runbook="replace_node")["resumed"]
    store.run("ended", id=first["id"], outcome="refused")
    assert store.run("begun", runbook="replace_node")["id"] == first["id"]


# -- nothing is backed up or restored meanwhile ------------------------------------------------------


@pytest.mark.parametrize("outcome", ["failed", "refused"])
@pytest.mark.parametrize("about", ["", "x"])
def test_no_backup_after_a_second_rebuild_that_was_refused(
    about: str, outcome: str, store: Store
) -> None:
    first = store.broken_off("rebuild_cluster", "tear down")
    store.long_ago(first)
    later = store.run("begun", runbook="rebuild_cluster", about=about)
    store.run("ended", id=later["id"], outcome=outcome)
    said = store.run("begun", runbook="backup")
    assert said["failed"] and f"run {first['id']} has torn cluster prod down" in said["msg"]


def test_nor_where_only_the_refused_one_is_given_up(store: Store) -> None:
    first = store.broken_off("rebuild_cluster", "tear down")
    later = store.run("begun", runbook="rebuild_cluster", about="x")
    store.run("ended", id=later["id"], outcome="failed")
    said = store.run("begun", runbook="backup", give_up=later["id"])
    assert said["failed"] and f"-e cloudify_give_up={first['id']}" in said["msg"]
    assert not store.run("begun", runbook="backup", give_up=first["id"]).get("failed")


def test_a_later_one_that_has_filled_the_managers_is_enough(store: Store) -> None:
    store.broken_off("rebuild_cluster", "tear down")
    later = store.run("begun", runbook="rebuild_cluster", about="x")
    store.run("done", id=later["id"], step="restore")
    store.run("ended", id=later["id"], outcome="failed")
    assert not store.run("begun", runbook="backup").get("failed")


def test_what_is_restored_by_hand_is_not_restored_over(store: Store) -> None:
    first = store.broken_off("rebuild_cluster", "tear down")
    said = store.run("begun", runbook="restore")
    assert said["failed"] and "would be restored over" in said["msg"]
    assert f"-e cloudify_give_up={first['id']}" in said["msg"]
    assert not store.run("begun", runbook="restore", give_up=first["id"]).get("failed")


# -- what was saved is found again -------------------------------------------------------------------


@pytest.mark.parametrize("by", ["rebuild_cluster", "backup"])
def test_what_one_that_is_given_up_has_saved_is_found(by: str, store: Store) -> None:
    first = store.broken_off("rebuild_cluster", "tear down")
    assert store.run("begun", runbook="rebuild_cluster")["saved_before"] == []
    store.run("ended", id=first["id"], outcome="failed")
    other = store.run("begun", runbook=by, give_up=first["id"])
    if by == "backup":
        store.run("ended", id=other["id"], outcome="ok")
        other = store.run("begun", runbook="rebuild_cluster")
    assert not other["resumed"] and other["saved_before"] == [first["path"]]
    store.run("ended", id=other["id"], outcome="failed")
    again = store.run("begun", runbook="rebuild_cluster")
    assert (again["id"], again["saved_before"]) == (other["id"], [first["path"]])
    store.run("ended", id=other["id"], outcome="ok")
    assert store.run("begun", runbook="rebuild_cluster")["saved_before"] == []


def test_a_plan_has_none(store: Store) -> None:
    said = store.run("begun", runbook="rebuild_cluster", check=True)
    assert (said["saved_before"], said["old"]) == ([], False)


# -- each attempt has an end of its own --------------------------------------------------------------


def test_the_last_attempt_is_told(store: Store) -> None:
    first = store.broken_off("replace_node", "remove")
    (told,) = store.told()
    assert (told["attempts"], told["outcome"]) == (1, "failed")
    store.long_ago(first)
    store.run("begun", runbook="replace_node")
    (told,) = store.told()
    assert (told["attempts"], told["ended"], told["outcome"]) == (2, None, None)
    assert told["holds"] and told["age"] < 60


# -- a cluster that was rebuilt since is another one -------------------------------------------------


def rebuilt(store: Store) -> None:
    """A day ago, after what has happened long ago."""
    done = store.run("begun", runbook="rebuild_cluster", about="whole")
    store.run("ended", id=done["id"], outcome="ok")


def test_a_rebuilt_cluster_has_nothing_of_an_earlier_run(store: Store) -> None:
    first = store.broken_off("replace_node", "remove")
    store.run("done", id=first["id"], step="remove")
    store.long_ago(first)
    rebuilt(store)
    assert [each["holds"] for each in store.told()] == [False, False]
    for check in (True, False):
        again = store.run("begun", runbook="replace_node", check=check)
        assert not again["resumed"] and again["done"] == [] and again["saved_before"] == []


def test_nor_of_one_that_was_begun_after_the_rebuilding_was(store: Store) -> None:
    """The rebuilding was gone on with, and came to its end, when the other one was broken off."""
    whole = store.broken_off("rebuild_cluster", "tear down")
    first = store.broken_off("replace_node", "remove")
    for each, year in ((whole, "2019"), (first, "2020")):
        journal = pathlib.Path(each["path"]) / "journal.jsonl"
        journal.write_text(re.sub(r'"at": "\d+', f'"at": "{year}', journal.read_text()))
    again = store.run("begun", runbook="rebuild_cluster")
    assert again["id"] == whole["id"]
    store.run("ended", id=whole["id"], outcome="ok")
    assert not any(each["holds"] for each in store.told())
    assert not store.run("begun", runbook="replace_node")["resumed"]


@pytest.mark.parametrize("outcome", ["failed", "refused"])
def test_one_that_was_not_rebuilt_is_as_it_was(outcome: str, store: Store) -> None:
    first = store.broken_off("replace_node", "remove")
    store.long_ago(first)
    store.broken_off("rebuild_cluster", outcome=outcome)
    assert store.run("begun", runbook="replace_node")["id"] == first["id"]


def test_what_is_begun_after_the_rebuilding_holds(store: Store) -> None:
    rebuilt(store)
    first = store.broken_off("replace_node", "remove")
    assert store.told()[0]["holds"]
    assert store.run("begun", runbook="replace_node")["id"] == first["id"]


# -- a plan is of the run that would be taken up again -----------------------------------------------


def test_a_plan_tells_what_would_be_taken_up_and_writes_nothing(store: Store) -> None:
    first = store.broken_off("rebuild_cluster", "tear down")
    store.run("done", id=first["id"], step="tear down")
    store.run("kept", id=first["id"], facts={"set": "s1"})
    store.long_ago(first)
    journal = pathlib.Path(first["path"]) / "journal.jsonl"
    before = journal.read_text()
    said = store.run("begun", runbook="rebuild_cluster", check=True)
    assert (said["id"], said["path"]) == (first["id"], first["path"])
    assert (said["resumed"], said["old"]) == (True, True)
    assert (said["done"], said["facts"]) == (["tear down"], {"set": "s1"})
    assert journal.read_text() == before and not (journal.parents[2] / ".lock").exists()
    # as without --check
    again = store.run("begun", runbook="rebuild_cluster")
    assert {**again, "duration": 0} == {**said, "duration": 0}


def test_a_plan_for_another_node_or_after_giving_up_is_of_a_new_one(store: Store) -> None:
    first = store.broken_off("replace_node", "remove")
    assert not store.run("begun", runbook="replace_node", about="x", check=True)["resumed"]
    said = store.run("begun", runbook="replace_node", give_up=first["id"], check=True)
    assert not said["resumed"] and said["id"] != first["id"]
    assert (said["done"], said["saved_before"]) == ([], [first["path"]])
    assert store.told()[0]["holds"]
    said = store.run("begun", runbook="replace_node", give_up="nobody", check=True)
    assert said["failed"] and "has no run nobody" in said["msg"]
