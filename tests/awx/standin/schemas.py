# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checking documents by a JSON schema, with AWX's messages.

As JSONSchemaField.validate in awx/main/fields.py.
"""

from __future__ import annotations

from typing import Any

import jsonschema

FORMATS = jsonschema.FormatChecker(formats=())


def messages(schema: dict[str, Any], value: Any) -> list[tuple[dict[str, Any], str]]:
    """What is wrong, each with the part of the schema that says so."""
    validator = jsonschema.Draft4Validator(schema, format_checker=FORMATS)
    return [(dict(error.schema), _message(error)) for error in validator.iter_errors(value)]


def _message(error: jsonschema.ValidationError) -> str:
    path = list(error.path)
    if error.validator == "pattern" and "error" in error.schema:
        return str(error.schema["error"]).format(instance=error.instance)
    if error.validator == "type":
        expected = "dict" if error.validator_value == "object" else error.validator_value
        given = type(error.instance).__name__
        if path:
            return f"{given} provided in relative path {path}, expected {expected}"
        return f"{given} provided, expected {expected}"
    if error.validator == "additionalProperties":
        return f"Schema validation error in relative path {path} ({error.message})"
    return str(error.message)
