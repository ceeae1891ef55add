# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What a manager holds, as data, and what two such inventories differ in. Pure.

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
from dataclasses import asdict, dataclass, field

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

#: What every manager has, also one that cannot list it.
EVERYWHERE = {"users": {"admin"}}
#: Of what cannot be compared.
MOST_NAMED = 5

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


# -- differences -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it was.

    :ivar change: C(lost), C(gained) or C(changed)
    :ivar expected: why a restore is known to do this; None where it is not
    """

    change: str
    tenant: str
    kind: str
    id: str
    detail: str = ""
    expected: str | None = None

    def __str__(self) -> str:
        where = "" if self.tenant == MANAGER_WIDE else f" of tenant {self.tenant}"
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.change}: {self.kind} {self.id}{where}{detail}"


@dataclass
class Comparison:
    """All differences between two inventories.

    :ivar uncompared: kinds that were listed before and not after
    :ivar unread: in words, those of them that there was something of
    :ivar proving: items before that an empty manager would not have
    :ivar kept: how many of these are there after
    :ivar misplaced: what deployments have to be given: C(sites), the first of them that there is,
        and all C(labels), for setting them takes away all others
    """

    lost: list[Difference] = field(default_factory=list)
    gained: list[Difference] = field(default_factory=list)
    changed: list[Difference] = field(default_factory=list)
    expected: list[Difference] = field(default_factory=list)
    uncompared: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    proving: int = 0
    kept: int = 0
    misplaced: list[Json] = field(default_factory=list)

    @property
    def nothing_kept(self) -> bool:
        """There was something to find, and none of it is there."""
        return self.proving > 0 and self.kept == 0

    @property
    def complete(self) -> bool:
        """Nothing is lost or changed beyond what is known to be harmless."""
        return not self.lost and not self.changed

    @property
    def equal(self) -> bool:
        return self.complete and not self.gained and not self.expected

    def add(self, difference: Difference) -> None:
        if difference.expected:
            self.expected.append(difference)
        else:
            getattr(self, difference.change).append(difference)

    def as_dict(self) -> Json:
        return {
            "equal": self.equal,
            "complete": self.complete,
            **{
                name: [asdict(difference) for difference in getattr(self, name)]
                for name in ("lost", "gained", "changed", "expected")
            },
            "uncompared": self.uncompared,
        }


def compare(before: Json, after: Json) -> Comparison:
    """What C(after) has lost, gained and changed against C(before), a restore lying between."""
    result = Comparison()
    common = set(before["kinds"]) & set(after["kinds"])
    result.uncompared = [name for name in before["kinds"] if name not in common]
    result.unread = _unread(before, result.uncompared)
    for kind in KINDS:
        if kind.name in common:
            _compare_ids(kind, before, after, result)
    details_before, details_after = before.get("details", {}), after.get("details", {})
    _compare_fields(details_before, details_after, after, result)
    _compare_placements(details_before, details_after, after, result)
    if "execution_schedules" in common:
        _compare_schedules(details_before, details_after, result)
    return result


def _unread(before: Json, names: t.Sequence[str]) -> list[str]:
    told = []
    for name in names:
        had = {
            i for kinds in before["content"].values() for i in kinds.get(name, {}).get("ids", [])
        }
        had -= EVERYWHERE.get(name, set())
        if had:
            more = f", and {len(had) - MOST_NAMED} more" if len(had) > MOST_NAMED else ""
            named = ", ".join(sorted(had)[:MOST_NAMED])
            told.append(f"{name.replace('_', ' ')} cannot be listed on this manager: {named}{more}")
    return told


def _compare_ids(kind: Kind, before: Json, after: Json, result: Comparison) -> None:
    tenants = [*before["content"], *(x for x in after["content"] if x not in before["content"])]
    for tenant in tenants:
        had = before["content"].get(tenant, {}).get(kind.name, {}).get("ids", [])
        has = after["content"].get(tenant, {}).get(kind.name, {}).get("ids", [])
        present, past = set(has), set(had)
        if not kind.manager_wide:
            result.proving += len(past)
            result.kept += len(past & present)
        for item in had:
            if item not in present:
                result.add(Difference("lost", tenant, kind.name, item))
        for item in has:
            if item not in past:
                result.add(
                    Difference(
                        "gained", tenant, kind.name, item, expected=_gain_is_expected(kind, item)
                    )
                )


def _compare_fields(
    details_before: Json, details_after: Json, after: Json, result: Comparison
) -> None:
    """Of what is there still; a set from before this was kept has nothing to compare."""
    for tenant, kinds in details_before.get("fields", {}).items():
        for name, items in kinds.items():
            present = set(after["content"].get(tenant, {}).get(name, {}).get("ids", []))
            has = details_after.get("fields", {}).get(tenant, {}).get(name, {})
            for item, was in items.items():
                now = has.get(item, {})
                for attribute, value in was.items() if item in present else ():
                    if now.get(attribute) != value:
                        detail = f"{attribute} {value} became {now.get(attribute) or 'nothing'}"
                        result.add(Difference("changed", tenant, name, item, detail))


def _gain_is_expected(kind: Kind, item: str) -> str | None:
    if kind.name == "execution_schedules" and RESTORED_SCHEDULE.search(item):
        return "the restore made a schedule of an execution that was scheduled"
    return None


def _by(key: t.Sequence[str], found: t.Iterable[Json]) -> dict[tuple[t.Any, ...], Json]:
    return {tuple(item.get(name) for name in key): item for item in found}


def _compare_placements(
    details_before: Json, details_after: Json, after: Json, result: Comparison
) -> None:
    has = _by(PLACED, details_after.get("placements", []))
    for (tenant, deployment), was in _by(PLACED, details_before.get("placements", [])).items():
        ids = after["content"].get(tenant, {}).get("deployments", {}).get("ids", [])
        if deployment not in ids:
            continue  # lost as a whole, and named as such
        now = has.get((tenant, deployment), {})
        placing: Json = {}
        sites = _each_state(was, "site_name")
        if was.get("site_name") and now.get("site_name") not in sites:
            placing["sites"] = sites
            detail = f"site {was['site_name']} became {now.get('site_name') or 'none'}"
            result.add(Difference("changed", tenant, "deployments", deployment, detail))
        labels = now.get("labels") or []
        missing = [label for label in was.get("labels") or [] if label not in labels]
        if missing:
            placing["labels"] = [*labels, *missing]
            words = ", ".join(f"{k}:{v}" for label in missing for k, v in label.items())
            detail = f"lost labels {words}"
            result.add(Difference("changed", tenant, "deployments", deployment, detail))
        if placing:
            result.misplaced.append({"tenant": tenant, "deployment_id": deployment, **placing})


def _compare_schedules(details_before: Json, details_after: Json, result: Comparison) -> None:
    has = _by(SCHEDULED_BY, details_after.get("execution_schedules", []))
    for (tenant, deployment, name), was in _by(
        SCHEDULED_BY, details_before.get("execution_schedules", [])
    ).items():
        now = has.get((tenant, deployment, name))
        if now is None:
            continue
        item = f"{deployment}/{name}"
        for attribute in ("workflow_id", "since", "until", "slip", "stop_on_fail", "enabled"):
            if now.get(attribute) not in _each_state(was, attribute):
                detail = f"{attribute} {was.get(attribute)!r} became {now.get(attribute)!r}"
                result.add(Difference("changed", tenant, "execution_schedules", item, detail))
        for attribute in ("parameters", "execution_arguments"):
            names = [
                _differing(state or {}, now.get(attribute) or {})
                for state in _each_state(was, attribute)
            ]
            if all(names):  # no values: they may be secrets
                detail = f"{attribute} differ: {names[0]}"
                result.add(Difference("changed", tenant, "execution_schedules", item, detail))
        rule, *earlier = map(_parts_of_rule, _each_state(was, "rule"))
        rule_now = _parts_of_rule(now.get("rule"))
        if rule_now not in (rule, *earlier):
            detail = f"rule {rule} became {rule_now}"
            result.add(Difference("changed", tenant, "execution_schedules", item, detail))
        if was.get("next_occurrence") != now.get("next_occurrence"):
            result.add(
                Difference(
                    "changed",
                    tenant,
                    "execution_schedules",
                    item,
                    f"next occurrence {was.get('next_occurrence')} became "
                    f"{now.get('next_occurrence')}",
                    expected="time has gone by; an overdue occurrence is not made up for",
                )
            )


def _differing(was: Json, now: Json) -> str:
    """Names of what differs."""
    return ", ".join(sorted(name for name in {*was, *now} if was.get(name) != now.get(name)))


def _parts_of_rule(rule: Json | None) -> Json:
    """The parts of a rule that are set; how the unset ones are written varies."""
    return {name: value for name, value in (rule or {}).items() if value}


# -- a snapshot between two inventories -------------------------------------------------------


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
    placed = _by(PLACED, now.get("placements", []))
    schedules = _by(SCHEDULED_BY, now.get("execution_schedules", []))
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


def _each_state(item: Json, name: str) -> list[t.Any]:
    """What a restore may bring of it, the last state first."""
    return [item.get(name), *item.get(EARLIER, {}).get(name, [])]


def _fields_in_both(was: Json, now: Json) -> Json:
    """item -> what of it has to be as it was"""
    found = {
        item: {
            name: value for name, value in values.items() if now.get(item, {}).get(name) == value
        }
        for item, values in was.items()
    }
    return {item: values for item, values in found.items() if values}


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
    "KINDS",
    "KINDS_BY_NAME",
    "MANAGER_WIDE",
    "OF_OPERATORS",
    "Comparison",
    "Difference",
    "Kind",
    "build_inventory",
    "compare",
    "counts",
    "is_filled",
    "is_inventory",
    "placed_deployments",
    "schedules_breaking_new_format",
    "surely_saved",
)
