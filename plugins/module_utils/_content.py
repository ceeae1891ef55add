# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What a manager holds, as data. Pure.

An inventory is a dict:

- C(taken_at), C(manager) (version, edition)
- C(content): tenant -> kind -> {count, ids}; what belongs to no tenant stands under C(MANAGER_WIDE)
- C(details): what mending a restore needs: schedules, sites, placements, scheduled executions;
  of a set, what of one was something else before its snapshot was done is in its C(earlier)
- C(kinds): the kinds that were read; others do not exist on that version or edition
- C(moved_on): of a set, in words, what changed while its snapshot was made; the gone is not in it
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import CHECK_SECRET

Json = dict[str, t.Any]

#: Where kinds that belong to no tenant are kept; no tenant can have this name.
MANAGER_WIDE = "(manager)"


@dataclass(frozen=True)
class Kind:
    """One kind of content.

    :ivar path: where the REST API lists it
    :ivar key: fields that name one item within its tenant
    :ivar fields: what else is read of each
    :ivar compared: those of them that have to be as they were
    :ivar fields_need: facts of C(_versions) without which one of them does not exist
    :ivar needs: facts of C(_versions) without which the kind does not exist
    :ivar premium: exists in the premium edition only
    """

    name: str
    path: str
    key: tuple[str, ...] = ("id",)
    fields: tuple[str, ...] = ()
    compared: tuple[str, ...] = ()
    fields_need: t.Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    premium: bool = False
    manager_wide: bool = False

    def item_id(self, item: Json) -> str:
        return "/".join(str(item.get(field_)) for field_ in self.key)


SCHEDULE_FIELDS = (
    "workflow_id",
    "since",
    "until",
    "rule",
    "slip",
    "parameters",
    "execution_arguments",
    "stop_on_fail",
    "enabled",
    "next_occurrence",
)

KINDS: tuple[Kind, ...] = (
    Kind("tenants", "/tenants", key=("name",), manager_wide=True),
    Kind("users", "/users", key=("username",), premium=True, manager_wide=True),
    Kind("user_groups", "/user-groups", key=("name",), premium=True, manager_wide=True),
    Kind(
        "blueprints",
        "/blueprints",
        fields=("labels",),
        compared=("labels",),
        fields_need={"labels": "content.blueprint_labels"},
    ),
    Kind(
        "deployments",
        "/deployments",
        fields=("blueprint_id", "site_name", "labels"),
        compared=("blueprint_id",),
        fields_need={"site_name": "content.sites", "labels": "content.deployment_labels"},
    ),
    Kind(
        "plugins",
        "/plugins",
        fields=("package_name", "package_version"),
        compared=("package_name", "package_version"),
    ),
    Kind("secrets", "/secrets", key=("key",)),
    Kind(
        "sites",
        "/sites",
        key=("name",),
        fields=("location", "visibility"),
        compared=("location", "visibility"),
        needs=("content.sites",),
    ),
    Kind("nodes", "/nodes", key=("deployment_id", "id")),
    Kind("node_instances", "/node-instances", fields=("state",), compared=("state",)),
    Kind("agents", "/agents", needs=("content.agents",)),
    Kind(
        "executions",
        "/executions",
        fields=("status", "workflow_id", "deployment_id", "scheduled_for"),
    ),
    Kind(
        "execution_schedules",
        "/execution-schedules",
        key=("deployment_id", "id"),
        fields=SCHEDULE_FIELDS,
        needs=("content.execution_schedules",),
    ),
)
KINDS_BY_NAME = {kind.name: kind for kind in KINDS}

#: What an operator makes, and would miss; and how much of it a fresh manager has.
OF_OPERATORS = {
    "tenants": 1,
    "users": 1,
    "user_groups": 0,
    "blueprints": 0,
    "deployments": 0,
    "plugins": 0,
    "secrets": 0,
    "sites": 0,
}

#: Executions change state by themselves while time goes by; only these two states are followed.
SCHEDULED = "scheduled"

#: What names a placement and a schedule among the details.
PLACED = ("tenant", "deployment_id")
SCHEDULED_BY = ("tenant", "deployment_id", "id")

#: Where a placement or a schedule keeps, by name, what it had before.
EARLIER = "earlier"

RESTORED_SCHEDULE = re.compile(r"_restored_[0-9a-f]+$")


