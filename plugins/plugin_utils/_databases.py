# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What a host's database says of itself: the output of roles/look_at_sides/files/look.sh, as data. Pure."""

from __future__ import annotations

import base64
import binascii
import typing as t

Json = dict[str, t.Any]

PLAIN = (
    "patroni",
    "postgres",
    "paused",
    "recovery",
    "timeline",
    "sender",
    "blocked",
    "data",
    "address",
)


def parse_database(text: str) -> Json | None:
    """None where there is no database of a cluster, or nothing was said."""
    found: Json = {"followers": [], "tables": {}, "left_out": [], "quorum": False, "error": ""}
    said = False
    for line in str(text).splitlines():
        kind, _space, rest = line.partition(" ")
        if kind == "table":
            name, count, digest = [*rest.rsplit(" ", 2), "", ""][:3]
            found["tables"][name] = f"{count} {digest}"
        elif kind == "follower":
            found["followers"].append(rest.strip())
        elif kind == "left_out":
            found["left_out"].append(rest.strip())
        elif kind == "quorum":
            found["quorum"] = rest.strip() == "yes"
        elif kind == "error":
            found["error"] = _decoded(rest)
        elif kind in PLAIN:
            found[kind] = rest.strip()
            said = said or kind == "patroni"
    return found if said else None


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace").strip()
    except (binascii.Error, ValueError):
        return text


__all__ = ("parse_database",)
