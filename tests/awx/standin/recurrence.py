# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recurrence rules: what AWX refuses of them, and when they come next.

As SchedulePreviewSerializer.validate_rrule in awx/api/serializers.py; the rule itself is read by dateutil there, and here only
as far as the frequency, the interval and the time zone go.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

START = re.compile(r".*?(DTSTART(;[^:]+)?\:[0-9]+T[0-9]+Z?)")
NAIVE = re.compile(r".*?(DTSTART:[0-9]+T[0-9]+) ")
RULE = re.compile(r".*?(RULE\:[^\s]*)")
NUMBERED_DAY = re.compile(r".*?BYDAY[\:\=][0-9]+[a-zA-Z]{2}")
COUNT = re.compile(r".*?COUNT\=([0-9]+)")
PARTS = re.compile(r"DTSTART(?:;TZID=(?P<zone>[^:]+))?:(?P<start>\d{8}T\d{6})(?P<utc>Z?)")
STEPS = {
    "MINUTELY": timedelta(minutes=1),
    "HOURLY": timedelta(hours=1),
    "DAILY": timedelta(days=1),
    "WEEKLY": timedelta(weeks=1),
}
FREQUENCIES = (*STEPS, "MONTHLY", "YEARLY")
KEYS = (
    *("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYSECOND", "BYMINUTE", "BYHOUR", "BYDAY"),
    *("BYWEEKDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH", "BYSETPOS", "BYEASTER"),
)


def problems(text: str) -> list[str]:
    """What AWX says against a rule; nothing if it takes it."""
    if "exdate:" in text.lower():
        return ["EXDATE not allowed in rrule."]
    if "rdate:" in text.lower():
        return ["RDATE not allowed in rrule."]
    starts = START.findall(text)
    out = []
    if not starts:
        out.append(
            "Valid DTSTART required in rrule. Value should start with: DTSTART:YYYYMMDDTHHMMSSZ"
        )
    if NAIVE.findall(text):
        out.append("DTSTART cannot be a naive datetime.  Specify ;TZINFO= or YYYYMMDDTHHMMSSZZ.")
    if len(starts) > 1:
        out.append("Multiple DTSTART is not supported.")
    if "rrule:" not in text.lower():
        out.append("One or more rule required in rrule.")
    for rule in RULE.findall(text):
        out.extend(_problems_of(rule))
    unreadable = _unreadable(text)
    if unreadable:
        out.append(f"rrule parsing failed validation: {unreadable}")
    return out


def _problems_of(rule: str) -> list[str]:
    out = []
    if "interval" not in rule.lower():
        out.append(f"INTERVAL required in rrule: {rule}")
    elif "secondly" in rule.lower():
        out.append(f"SECONDLY is not supported: {rule}")
    if NUMBERED_DAY.match(rule):
        out.append(f"BYDAY with numeric prefix not supported: {rule}")
    if "COUNT" in rule and "UNTIL" in rule:
        out.append(f"RRULE may not contain both COUNT and UNTIL: {rule}")
    count = COUNT.match(rule)
    if count and int(count.group(1)) > 999:
        out.append(f"COUNT > 999 is unsupported: {rule}")
    return out


def _unreadable(text: str) -> str:
    try:
        start_of(text)
    except (ValueError, ZoneInfoNotFoundError):
        return "A valid TZID must be provided (e.g., America/New_York)"
    for rule in RULE.findall(text):
        values = _values(rule)
        for name in values:
            if name not in KEYS:
                return f"unknown parameter '{name}'"
        if values.get("FREQ") not in (*FREQUENCIES, "SECONDLY"):
            return f"invalid 'FREQ': {values.get('FREQ', '')}"
        if not values.get("INTERVAL", "1").isdigit():
            return f"invalid 'INTERVAL': {values['INTERVAL']}"
    return ""


def _values(rule: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in rule.partition(":")[2].split(";") if part)
    return {name.upper(): value for name, _equals, value in pairs}


def start_of(text: str) -> datetime:
    """Raises ValueError or ZoneInfoNotFoundError."""
    found = PARTS.search(text)
    if not found:
        raise ValueError(text)
    zone = timezone.utc if found["utc"] or not found["zone"] else ZoneInfo(found["zone"])
    return datetime.strptime(found["start"], "%Y%m%dT%H%M%S").replace(tzinfo=zone)


def zone_of(text: str) -> str:
    found = PARTS.search(text)
    return found["zone"] if found and found["zone"] else "UTC"


def next_run(text: str, now: datetime) -> datetime | None:
    """The next time of a rule that only has a frequency and an interval; None for all others."""
    rules = RULE.findall(text)
    values = _values(rules[0]) if len(rules) == 1 else {}
    step = STEPS.get(values.get("FREQ", ""))
    if step is None or set(values) - {"FREQ", "INTERVAL", "WKST"}:
        return None
    step *= int(values["INTERVAL"])
    start = start_of(text)
    if start >= now:
        return start
    # On the wall clock, so that half past two stays half past two.
    naive, naive_now = start.replace(tzinfo=None), now.astimezone(start.tzinfo).replace(tzinfo=None)
    return (naive + step * -((naive - naive_now) // step)).replace(tzinfo=start.tzinfo)
