# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What AWX refuses, and what it takes and fails with later: the rules for surveys. Pure."""

from __future__ import annotations

import re
import typing as t

Json = dict[str, t.Any]

TEXTS = ("text", "textarea", "password")
CHOICES = ("multiplechoice", "multiselect")
NUMBERS = {"integer": int, "float": (int, float)}
TYPES = (*TEXTS, *CHOICES, *NUMBERS)

_NEEDED = ("type", "question_name", "variable", "required")
_KNOWN = (*_NEEDED, "question_description", "min", "max", "choices", "default")
_VARIABLE = re.compile(r"[a-z_][a-z0-9_]*")


def of_survey(name: str, spec: Json) -> list[str]:
    """What is wrong with a survey, one line each.

    :param name: what the lines begin with
    """
    if not isinstance(spec, dict):
        return [f"{name}: a survey is a mapping"]
    wrong = [f"{name}: {key} is missing" for key in ("name", "description") if key not in spec]
    wrong += [
        f"{name}: {key} is not known" for key in spec if key not in ("name", "description", "spec")
    ]
    questions = spec.get("spec")
    if not isinstance(questions, list) or not questions:
        return [*wrong, f"{name}: there is no question"]
    seen: set[t.Any] = set()
    for number, question in enumerate(questions, 1):
        if not isinstance(question, dict):
            wrong.append(f"{name}: question {number} is no mapping")
            continue
        variable = question.get("variable")
        where = f"{name}: {variable or f'question {number}'}"
        if variable in seen:
            wrong.append(f"{where} is asked for twice")
        seen.add(variable)
        wrong += [f"{where}: {why}" for why in _of_question(question)]
    return wrong


def _of_question(question: Json) -> t.Iterator[str]:
    for key in _NEEDED:
        if key not in question:
            yield f"{key} is missing"
    for key in question:
        if key not in _KNOWN:
            yield f"{key} is not known"
    if not isinstance(question.get("required", False), bool):
        yield "required has to be true or false"
    if not _VARIABLE.fullmatch(str(question.get("variable", "a"))):
        yield "it is no name of a variable"
    kind = question.get("type")
    if kind not in TYPES:
        yield f"type is {kind}; there are {', '.join(TYPES)}"
        return
    yield from _of_limits(question)
    if kind in CHOICES:
        yield from _of_choices(question)
    if "default" in question:
        yield from _of_default(question, question["default"])


def _of_limits(question: Json) -> t.Iterator[str]:
    limits = [question[key] for key in ("min", "max") if key in question]
    whole = question["type"] != "float"
    for limit in limits:
        if not _is(limit, int if whole else (int, float)):
            yield f"{limit!r} is no number for min or max"
            return
    if limits and question["type"] in CHOICES:
        yield "min and max mean nothing where there are choices"
    if len(limits) == 2 and limits[0] > limits[1]:
        yield f"min {limits[0]} is above max {limits[1]}"
    if question["type"] in TEXTS and any(limit < 0 for limit in limits):
        yield "a length cannot be below 0"
    if question["type"] in TEXTS and not question.get("required") and question.get("min", 0) > 0:
        yield "it may be left out, and an answer that is left out has length 0: min has to be 0"


def _of_choices(question: Json) -> t.Iterator[str]:
    choices = question.get("choices")
    if not isinstance(choices, list) or not choices:
        yield "choices is missing"
    elif not all(isinstance(choice, str) and choice for choice in choices):
        yield "a choice is no string, or empty"
    elif len(set(choices)) < len(choices):
        yield "a choice is there twice"


def _of_default(question: Json, default: t.Any) -> t.Iterator[str]:
    kind = question["type"]
    if kind == "password" and default:
        yield "a password cannot have a default: it would be written again each time"
    if default == "$encrypted$":
        yield "the default is $encrypted$, which AWX keeps for itself"
    if kind == "multiselect":
        if not isinstance(default, str):
            yield "the default has to be a string with line breaks"
        elif not set(default.split("\n")) <= set(question.get("choices") or ()):
            yield "the default is none of the choices"
    elif kind == "multiplechoice":
        if default not in (question.get("choices") or ()):
            yield "the default is none of the choices"
    elif kind in TEXTS:
        if not isinstance(default, str):
            yield "the default has to be a string"
        else:
            yield from _between(question, len(default), "its length")
    elif not _is(default, NUMBERS[kind]):
        yield "the default has to be a number"
    else:
        yield from _between(question, default, "it")


def _between(question: Json, value: t.Any, what: str) -> t.Iterator[str]:
    for key, bad in (("min", lambda limit: value < limit), ("max", lambda limit: value > limit)):
        limit = question.get(key)
        if _is(limit, (int, float)) and bad(limit):
            yield f"the default does not fit: {what} is {value}, and {key} is {limit}"


def _is(value: t.Any, kind: t.Any) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


__all__ = ("CHOICES", "NUMBERS", "TEXTS", "TYPES", "of_survey")
