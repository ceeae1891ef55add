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
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import REMOVED, STANDBY
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._installer import facts_of
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._versions import (
    Capabilities,
    Version,
)
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils import _host, _probe

Json = dict[str, t.Any]
#: What only a manager of 4.x says, of itself.
OWN_WORD = (REMOVED, STANDBY)


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
    :param members: the nodes of the inventory; where it has none, or no managers, these are taken from what the managers say
    :param said: what module host_info brought of each host, by name
    """
    known = [dict(member) for member in members]
    if not any("manager" in member["tiers"] for member in known):
        asked = members_of(views)
        mine = {member["name"] for member in asked}
        front = front or _guessed({n: view for n, view in views.items() if n not in mine})
        views = {name: view for name, view in views.items() if name in mine}
        known, views = _with_managers(known, asked, views) if known else (asked, views)
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


def _with_managers(
    known: list[Json], asked: list[Json], views: t.Mapping[str, Json]
) -> tuple[list[Json], dict[str, Json]]:
    """The members with the managers that were asked, each as the host that the inventory has, if it has it for something else."""
    called: dict[str, str] = {}
    for manager in (member for member in asked if "manager" in member["tiers"]):
        names = [manager[key] for key in ("name", "hostname", "address")]
        own = next((member for member in known if is_it(member, *names)), None)
        if own:
            own["tiers"] = [*own["tiers"], "manager"]
            called[manager["name"]] = own["name"]
        else:
            known.append({**manager, "tiers": ["manager"]})
    return known, {called.get(name, name): view for name, view in views.items()}


def _generation(views: t.Mapping[str, Json], hosts: t.Mapping[str, Json]) -> tuple[str, str | None]:
    """That of the first who tells its version over REST, else of the first installed package."""
    told = [view.get("version") for view in views.values()]
    told += [host.get("package") for host in hosts.values()]
    for version in told:
        try:
            return Capabilities(Version.parse(version or ""), "premium").generation, version
        except ValueError:
            continue
    standby = any(_stands_by(view) for view in views.values())
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
    """The members that the managers' registers have, and those managers that were asked. Where there are registers, an address that none names is
    that of a manager only if it tells whose it is, or says itself that it is a manager; else it is taken for a load balancer's.
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
    asked = found[: len(views)]
    left = [member for member in asked if member not in named]
    unasked = [m for m in named if "manager" in m["tiers"] and m not in asked]
    pairs = _who_is_who(left, unasked, views, alone=len(left) == len(asked))
    for member, own in pairs:
        member.update(hostname=own["hostname"], tiers=own["tiers"])
    known = [member for member, _own in pairs]
    known += [m for m in left if views[m["name"]].get("error_code") in OWN_WORD]
    away = [m["name"] for m in left if m not in known] + [own["name"] for _member, own in pairs]
    return [member for member in found if member["name"] not in away]


def _who_is_who(
    left: list[Json], unasked: list[Json], views: t.Mapping[str, Json], *, alone: bool
) -> list[tuple[Json, Json]]:
    """Of those that were asked and that no register names, each with the manager that it is.

    The active one of 4.x names itself; a second address that names the same one is a load balancer's. Of the others there have to be as many as
    there are managers that were not asked, with as many of them well as are seen to be.

    :param alone: whether no other one was asked, by a name that a register has
    """
    masters = {m["name"]: _master(views[m["name"]]) for m in left}
    if alone and None not in masters.values() and len(set(masters.values())) == 1 < len(unasked):
        # all get to the active one, as users do
        return []
    pairs: list[tuple[Json, Json]] = []
    free = list(unasked)
    for member in left:
        names = masters[member["name"]]
        own = next((each for each in free if names and is_it(each, *names)), None)
        if own:
            free.remove(own)
            pairs.append((member, own))
    rest = sorted(
        (m for m in left if not masters[m["name"]] and (alone or _stands_by(views[m["name"]]))),
        key=lambda m: not _is_well(views[m["name"]]),
    )
    seen = {m["name"]: any(_sees(view, m) for view in views.values()) for m in free}
    free.sort(key=lambda m: not seen[m["name"]])
    well = sum(_is_well(views[m["name"]]) for m in rest)
    if len(rest) == len(free) and well == sum(seen.values()):
        pairs += zip(rest, free)
    return pairs


def _master(view: Json) -> tuple[str, ...] | None:
    rows = [row for row in view.get("nodes") or [] if row.get("master")]
    names = [rows[0].get(key) for key in ("name", "host_ip")] if len(rows) == 1 else []
    return tuple(str(name) for name in names if name) or None


def _is_well(view: Json) -> bool:
    return view.get("status_code") == 200 or _stands_by(view)


def _stands_by(view: Json) -> bool:
    return view.get("error_code") == STANDBY


def _sees(view: Json, member: Json) -> bool:
    """Whether a manager sees another one alive."""
    rows = view.get("nodes") or []
    if any(
        row.get("online") and is_it(member, row.get("name"), row.get("host_ip")) for row in rows
    ):
        return True
    tier = ((view.get("cluster_status") or {}).get("tiers") or {}).get("manager") or {}
    nodes = (tier.get("nodes") or {}).items()
    return any(how.get("status") == "OK" and is_it(member, name) for name, how in nodes)


def _guessed(views: t.Mapping[str, Json]) -> Json | None:
    """The view through what may be load balancers: of several, through one that is broken."""
    found = sorted(views, key=lambda name: views[name].get("status_code") == 200)
    return {**views[found[0]], "guessed": ", ".join(found)} if found else None


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
