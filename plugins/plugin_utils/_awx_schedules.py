# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What runs by itself every day, off-peak. Pure.

AWX takes no rule without a time zone and an interval. The first day is long past: it is a part of
the rule, and would make another one of it every day.
"""

from __future__ import annotations

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._awx_names import of

Json = dict[str, t.Any]

FIRST_DAY = "20260101"
#: What is run, by the name of its schedule. The order is that of the night.
TARGETS = {"inventory": "nodes", "backup": "backup", "diagnose": "diagnose", "status": "status"}


def schedules(settings: Json) -> list[Json]:
    found = []
    for name, target in TARGETS.items():
        if name == "inventory" and settings["nodes"]:
            continue  # there is no source to sync
        told = settings["schedules"][name]
        found.append(
            {
                "name": name_of(settings, name),
                "description": f"Runs {of(settings, target)}",
                "unified_job_template": of(settings, target),
                "rrule": rrule(told["at"], settings["schedules"]["time_zone"]),
                "enabled": told["enabled"],
            }
        )
    return found


def name_of(settings: Json, name: str) -> str:
    return of(settings, f"{name} every day")


def rrule(at: str, time_zone: str) -> str:
    """Every day at a time such as 02:30."""
    time = at.replace(":", "") + "00"
    return f"DTSTART;TZID={time_zone}:{FIRST_DAY}T{time} RRULE:FREQ=DAILY;INTERVAL=1"


__all__ = ("FIRST_DAY", "TARGETS", "name_of", "rrule", "schedules")
