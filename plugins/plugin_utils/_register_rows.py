# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Which rows of a cluster's register are a node's. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._cluster_case import (
    is_exactly,
    is_it,
)

Json = dict[str, t.Any]


def register_rows(
    rows: t.Sequence[Json],
    members: t.Sequence[Json],
    node: str,
    name: str = "hostname",
    address: str = "private_ip",
) -> Json:
    """Which rows of a register are a node's, and why that cannot be told."""
    unknown = {"name": node, "hostname": node, "address": node}
    mine = next((member for member in members if member["name"] == node), unknown)
    others = [member for member in members if member is not mine]
    by_address, by_name, by_short = [], [], []
    for row in rows:
        called, at = row.get(name) or "", row.get(address) or ""
        if is_exactly(at, mine["address"]):
            by_address.append(row)
        elif any(is_exactly(at, other["address"]) for other in others):
            continue
        elif is_exactly(called, mine["hostname"]):
            by_name.append(row)
        elif is_it({**mine, "name": mine["hostname"], "address": mine["hostname"]}, called):
            by_short.append(row)
    doubt = _doubt(
        [row.get(name) for row in by_address],
        [row.get(name) for row in by_short] if not by_address + by_name else [],
        others,
        mine,
    )
    return {"rows": [] if doubt else _each_once(by_address + by_name or by_short), "doubt": doubt}


def _doubt(
    at_its_address: list[t.Any], short: list[t.Any], others: t.Sequence[Json], mine: Json
) -> str:
    for called in at_its_address:
        if any(is_exactly(called, other["hostname"]) for other in others):
            return f"{called}, which is another node, is listed with its address {mine['address']}"
    names = sorted({str(called).lower() for called in short})
    if len(names) > 1:
        return f"{', '.join(names)} could each be {mine['hostname']}, and none has its address"
    return ""


def _each_once(rows: t.Sequence[Json]) -> list[Json]:
    """Each manager tells its own copy."""
    found: list[Json] = []
    for row in rows:
        if row not in found:
            found.append(row)
    return found


__all__ = ("register_rows",)
