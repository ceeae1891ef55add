# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Surveys: which specifications are taken, and which are not although one might think so."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from awx.standin.world import World, question


def spec_of(*questions: dict[str, Any]) -> dict[str, Any]:
    return {"name": "", "description": "", "spec": [question(**q) for q in questions]}


@pytest.mark.parametrize(
    "change, text",
    [
        ({"name": None}, "Expected string for field 'name', received NoneType type."),
        ({"description": 1}, "Expected string for field 'description', received int type."),
        ({"spec": {}}, "Expected list of items for field 'spec', received dict type."),
        ({"spec": []}, "'spec' doesn't contain any items."),
        ({"spec": ["x"]}, "Survey question 0 is not a json object."),
    ],
)
def test_a_survey_has_its_parts(world: World, change: dict[str, Any], text: str) -> None:
    path = f"job_templates/{world.template()}/survey_spec/"
    assert world.refused("POST", path, {**spec_of({}), **change}) == {"error": text}


@pytest.mark.parametrize("name", ["name", "description", "spec"])
def test_no_part_is_missing(world: World, name: str) -> None:
    spec = spec_of({})
    del spec[name]
    path = f"job_templates/{world.template()}/survey_spec/"
    text = f"Field '{name}' is missing from survey spec."
    assert world.refused("POST", path, spec) == {"error": text}


CHOICE = {"type": "multiplechoice", "choices": "one\ntwo"}
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"required": "true"}, "'required' in survey question 0 expected to be boolean."),
    ({"variable": 1}, "'variable' in survey question 0 expected to be string."),
    (
        {"type": "boolean"},
        "'boolean' in survey question 0 is not one of 'text, textarea, password, multiplechoice, "
        "multiselect, integer, float' allowed question types.",
    ),
    ({"default": 1}, "Default value 1 in survey question 0 expected to be string."),
    ({"default": None}, "Default value None in survey question 0 expected to be string."),
    (
        {"type": "integer", "default": "1"},
        "Default value 1 in survey question 0 expected to be integer.",
    ),
    (
        {"type": "float", "default": 1},
        "Default value 1 in survey question 0 expected to be float.",
    ),
    ({"min": "1"}, "The min limit in survey question 0 expected to be integer."),
    ({"max": "9"}, "The max limit in survey question 0 expected to be integer."),
    (
        {"type": "multiplechoice"},
        "Survey question 0 of type multiplechoice must specify choices.",
    ),
    (
        {**CHOICE, "default": "three"},
        "Default choice must be answered from the choices listed.",
    ),
    (
        {**CHOICE, "default": "one\ntwo"},
        "Multiple Choice (Single Select) can only have one default value.",
    ),
    (
        {"type": "multiselect", "choices": ["one"], "default": ["one"]},
        "Default value ['one'] in survey question 0 expected to be string.",
    ),
    (
        {"type": "multiplechoice", "choices": [True, False], "default": "true"},
        "Default choice must be answered from the choices listed.",
    ),
    (
        {"default": "$encrypted$"},
        "$encrypted$ is a reserved keyword for password question defaults, survey question 0 is "
        "type text.",
    ),
    (
        {"type": "password", "default": "$encrypted$"},
        "$encrypted$ is a reserved keyword, may not be used for new default in position 0.",
    ),
]


@pytest.mark.parametrize("fields, text", REFUSED)
@pytest.mark.parametrize("kind", ["job", "workflow"])
def test_questions_refused(world: World, kind: str, fields: dict[str, Any], text: str) -> None:
    path = f"job_templates/{world.template()}/survey_spec/"
    if kind == "workflow":
        number = world.make("workflow_job_templates", name="W")
        path = f"workflow_job_templates/{number}/survey_spec/"
    assert world.refused("POST", path, spec_of(fields)) == {"error": text}


@pytest.mark.parametrize("name", ["type", "question_name", "variable", "required"])
def test_no_part_of_a_question_is_missing(world: World, name: str) -> None:
    spec = spec_of({})
    del spec["spec"][0][name]
    path = f"job_templates/{world.template()}/survey_spec/"
    text = f"'{name}' missing from survey question 0"
    assert world.refused("POST", path, spec) == {"error": text}


def test_a_variable_is_asked_for_once(world: World) -> None:
    path = f"job_templates/{world.template()}/survey_spec/"
    text = "'variable' 'answer' duplicated in survey question 1."
    assert world.refused("POST", path, spec_of({}, {})) == {"error": text}


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "integer", "default": 99, "min": 1, "max": 9},
        {"default": "x", "min": 2},
        {"type": "integer", "min": 9, "max": 1},
        {"variable": "not a-variable"},
        {"nonsense": True},
        {"default": ""},
        {"question_description": None, "min": None, "max": None},
        {"type": "multiplechoice", "choices": ["one", "two"], "default": "two"},
        {"type": "multiselect", "choices": "one\ntwo", "default": "one\ntwo"},
    ],
)
def test_what_is_not_checked(world: World, fields: dict[str, Any]) -> None:
    path = f"job_templates/{world.template()}/survey_spec/"
    spec = spec_of(fields)
    world.taken("POST", path, copy.deepcopy(spec))
    assert world.awx.get(path) == spec


def test_a_password_is_hidden_and_stays(world: World) -> None:
    path = f"job_templates/{world.template()}/survey_spec/"
    spec = spec_of({"type": "password", "default": "s3cret"})
    world.taken("POST", path, spec)
    shown = world.awx.get(path)
    assert shown["spec"][0]["default"] == "$encrypted$"
    world.taken("POST", path, shown)
    assert world.awx.objects("job_templates")[0]["_survey"]["spec"][0]["default"] == "s3cret"


def test_a_survey_is_shown_beside_and_deleted(world: World) -> None:
    url = f"job_templates/{world.template()}/"
    spec = {**spec_of({}), "name": "Title", "description": "Text"}
    world.taken("POST", url + "survey_spec/", spec)
    said = world.awx.get(url)["summary_fields"]["survey"]
    assert said == {"title": "Title", "description": "Text"}
    assert world.awx.request("DELETE", url + "survey_spec/").status_code == 200
    assert world.awx.get(url + "survey_spec/") == {}
