# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may survive a split brain, and whose database may be given up for it: that of nobody whose dump is not in the store."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tooling.played import PLAYBOOK, Played, environment, play

#: h1 leads with the quorum, and h2 streams from it; h3 was promoted, and h4 streams from that.
SIDES = [
    {"name": "h1", "nodes": ["h1", "h2"], "managers": [], "quorum": True, "leader": "h1"},
    {"name": "h3", "nodes": ["h3", "h4"], "managers": [], "quorum": False, "leader": "h3"},
]
NODES = ("h1", "h2", "h3", "h4")
ROLE = "cloudify_ha.recovery.choose_survivor"


class Site:
    """A store, and the nodes that it has dumps of."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.hosts = "s1"
        self.off: set[str] = set()
        self.dumped = {"h1", "h3", "h4"}
        self.given_up: set[str] = set()
        self.given: dict[str, Any] = {}
        self.databases = {name: {"sender": name[:1] + str(int(name[1]) - 1)} for name in NODES}
        for name in ("h1", "h3"):
            del self.databases[name]["sender"]

    def dump(self, name: str) -> dict[str, str]:
        side = "h1" if name in ("h1", "h2") else "h3"
        path = self.place / "sides" / side / f"dump-{name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = f"items\tof-{side}\tabc\n".encode()
        path.with_suffix(".rows.gz").write_bytes(gzip.compress(rows))
        return {
            "path": f"{path}.tar",
            "rows": f"{path}.rows.gz",
            "sha256": "0",
            "last_write": "then",
        }

    def play(self, *roles: dict[str, Any], words: tuple[str, ...] = ()) -> Played:
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        hosts: dict[str, Any] = {"s1": {**local, "ansible_become": False}}
        for name in NODES:
            hosts[name] = {**hosts["s1"], "look_at_nodes_answers": name not in self.off}
            if name in self.dumped - self.off:
                hosts[name]["save_sides_dump"] = self.dump(name)
        result = {
            "generation": "all_active",
            "sides": SIDES,
            "databases": self.databases,
            "unknown": [],
            "members": [{"name": n, "address": n, "tiers": ["database"]} for n in NODES],
        }
        own = ", ".join(sorted(self.given_up))
        given = {
            "look_at_sides_result": result,
            "choose_survivor_place": str(self.place),
            "cloudify_this_run": {"id": "RUN"},
            "__choose_survivor_given_up": f"case ', {own}, ' in *\", {{{{ item }}}}, \"*) echo data.split-RUN ;; esac",
            "compare_sides_place": str(self.place),
            "compare_sides_survivor": "h1",
            "cloudify_store_host": "s1",
            **self.given,
        }
        book = [{"hosts": self.hosts, "gather_facts": False, "tasks": list(roles)}]
        (self.place / "book.json").write_text(json.dumps(book))
        (self.place / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts}}))
        words = ("-i", str(self.place / "hosts.json"), "-e", json.dumps(given), *words)
        return play(
            [str(PLAYBOOK), *words, str(self.place / "book.json")],
            environment(self.place / "home", COLUMNS="1000"),
        )

    def begin(self, survivor: str, *, dead: tuple[str, ...] = ()) -> Played:
        given = {"choose_survivor_name": survivor, "choose_survivor_dead": list(dead)}
        return self.play(a_role("cloudify_ha.recovery.compare_sides"), a_role(ROLE, **given))

    def go_on(self, survivor: str) -> Played:
        return self.play(a_role(ROLE, choose_survivor_name=survivor, choose_survivor_begun=True))

    @property
    def chosen(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.place / "survivor.json").read_text())
        return found


def a_role(name: str, **given: Any) -> dict[str, Any]:
    return {"ansible.builtin.include_role": {"name": name}, "vars": given}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_one_that_has_gone_off_is_not_gone_on_towards(site: Site) -> None:
    """Else the living ones would be given up for a copy of nobody."""
    assert site.begin("h3").code == 0
    assert site.go_on("h3").code == 0
    site.off = {"h3"}
    told = site.go_on("h3")
    assert told.code == 2
    assert "h3 does not answer by ssh, and nobody could follow it" in told.failure


def test_another_one_may_survive_as_long_as_nobody_has_given_anything_up(site: Site) -> None:
    begun = site.begin("h3")
    assert begun.code == 0, begun.output
    site.off = {"h3"}
    told = site.go_on("h1")
    assert told.code == 0, told.output
    assert (site.chosen["side"], site.chosen["node"]) == ("h1", "h1")
    compared = json.loads((site.place / "comparison.json").read_text())
    assert compared["to_redo"] == ["only h3 has items: of-h3"]
    assert len(compared["saved"]["h3"]["dumps"]) == 2
    assert site.go_on("h1").code == 0


@pytest.mark.parametrize("why", ["given up", "off"])
def test_no_other_one_may_survive_once_somebody_may_have_given_up(site: Site, why: str) -> None:
    assert site.begin("h3").code == 0
    (site.given_up if why == "given up" else site.off).add("h2")
    told = site.go_on("h1")
    assert told.code == 2
    assert "The healing towards h3 has begun: go on with -e survivor=h3." in told.failure
    assert "h2 has given" in told.failure if why == "given up" else "h2 does not" in told.failure
    assert site.chosen["side"] == "h3"


def test_a_node_whose_own_dump_is_missing_is_not_given_up(site: Site) -> None:
    """What its follower has is not all that it has."""
    site.dumped = {"h1", "h4"}
    site.off = {"h3"}
    told = site.begin("h1")
    assert told.code == 2
    assert "Of h3 no dump is proven to be in the store" in told.failure
    assert not (site.place / "survivor.json").exists()
    # dead for good, it stays as it is should it come back
    assert site.begin("h1", dead=("h3",)).code == 0
    assert site.chosen["unsaved"] == ["h3"]
    site.off = set()
    assert site.go_on("h1").code == 0
    assert site.chosen["unsaved"] == ["h3"]


def test_a_node_that_streams_from_one_that_was_dumped_has_nothing_of_its_own(site: Site) -> None:
    site.dumped = {"h1", "h3"}
    site.off = {"h4"}
    assert site.begin("h1").code == 0
    assert site.chosen["unsaved"] == []
    # one that did not stream then may have other rows by now
    (site.place / "survivor.json").unlink()
    site.databases["h4"] = {}
    told = site.begin("h1")
    assert "Of h4 no dump is proven" in told.failure


def test_what_is_not_in_the_store_stays_on_its_host(site: Site) -> None:
    survivor = {"side": "h1", "node": "h1", "nodes": ["h1", "h2"], "unsaved": ["h3"]}
    site.given["choose_survivor_result"] = survivor
    heal = {"heal_sides_frozen": str(site.place)}
    site.hosts = "h3,h4"
    told = site.play(a_role("cloudify_ha.recovery.heal_sides", **heal), words=("--check",))
    assert told.code == 0, told.output
    assert "PLAN h3: stays stopped, with its database as it is: no dump of it" in told.output
    assert "PLAN h4: gives its database up for a copy of that of h1" in told.output


@pytest.mark.parametrize(
    ("compared", "dead", "dumped", "unsaved"),
    [
        (True, (), {"h1", "h3", "h4"}, []),
        (True, ("h3",), {"h1", "h4"}, ["h3"]),
        (True, ("h3",), {"h1", "h3"}, []),
        (False, (), set(), []),
        # there is no dump of it
        (False, ("h3",), set(), ["h3"]),
    ],
)
def test_a_plan_gives_up_what_the_healing_does(
    site: Site, compared: bool, dead: tuple[str, ...], dumped: set[str], unsaved: list[str]
) -> None:
    """Nothing is saved for a plan, and what an earlier attempt has saved is in the store."""
    site.dumped = dumped
    if compared:
        assert site.play(a_role("cloudify_ha.recovery.compare_sides")).code == 0
    site.dumped = set()
    given = {"choose_survivor_name": "h1", "choose_survivor_dead": list(dead)}
    say = {"ansible.builtin.debug": {"msg": "kept: {{ choose_survivor_result.unsaved }}"}}
    told = site.play(a_role(ROLE, **given), say, words=("--check",))
    assert told.code == 0, told.output
    assert f"kept: {unsaved}" in told.output, told.output
