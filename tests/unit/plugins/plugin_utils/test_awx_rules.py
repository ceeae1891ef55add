# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of AWX for surveys, credential types and schedules: each with something that breaks it."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._awx_credentials import (
    credential_type,
)
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._awx_rules import of_survey
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._awx_type_rules import (
    of_credential,
    of_credential_type,
    of_schedule,
)

Json = dict[str, t.Any]


def question(**changed: t.Any) -> Json:
    found = {"type": "text", "question_name": "A", "variable": "a", "required": False, **changed}
    return {key: value for key, value in found.items() if value is not ...}


def survey(*questions: t.Any, **changed: t.Any) -> Json:
    found = {"name": "s", "description": "", "spec": list(questions), **changed}
    return {key: value for key, value in found.items() if value is not ...}


@pytest.mark.parametrize(
    "good",
    [
        question(),
        question(min=0, max=5, default="12345"),
        question(required=True, min=3, max=3),
        question(type="textarea", question_description=""),
        question(type="password"),
        question(type="password", default=""),
        question(type="integer", min=-5, max=5, default=0),
        question(type="float", min=0.5, max=2, default=1),
        question(type="multiplechoice", choices=["x", "y"], default="y"),
        question(type="multiselect", choices=["x", "y"], default="x\ny"),
    ],
)
def test_good_questions(good: Json) -> None:
    assert not of_survey("s", survey(good))


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (question(question_name=...), "question_name is missing"),
        (question(variable=...), "variable is missing"),
        (question(required=...), "required is missing"),
        (question(required="yes"), "required has to be true or false"),
        (question(type="boolean"), "type is boolean; there are text"),
        (question(new_question=True), "new_question is not known"),
        (question(variable="a-b"), "it is no name of a variable"),
        (question(variable="a b"), "it is no name of a variable"),
        (question(min="3"), "'3' is no number for min or max"),
        (question(max=None), "None is no number for min or max"),
        (question(max=True), "True is no number for min or max"),
        (question(type="integer", max=1.5), "1.5 is no number for min or max"),
        (question(min=5, max=3, required=True), "min 5 is above max 3"),
        (question(min=-1), "a length cannot be below 0"),
        (question(min=3), "it may be left out"),
        (question(default=None), "the default has to be a string"),
        (question(default=5), "the default has to be a string"),
        (question(default="abcd", max=3), "its length is 4, and max is 3"),
        (question(default="a", min=3, required=True), "its length is 1, and min is 3"),
        (question(default="$encrypted$"), "the default is $encrypted$"),
        (question(type="password", default="x"), "a password cannot have a default"),
        (question(type="integer", default="5"), "the default has to be a number"),
        (question(type="integer", default=1.5), "the default has to be a number"),
        (question(type="integer", default=True), "the default has to be a number"),
        (question(type="integer", default=9, max=5), "it is 9, and max is 5"),
        (question(type="float", default=0.1, min=0.5), "it is 0.1, and min is 0.5"),
        (question(type="multiplechoice"), "choices is missing"),
        (question(type="multiplechoice", choices=[]), "choices is missing"),
        (question(type="multiplechoice", choices="x\ny"), "choices is missing"),
        (question(type="multiplechoice", choices=[True]), "a choice is no string"),
        (question(type="multiplechoice", choices=[""]), "a choice is no string, or empty"),
        (question(type="multiplechoice", choices=["x", "x"]), "a choice is there twice"),
        (question(type="multiplechoice", choices=["x"], default="y"), "none of the choices"),
        (question(type="multiplechoice", choices=["x"], min=1), "min and max mean nothing"),
        (question(type="multiselect", choices=["x"], default=["x"]), "has to be a string with"),
        (question(type="multiselect", choices=["x"], default="y"), "none of the choices"),
    ],
)
def test_a_bad_question_is_told_in_one_line(bad: Json, words: str) -> None:
    (line,) = of_survey("s", survey(bad))
    assert line.startswith("s: ") and words in line and "\n" not in line


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (survey(question(), name=...), "name is missing"),
        (survey(question(), description=...), "description is missing"),
        (survey(question(), questions=[]), "questions is not known"),
        (survey(), "there is no question"),
        (survey(spec=...), "there is no question"),
        (survey(question(), question()), "a is asked for twice"),
        (survey("x"), "question 1 is no mapping"),
        ([], "a survey is a mapping"),
    ],
)
def test_a_bad_survey(bad: t.Any, words: str) -> None:
    (line,) = of_survey("s", bad)
    assert words in line


# -- credential types ------------------------------------------------------------------------------


