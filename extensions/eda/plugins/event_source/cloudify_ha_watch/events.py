# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an event holds. Pure."""

from __future__ import annotations

import typing as t

from .hysteresis import Notice

Json = dict[str, t.Any]

#: The one key of an event.
NAME = "cluster_health"
#: What it holds of evidence.
MOST_LINES, MOST_CHARACTERS = 20, 300
SECRET_NAMES = ("PASSWORD", "PASSPHRASE", "TOKEN", "SECRET")
#: A value that is shorter is in too many texts by chance.
LEAST_SECRET = 4


def event_of(notice: Notice, *, cluster: str, hide: t.Callable[[str], str] = str) -> Json:
    """The event; its keys and their types are always the same.

    :param hide: takes the secrets out of a text
    """
    look = notice.diagnosis
    said = look.said
    lines = [hide(f"{each.get('who')}: {each.get('says')}") for each in said.get("evidence") or []]
    event = {
        "cluster": str(said.get("cluster") or cluster),
        "class": look.kind,
        "state": look.state,
        "confidence": str(said.get("confidence") or ""),
        "reason": notice.reason,
        "previous": notice.previous,
        "since": notice.since,
        "time": look.at,
        "looks": notice.looks,
        "nodes": list(look.nodes),
        "summary": hide(str(said.get("summary") or "")),
        "evidence": _few(lines),
        "do_first": [hide(str(each)) for each in said.get("first") or []],
        "also": [str(each.get("class")) for each in said.get("also") or []],
        "runbook": look.runbook,
        "command": str(said.get("command") or ""),
        "destructive": bool(said.get("destructive")),
    }
    return {NAME: event}


def _few(lines: list[str]) -> list[str]:
    left = len(lines) - MOST_LINES
    kept = [line[:MOST_CHARACTERS] for line in lines[:MOST_LINES]]
    return [*kept, f"... and {left} more"] if left > 0 else kept


def hider(environment: t.Mapping[str, str]) -> t.Callable[[str], str]:
    """What takes out of a text the values of those variables that are called like secrets."""
    secrets = {
        value
        for name, value in environment.items()
        if len(value) >= LEAST_SECRET and any(word in name.upper() for word in SECRET_NAMES)
    }

    def hide(text: str) -> str:
        for secret in sorted(secrets, key=len, reverse=True):
            text = text.replace(secret, "********")
        return text

    return hide


__all__ = ("MOST_CHARACTERS", "MOST_LINES", "NAME", "event_of", "hider")
