# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""The status of recovery sets as text for the textfile collector of node_exporter. Pure.

Times are points in time and no ages, so that they grow old when nobody writes them any more.
"""

from __future__ import annotations

import calendar
import time
import typing as t

TIME = "%Y-%m-%dT%H:%M:%SZ"
#: As monitoring plugins number them.
NUMBERS = {"ok": 0, "warning": 1, "critical": 2, "unknown": 3}


def metrics(result: t.Mapping[str, t.Any]) -> str:
    """
    :param result: what C(_set_objectives.judge) returns
    """
    newest = result.get("newest") or {}
    # a store that could not be looked at has no number of sets, which is not the same as none
    known = result["state"] != "unknown"
    objectives = result.get("objectives") or {}
    rows: list[tuple[str, str, t.Any]] = [
        (
            "status",
            "0 ok, 1 warning, 2 critical, 3 unknown, when it was looked at.",
            NUMBERS[result["state"]],
        ),
        ("status_timestamp_seconds", "When it was looked at.", _moment(result.get("time"))),
        (
            "newest_verified_set_timestamp_seconds",
            "When the data of the newest verified recovery set were taken.",
            _moment(newest.get("data_of")),
        ),
        (
            "newest_verified_set_size_bytes",
            "Size of its snapshot.",
            newest.get("size"),
        ),
        (
            "verified_sets",
            "Recovery sets without a problem.",
            result["verified"] if known else None,
        ),
        (
            "broken_sets",
            "Recovery sets that cannot be relied on.",
            len(result["broken"]) if known else None,
        ),
        (
            "unfinished_sets",
            "Recovery sets that were begun and not committed.",
            len(result["unfinished"]) if known else None,
        ),
        (
            "max_age_seconds",
            "The objective for the age of the newest verified recovery set.",
            objectives.get("max_age"),
        ),
    ]
    label = str(result.get("cluster") or "").replace("\\", r"\\").replace('"', r"\"")
    lines: list[str] = []
    for name, says, value in rows:
        if value is not None:
            full = f"cloudify_ha_{name}"
            lines += [
                f"# HELP {full} {says}",
                f"# TYPE {full} gauge",
                f'{full}{{cluster="{label}"}} {value:.15g}',
            ]
    return "\n".join(lines) + "\n"


def _moment(text: t.Any) -> int | None:
    try:
        return calendar.timegm(time.strptime(str(text), TIME))
    except ValueError:
        return None


__all__ = ("metrics",)
