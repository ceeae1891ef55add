# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Schedules: which recurrence rules are taken.

As SchedulePreviewSerializer.validate_rrule and ScheduleSerializer in awx/api/serializers.py.
"""

from __future__ import annotations

from awx.standin import recurrence
from awx.standin.errors import Invalid
from awx.standin.rules import Change, on_change


@on_change("schedules")
def the_rule_can_be_followed(change: Change) -> None:
    wrong = recurrence.problems(change.after["rrule"])
    if wrong:
        raise Invalid({"rrule": wrong})


@on_change("schedules")
def a_manual_project_is_not_scheduled(change: Change) -> None:
    template = change.store.get("unified_job_templates", change.after["unified_job_template"])
    if template and template["_plural"] == "projects" and not template["scm_type"]:
        message = "Manual Project cannot have a schedule set."
        raise Invalid({"unified_job_template": message})
