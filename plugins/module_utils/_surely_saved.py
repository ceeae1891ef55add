# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What of an inventory a snapshot has to hold that was made between it and a later one. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._content import (
    EARLIER,
    PLACED,
    SCHEDULED_BY,
    Json,
    by_key,
)


def surely_saved(before: Json, after: Json) -> Json:
    """Of an inventory what a snapshot that was made between it and a later one has to hold.

    What is gone afterwards, or is another, may be in the snapshot or not: a restore need not bring
    it back, and nobody has to make it again. Only schedules, and the sites of deployments, are as
    they were in the end, for one that the restore loses is made again, and not with what was
    changed. What cannot be listed any more stays.
    """

    there = {
        (tenant, name): set(found["ids"])
        for tenant, kinds in after["content"].items()
        for name, found in kinds.items()
    }

    def stays(tenant: str, name: str, item: str) -> bool:
        return name not in after["kinds"] or item in there.get((tenant, name), ())

    content: dict[str, dict[str, Json]] = {}
    for tenant, kinds in before["content"].items():
        for name, found in kinds.items():
            ids = [item for item in found["ids"] if stays(tenant, name, item)]
            if ids:
                content.setdefault(tenant, {})[name] = {"count": len(ids), "ids": ids}
    return {**before, "content": content, "details": _details_in_both(before, after, stays)}


def _details_in_both(before: Json, after: Json, stays: t.Callable[[str, str, str], bool]) -> Json:
    was, now = before.get("details", {}), after.get("details", {})
    placed = by_key(PLACED, now.get("placements", []))
    schedules = by_key(SCHEDULED_BY, now.get("execution_schedules", []))
    kept: Json = {
        "placements": [
            _placed_in_both(each, placed.get((each["tenant"], each["deployment_id"]), {}))
            for each in was.get("placements", [])
        ],
        "execution_schedules": [
            _in_the_end(
                each, schedules.get((each["tenant"], each["deployment_id"], each["id"]), each)
            )
            for each in was.get("execution_schedules", [])
            if stays(each["tenant"], "execution_schedules", f"{each['deployment_id']}/{each['id']}")
        ],
        "sites": [
            each for each in was.get("sites", []) if stays(each["tenant"], "sites", each["name"])
        ],
        "scheduled_executions": [
            each
            for each in was.get("scheduled_executions", [])
            if stays(each["tenant"], "executions", each["id"])
        ],
        "fields": {
            tenant: {
                name: (
                    _fields_in_both(items, now.get("fields", {}).get(tenant, {}).get(name, {}))
                    if name in after["kinds"]
                    else items
                )
                for name, items in kinds.items()
            }
            for tenant, kinds in was.get("fields", {}).items()
        },
    }
    kept["placements"] = [
        each for each in kept["placements"] if each["site_name"] or each["labels"]
    ]
    return {name: kept.get(name, found) for name, found in was.items()}


def _placed_in_both(was: Json, now: Json) -> Json:
    labels = [label for label in was.get("labels") or [] if label in (now.get("labels") or [])]
    # one that had none may get none from the snapshot
    site_name = now.get("site_name") if was.get("site_name") else None
    return _in_the_end({**was, "labels": labels}, {**was, "labels": labels, "site_name": site_name})


def _in_the_end(was: Json, now: Json) -> Json:
    """As it is now, and what of it was something else before: a restore may bring that, too."""
    earlier = dict(was.get(EARLIER, {}))
    for name in (name for name in now if name != EARLIER and now[name] != was.get(name)):
        earlier[name] = [was.get(name), *earlier.get(name, [])]
    return {**now, EARLIER: earlier} if earlier else now


def _fields_in_both(was: Json, now: Json) -> Json:
    """item -> what of it has to be as it was"""
    found = {
        item: {
            name: value for name, value in values.items() if now.get(item, {}).get(name) == value
        }
        for item, values in was.items()
    }
    return {item: values for item, values in found.items() if values}


__all__ = ("surely_saved",)
