# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an earlier attempt has saved of a side is enough only where nobody could have written there since."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from playbooks.cluster import NAME, Cluster
from tooling.played import PLAYBOOK, environment, play

SIDE = {"name": "m1", "nodes": ["m1"], "managers": ["m1"], "quorum": True, "leader": "m1"}
ROLE = "cloudify_ha.recovery."


class Site:
    """One host of a frozen side, which is also the store."""

    def __init__(self, place: Path, generation: str, **more: Any) -> None:
        self.place = place
        self.sides = place / "sides"
        self.sides.mkdir()
        self.result: dict[str, Any] = {"generation": generation, "sides": [SIDE], **more}
        self.given: dict[str, Any] = {}
        self.environment = environment(place / "home")

    def attempt(self, *tasks: dict[str, Any]) -> str:
        hosts = {"m1": {"ansible_connection": "local", "ansible_become": False}}
        variables = {
            "ansible_python_interpreter": sys.executable,
            "look_at_sides_result": self.result,
            "save_sides_place": str(self.sides),
            "save_sides_store_host": "m1",
            "cloudify_cluster_name": NAME,
            "cloudify_store_host": "m1",
            "save_sides_side": SIDE,
            "freeze_sides_place": str(self.place / "frozen"),
            "freeze_sides_store_host": "m1",
        }
        inventory = {"all": {"hosts": hosts, "vars": variables}}
        (self.place / "hosts.json").write_text(json.dumps(inventory))
        book = [{"hosts": "m1", "gather_facts": False, "tasks": list(tasks)}]
        (self.place / "book.json").write_text(json.dumps(book))
        words = ["-i", str(self.place / "hosts.json"), "-e", json.dumps(self.given)]
        done = play([str(PLAYBOOK), *words, str(self.place / "book.json")], self.environment)
        assert done.code == 0, done.output
        return done.output


def role(name: str, file: str = "main.yml") -> dict[str, Any]:
    return {"ansible.builtin.include_role": {"name": f"{ROLE}{name}", "tasks_from": file}}


def test_set_of_a_manager_that_was_not_frozen_is_taken_anew(
    start: Callable[..., Cluster], tmp_path: Path
) -> None:
    cluster = start("4.5.5")
    cluster.manager.seed(sample="rich")
    address = f"127.0.0.1:{cluster.manager.port}"
    members = [{"name": "m1", "address": address}]
    site = Site(tmp_path, "active_standby", members=members, databases={})
    site.environment = cluster.environment

    def freeze_and_save() -> list[str]:
        site.attempt(role("freeze_sides"), role("save_sides", "set.yml"))
        store = site.sides / "m1" / NAME
        return sorted(each.name for each in store.iterdir() if not each.name.startswith("."))

    cluster.manager.add_fault({"status": 500}, method="POST", path="/maintenance/activate")
    assert len(freeze_and_save()) == 1
    assert cluster.get("/maintenance")["status"] == "deactivated"
    cluster.manager.call("PUT", "/secrets/afterwards", {"value": "v"})
    # it can be frozen now, and has something that the set has not
    first, second = freeze_and_save()
    assert cluster.get("/maintenance")["status"] == "activated"
    content = (site.sides / "m1" / NAME / second / "content.json").read_text()
    assert "afterwards" in content
    # nobody can write there from now on
    assert freeze_and_save() == [first, second]
    # somebody has left maintenance mode, and entered it again
    cluster.manager.call("POST", "/maintenance/deactivate", {})
    cluster.manager.call("POST", "/maintenance/activate", {})
    assert freeze_and_save()[:2] == [first, second]
    sets = sorted((site.sides / "m1" / NAME).glob("side-*"))
    assert len(sets) == 3
    # the survivor is held against the one that was compared
    compared = {"saved": {"m1": {"set": str(sets[-1])}}, "to_redo": []}
    (tmp_path / "comparison.json").write_text(json.dumps(compared))
    site.given = {"choose_survivor_place": str(tmp_path)}
    site.given["choose_survivor_result"] = {"side": "m1", "node": "m1", "nodes": ["m1"]}
    site.attempt(role("choose_survivor", "prove.yml"))


SAVE = """set -e; mkdir -p "$1"; cat {state} > "$1/dump.tar"; base64 -d < {rows} > "$1/rows.gz"
sum=$(sha256sum < "$1/dump.tar"); echo "state $(cat {state})"; echo "saved $(wc -c < "$1/dump.tar") ${{sum%% *}} then"
"""


def a_state(what: str) -> str:
    return hashlib.sha256(what.encode()).hexdigest()


@pytest.fixture
def dumped(tmp_path: Path) -> Site:
    """A database of the side without the quorum, which is down; and what stands for it."""
    no_quorum = {**SIDE, "quorum": False}
    site = Site(tmp_path, "all_active", databases={"m1": {}})
    site.result["sides"] = [no_quorum]
    state, rows = tmp_path / "state", tmp_path / "rows"
    rows.write_bytes(base64.b64encode(gzip.compress(b"rows")))
    site.given = {
        "save_sides_work": str(tmp_path / "work"),
        "__save_sides_script": SAVE.format(state=state, rows=rows),
        "__save_sides_look": f"cat {state}",
        "save_sides_chunk": "40",
    }
    return site


def dump(site: Site, state: str) -> list[str]:
    """What the store has once it was saved, of a database in this state."""
    (site.place / "state").write_text(state)
    site.attempt(role("save_sides", "dump.yml"))
    found = (site.sides / "m1").rglob("*.tar")
    return [path.read_text() for path in sorted(found)]


def test_dump_of_a_database_that_has_been_up_is_made_anew(dumped: Site) -> None:
    then, now = a_state("then"), a_state("now")
    assert dump(dumped, then) == [then]
    marker = dumped.sides / "m1" / "dump-m1.sha256"
    made = marker.stat().st_mtime_ns
    assert dump(dumped, then) == [then] and marker.stat().st_mtime_ns == made
    # both are there, and the new one has the name
    assert dump(dumped, now) == [then, now]
    assert (dumped.sides / "m1" / "dump-m1.tar").read_text() == now
    # one that runs, or of which nothing is known, may be written to any time
    assert len(dump(dumped, "up")) == 3
    assert len(dump(dumped, "up")) == 4


def test_a_dump_that_was_proven_before_a_kill_is_taken_off_the_host(dumped: Site) -> None:
    """It has all secrets."""
    then = a_state("then")
    assert dump(dumped, then) == [then]
    left = dumped.place / "work" / "dump.tar"
    left.parent.mkdir()
    left.write_text(then)
    assert dump(dumped, then) == [then] and not left.parent.exists()


def test_a_store_that_reads_slowly_is_told_of(dumped: Site) -> None:
    """A dump of many GiB is read whole by each of them."""
    slow = dumped.place / "slow"
    slow.mkdir()
    (slow / "sha256sum").write_text("#!/bin/sh\nsleep 9; exec /usr/bin/sha256sum\n")
    (slow / "sha256sum").chmod(0o755)
    log = dumped.place / "log"
    dumped.given["__save_sides_script"] = (
        "PATH=/usr/bin:/bin; " + dumped.given["__save_sides_script"]
    )
    path = f"{slow}:{dumped.environment['PATH']}"
    dumped.environment |= {"PATH": path, "ANSIBLE_LOG_PATH": str(log)}
    (dumped.place / "state").write_text("then")
    told = dumped.attempt(role("save_sides", "dump.yml"))
    for what in ("Prove it in the store", "Look at it again"):
        assert f"host_command, 8 s: {what}\n" in told, told
