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


@dataclass
class Case:
    """All that is known of a cluster at a moment.

    :param generation: C(active_standby) or C(all_active)
    :param without: names of members that are known to be dead
    :param hosts: what each host says of itself, by name of the member; empty where nobody asked by ssh
    :param front: the view through the address that users take, if there is one beside the managers
    :param earlier: the last diagnosis of this cluster, if there is one, with its age in seconds
    """

    generation: str
    members: list[Json]
    views: t.Mapping[str, Json]
    probes: t.Mapping[str, Json]
    without: t.Collection[str] = ()
    hosts: t.Mapping[str, Json] = field(default_factory=dict)
    front: Json | None = None
    earlier: Json | None = None
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

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
            self.note(f"{where} {told}, which is not in the inventory")


def is_it(member: Json, *names: t.Any, by: str = "") -> bool:
    """Whether any of these is a name or the address of a member.

    :param by: name of the member that says so: on a manager with a database and a broker of its own, these are localhost
    """
    told = [_plain(str(name)) for name in names if name]
    if by == member["name"] and any(_is_loopback(name) for name in told):
        return True
    own = [_plain(str(member[key])) for key in ("name", "hostname", "address")]
    return any(_same(mine, name) for name in told for mine in own)


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


__all__ = ("Case", "Json", "is_ip", "is_it")
