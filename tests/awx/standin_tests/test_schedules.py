# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Schedules: recurrence rules, and answers that are given in advance."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from awx.standin.recurrence import next_run
from awx.standin.world import DAILY, World

UTC = "DTSTART:20300308T050000Z "


def body(template: int, **fields: Any) -> dict[str, Any]:
    return {"name": "Nightly", "unified_job_template": template, "rrule": DAILY, **fields}


@pytest.mark.parametrize(
    "rule, text",
    [
        ("", "This field may not be blank."),
        ("DTSTART:NONSENSE", "Valid DTSTART required in rrule."),
        ("RRULE:FREQ=DAILY;INTERVAL=1", "Valid DTSTART required in rrule."),
        (
            "DTSTART:20300308T050000 RRULE:FREQ=DAILY;INTERVAL=1",
            "DTSTART cannot be a naive datetime.",
        ),
        (UTC + UTC + "RRULE:FREQ=DAILY;INTERVAL=1", "Multiple DTSTART is not supported."),
        (UTC, "One or more rule required in rrule."),
        (UTC + "RRULE:FREQ=DAILY", "INTERVAL required in rrule: RULE:FREQ=DAILY"),
        (UTC + "RRULE:FREQ=SECONDLY;INTERVAL=5", "SECONDLY is not supported: "),
        (UTC + "RRULE:FREQ=DAILY;INTERVAL=1 EXDATE:20220401", "EXDATE not allowed in rrule."),
        (UTC + "RRULE:FREQ=DAILY;INTERVAL=1 RDATE:20220401", "RDATE not allowed in rrule."),
        (
            UTC + "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=5MO",
            "BYDAY with numeric prefix not supported",
        ),
        (
            UTC + "RRULE:FREQ=DAILY;INTERVAL=1;COUNT=5;UNTIL=20310101T000000Z",
            "RRULE may not contain both COUNT and UNTIL",
        ),
        (UTC + "RRULE:FREQ=DAILY;INTERVAL=1;COUNT=2000", "COUNT > 999 is unsupported"),
        (
            "DTSTART;TZID=US-Eastern:20300308T050000 RRULE:FREQ=DAILY;INTERVAL=1",
            "rrule parsing failed validation: A valid TZID must be provided",
        ),
        (UTC + "RRULE:FREQ=REGULARLY;INTERVAL=1", "rrule parsing failed validation: invalid"),
        (UTC + "RRULE:FREQ=DAILY;INTERVAL=1;BYDAYS=MO", "unknown parameter 'BYDAYS'"),
    ],
)
def test_rules_refused(world: World, rule: str, text: str) -> None:
    said = world.refused("POST", "schedules/", body(world.template(), rrule=rule))
    assert list(said) == ["rrule"]
    assert any(text in line for line in said["rrule"]), said


@pytest.mark.parametrize(
    "rule",
    [
        DAILY,
        UTC + "RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,TU",
        "DTSTART;TZID=Europe/Berlin:20260101T023000 RRULE:FREQ=DAILY;INTERVAL=2;COUNT=5",
        UTC + "RRULE:FREQ=DAILY;INTERVAL=1 EXRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=SU",
    ],
)
def test_rules_taken(world: World, rule: str) -> None:
    made = world.taken("POST", "schedules/", body(world.template(), rrule=rule))
    assert made["enabled"]


def test_times_are_told(world: World) -> None:
    rule = "DTSTART;TZID=Europe/Berlin:20260101T023000 RRULE:FREQ=DAILY;INTERVAL=1"
    made = world.taken("POST", "schedules/", body(world.template(), rrule=rule))
    assert (made["timezone"], made["dtstart"]) == ("Europe/Berlin", "2026-01-01T01:30:00.000000Z")
    coming = next_run(rule, datetime(2026, 7, 1, 12, tzinfo=timezone.utc))
    assert coming == datetime(2026, 7, 2, 0, 30, tzinfo=timezone.utc)


def test_a_name_is_taken_once_for_each_template(world: World) -> None:
    template = world.template()
    world.taken("POST", "schedules/", body(template))
    text = "Schedule with this Unified job template and Name already exists."
    assert world.refused("POST", "schedules/", body(template)) == {"__all__": [text]}
    world.taken("POST", "schedules/", body(world.template("Other")))


def test_schedules_go_with_their_template(world: World) -> None:
    template = world.template()
    world.taken("POST", f"job_templates/{template}/schedules/", body(template))
    world.taken("DELETE", f"job_templates/{template}/")
    assert world.awx.objects("schedules") == []


def test_a_manual_project_is_not_scheduled(world: World) -> None:
    world.taken("PATCH", f"projects/{world.project}/", {"scm_type": ""})
    said = world.refused("POST", "schedules/", body(world.project))
    assert said == {"unified_job_template": ["Manual Project cannot have a schedule set."]}


