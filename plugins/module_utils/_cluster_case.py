# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""A cluster at a moment, and who of it is meant by a name. Pure.

A member is a dict with C(name), C(hostname), C(address) and C(tiers); C(views) has what each manager says over REST
(C(_views)), C(probes) what each host says of its own database and broker (plugin_utils C(_probe)), both by name.
"""

from __future__ import annotations

import functools
import ipaddress
import typing as t
from dataclasses import dataclass, field

Json = dict[str, t.Any]
STRANGER = "which is not in the inventory"
Rows = tuple[tuple[t.Any, ...], bool]


@dataclass
class Case:
    """All that is known of a cluster at a moment.

    :param generation: C(active_standby) or C(all_active)
    :param without: names of members that are known to be dead
    :param hosts: what each host says of itself, by name of the member; empty where nobody asked by ssh
    :param front: the view through the address that users take, if there is one beside the managers
    :param earlier: the last diagnosis of this cluster, if there is one, with its age in seconds
    :param before: the probes of the last look at it, if there was one just before
    """

    generation: str
    members: list[Json]
    views: t.Mapping[str, Json]
    probes: t.Mapping[str, Json]
    without: t.Collection[str] = ()
    hosts: t.Mapping[str, Json] = field(default_factory=dict)
    front: Json | None = None
    earlier: Json | None = None
    before: t.Mapping[str, Json] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    #: What is down of the cluster and not in the inventory -> who says so and how.
    strangers_down: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        own = {
            name: ((probe or {}).get("database") or {}).get("address")
            for name, probe in self.probes.items()
        }
        lists = [patroni_rows(self.probes, name) for name in self.probes]
        self.members = known_as(self.members, views=self.views, own=own, lists=lists)
        away = {member["name"] for member in self.members if member["elsewhere"]}
        if away:  # what others have tried there in vain says nothing of it
            self.hosts = {name: _without(host, away) for name, host in self.hosts.items()}

    def member(self, name: str) -> Json:
        """The one that the inventory calls so, which has to be there."""
        return next(member for member in self.members if member["name"] == name)

    def of(self, tier: str) -> list[Json]:
        """The members of a tier that should be well."""
        return [m for m in self.members if tier in m["tiers"] and m["name"] not in self.without]

    def has_several(self, tier: str) -> bool:
        return sum(tier in m["tiers"] for m in self.members) > 1

    def is_without(self, *names: t.Any) -> bool:
        """Whether these name a member that is known to be dead, or none of the inventory's."""
        mine = next((m for m in self.members if is_it(m, *names)), None)
        return mine is None or mine["name"] in self.without

    def say(self, who: str, what: str) -> None:
        self.problems.append(f"{who}: {what}")

    def note(self, what: str) -> None:
        if what not in self.notes:
            self.notes.append(what)

    def note_strangers(self, where: str, *names: t.Any, by: str = "") -> None:
        """What a cluster has and the inventory has not."""
        told = next((name for name in names if name), None)
        if told and not any(is_it(m, *names, by=by) for m in self.members):
            self.note(f"{where} {told}, {STRANGER}")

    def note_strangers_down(self, tier: str, who: str, says: str, rows: t.Sequence[Rows]) -> None:
        """Only where each member of the tier is known: else it may be one of them under another name.

        :param rows: of each that is listed, its names, and whether it is down
        """
        members = [m for m in self.members if tier in m["tiers"]]
        if not all(any(is_it(m, *names, by=who) for names, _down in rows) for m in members):
            return
        for names, down in rows:
            if down and not any(is_it(m, *names, by=who) for m in self.members):
                told = str(next(name for name in names if name))
                self.strangers_down.setdefault(told, []).append((who, says.format(told)))


def _without(host: Json, away: set[str]) -> Json:
    reaches = host.get("reaches") or {}
    return {**host, "reaches": {n: told for n, told in reaches.items() if told or n not in away}}


def is_it(member: Json, *names: t.Any, by: str = "") -> bool:
    """Whether any of these is a name or the address of a member.

    :param by: name of the member that says so: on a manager with a database and a broker of its own, these are localhost
    """
    told = [_plain(str(name)) for name in names if name]
    if by == member["name"] and any(_is_loopback(name) for name in told):
        return True
    mine = (*(member[key] for key in ("name", "hostname", "address")), *member.get("also", ()))
    own = [_plain(str(each)) for each in mine]
    return any(_same(mine, name) for name in told for mine in own)


def is_exactly(one: t.Any, other: t.Any) -> bool:
    """Whether these are one name, or one address, where a short name is not that of a full one."""
    return _plain(str(one)) == _plain(str(other))


def patroni_rows(probes: t.Mapping[str, Json], name: str) -> list[Json]:
    """The members as the Patroni of a host lists them."""
    database = (probes.get(name) or {}).get("database") or {}
    return ((database.get("cluster") or {}).get("body") or {}).get("members") or []


