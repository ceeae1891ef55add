# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Launching job templates: what is taken, what is passed over, what is refused, and how jobs end."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from awx.standin.testing import AwxStandIn
from awx.standin.world import GIT, World


def launch(world: World, template: int, **given: Any) -> Any:
    return world.taken("POST", f"job_templates/{template}/launch/", given)


def ended(awx: AwxStandIn, number: int) -> Any:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        job = awx.get(f"jobs/{number}/")
        if job["event_processing_finished"]:
            return job
        time.sleep(0.01)
    raise AssertionError(job)


def test_a_launch_is_recorded(world: World) -> None:
    job = launch(world, world.template())
    assert (job["job"], job["status"], job["ignored_fields"]) == (job["id"], "pending", {})
    shown = world.awx.get(f"jobs/{job['id']}/")
    assert (shown["status"], shown["failed"]) == ("successful", False)
    assert shown["playbook"] == "backup.yml"
    assert world.awx.get("jobs/", status="successful")["count"] == 1


def test_jobs_end_as_is_said(world: World) -> None:
    world.awx.settings.job_status = "pending"
    job = launch(world, world.template())
    assert world.awx.get(f"jobs/{job['id']}/")["status"] == "pending"
    world.awx.end_job(job["id"], "failed", reason="why")
    shown = world.awx.get(f"jobs/{job['id']}/")
    assert (shown["status"], shown["failed"]) == ("failed", True)
    assert shown["artifacts"] == {"reason": "why"}


