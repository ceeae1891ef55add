# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Execution schedules and when they next occur."""

from __future__ import annotations

import calendar
import uuid
from datetime import datetime, timedelta
from typing import Any

from standin import clock
from standin.state import Item

SHOWN = 1000
_UNITS = {
    "second": 1,
    "minute": 60,
    "hour": 3600,
    "day": 86400,
    "week": 7 * 86400,
}
_FREQUENCIES = {
    "SECONDLY": "second",
    "MINUTELY": "minute",
    "HOURLY": "hour",
    "DAILY": "day",
    "WEEKLY": "week",
    "MONTHLY": "month",
    "YEARLY": "year",
}


def _rule(rule: dict[str, Any]) -> tuple[int, str, int | None]:
    """Interval, unit and count of either way to write a rule."""
    if "rrule" in rule:
        parts = dict(p.split("=", 1) for p in str(rule["rrule"]).split(";") if "=" in p)
        unit = _FREQUENCIES.get(parts.get("FREQ", "DAILY"), "day")
        count = parts.get("COUNT")
        return int(parts.get("INTERVAL", 1)), unit, int(count) if count else None
    recurrence = str(rule.get("recurrence") or "")
    count = rule.get("count")
    if not recurrence:
        return 0, "day", 1
    number, dummy, unit = recurrence.partition(" ")
    return int(number), unit.rstrip("s") or "day", int(count) if count else None


def _step(when: datetime, number: int, unit: str) -> datetime:
    if unit in _UNITS:
        return when + timedelta(seconds=number * _UNITS[unit])
    months = number * (12 if unit == "year" else 1)
    total = when.year * 12 + when.month - 1 + months
    year, month = divmod(total, 12)
    day = min(when.day, calendar.monthrange(year, month + 1)[1])
    return when.replace(year=year, month=month + 1, day=day)


def occurrences(schedule: Item, *, now: datetime | None = None) -> list[datetime]:
    """The next occurrences, at most as many as the product shows."""
    now = now or clock.utcnow()
    when = clock.parse(schedule["since"]).replace(microsecond=0)
    until = clock.parse(schedule["until"]) if schedule.get("until") else None
    rule = schedule.get("rule") or {}
    interval, unit, count = _rule(rule)
    weekdays = [str(d).lower()[-2:] for d in rule.get("weekdays") or []]
    if interval and unit in _UNITS and when < now and count is None:
        # a rule without end may have started years ago
        step = interval * _UNITS[unit]
        when += timedelta(seconds=((now - when) // timedelta(seconds=step)) * step)
    found: list[datetime] = []
    number = 0
    while len(found) < SHOWN and (count is None or number < count):
        if until and when > until:
            break
        fits = not weekdays or when.strftime("%a").lower()[:2] in weekdays
        if when > now and fits:
            found.append(when)
        number += fits
        if not interval:
            break
        when = _step(when, interval, unit)
    return found


def rendered(schedule: Item) -> Item:
    """With what the product computes at each read."""
    found = occurrences(schedule)
    return {
        **schedule,
        "next_occurrence": clock.iso(found[0]) if found else None,
        "all_next_occurrences": [w.strftime("%Y-%m-%d %H:%M:%S") for w in found],
    }


def new_schedule(
    schedule_id: str,
    *,
    tenant: str,
    user: str,
    deployment_id: str | None,
    body: dict[str, Any],
) -> Item:
    rrule = body.get("rrule")
    rule: dict[str, Any] = {"rrule": rrule}
    if not rrule:
        rule = {
            "recurrence": body.get("recurrence"),
            "count": body.get("count"),
            "weekdays": body.get("weekdays"),
        }
    until = body.get("until")
    return rendered(
        {
            "created_at": clock.iso(),
            "id": schedule_id,
            "visibility": "tenant",
            "next_occurrence": None,
            "since": clock.iso(clock.parse(str(body["since"]))),
            "until": clock.iso(clock.parse(str(until))) if until else None,
            "rule": rule,
            "slip": int(body.get("slip") or 0),
            "workflow_id": body["workflow_id"],
            "parameters": body.get("parameters"),
            "execution_arguments": body.get("execution_arguments") or {},
            "stop_on_fail": bool(body.get("stop_on_fail", False)),
            "enabled": bool(body.get("enabled", True)),
            "deployment_id": deployment_id,
            "latest_execution_status": None,
            "tenant_name": tenant,
            "created_by": user,
            "resource_availability": "tenant",
            "private_resource": False,
            "all_next_occurrences": [],
        }
    )


def classic_schedule(body: dict[str, Any], when: datetime, *, tenant: str, user: str) -> Item:
    """What a scheduled_time on an execution has become since schedules exist."""
    made = new_schedule(
        f"{body['workflow_id']}_{uuid.uuid4().hex}",
        tenant=tenant,
        user=user,
        deployment_id=str(body["deployment_id"]),
        body={
            **body,
            "since": clock.iso(when),
            "rrule": None,
            "execution_arguments": {
                "allow_custom_parameters": bool(body.get("allow_custom_parameters", False)),
                "force": bool(body.get("force", False)),
                "is_dry_run": bool(body.get("dry_run", False)),
                "wait_after_fail": int(body.get("wait_after_fail", 600)),
            },
        },
    )
    return rendered({**made, "rule": {"count": 1}})


__all__ = ["classic_schedule", "new_schedule", "occurrences", "rendered"]