def known_as(
    members: t.Sequence[Json],
    *,
    views: t.Mapping[str, Json],
    own: t.Mapping[str, t.Any],
    lists: t.Sequence[t.Sequence[Json]] = (),
) -> list[Json]:
    """The members with whatever else their peers call them (C(also)): the inventory may have a name, or the address that this controller takes,
    where they have another address. C(elsewhere) is of one whose address in the inventory is none of those that its peers use, C(stranger) of one that
    no list has: another of its tier, which lists have and the inventory has not, and which may be it.

    :param own: name of a member -> what it says is the address of its database
    :param lists: the members as each Patroni lists them
    """
    found = [{**member, "also": [], "elsewhere": False, "stranger": ""} for member in members]
    said = [("own", (name, str(address)), "") for name, address in own.items() if address]
    # the managers say the same, each for itself
    listed = list(dict.fromkeys(_rows(views)))
    rows = list(dict.fromkeys((names, public) for _tier, names, public in (*said, *listed)))
    hosts = {_plain(str(row.get("host"))) for listed in lists for row in listed if row.get("host")}
    peers = {_plain(name) for names, _public in rows for name in names} | hosts
    claims: dict[str, set[str]] = {}
    for names, _public in rows:
        meant = [m for m in found if is_it(m, *names)]
        for name in names if len(meant) == 1 else ():
            claims.setdefault(_plain(name), set()).add(meant[0]["name"])

    def placed(member: Json) -> bool:
        known = map(_plain, map(str, (member["address"], *member["also"])))
        return any(is_ip(each) and each in peers for each in known)

    def learn(member: Json, names: t.Iterable[str], sure: bool = False) -> None:
        # who goes by its address in the inventory has no other one: a register may still have that of the host before it
        settled = not sure and placed({**member, "also": ()})
        for name in map(_plain, names):
            new = not is_it(member, name) and not _is_loopback(name)
            if new and len(claims.get(name, ())) < 2 and not (settled and is_ip(name)):
                member["also"].append(name)

    # databases that say so themselves have a network of their own
    apart = any(
        placed(m) and not is_it(m, own[m["name"]])
        for m in found
        if own.get(m["name"]) and not _is_loopback(str(own[m["name"]]))
    )
    told = ("own", "database") if apart else ()
    sure = {names for tier, names, _public in (*said, *listed) if tier in told}
    # a name that is known by one row leads to the next
    for names, public in rows * 2:
        meant = [m for m in found if is_it(m, *names)]
        meant = meant or [m for m in found if public and is_it({**m, "also": ()}, public)]
        if len(meant) == 1:
            learn(meant[0], names, names in sure)
    strangers = {host for host in hosts if not any(is_it(m, host) for m in found)}
    lost = [m for m in found if "database" in m["tiers"] and not placed(m)]
    lost = [m for m in lost if not any(is_it(m, host) for host in hosts)]
    # of all but one it is known who is who
    if len(strangers) == len(lost) == 1:
        learn(lost[0], strangers)
        strangers = set()
    tiers = {(tier, names) for tier, names, _public in listed} | {
        ("database", (host,)) for host in hosts
    }
    _note_unlisted(found, sorted(tiers))
    # what its peers use may be known of the others alone
    other = strangers or any(m["stranger"] or any(map(is_ip, m["also"])) for m in found)
    for member in found:
        address = _plain(str(member["address"]))
        member["elsewhere"] = bool(other) and is_ip(address) and address not in peers
    return found


def and_may_be(member: Json) -> str:
    """Of one that no list has."""
    return f"the cluster has {member['stranger']}, {STRANGER}, and does not list {member['name']}: it may be the same"


def _note_unlisted(found: list[Json], listed: list[tuple[str, tuple[str, ...]]]) -> None:
    unknown = [
        (tier, names)
        for tier, names in listed
        if not any(_is_loopback(name) for name in names)
        and not any(is_it(m, *names) for m in found)
    ]
    for member in found if unknown else ():
        if not any(is_it(member, *names) for _tier, names in listed):
            # of an address alone it is not known whether it is that of a name
            named = not is_ip(_plain(str(member["address"])))
            told = (
                names[0]
                for tier, names in unknown
                if tier in member["tiers"] and not (named and all(map(is_ip, names)))
            )
            member["stranger"] = next(told, "")


def rows_of(view: Json) -> t.Iterator[tuple[str, t.Any, t.Any, t.Any]]:
    """The tier, name, address, and address for users, of each member that a manager lists. A row without any name is nobody."""
    registers = view.get("registers") or {}
    lists = [("manager", "name", "host_ip", view.get("nodes"))]
    lists += [("manager", "hostname", "private_ip", registers.get("manager"))]
    lists += [(tier, "name", "host", registers.get(tier)) for tier in ("broker", "database")]
    for tier, name, address, rows in lists:
        for row in rows or []:
            if not row.get("is_external") and (row.get(name) or row.get(address)):
                yield tier, row.get(name), row.get(address), row.get("public_ip")


def _rows(views: t.Mapping[str, Json]) -> t.Iterator[tuple[str, tuple[str, ...], str]]:
    """The tier of a row of any register, what it calls a member among its peers, and the address for all others."""
    for view in views.values():
        for tier, name, address, public in rows_of(view):
            yield tier, tuple(str(each) for each in (name, address) if each), str(public or "")
        for tier, told in ((view.get("cluster_status") or {}).get("tiers") or {}).items():
            for node, how in (told.get("nodes") or {}).items():
                if how.get("public_ip"):
                    yield "database" if tier == "db" else tier, (str(node),), str(how["public_ip"])


def _is_loopback(text: str) -> bool:
    return text == "localhost" or (is_ip(text) and ipaddress.ip_address(text).is_loopback)


def _same(one: str, other: str) -> bool:
    """A short name is that of any host that is called so in full, but two full names have to be equal."""
    if one == other:
        return True
    if is_ip(one) or is_ip(other) or ("." in one and "." in other):
        return False
    return one.partition(".")[0] == other.partition(".")[0]


@functools.lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    """One spelling of an address or a name. The same few are asked for again and again."""
    text = name.strip("[]").rstrip(".").lower()
    return str(ipaddress.ip_address(text)) if is_ip(text) else text


@functools.lru_cache(maxsize=4096)
def is_ip(text: str) -> bool:
    """Whether it is an address, and no name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


__all__ = (
    "STRANGER",
    "Case",
    "Json",
    "and_may_be",
    "is_exactly",
    "is_ip",
    "is_it",
    "known_as",
    "patroni_rows",
    "rows_of",
)
