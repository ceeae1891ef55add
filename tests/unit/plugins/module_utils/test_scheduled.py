# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which scheduled executions a restore has kept, rescheduled, failed or lost."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._content import build_inventory
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._scheduled import report, rule
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.module_utils.restore_talk import (
    capabilities,
    client,
)

PAST, FUTURE = "2026-11-21T05:46:25.341Z", "2026-11-23T05:46:25.173Z"


def execution(name: str, scheduled_for: str, **more: t.Any) -> dict[str, t.Any]:
    return {
        "id": name,
        "tenant_name": "t1",
        "workflow_id": "install",
        "deployment_id": "d1",
        "status": "scheduled",
        "scheduled_for": scheduled_for,
        **more,
    }


def successor(since: str, name: str = "install_restored_0a1b", **more: t.Any) -> dict[str, t.Any]:
    return {
        "id": name,
        "tenant_name": "t1",
        "workflow_id": "install",
        "deployment_id": "d1",
        "since": since,
        **more,
    }


def inventory(executions: t.Sequence[t.Any], schedules: t.Sequence[t.Any] = ()) -> dict[str, t.Any]:
    items = {"executions": executions, "execution_schedules": schedules}
    return build_inventory(items=items, manager={"version": "7.0.5"}, now="now")


def reported(before: t.Any, after: t.Any) -> dict[str, list[str]]:
    found = report(client(), before=before, after=after)
    assert found.pop("rule")
    return {name: [each["id"] for each in items] for name, items in found.items() if items}


BOTH = [execution("past", PAST), execution("future", FUTURE)]


def test_none_were_scheduled(manager: t.Any) -> None:
    manager.version()
    assert reported(inventory([]), inventory([])) == {}


def test_those_still_scheduled_are_kept(manager: t.Any) -> None:
    manager.version("4.5.5")
    assert reported(inventory(BOTH), inventory(BOTH)) == {"kept": ["past", "future"]}


def test_overdue_one_is_failed(manager: t.Any) -> None:
    manager.get("/executions/past", {"id": "past", "status": "failed"}, tenant="t1")
    manager.version("5.2.0")
    found = reported(inventory(BOTH), inventory([execution("future", FUTURE)]))
    assert found == {"failed": ["past"], "kept": ["future"]}


def test_one_that_ran_meanwhile_has_not_failed(manager: t.Any) -> None:
    manager.get("/executions/past", {"id": "past", "status": "terminated"}, tenant="t1")
    manager.version("5.2.0")
    found = reported(inventory([execution("past", PAST)]), inventory([]))
    assert found == {"moved_on": ["past"]}


@pytest.mark.parametrize("before", [BOTH, BOTH[::-1]], ids=["past-first", "future-first"])
def test_schedule_at_the_same_time_is_the_successor(before: t.Any, manager: t.Any) -> None:
    manager.get("/executions/past", {"id": "past", "status": "failed"}, tenant="t1")
    manager.version()
    after = inventory([], [successor("2026-11-23T05:46:25Z")])
    assert reported(inventory(before), after) == {"failed": ["past"], "rescheduled": ["future"]}


@pytest.mark.parametrize(
    "other",
    [
        successor(FUTURE, deployment_id="d2"),
        successor(FUTURE, workflow_id="heal"),
        successor(FUTURE, tenant_name="t2"),
        successor(FUTURE, name="install_by_hand"),
    ],
)
def test_schedule_of_something_else_is_no_successor(other: t.Any, manager: t.Any) -> None:
    manager.get("/executions/future", {"id": "future", "status": "failed"}, tenant="t1")
    manager.version()
    before = inventory([execution("future", FUTURE)])
    assert reported(before, inventory([], [other])) == {"failed": ["future"]}


def test_schedule_that_was_there_before_is_no_successor(manager: t.Any) -> None:
    manager.get("/executions/future", {"id": "future", "status": "failed"}, tenant="t1")
    manager.version()
    earlier = successor(FUTURE)
    before = inventory([execution("future", FUTURE)], [earlier])
    assert reported(before, inventory([], [earlier])) == {"failed": ["future"]}


def test_one_schedule_succeeds_one_execution(manager: t.Any) -> None:
    manager.get("/executions/b", {"id": "b", "status": "failed"}, tenant="t1")
    manager.version()
    twins = [execution("a", FUTURE), execution("b", FUTURE)]
    found = reported(inventory(twins), inventory([], [successor(FUTURE)]))
    assert found == {"rescheduled": ["a"], "failed": ["b"]}


@pytest.mark.parametrize(("status", "code"), [(404, "not_found_error"), (403, "forbidden_error")])
def test_one_that_is_gone_is_lost(status: int, code: str, manager: t.Any) -> None:
    """With its tenant, too: of one that is not there the manager says 403."""
    manager.error("GET", "/executions/future", status, code, tenant="t1")
    manager.version()
    assert reported(inventory([execution("future", FUTURE)]), inventory([])) == {"lost": ["future"]}


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("4.5.5", "they stay as they were"),
        ("5.0.5", "an overdue execution becomes failed, a future one stays scheduled"),
        ("5.2.7", "an overdue execution becomes failed, a future one stays scheduled"),
        ("5.3.0", "a future one gets a schedule in its place"),
        ("7.0.5", "a future one gets a schedule in its place"),
    ],
)
def test_rule_of_each_version(version: str, words: str) -> None:
    assert words in rule(capabilities(version))
