# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Of what managers and hosts have said, the case that is judged."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_case import (
    Case,
    is_it,
    rows_of,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._installer import facts_of
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._versions import (
    Capabilities,
    Version,
)
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils import _host, _probe

Json = dict[str, t.Any]
#: What only a manager of 4.x says, of itself.
OWN_WORD = ("removed_from_cluster", "not_cluster_master")


def make_case(
    views: t.Mapping[str, Json],
    *,
    members: t.Sequence[Json],
    said: t.Mapping[str, t.Any],
    front: Json | None = None,
    earlier: Json | None = None,
    command: str = "cfy",
) -> Case:
    """The case.

    :param views: what each manager says over REST, by name
    :param members: the nodes of the inventory; where it has none, they are taken from what the managers say
    :param said: what module host_info brought of each host, by name
    """
    known = [dict(member) for member in members]
    if not known:
        known = members_of(views)
        mine = {member["name"] for member in known}
        # one at most
        others = [{**view, "guessed": name} for name, view in views.items() if name not in mine]
        front = front or next(iter(others), None)
        views = {name: view for name, view in views.items() if name in mine}
    hosts = {name: _host.parse(each) for name, each in said.items()}
    generation, version = _generation(views, hosts)
    facts = _facts(version, command)
    if facts:
        hosts = {
            m["name"]: _host.of_version(hosts[m["name"]], facts=facts, tiers=m["tiers"])
            for m in known
            if m["name"] in hosts
        }
    return Case(
        generation=generation,
        members=known,
        views=views,
        probes={
            m["name"]: _probe.parse(str((said.get(m["name"]) or {}).get("text") or ""))
            for m in known
        },
        hosts=hosts,
        front=front,
        earlier=earlier,
    )


def _generation(views: t.Mapping[str, Json], hosts: t.Mapping[str, Json]) -> tuple[str, str | None]:
    """That of the first who tells its version over REST, else of the first installed package."""
    told = [view.get("version") for view in views.values()]
    told += [host.get("package") for host in hosts.values()]
    for version in told:
        try:
            return Capabilities(Version.parse(version or ""), "premium").generation, version
        except ValueError:
            continue
    standby = any(view.get("error_code") == "not_cluster_master" for view in views.values())
    # a package of VNF Manager has another count, and a standby of 4.x tells nothing but its error
    return ("active_standby" if standby else "all_active"), None


def _facts(version: str | None, command: str) -> Json | None:
    for flavour in dict.fromkeys((command, "cfy")):
        try:
            return facts_of(version or "", command=flavour)
        except ValueError:
            continue
    return None


def members_of(views: t.Mapping[str, Json]) -> list[Json]:
    """The members that the managers' registers have, and those managers that were asked. Where there are registers, the only one of these that none
    names is the address of a load balancer, unless it says itself that it is a manager. Of several nobody knows which is what: all are kept.
    """
    found: list[Json] = [
        {"name": name, "hostname": name, "address": name.partition(":")[0], "tiers": ["manager"]}
        for name in views
    ]
    named: list[Json] = []
    told = (row for view in views.values() for row in rows_of(view))
    rows = dict.fromkeys(tuple(str(each) if each else "" for each in row) for row in told)
    # what all have in common is the load balancer's
    publics = [public for tier, *_names, public in rows if tier == "manager"]
    for tier, name, address, public in rows:
        member = _add(found, tier, name, address, public if publics.count(public) == 1 else None)
        named += [] if member in named else [member]
    if not any("manager" in member["tiers"] for member in named):
        return found
    if len(views) == 1 == sum("manager" in member["tiers"] for member in named):
        return _only_one(found, named)
    others = [member["name"] for member in found[: len(views)] if member not in named]
    if len(others) == 1 and views[others[0]].get("error_code") not in OWN_WORD:
        return [member for member in found if member["name"] != others[0]]
    return found


def _only_one(found: list[Json], named: list[Json]) -> list[Json]:
    """The only manager that was asked is the only one that there is, by whatever name."""
    asked = found[0]
    (own,) = (member for member in named if "manager" in member["tiers"])
    if own is not asked:
        asked.update(hostname=own["hostname"], tiers=own["tiers"])
    return [asked, *(member for member in named if member not in (own, asked))]


def _add(found: list[Json], tier: str, name: t.Any, address: t.Any, public: t.Any) -> Json:
    # the address for users is the last to tell who it is
    for names in ((name, address), (public,)):
        for member in found:
            if is_it(member, *names):
                if tier not in member["tiers"]:
                    member["tiers"].append(tier)
                member["hostname"] = name or member["hostname"]
                return member
    label = str(name or address)
    found.append(
        {"name": label, "hostname": label, "address": str(address or name), "tiers": [tier]}
    )
    return found[-1]


def age_of(earlier: t.Any, *, cluster: str, now: str) -> Json | None:
    """The last diagnosis with its age, if it is one of this cluster.

    :param now: like its C(time)
    """
    if not isinstance(earlier, dict) or earlier.get("cluster") != cluster:
        return None
    try:
        then, today = (
            datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
            for text in (str(earlier.get("time")), now)
        )
    except ValueError:
        return None
    return {**earlier, "age": (today - then).total_seconds()}


__all__ = ("age_of", "make_case", "members_of")
