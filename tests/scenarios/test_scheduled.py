# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of executions that were scheduled, version by version, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scenarios.site import Site

PAST, FUTURE = "2020-01-01T00:00:00.000Z", "2099-01-01T00:00:00.000Z"
UNTOUCHED = {"kept": {"past", "future"}}
OVERDUE_FAILED = {"failed": {"past"}, "kept": {"future"}}
RESCHEDULED = {"failed": {"past"}, "rescheduled": {"future"}}


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("4.5.5", UNTOUCHED),
        ("vnfm", UNTOUCHED),
        ("5.0.5", OVERDUE_FAILED),
        ("5.2", OVERDUE_FAILED),
        ("6.4", RESCHEDULED),
        ("7.0.0", RESCHEDULED),
        ("7.0.5", RESCHEDULED),
    ],
)
@pytest.mark.parametrize("first", ["past", "future"])
def test_scheduled_executions_are_accounted_for(
    first: str, profile: str, expected: dict[str, set[str]], start: Callable[..., Site]
) -> None:
    site = start(profile)
    site.manager.seed(sample="rich")
    # the same workflow on the same deployment: only the time tells which one got the schedule
    both = sorted((("past", PAST), ("future", FUTURE)), key=lambda each: each[0] != first)
    for name, when in both:
        site.manager.add_execution(
            id=name,
            workflow_id="install",
            deployment_id="web-prod",
            status="scheduled",
            scheduled_for=when,
        )
    backup = site.backup()
    site.bring(backup)
    said = site.restore(backup)
    report = said["scheduled_executions"]
    found = {
        name: {each["id"] for each in report[name]}
        for name in ("kept", "rescheduled", "failed", "lost")
        if report[name]
    }
    assert found == expected
    assert report["rule"]
    for each in report["rescheduled"]:
        assert each["schedule_id"].startswith("install_restored_")
    for each in report["failed"]:
        assert each["status"] == "failed"


def test_schedule_that_an_earlier_restore_made_is_nobodys_successor(
    start: Callable[..., Site],
) -> None:
    site = start("7.0.5")
    site.manager.seed(sample="rich")
    site.manager.seed(
        kind="execution_schedules",
        items=[
            {
                "id": "install_restored_0123456789abcdef",
                "deployment_id": "web-prod",
                "workflow_id": "install",
                "since": PAST,
                "rule": {"rrule": "FREQ=DAILY;COUNT=1"},
            }
        ],
    )
    site.manager.add_execution(
        id="past",
        workflow_id="install",
        deployment_id="web-prod",
        status="scheduled",
        scheduled_for=PAST,
    )
    backup = site.backup()
    site.bring(backup)
    report = site.restore(backup)["scheduled_executions"]
    assert [each["id"] for each in report["failed"]] == ["past"]
    assert report["rescheduled"] == []


def test_recorded_snapshot_with_scheduled_executions(site: Site) -> None:
    from scenarios.test_sample_archives import RECORDED_PASSWORD, held, sample

    name = "rich-legacy-revisions-scheduled"
    backup = sample(site, name, held(site, name))
    site.bring(backup)
    said = site.restore(backup, restored_password=RECORDED_PASSWORD)
    assert said["outcome"] == "RESTORED"
    report = said["scheduled_executions"]
    # one of them is overdue, and in time the other one is too
    assert len(report["failed"] + report["rescheduled"]) == 2
    assert report["kept"] == report["lost"] == []
