# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What a restore did to the executions that were scheduled when the set was made."""

from __future__ import annotations

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import (
    CloudifyClient,
    Json,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._content import RESTORED_SCHEDULE
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ApiError,
    NotFound,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._versions import Capabilities

#: What can have become of one.
FATES = ("kept", "rescheduled", "failed", "moved_on", "lost")


def rule(capabilities: Capabilities) -> str:
    """How this version treats them, in words."""
    if capabilities.has("restore.scheduled_become_schedules"):
        return (
            "in legacy format every scheduled execution becomes failed, "
            "and a future one gets a schedule in its place"
        )
    if capabilities.has("restore.adjusts_scheduled"):
        return "an overdue execution becomes failed, a future one stays scheduled"
    return "they stay as they were, and an overdue one does not run by itself"


def _succeeds(schedule: Json, execution: Json) -> bool:
    """Whether the restore made this schedule of that execution: it is to run at the same time."""
    return (
        schedule["tenant"] == execution["tenant"]
        and schedule["deployment_id"] == execution["deployment_id"]
        and schedule["workflow_id"] == execution["workflow_id"]
        and _moment(schedule["since"]) == _moment(execution["scheduled_for"])
    )


def _moment(text: str | None) -> str:
    """Seconds are enough, and all versions write them the same way."""
    return (text or "")[:19]


def _status(client: CloudifyClient, item: Json) -> str | None:
    """None where it is gone. With its tenant, too: of one that is not there a manager says 403."""
    try:
        return client.execution(item["id"], tenant=item["tenant"])["status"]
    except NotFound:
        return None
    except ApiError as exc:
        if exc.status != 403:
            raise
        return None


def report(client: CloudifyClient, *, before: Json, after: Json) -> Json:
    """:param before: the set's inventory
    :param after: the manager's, after the restore
    """
    known = {item["id"] for item in before.get("details", {}).get("execution_schedules", [])}
    schedules = [
        schedule
        for schedule in after.get("details", {}).get("execution_schedules", [])
        if RESTORED_SCHEDULE.search(schedule["id"]) and schedule["id"] not in known
    ]
    still = {item["id"] for item in after.get("details", {}).get("scheduled_executions", [])}
    found: dict[str, list[Json]] = {name: [] for name in FATES}
    for item in before.get("details", {}).get("scheduled_executions", []):
        if item["id"] in still:
            found["kept"].append(item)
            continue
        successor = next((each for each in schedules if _succeeds(each, item)), None)
        if successor:
            schedules.remove(successor)
            found["rescheduled"].append({**item, "schedule_id": successor["id"]})
            continue
        status = _status(client, item)
        if status is None:
            found["lost"].append(item)
        else:
            fate = "failed" if status == "failed" else "moved_on"
            found[fate].append({**item, "status": status})
    return {**found, "rule": rule(client.capabilities())}


__all__ = ("report", "rule")
