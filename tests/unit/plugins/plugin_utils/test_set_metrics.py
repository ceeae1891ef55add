# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._set_metrics import metrics

RESULT: dict[str, t.Any] = {
    "cluster": "prod",
    "state": "warning",
    "time": "2026-11-22T12:00:00Z",
    "objectives": {"max_age": 93600.0},
    "newest": {"data_of": "2026-11-22T02:00:00Z", "size": 1 << 40},
    "verified": 3,
    "broken": [{"id": "a"}],
    "unfinished": [],
}


def figures(text: str) -> dict[str, str]:
    """Of the text as Prometheus reads it: each has its HELP and its TYPE before it, once."""
    lines = text.splitlines()
    assert text.endswith("\n") and len(lines) % 3 == 0
    found = {}
    for told, kind, value in zip(lines[::3], lines[1::3], lines[2::3]):
        name = value.partition("{")[0]
        assert told.startswith(f"# HELP {name} ") and kind == f"# TYPE {name} gauge"
        assert name not in found
        found[name] = value.rpartition(" ")[2]
    return found


def test_what_is_known() -> None:
    assert figures(metrics(RESULT)) == {
        "cloudify_ha_status": "1",
        "cloudify_ha_status_timestamp_seconds": "1795348800",
        "cloudify_ha_newest_verified_set_timestamp_seconds": "1795312800",
        "cloudify_ha_newest_verified_set_size_bytes": "1099511627776",
        "cloudify_ha_verified_sets": "3",
        "cloudify_ha_broken_sets": "1",
        "cloudify_ha_unfinished_sets": "0",
        "cloudify_ha_max_age_seconds": "93600",
    }


def test_nothing_is_said_of_a_set_that_is_not_there() -> None:
    said = figures(metrics({**RESULT, "state": "critical", "newest": None, "verified": 0}))
    assert said["cloudify_ha_status"] == "2" and said["cloudify_ha_verified_sets"] == "0"
    assert not [name for name in said if "newest" in name]


def test_where_nothing_is_known_there_are_no_numbers_of_sets() -> None:
    said = figures(metrics({"cluster": "prod", "state": "unknown", "time": RESULT["time"]}))
    assert list(said) == ["cloudify_ha_status", "cloudify_ha_status_timestamp_seconds"]
    assert said["cloudify_ha_status"] == "3"


def test_a_label_is_quoted() -> None:
    assert r'{cluster="a\"b\\c"}' in metrics({**RESULT, "cluster": 'a"b\\c'})
