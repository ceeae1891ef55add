# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What two inventories of content differ in. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass, field

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._content import (
    EARLIER,
    KINDS,
    MANAGER_WIDE,
    PLACED,
    RESTORED_SCHEDULE,
    SCHEDULED_BY,
    Json,
    Kind,
    by_key,
)

#: What every manager has, also one that cannot list it.
EVERYWHERE = {"users": {"admin"}}
#: Of what cannot be compared.
MOST_NAMED = 5


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


def _compare_placements(
    details_before: Json, details_after: Json, after: Json, result: Comparison
) -> None:
    has = by_key(PLACED, details_after.get("placements", []))
    for (tenant, deployment), was in by_key(PLACED, details_before.get("placements", [])).items():
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
    has = by_key(SCHEDULED_BY, details_after.get("execution_schedules", []))
    for (tenant, deployment, name), was in by_key(
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


def _each_state(item: Json, name: str) -> list[t.Any]:
    """What a restore may bring of it, the last state first."""
    return [item.get(name), *item.get(EARLIER, {}).get(name, [])]


__all__ = ("Comparison", "Difference", "compare")
