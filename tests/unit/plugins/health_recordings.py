# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recorded clusters, and what can be changed about them: of hosts h1 to h3 that are everything.

tests/runbooks/record_views.py made the files.
"""

from __future__ import annotations

import copy
import functools
import json
import pathlib
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_case import Case
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._health import judge
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._installer import facts_of
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._host import of_version
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._host import parse as parse_host
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._probe import parse

FOLDER = pathlib.Path(__file__).parent / "data" / "health"
#: What was recorded for the diagnosis alone.
MORE = FOLDER.with_name("diagnosis")
RECORDED = sorted(path.stem for path in FOLDER.glob("*.json"))
DIAGNOSED = sorted(path.stem for path in MORE.glob("*.json"))

Json = dict[str, t.Any]


@functools.cache
def _text(name: str) -> str:
    folder = FOLDER if name in RECORDED else MORE
    return (folder / f"{name}.json").read_text()


def recorded(name: str) -> Json:
    return t.cast(Json, json.loads(_text(name)))


def _hosts(found: Json) -> Json:
    """What the hosts said of themselves, where that was recorded too."""
    said = found.get("said") or {}
    facts = facts_of(found["version"], command="cfy") if said else {}
    return {
        m["name"]: of_version(parse_host(said[m["name"]]), facts=facts, tiers=m["tiers"])
        for m in found["members"]
        if m["name"] in said
    }


class Cluster:
    """A recorded situation that a test changes before it is judged."""

    def __init__(self, name: str = "7.0.5-healthy") -> None:
        found = recorded(name)
        self.generation: str = found["generation"]
        self.members: list[Json] = found["members"]
        self.were: dict[str, str] = found["were"]
        self.dead: list[str] = found["dead"]
        self.views: Json = found["views"]
        self.texts: dict[str, str] = found["probes"]
        self.probes: Json = {name: parse(text) for name, text in found["probes"].items()}
        self.hosts: Json = _hosts(found)
        self.front: Json | None = found.get("front")
        self.earlier: Json | None = None
        self.probes_before: Json = {}

    def case(self, *without: str) -> Case:
        return Case(
            generation=self.generation,
            members=copy.deepcopy(self.members),
            views=self.views,
            probes=self.probes,
            without=without,
            hosts=self.hosts,
            front=self.front,
            earlier=self.earlier,
            before=self.probes_before,
        )

    def judged(self, *without: str) -> Json:
        return judge(self.case(*without))

    def problems(self, *without: str) -> list[str]:
        found = self.judged(*without)
        assert found["healthy"] == (not found["problems"])
        return t.cast("list[str]", found["problems"])

    # -- short cuts

    def member(self, name: str) -> Json:
        return next(member for member in self.members if member["name"] == name)

    def database(self, name: str) -> Json:
        return t.cast(Json, self.probes[name]["database"])

    def broker(self, name: str) -> Json:
        return t.cast(Json, self.probes[name]["broker"])

    def listed(self, name: str) -> list[Json]:
        """The members as the Patroni of a host lists them."""
        return t.cast("list[Json]", self.database(name)["cluster"]["body"]["members"])

    def register(self, tier: str) -> t.Iterator[list[Json]]:
        """A tier's register as each manager shows it."""
        for view in self.views.values():
            yield view["registers"][tier]

    def silence(self, name: str) -> None:
        """A host of which nothing is heard."""
        self.views[name] = {"answers": False, "error": "no connection", "hangs": False}
        self.probes[name] = parse("")


def has(problems: t.Sequence[str], *words: str) -> bool:
    """Whether one line has all of these."""
    return any(all(word in line for word in words) for line in problems)


__all__ = ("DIAGNOSED", "RECORDED", "Cluster", "has", "recorded")