def build_inventory(*, items: t.Mapping[str, t.Sequence[Json]], manager: Json, now: str) -> Json:
    """An inventory from what was listed: kind -> items."""
    content: dict[str, dict[str, Json]] = {}
    for name, found in items.items():
        kind = KINDS_BY_NAME[name]
        per_tenant: dict[str, list[str]] = {}
        for item in found:
            if name == "secrets" and item.get("key") == CHECK_SECRET:
                continue
            tenant = MANAGER_WIDE if kind.manager_wide else item.get("tenant_name") or "?"
            per_tenant.setdefault(tenant, []).append(kind.item_id(item))
        for tenant, ids in per_tenant.items():
            content.setdefault(tenant, {})[name] = {"count": len(ids), "ids": sorted(ids)}
    return {
        "taken_at": now,
        "manager": dict(manager),
        "content": content,
        "details": _details(items),
        "kinds": [kind.name for kind in KINDS if kind.name in items],
    }


def _details(items: t.Mapping[str, t.Sequence[Json]]) -> Json:
    placements = [
        {
            "tenant": item.get("tenant_name"),
            "deployment_id": item["id"],
            "site_name": item.get("site_name"),
            "labels": sorted(
                ({lab["key"]: lab["value"]} for lab in item.get("labels") or []),
                key=lambda label: sorted(label.items()),
            ),
        }
        for item in items.get("deployments", ())
        if item.get("site_name") or item.get("labels")
    ]
    schedules = [
        {
            "tenant": item.get("tenant_name"),
            "id": item["id"],
            "deployment_id": item.get("deployment_id"),
            "visibility": item.get("visibility"),
            **{name: item.get(name) for name in SCHEDULE_FIELDS},
        }
        for item in items.get("execution_schedules", ())
    ]
    sites = [
        {
            "tenant": item.get("tenant_name"),
            "name": item["name"],
            "location": item.get("location"),
            "visibility": item.get("visibility"),
        }
        for item in items.get("sites", ())
    ]
    scheduled = [
        {
            "tenant": item.get("tenant_name"),
            **{name: item.get(name) for name in ("id", "workflow_id", "deployment_id")},
            "scheduled_for": item.get("scheduled_for"),
        }
        for item in items.get("executions", ())
        if item.get("status") == SCHEDULED
    ]
    return {
        "placements": placements,
        "execution_schedules": schedules,
        "sites": sites,
        "scheduled_executions": scheduled,
        "fields": _compared_fields(items),
    }


def _compared_fields(items: t.Mapping[str, t.Sequence[Json]]) -> Json:
    """tenant -> kind -> id -> what has to be as it was; items with none of it are left out."""
    found: Json = {}
    for name, listed in items.items():
        kind = KINDS_BY_NAME[name]
        for item in listed if kind.compared else ():
            values = {
                each: _pairs(item[each]) if each == "labels" else item[each]
                for each in kind.compared
                if item.get(each)
            }
            if values:
                tenant = found.setdefault(item.get("tenant_name") or "?", {})
                tenant.setdefault(name, {})[kind.item_id(item)] = values
    return found


def _pairs(labels: t.Sequence[Json]) -> list[str]:
    return sorted(f"{label['key']}:{label['value']}" for label in labels)


def by_key(key: t.Sequence[str], found: t.Iterable[Json]) -> dict[tuple[t.Any, ...], Json]:
    """What there is, by what names it."""
    return {tuple(item.get(name) for name in key): item for item in found}


def counts(inventory: Json) -> dict[str, int]:
    """kind -> count over all tenants, for people."""
    total: dict[str, int] = {}
    for kinds in inventory["content"].values():
        for name, found in kinds.items():
            total[name] = total.get(name, 0) + found["count"]
    return {kind.name: total[kind.name] for kind in KINDS if kind.name in total}


def is_filled(found: t.Mapping[str, t.Any]) -> bool:
    """Whether there is more than a fresh manager has, by what C(counts) gives."""
    return any(
        isinstance(found.get(name), int) and found[name] > fresh
        for name, fresh in OF_OPERATORS.items()
    )


def is_inventory(value: t.Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("content"), dict) and "kinds" in value


def schedules_breaking_new_format(inventory: Json) -> list[str]:
    """Schedules over which a restore in new format stumbles: all that have no rrule."""
    return [
        f"{schedule['id']} of deployment {schedule['deployment_id']}"
        for schedule in inventory.get("details", {}).get("execution_schedules", [])
        if not (schedule.get("rule") or {}).get("rrule")
    ]


def placed_deployments(inventory: Json) -> list[str]:
    """Deployments that have a site, which the new format does not keep."""
    return [
        f"{placement['deployment_id']} (site {placement['site_name']})"
        for placement in inventory.get("details", {}).get("placements", [])
        if placement.get("site_name")
    ]


__all__ = (
    "EARLIER",
    "KINDS",
    "KINDS_BY_NAME",
    "MANAGER_WIDE",
    "OF_OPERATORS",
    "PLACED",
    "SCHEDULED_BY",
    "Kind",
    "build_inventory",
    "by_key",
    "counts",
    "is_filled",
    "is_inventory",
    "placed_deployments",
    "schedules_breaking_new_format",
)
