# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a survey may be, and what may be answered to it.

As JobTemplateSurveySpec in awx/api/views/__init__.py and SurveyJobTemplateMixin in awx/main/models/mixins.py. What those do
not check is taken here too: a default below min or above max, min above max, how a variable is spelt, unknown keys.
"""

from __future__ import annotations

import copy
from typing import Any

from awx.standin.credentials import ENCRYPTED
from awx.standin.errors import bad_request

TYPES: dict[str, type] = {
    "text": str,
    "textarea": str,
    "password": str,
    "multiplechoice": str,
    "multiselect": str,
    "integer": int,
    "float": float,
}
TEXTS = ("text", "textarea", "password")
CHOSEN = ("multiplechoice", "multiselect")
Question = dict[str, Any]


def shown(spec: dict[str, Any]) -> dict[str, Any]:
    out = copy.deepcopy(spec)
    for question in out.get("spec", ()):
        if question.get("type") == "password" and question.get("default"):
            question["default"] = ENCRYPTED
    return out


def check(spec: dict[str, Any], before: dict[str, Any]) -> None:
    """Raise ApiError for what AWX refuses; what hides a password becomes that again."""
    for check_one in SPEC_CHECKS:
        _refuse(check_one(spec))
    old = {q["variable"]: q for q in before.get("spec", ())}
    seen: set[str] = set()
    for number, question in enumerate(spec["spec"]):
        if not isinstance(question, dict):
            _refuse(f"Survey question {number} is not a json object.")
        for look in QUESTION_CHECKS:
            _refuse(look(number, question))
        if question["variable"] in seen:
            _refuse(f"'variable' '{question['variable']}' duplicated in survey question {number}.")
        seen.add(question["variable"])
        _refuse(_reveal(number, question, old.get(question["variable"], {})))


def _refuse(text: str) -> None:
    if text:
        raise bad_request({"error": text})


# --- the survey as a whole


def has_its_parts(spec: dict[str, Any]) -> str:
    error = ""
    for name, kind, label in (
        ("name", str, "string"),
        ("description", str, "string"),
        ("spec", list, "list of items"),
    ):
        if name not in spec:
            error = f"Field '{name}' is missing from survey spec."
        elif not isinstance(spec[name], kind):
            given = type(spec[name]).__name__
            error = f"Expected {label} for field '{name}', received {given} type."
    return error


def has_questions(spec: dict[str, Any]) -> str:
    return "" if spec["spec"] else "'spec' doesn't contain any items."


SPEC_CHECKS = [has_its_parts, has_questions]

# --- each question


def question_has_its_parts(number: int, question: Question) -> str:
    for name in ("type", "question_name", "variable", "required"):
        if name not in question:
            return f"'{name}' missing from survey question {number}"
        kind, label = (bool, "boolean") if name == "required" else (str, "string")
        if not isinstance(question[name], kind):
            return f"'{name}' in survey question {number} expected to be {label}."
    return ""


def type_is_known(number: int, question: Question) -> str:
    if question["type"] in TYPES:
        return ""
    return (
        f"'{question['type']}' in survey question {number} is not one of '{', '.join(TYPES)}' "
        "allowed question types."
    )


def default_is_of_the_type(number: int, question: Question) -> str:
    kind = question["type"]
    default = question.get("default", "")
    if default == "" or isinstance(default, TYPES[kind]):
        return ""
    label = kind if kind in ("integer", "float") else "string"
    return f"Default value {default} in survey question {number} expected to be {label}."


def limits_are_whole_numbers(number: int, question: Question) -> str:
    for name in ("min", "max"):
        limit = question.get(name)
        if limit is not None and not isinstance(limit, int):
            return f"The {name} limit in survey question {number} expected to be integer."
    return ""


def there_are_choices(number: int, question: Question) -> str:
    if question["type"] not in CHOSEN:
        return ""
    if "choices" not in question:
        return f"Survey question {number} of type {question['type']} must specify choices."
    question["choices"] = _lines(question["choices"])
    return ""


def default_is_a_choice(_number: int, question: Question) -> str:
    """Choices that are booleans have no string among them."""
    if question["type"] not in CHOSEN or "default" not in question:
        return ""
    question["default"] = _lines(question["default"])
    defaults = question["default"].splitlines()
    if question["type"] == "multiplechoice" and len(defaults) > 1:
        return "Multiple Choice (Single Select) can only have one default value."
    if any(default not in question["choices"] for default in defaults):
        return "Default choice must be answered from the choices listed."
    return ""


QUESTION_CHECKS = [
    question_has_its_parts,
    type_is_known,
    default_is_of_the_type,
    limits_are_whole_numbers,
    there_are_choices,
    default_is_a_choice,
]


def _reveal(number: int, question: Question, old: Question) -> str:
    default = question.get("default")
    if not isinstance(default, str) or not default.startswith(ENCRYPTED):
        return ""
    if question["type"] != "password":
        return (
            f"{ENCRYPTED} is a reserved keyword for password question defaults, survey question "
            f"{number} is type {question['type']}."
        )
    if old.get("type") != "password" or "default" not in old:
        return (
            f"{ENCRYPTED} is a reserved keyword, may not be used for new default in position "
            f"{number}."
        )
    question["default"] = old["default"]
    return ""


def _lines(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return "\n".join(line for line in value.splitlines() if line.strip())


# --- answers


def problems(spec: dict[str, Any], answers: dict[str, Any]) -> dict[str, list[str]]:
    """What is wrong with the answers, by variable; those of other questions are not looked at."""
    found = {q["variable"]: _problem(q, answers) for q in spec.get("spec", ())}
    return {name: [text] for name, text in found.items() if text}


def _problem(question: Question, answers: dict[str, Any]) -> str:
    name, kind = question["variable"], question["type"]
    if name not in answers:
        return f"'{name}' value missing" if question["required"] else ""
    value = answers[name]
    if kind in TEXTS:
        if not isinstance(value, str):
            return f"Value {value} for '{name}' expected to be a string."
        return _too_short_or_long(question, value)
    if kind == "integer" and (isinstance(value, bool) or not isinstance(value, int)):
        return f"Value {value} for '{name}' expected to be an integer."
    if kind == "float" and type(value) not in (int, float):
        return f"Value {value} for '{name}' expected to be a numeric type."
    if kind in ("integer", "float"):
        return _too_small_or_large(question, value)
    choices = question["choices"]
    choices = choices.splitlines() if isinstance(choices, str) else choices
    if kind == "multiselect" and not isinstance(value, list):
        return f"'{name}' value is expected to be a list."
    for one in value if kind == "multiselect" else [value]:
        if one not in choices:
            return f"Value {one} for '{name}' expected to be one of {choices}."
    return ""


def _too_short_or_long(question: Question, value: str) -> str:
    name, least, most = question["variable"], question.get("min"), question.get("max")
    if least not in ("", None) and len(value) < int(least):
        return f"'{name}' value {value} is too small (length is {len(value)} must be at least {least})."
    if most not in ("", None) and len(value) > int(most):
        return f"'{name}' value {value} is too large (must be no more than {most})."
    return ""


def _too_small_or_large(question: Question, value: float) -> str:
    name, least, most = question["variable"], question.get("min"), question.get("max")
    if least not in ("", None) and value < least:
        return f"'{name}' value {value} is too small (must be at least {least})."
    if most not in ("", None) and value > most:
        return f"'{name}' value {value} is too large (must be no more than {most})."
    return ""


def defaults(spec: dict[str, Any]) -> dict[str, Any]:
    """The defaults that could be answers; others AWX leaves out without a word."""
    out = {}
    for question in spec.get("spec", ()):
        default = question.get("default")
        if default is not None and not _problem(question, {question["variable"]: default}):
            out[question["variable"]] = default
    return out


def passwords(spec: dict[str, Any]) -> set[str]:
    return {q["variable"] for q in spec.get("spec", ()) if q["type"] == "password"}