def kind(**changed: t.Any) -> Json:
    found: Json = {
        "name": "T",
        "kind": "cloud",
        "inputs": {
            "fields": [
                {"id": "user", "label": "User", "type": "string"},
                {"id": "secret", "label": "Secret", "type": "string", "secret": True},
                {"id": "box", "label": "Box", "type": "boolean"},
            ],
            "required": ["user"],
        },
        "injectors": {"env": {"THE_USER": "{{ user }}"}, "file": {"template": "{{ secret }}"}},
    }
    return {**found, **changed}


def with_field(**field: t.Any) -> Json:
    inputs: Json = kind()["inputs"]
    given = {"id": "more", "label": "More", "type": "string", **field}
    inputs["fields"].append({key: value for key, value in given.items() if value is not ...})
    return kind(inputs=inputs)


def with_env(variable: str, template: str) -> Json:
    return kind(injectors={"env": {variable: template}})


def test_ours_is_good() -> None:
    assert not of_credential_type(credential_type())
    assert not of_credential_type(kind())


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (kind(kind="ssh"), "kind is ssh; there are cloud, net"),
        (with_field(id=...), "id is missing"),
        (with_field(label=...), "label is missing"),
        (with_field(id="a-b"), "id has to be letters, digits and _"),
        (with_field(id="tower"), "id is AWX's own"),
        (with_field(type="integer"), "type is integer; there are string, boolean"),
        (with_field(ask_at_runtime=True), "ask_at_runtime is not known"),
        (with_field(type="boolean", secret=True), "secret is only for strings"),
        (with_field(type="boolean", choices=["x"]), "choices is only for strings"),
        (with_field(type="boolean", multiline=True), "multiline is only for strings"),
        (with_field(id="ca", format="ssh_private_key"), "refuses a certificate"),
        (with_field(id="user"), "field user is there twice"),
        (kind(inputs={**kind()["inputs"], "required": ["x"]}), "x is required, and no field"),
        (kind(inputs={**kind()["inputs"], "other": 1}), "other is not known in inputs"),
        (with_env("ANSIBLE_X", "{{ user }}"), "ANSIBLE_X is AWX's own"),
        (with_env("PATH", "{{ user }}"), "PATH is AWX's own"),
        (with_env("AWX_HOST", "{{ user }}"), "AWX_HOST is AWX's own"),
        (with_env("MY-USER", "{{ user }}"), "MY-USER is no name of an environment variable"),
        (with_env("X", "{{ usr }}"), "env X uses usr, which is no field"),
        (with_env("X", "{{ 'a' if not usr else 'b' }}"), "env X uses usr, which is no field"),
        (with_env("X", "{% if usr %}a{% endif %}"), "env X uses usr, which is no field"),
        (kind(injectors={"environment": {}}), "environment is not known in injectors"),
        (kind(injectors={"file": {"ca": "{{ user }}"}}), "ca is no name of a file"),
        (
            kind(injectors={"file": {"template": "", "template.a": ""}}),
            "of several files each is template.NAME",
        ),
    ],
)
def test_a_bad_type_is_told_in_one_line(bad: Json, words: str) -> None:
    (line,) = of_credential_type(bad)
    assert line.startswith("T: ") and words in line


def test_expressions_that_use_fields_only() -> None:
    for template in (
        "{{ tower.filename.ca if box else '' }}",
        "{{ user or ('80' if secret == 'http' else '443') }}",
        "{% if not box and user is none %}x{% endif %}",
        "plain",
    ):
        assert not of_credential_type(with_env("X", template))


def test_what_a_credential_lacks() -> None:
    """AWX takes it, and each of its jobs fails at the start."""
    assert not of_credential({"name": "c", "inputs": {"user": "x"}}, kind())
    assert of_credential({"name": "c", "inputs": {"user": "", "x": 1}}, kind()) == [
        "c: user is missing",
        "c: x is no field",
    ]


# -- schedules -------------------------------------------------------------------------------------

GOOD = "DTSTART;TZID=Europe/Berlin:20260101T023000 RRULE:FREQ=DAILY;INTERVAL=1"


def test_a_good_schedule() -> None:
    assert not of_schedule({"name": "s", "rrule": GOOD, "unified_job_template": "x"})


@pytest.mark.parametrize(
    "rrule",
    [
        GOOD.replace(";INTERVAL=1", ""),
        GOOD.replace(";TZID=Europe/Berlin", ""),
        GOOD.replace("INTERVAL=1", "INTERVAL=0"),
        GOOD.replace("T023000", "T0230"),
        GOOD.partition(" ")[0],
        GOOD.partition(" ")[2],
        "",
    ],
)
def test_a_rule_that_awx_refuses(rrule: str) -> None:
    (line,) = of_schedule({"name": "s", "rrule": rrule, "unified_job_template": "x"})
    assert line.startswith("s: ") and "is no rule that AWX takes" in line


def test_a_schedule_of_nothing() -> None:
    (line,) = of_schedule(copy.deepcopy({"name": "s", "rrule": GOOD}))
    assert line == "s: it does not say what to run"