def test_a_required_value_is_given_even_where_there_is_a_default(world: World) -> None:
    template = world.template()
    world.survey(template, {"required": True, "default": "x"})
    said = world.refused("POST", "schedules/", body(template))
    assert said == {"variables_needed_to_start": ["'answer' value missing"]}
    world.taken("POST", "schedules/", body(template, extra_data={"answer": "y"}))


def test_answers_are_checked(world: World) -> None:
    template = world.template()
    world.survey(template, {"type": "integer", "max": 9})
    said = world.refused("POST", "schedules/", body(template, extra_data={"answer": 10}))
    text = "'answer' value 10 is too large (must be no more than 9)."
    assert said == {"variables_needed_to_start": [text]}


def test_what_is_not_asked_is_refused(world: World) -> None:
    template = world.template()
    said = world.refused("POST", "schedules/", body(template, extra_data={"a": 1}, limit="x"))
    assert said == {
        "limit": ["Field is not configured to prompt on launch."],
        "extra_data": [
            "Variables a are not allowed on launch. Check the Prompt on Launch setting on the "
            "Job Template to include Extra Variables."
        ],
    }
    asked = {"ask_variables_on_launch": True, "ask_limit_on_launch": True}
    world.taken("PATCH", f"job_templates/{template}/", asked)
    world.taken("POST", "schedules/", body(template, extra_data={"a": 1}, limit="x"))


def test_a_project_is_asked_nothing(world: World) -> None:
    said = world.refused("POST", "schedules/", body(world.project, extra_data={"a": 1}))
    assert said == {"extra_vars": ["Field is not allowed on launch."]}
    world.taken("POST", "schedules/", body(world.project))


def test_a_template_that_asks_for_an_inventory_gets_one(world: World) -> None:
    template = world.template(inventory=None, ask_inventory_on_launch=True)
    said = world.refused("POST", "schedules/", body(template))
    text = "Job Template inventory is missing or undefined."
    assert said == {"resources_needed_to_start": [text]}
    world.taken("POST", "schedules/", body(template, inventory=world.inventory))


def test_disabling_asks_for_nothing(world: World) -> None:
    template = world.template()
    made = world.taken("POST", "schedules/", body(template))
    world.survey(template, {"required": True})
    world.taken("PATCH", made["url"], {"enabled": False})
    world.refused("PATCH", made["url"], {"extra_data": {}})


def test_passwords_are_hidden_and_stay(world: World) -> None:
    template = world.template()
    world.survey(template, {"type": "password", "required": True})
    hidden = {"answer": "$encrypted$"}
    said = world.refused("POST", "schedules/", body(template, extra_data=hidden))
    text = "Provided variable answer has no database value to replace with."
    assert said == {"extra_data": [text]}
    made = world.taken("POST", "schedules/", body(template, extra_data={"answer": "s3cret"}))
    assert made["extra_data"] == hidden
    world.taken("PATCH", made["url"], {"extra_data": hidden})
    assert world.awx.objects("schedules")[0]["extra_data"] == {"answer": "s3cret"}


def test_credentials_are_asked_for(world: World) -> None:
    template = world.template()
    kind = world.credential_type()
    own, given = world.credential(kind, "own"), world.credential(kind, "given")
    schedule = world.taken("POST", "schedules/", body(template))
    path = f"schedules/{schedule['id']}/credentials/"
    said = world.refused("POST", path, {"id": given})
    assert said == {"msg": "Related template is not configured to accept credentials on launch."}
    world.taken("PATCH", f"job_templates/{template}/", {"ask_credential_on_launch": True})
    world.taken("POST", f"job_templates/{template}/credentials/", {"id": own})
    said = world.refused("POST", path, {"id": own})
    assert said == {"msg": "Related template already uses own credential."}
    world.taken("POST", path, {"id": given})
    more = world.credential(kind, "more")
    said = world.refused("POST", path, {"id": more})
    assert said == {"msg": "This launch configuration already provides a Manager credential."}
    asks = world.credential(world.managed_type("Machine"), "asks", password="ASK")
    said = world.refused("POST", path, {"id": asks})
    assert said["msg"].startswith("Credential that requires user input on launch")


def test_a_password_is_not_asked_of_a_schedule(world: World) -> None:
    template = world.template()
    asks = world.credential(world.managed_type("Machine"), "asks", password="ASK")
    world.taken("POST", f"job_templates/{template}/credentials/", {"id": asks})
    said = world.refused("POST", "schedules/", body(template))
    text = "Saved launch configurations cannot provide passwords needed to start."
    assert said == {"passwords_needed_to_start": [text]}
