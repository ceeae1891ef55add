# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What AWX refuses, and what it takes and fails with later: the rules for credential types,
credentials and schedules. Pure."""

from __future__ import annotations

import re
import typing as t

Json = dict[str, t.Any]

KINDS = ("cloud", "net")
_ID = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_FIELD = ("id", "label", "type", "help_text", "secret", "multiline", "choices", "format", "default")
_ONLY_STRINGS = ("secret", "choices", "multiline", "format")
#: AWX sets these for its jobs.
_TAKEN = re.compile(r"ANSIBLE_.*|PATH|AWX_HOST|HOME|LANG|TMPDIR|TERM|PYTHONPATH|VIRTUAL_ENV")
_RESERVED = ("tower", "awx")
_USES = re.compile(r"{{(.*?)}}|{%(.*?)%}", re.S)
_WORD = re.compile(r"'[^']*'|\"[^\"]*\"|(?<![\w.])[A-Za-z_]\w*")
_JINJA = ("if", "else", "or", "and", "not", "in", "is", "true", "false", "none", "elif", "endif")
_RRULE = re.compile(
    r"DTSTART;TZID=[A-Za-z][A-Za-z0-9/_+-]*:\d{8}T\d{6} RRULE:FREQ=[A-Z]+;INTERVAL=[1-9]\d*(;\S+)?"
)


def of_credential_type(told: Json) -> list[str]:
    """What is wrong with a credential type, one line each."""
    name = told.get("name", "credential type")
    return [f"{name}: {why}" for why in _of_type(told)]


def _of_type(told: Json) -> t.Iterator[str]:
    if told.get("kind") not in KINDS:
        yield f"kind is {told.get('kind')}; there are {', '.join(KINDS)}"
    inputs, injectors = told.get("inputs") or {}, told.get("injectors") or {}
    fields = inputs.get("fields") or []
    ids = [field.get("id") for field in fields]
    for key in inputs:
        if key not in ("fields", "required", "metadata"):
            yield f"{key} is not known in inputs"
    for field in fields:
        yield from (f"field {field.get('id')}: {why}" for why in _of_field(field))
    for each in {each for each in ids if ids.count(each) > 1}:
        yield f"field {each} is there twice"
    for each in inputs.get("required", ()):
        if each not in ids:
            yield f"{each} is required, and no field"
    for each in injectors:
        if each not in ("env", "file", "extra_vars"):
            yield f"{each} is not known in injectors"
    for variable in injectors.get("env", {}):
        if not _ID.fullmatch(variable):
            yield f"{variable} is no name of an environment variable"
        if _TAKEN.fullmatch(variable):
            yield f"{variable} is AWX's own, and cannot be injected"
    files = list(injectors.get("file", {}))
    for each in files:
        if not re.fullmatch(r"template(\.[a-zA-Z0-9_]+)?", each):
            yield f"{each} is no name of a file: it is template, or template.NAME"
    if len(files) > 1 and "template" in files:
        yield "of several files each is template.NAME"
    for kind, templates in injectors.items():
        for key, template in templates.items():
            for each in _undefined(str(template), ids):
                yield f"{kind} {key} uses {each}, which is no field"


def _of_field(field: Json) -> t.Iterator[str]:
    for key in ("id", "label"):
        if not field.get(key):
            yield f"{key} is missing"
    for key in field:
        if key not in _FIELD:
            yield f"{key} is not known"
    if not _ID.fullmatch(str(field.get("id", "a"))):
        yield "id has to be letters, digits and _"
    if field.get("id") in _RESERVED:
        yield "id is AWX's own"
    kind = field.get("type", "string")
    if kind not in ("string", "boolean"):
        yield f"type is {kind}; there are string, boolean"
    if kind == "boolean":
        for key in _ONLY_STRINGS:
            if key in field:
                yield f"{key} is only for strings"
    if field.get("format") == "ssh_private_key" and "ca" in str(field.get("id")):
        yield "the format ssh_private_key refuses a certificate"


def _undefined(template: str, ids: t.Sequence[t.Any]) -> list[str]:
    found = []
    for used in _USES.findall(template):
        for word in _WORD.findall(" ".join(used)):
            if word[0] not in "'\"" and word not in (*_JINJA, *_RESERVED, *ids):
                found.append(word)
    return found


def of_credential(told: Json, kind: Json) -> list[str]:
    """AWX takes a credential that lacks what is required, and every job with it fails at its start."""
    name, inputs = told.get("name", "credential"), told.get("inputs") or {}
    ids = [field["id"] for field in kind["inputs"]["fields"]]
    wrong = [
        f"{name}: {key} is missing" for key in kind["inputs"]["required"] if not inputs.get(key)
    ]
    return [*wrong, *(f"{name}: {key} is no field" for key in inputs if key not in ids)]


def of_schedule(told: Json) -> list[str]:
    wrong = []
    if not _RRULE.fullmatch(told.get("rrule", "")):
        wrong.append(
            f"{told.get('name')}: {told.get('rrule')!r} is no rule that AWX takes: "
            "DTSTART;TZID=ZONE:DATETTIME RRULE:FREQ=...;INTERVAL=..."
        )
    if not told.get("unified_job_template"):
        wrong.append(f"{told.get('name')}: it does not say what to run")
    return wrong


__all__ = ("KINDS", "of_credential", "of_credential_type", "of_schedule")
