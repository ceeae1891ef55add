# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""A case in which every part has the type that it should have. Pure.

What hosts, managers and proxies answer is theirs: a part that is missing or of another type is as if it had not been told.
"""

from __future__ import annotations

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_case import (
    Case,
    Json,
)

Keep = t.Callable[[t.Any], t.Any]


def text(value: t.Any) -> str:
    return value if isinstance(value, str) else ""


def number(value: t.Any) -> float | None:
    told = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if told and abs(value) < 1e15 else None


def truth(value: t.Any) -> bool | None:
    return value if isinstance(value, bool) else None


def yes(value: t.Any) -> bool:
    return value is True


def scalar(value: t.Any) -> t.Any:
    return value if isinstance(value, (str, bool)) else number(value)


def list_of(keep: Keep) -> Keep:
    """Those elements that are told."""

    def kept(value: t.Any) -> t.Any:
        if not isinstance(value, (list, tuple)):
            return None
        return [found for found in map(keep, value) if found is not None and found != ""]

    return kept


def list_at_least(keep: Keep) -> Keep:
    return lambda value: list_of(keep)(value) or []


def by_name(keep: Keep) -> Keep:
    def kept(value: t.Any) -> t.Any:
        pairs = value.items() if isinstance(value, t.Mapping) else ()
        return {name: keep(each) for name, each in pairs if isinstance(name, str) and name}

    return kept


def record(**shape: Keep) -> Keep:
    """None for what is no mapping; else with all of these keys, and with no other."""

    def kept(value: t.Any) -> t.Any:
        if not isinstance(value, t.Mapping):
            return None
        return {key: keep(value.get(key)) for key, keep in shape.items()}

    return kept


def always(keep: Keep) -> Keep:
    return lambda value: keep(value if isinstance(value, t.Mapping) else {})


_ROW = record(
    **dict.fromkeys(("hostname", "name", "host", "private_ip", "public_ip"), text),
    **dict.fromkeys(("version", "role", "state"), text),
    **dict.fromkeys(("timeline", "lag", "is_external"), scalar),
)
_TIER = record(
    status=text,
    nodes=by_name(always(record(status=text, failures=list_at_least(text), public_ip=text))),
)
_VIEW = record(
    answers=yes,
    hangs=yes,
    denied=yes,
    initialized=truth,
    restoring=truth,
    status_code=number,
    inactive=list_of(text),
    errors=by_name(text),
    nodes=list_of(
        record(
            name=text,
            host_ip=text,
            public_ip=text,
            online=truth,
            master=truth,
            initialized=truth,
            checks=by_name(yes),
        )
    ),
    cluster_status=record(status=text, tiers=by_name(always(_TIER))),
    registers=by_name(list_of(_ROW)),
    **dict.fromkeys(("error", "error_code", "status", "version", "maintenance", "unasked"), text),
)
_PATRONI = record(
    timeline=number,
    dcs_last_seen=number,
    pause=truth,
    cluster_unlocked=truth,
    role=text,
    state=text,
    xlog=always(
        record(location=number, received_location=number, replayed_location=number, paused=truth)
    ),
    replication=list_at_least(record(client_addr=text, application_name=text, state=text)),
    members=list_at_least(_ROW),
)
_ANSWER = always(record(code=number, body=_PATRONI))
_PROBE = record(
    database=record(
        single=yes,
        address=text,
        error=text,
        etcd=truth,
        role=lambda value: text(value) or None,
        write=lambda value: text(value) or None,
        counts=by_name(number),
        primary=_ANSWER,
        patroni=_ANSWER,
        cluster=_ANSWER,
    ),
    broker=record(
        known=list_at_least(text), running=list_at_least(text), partitions=text, error=text
    ),
)
_HOST = record(
    asked=yes,
    reachable=yes,
    error=text,
    clock=number,
    skew=number,
    services=by_name(text),
    disks=list_at_least(
        record(path=text, size=number, free=number, inodes=number, inodes_free=number)
    ),
    certificates=list_at_least(
        record(
            path=text, not_after=number, not_before=number, issuer_is_ca=truth, key_matches=truth
        )
    ),
    restore_flag=truth,
    frozen=truth,
    traces=truth,
    package=lambda value: value if isinstance(value, str) else None,
    reaches=by_name(truth),
    postgres=record(role=text),
    consul=record(leader=lambda value: value if isinstance(value, str) else None),
)
_EARLIER = record(
    **{"class": text, "state": text},
    active=list_at_least(text),
    age=number,
    lasting=number,
    nodes=list_at_least(text),
)
_EMPTY_VIEW: Json = {"answers": False, "error": "", "hangs": False, "denied": False}


def tidy(case: Case) -> Case:
    """The same case, of which nothing can surprise."""
    members = []
    names = set()
    for member in case.members if isinstance(case.members, (list, tuple)) else ():
        if not isinstance(member, t.Mapping) or not text(member.get("name")):
            continue
        name = str(member["name"])
        tiers = [tier for tier in (list_of(text)(member.get("tiers")) or []) if tier]
        if name not in names:
            names.add(name)
            told = {key: text(member.get(key)) or name for key in ("hostname", "address")}
            members.append({"name": name, **told, "tiers": tiers})
    without = list_of(text)(case.without if isinstance(case.without, (list, tuple)) else [])
    return Case(
        generation="active_standby" if case.generation == "active_standby" else "all_active",
        members=members,
        views={n: _view(v) for n, v in by_name(_VIEW)(case.views).items() if n in names},
        probes={n: p or _PROBE({}) for n, p in by_name(_PROBE)(case.probes).items() if n in names},
        without=tuple(name for name in without if name in names),
        hosts={
            name: host
            for name, host in by_name(_HOST)(case.hosts).items()
            if host and host["asked"] and name in names
        },
        front=_front(case.front) if isinstance(case.front, t.Mapping) else None,
        earlier=_EARLIER(case.earlier),
    )


def _front(view: t.Mapping[str, t.Any]) -> Json:
    return {**_view(_VIEW(view)), "guessed": text(view.get("guessed"))}


def _view(view: Json | None) -> Json:
    """Without what was not asked, as the judge tells a list that is empty from one that there is none of."""
    if view is None:
        return dict(_EMPTY_VIEW)
    registers = {
        tier: (
            None
            if rows is None
            else [{k: v for k, v in row.items() if v not in ("", None)} for row in rows]
        )
        for tier, rows in view["registers"].items()
    }
    return {**view, "registers": registers}


__all__ = ("tidy",)
