# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What the modules node_files and node_files_info do, and their action plugins in their place."""

from __future__ import annotations

import fnmatch
import os
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _node_files
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._bundle import Bundle, pack
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    RecoveryError,
    Refused,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._node_files import (
    Saved,
    folder_of,
)

Json = dict[str, t.Any]
Spec = dict[str, Json]

SAVE: Spec = {
    "place": {"type": "path", "required": True},
    "node": {"type": "str", "required": True},
    "bundle": {"type": "str", "required": True, "no_log": True},
    "replace": {"type": "bool", "default": False},
}
INFO: Spec = {
    "places": {"type": "list", "elements": "path", "required": True},
    "node": {"type": "str", "required": True},
    "texts": {"type": "list", "elements": "str", "default": []},
    "bundle": {"type": "list", "elements": "str", "default": []},
    "below": {"type": "str", "default": "/"},
}


def save(p: t.Mapping[str, t.Any], check_mode: bool) -> Json:
    """Put what a node has into a place of the store.

    :param p: options as SAVE has them
    :raises RecoveryError: when it cannot be used, or cannot be relied on once it is there
    """
    if not os.path.isdir(p["place"]) and not check_mode:
        raise Refused(f"there is no directory {p['place']}", hint="Make it first")
    bundle = Bundle.parse(p["bundle"])
    plan = _node_files.plan(place=p["place"], node=p["node"], bundle=bundle, replace=p["replace"])
    result = {
        "changed": bool(plan.new),
        "path": plan.saved.folder,
        "found": len(bundle.files),
        "saved": sorted(plan.new),
        "kept": sorted(plan.kept),
        "gone": sorted(plan.gone),
        "useless": sorted(plan.useless),
    }
    if plan.reason:
        result["reason"] = plan.reason
    if not check_mode:
        _node_files.save(plan, node=p["node"], bundle=bundle)
        stored = Saved.load(plan.saved.folder)
        damage = stored.damage()
        if damage:
            raise RecoveryError(
                f"{stored.folder} cannot be relied on: {'; '.join(damage)}",
                hint="Look at the disk of the store",
            )
        result.update(stored=stored.as_dict(), problems=stored.wrong_pairs())
    return result


def info(p: t.Mapping[str, t.Any], check_mode: bool) -> Json:
    """Find the best copy of a node's files, and read of it what is asked for.

    :param p: options as INFO has them
    :raises Refused: for a name that no node can have
    """
    folder_of("", p["node"])
    place, saved, looked_at = _best_sound(p["places"], p["node"])
    result: Json = {"changed": False, "sound": saved is not None, "looked_at": looked_at}
    if saved is None:
        return result
    result.update(place=place, saved=saved.as_dict())
    if p["texts"]:
        names = _matching(saved, p["texts"])
        result["texts"] = {name: saved.read(name).decode("utf-8", "replace") for name in names}
    if p["bundle"]:
        names = _matching(saved, p["bundle"])
        files = {f"{p['below'].rstrip('/')}{name}": (saved.read(name), 0o600) for name in names}
        result.update(bundle=pack(files), bundled=names)
    return result


def _matching(saved: Saved, patterns: t.Sequence[str]) -> list[str]:
    return [
        name
        for name in sorted(saved.files)
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
    ]


def _best_sound(
    places: t.Sequence[str], node: str
) -> tuple[t.Optional[str], t.Optional[Saved], list[Json]]:
    looked_at: list[Json] = []
    best: tuple[t.Optional[str], t.Optional[Saved]] = (None, None)
    for place in places:
        try:
            saved = Saved.load(folder_of(place, node))
            problems = saved.problems()
        except Refused as exc:
            looked_at.append({"place": place, "found": True, "problems": [exc.message]})
            continue
        found = bool(saved.files)
        looked_at.append({"place": place, "found": found, "problems": problems})
        if found and not problems and (best[1] is None or saved.worth > best[1].worth):
            best = (place, saved)
    return (*best, looked_at)


__all__ = ("INFO", "SAVE", "info", "save")