def test_a_test_runs_jobs(world: World) -> None:
    """It gets what AWX's own runner gets: variables and credentials in clear."""
    told: list[dict[str, Any]] = []

    def run(job: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        told.append(job)
        return "failed", {"set": "stats"}

    world.awx.settings.runner = run
    template = world.template(extra_vars='{"a": 1}', limit="managers")
    kind = world.credential_type()
    credential = world.credential(kind, username="admin", password="s3cret")
    world.taken("POST", f"job_templates/{template}/credentials/", {"id": credential})
    job = ended(world.awx, launch(world, template)["id"])
    assert (job["status"], job["artifacts"]) == ("failed", {"set": "stats"})
    assert (told[0]["extra_vars"], told[0]["limit"]) == ({"a": 1}, "managers")
    assert told[0]["credentials"][0]["inputs"] == {"username": "admin", "password": "s3cret"}
    assert told[0]["galaxy_credentials"] == []


def test_a_runner_that_breaks_is_an_error(world: World) -> None:
    def run(_job: dict[str, Any]) -> str:
        raise RuntimeError("broken")

    world.awx.settings.runner = run
    job = ended(world.awx, launch(world, world.template())["id"])
    assert (job["status"], job["job_explanation"]) == ("error", "RuntimeError: broken")


def test_what_is_not_asked_is_passed_over(world: World) -> None:
    job = launch(world, world.template(), limit="x", extra_vars={"a": 1})
    assert job["ignored_fields"] == {"limit": "x", "extra_vars": {"a": 1}}
    shown = world.awx.get(f"jobs/{job['id']}/")
    assert (shown["limit"], json.loads(shown["extra_vars"])) == ("", {})


def test_what_is_asked_is_taken(world: World) -> None:
    template = world.template(
        ask_limit_on_launch=True, ask_variables_on_launch=True, extra_vars='{"a": 1, "b": 1}'
    )
    job = launch(world, template, limit="x", extra_vars='{"a": 2}')
    shown = world.awx.get(f"jobs/{job['id']}/")
    assert (job["ignored_fields"], shown["limit"]) == ({}, "x")
    assert json.loads(shown["extra_vars"]) == {"a": 2, "b": 1}


def test_a_survey_is_answered(world: World) -> None:
    template = world.template()
    world.survey(
        template,
        {"variable": "word", "required": True, "min": 2, "max": 4},
        {"variable": "number", "type": "integer", "min": 1, "max": 9, "default": 5},
        {"variable": "ratio", "type": "float", "min": 1},
        {"variable": "one", "type": "multiplechoice", "choices": "a\nb"},
        {"variable": "some", "type": "multiselect", "choices": ["a", "b"]},
    )
    for given, text in (
        ({}, "'word' value missing"),
        ({"word": 1}, "Value 1 for 'word' expected to be a string."),
        (
            {"word": "a"},
            "'word' value a is too small (length is 1 must be at least 2).",
        ),
        ({"word": "abcde"}, "'word' value abcde is too large (must be no more than 4)."),
        ({"number": "5"}, "Value 5 for 'number' expected to be an integer."),
        ({"number": 10}, "'number' value 10 is too large (must be no more than 9)."),
        ({"number": 0}, "'number' value 0 is too small (must be at least 1)."),
        ({"ratio": "x"}, "Value x for 'ratio' expected to be a numeric type."),
        ({"one": "c"}, "Value c for 'one' expected to be one of ['a', 'b']."),
        ({"some": "a"}, "'some' value is expected to be a list."),
        ({"some": ["c"]}, "Value c for 'some' expected to be one of ['a', 'b']."),
    ):
        body = {"extra_vars": {"word": "abc", **given} if given else {}}
        said = world.refused("POST", f"job_templates/{template}/launch/", body)
        assert said == {"variables_needed_to_start": [text]}
    job = launch(world, template, extra_vars={"word": "abc", "some": ["a"], "other": 1})
    assert job["ignored_fields"] == {"extra_vars": {"other": 1}}
    taken = json.loads(world.awx.get(f"jobs/{job['id']}/")["extra_vars"])
    assert taken == {"word": "abc", "number": 5, "some": ["a"]}


def test_a_default_outside_its_limits_is_left_out(world: World) -> None:
    """Which is why a survey has to be checked before AWX gets it."""
    template = world.template()
    world.survey(template, {"type": "integer", "default": 99, "max": 9})
    job = launch(world, template)
    assert json.loads(world.awx.get(f"jobs/{job['id']}/")["extra_vars"]) == {}


def test_a_required_value_has_no_default(world: World) -> None:
    template = world.template()
    world.survey(template, {"required": True, "default": "x"})
    said = world.refused("POST", f"job_templates/{template}/launch/", {})
    assert said == {"variables_needed_to_start": ["'answer' value missing"]}


def test_a_survey_that_is_not_enabled_asks_nothing(world: World) -> None:
    template = world.template()
    world.survey(template, {"required": True})
    world.taken("PATCH", f"job_templates/{template}/", {"survey_enabled": False})
    assert launch(world, template, extra_vars={"answer": "x"})["ignored_fields"]


def test_passwords_are_hidden(world: World) -> None:
    template = world.template()
    world.survey(template, {"type": "password"})
    job = launch(world, template, extra_vars={"answer": "s3cret"})
    shown = world.awx.get(f"jobs/{job['id']}/")
    assert json.loads(shown["extra_vars"]) == {"answer": "$encrypted$"}
    assert "s3cret" not in json.dumps(job)


@pytest.mark.parametrize(
    "given, message",
    [
        ({"inventory": 99}, {"inventory": ['Invalid pk "99" - object does not exist.']}),
        ({"credentials": [99]}, {"credentials": ['Invalid pk "99" - object does not exist.']}),
        ({"credentials": 1}, {"credentials": ['Expected a list of items but got type "int".']}),
        ({"job_type": "scan"}, {"job_type": ['"scan" is not a valid choice.']}),
        ({"forks": "x"}, {"forks": ["A valid integer is required."]}),
    ],
)
def test_launches_refuse(world: World, given: dict[str, Any], message: dict[str, Any]) -> None:
    assert world.refused("POST", f"job_templates/{world.template()}/launch/", given) == message


def test_variables_are_a_document(world: World) -> None:
    path = f"job_templates/{world.template()}/launch/"
    assert "Cannot parse" in world.refused("POST", path, {"extra_vars": "- x"})["extra_vars"][0]


def test_no_inventory_no_job(world: World) -> None:
    template = world.template(inventory=None, ask_inventory_on_launch=True)
    path = f"job_templates/{template}/launch/"
    text = "Job Template inventory is missing or undefined."
    assert world.refused("POST", path, {}) == {"resources_needed_to_start": [text]}
    launch(world, template, inventory=world.inventory)


def test_no_project_no_job(world: World) -> None:
    template = world.template()
    world.taken("DELETE", f"projects/{world.project}/")
    said = world.refused("POST", f"job_templates/{template}/launch/", {})
    assert said["project"] == ["A project is required to run a job."]


def test_a_project_that_was_not_fetched(world: World) -> None:
    template = world.template()
    del world.awx.settings.projects[GIT]
    world.taken("POST", f"projects/{world.project}/update/")
    said = world.refused("POST", f"job_templates/{template}/launch/", {})
    text = "Missing a revision to run due to failed project update."
    assert said == {"playbook": [text]}


def test_an_update_on_launch(world: World) -> None:
    world.taken("PATCH", f"projects/{world.project}/", {"scm_update_on_launch": True})
    template = world.template()
    assert ended(world.awx, launch(world, template)["id"])["status"] == "successful"
    assert world.awx.get("project_updates/")["count"] == 2
    del world.awx.settings.projects[GIT]
    job = ended(world.awx, launch(world, template)["id"])
    assert job["job_explanation"].startswith("Previous Task Failed")


def test_an_inventory_that_is_going(world: World) -> None:
    world.awx.settings.deletion_delay = 30
    template = world.template(inventory=None, ask_inventory_on_launch=True)
    world.taken("DELETE", f"inventories/{world.inventory}/")
    path = f"job_templates/{template}/launch/"
    said = world.refused("POST", path, {"inventory": world.inventory})
    assert said == {"inventory": ["The provided inventory is being deleted."]}


def test_a_credential_without_what_its_type_requires(world: World) -> None:
    """It is taken, and so is the launch; the job then fails before it starts."""
    template = world.template()
    credential = world.credential(world.credential_type(), password="x")
    world.taken("POST", f"job_templates/{template}/credentials/", {"id": credential})
    job = world.awx.get(f"jobs/{launch(world, template)['id']}/")
    assert job["status"] == "failed"
    assert job["job_explanation"] == (
        "Job cannot start because Credential Manager does not provide one or more required fields "
        "(username). Task failed pre-start check."
    )


def test_credentials_replace_those_of_their_type(world: World) -> None:
    template = world.template(ask_credential_on_launch=True)
    kind = world.credential_type()
    own, other = world.credential(kind, "own", username="a"), world.credential(kind, "b")
    more = world.credential(world.credential_type("More"), "more", username="a")
    world.taken("POST", f"job_templates/{template}/credentials/", {"id": own})
    path = f"job_templates/{template}/launch/"
    said = world.refused("POST", path, {"credentials": [more]})
    assert said["credentials"][0].startswith("Removing Manager credential at launch time")
    said = world.refused("POST", path, {"credentials": [own, other]})
    assert said == {"credentials": ["Cannot assign multiple Manager credentials."]}
    job = launch(world, template, credentials=[other, more])
    assert {c["name"] for c in world.awx.linked("jobs", job["id"], "credentials")} == {"b", "more"}


def test_passwords_that_are_asked_for(world: World) -> None:
    template = world.template()
    asks = world.credential(world.managed_type("Machine"), "asks", password="ASK")
    world.taken("POST", f"job_templates/{template}/credentials/", {"id": asks})
    path = f"job_templates/{template}/launch/"
    assert world.refused("POST", path, {}) == {"passwords_needed_to_start": ["ssh_password"]}
    launch(world, template, credential_passwords={"ssh_password": "x"})


def test_what_is_asked_can_be_looked_up(world: World) -> None:
    template = world.template(ask_limit_on_launch=True)
    world.survey(template, {"required": True})
    shown = world.awx.get(f"job_templates/{template}/launch/")
    assert shown["variables_needed_to_start"] == ["answer"]
    assert shown["ask_limit_on_launch"]
    assert not shown["can_start_without_user_input"]


def test_jobs_are_canceled_and_launched_again(world: World) -> None:
    world.awx.settings.job_status = "pending"
    template = world.template(ask_variables_on_launch=True)
    job = launch(world, template, extra_vars={"a": 1})
    world.refused("DELETE", f"jobs/{job['id']}/", status=403)
    assert world.awx.request("POST", f"jobs/{job['id']}/cancel/").status_code == 202
    assert world.awx.get(f"jobs/{job['id']}/")["status"] == "canceled"
    world.refused("POST", f"jobs/{job['id']}/cancel/", status=405)
    again = world.taken("POST", f"jobs/{job['id']}/relaunch/")
    assert json.loads(again["extra_vars"]) == {"a": 1}
    assert world.awx.request("DELETE", f"jobs/{job['id']}/").status_code == 204


@pytest.mark.parametrize("what", ["template", "project", "organization"])
def test_nothing_at_work_is_deleted(world: World, what: str) -> None:
    world.awx.settings.job_status = "pending"
    template = world.template()
    job = launch(world, template)
    if what == "project":
        world.awx.service.store.objects["project_updates"][1]["status"] = "running"
    url = {
        "template": f"job_templates/{template}/",
        "project": f"projects/{world.project}/",
        "organization": f"organizations/{world.organization}/",
    }[what]
    said = world.refused("DELETE", url, status=409)
    assert said["error"] == "Resource is being used by running jobs."
    assert said["active_jobs"]
    world.awx.end_job(job["id"], "successful")
