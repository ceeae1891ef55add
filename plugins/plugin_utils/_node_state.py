# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What a look at a node has found: the output of roles/node_state/files/look.sh, as data. Pure."""

from __future__ import annotations

import base64
import binascii
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._installer import TIERS
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._node_config import by_tier

Json = dict[str, t.Any]

#: On hosts of every tier.
_SHARED = ("nginx",)


def parse(text: str) -> Json:
    """What was found, before it is known which version that means."""
    found: Json = {
        "package": "",
        "version": "",
        "programs": [],
        "markers": [],
        "member": False,
        "services": {},
        "busy": [],
        "ssl": [],
        "fingerprints": {},
        "served": "",
        "texts": {},
    }
    for line in str(text).splitlines():
        kind, _space, rest = line.partition(" ")
        first, _space, second = rest.partition(" ")
        if kind == "package":
            found.update(package=first, version=second)
        elif kind == "program":
            found["programs"].append(rest)
        elif kind == "marker":
            found["markers"].append(rest)
        elif kind == "member":
            found["member"] = True
        elif kind == "service":
            found["services"][first] = second
        elif kind == "busy":
            found["busy"].append(rest)
        elif kind == "served":
            found["served"] = rest
        elif kind == "ssl":
            found["ssl"].append(rest)
        elif kind == "certificate":
            found["fingerprints"][second] = first
        elif kind == "config":
            found["texts"][second] = _decoded(first)
    return found


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except binascii.Error:
        return ""


def judge(found: Json, *, facts: Json, tiers: t.Sequence[str]) -> Json:
    """With the installer's facts: which of these tiers are there, and how far.

    installed, configured: by their markers. running: all that they need is active. traces: any
    sign at all that something of the tier is there, from an installation that failed perhaps.
    is_empty: nothing of the product is there at all.
    """
    state = dict(found)
    markers, configs = set(found["markers"]), by_tier(found["texts"], facts=facts)
    state["configs"] = configs
    for what in ("installed", "configured"):
        state[what] = [
            tier
            for tier in TIERS
            if facts["markers"][tier][what] in markers and (tier in tiers or tier in configs)
        ]
        if not facts["install_marker_directories"]:
            # one marker for the host: it is of the tiers that the host is meant to have
            state[what] = [tier for tier in state[what] if tier in tiers]
    services = found["services"]
    state["running"] = [
        tier
        for tier in TIERS
        if facts["services"][tier]
        and all(
            any(services.get(name) == "active" for name in names.split("|"))
            for names in facts["services"][tier]
        )
    ]
    state["traces"] = [
        tier
        for tier in TIERS
        if tier in state["installed"]
        or tier in state["configured"]
        or any(
            name in services and name not in _SHARED
            for names in facts["services"][tier]
            for name in names.split("|")
        )
    ]
    state["is_empty"] = not (state["traces"] or found["package"] or found["ssl"])
    state["failed"] = sorted(name for name, how in services.items() if how == "failed")
    return state


__all__ = ("judge", "parse")
