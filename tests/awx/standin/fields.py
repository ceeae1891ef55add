# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fields of an object: what each takes, and in which words it refuses the rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

REQUIRED = "This field is required."
BLANK = "This field may not be blank."
NULL = "This field may not be null."
LARGEST = 2147483647


class Refused(ValueError):
    """A value that the field does not take; the text is the message."""


@dataclass(frozen=True)
class Field:
    name: str
    check: Callable[[Field, Any], Any]
    default: Any = None
    required: bool = False
    null: bool = False
    blank: bool = True
    choices: tuple[Any, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    longest: int | None = None
    # A key to an object of this kind, and what becomes of the holder when that one is deleted.
    to: str = ""
    on_delete: str = "null"
    # Taken when the object is made, ignored later.
    fixed: bool = False
    read_only: bool = False
    # Taken, kept, and never shown.
    write_only: bool = False

    def clean(self, value: Any) -> Any:
        """The value as it is kept. Raises Refused."""
        if value is None:
            if self.null:
                return None
            return self._instead_of_null()
        return self.check(self, value)

    def _instead_of_null(self) -> Any:
        """As CharNullField and its like in awx/api/fields.py: what may be empty takes null for that."""
        if self.check is _flag:
            return False
        if self.check is _text and self.blank and not self.required:
            return ""
        if self.check is _choice and "" in self.choices and not self.required:
            return ""
        raise Refused(NULL)


def _text(field: Field, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise Refused("Not a valid string.")
    text = str(value).strip()
    if not text and not field.blank:
        raise Refused(BLANK)
    if field.longest is not None and len(text) > field.longest:
        raise Refused(f"Ensure this field has no more than {field.longest} characters.")
    return text


def _flag(_field: Field, value: Any) -> bool:
    for result, words in (
        (True, ("t", "y", "yes", "true", "on", "1", 1)),
        (False, ("f", "n", "no", "false", "off", "0", 0)),
    ):
        if (value.lower() if isinstance(value, str) else value) in words:
            return result
    raise Refused("Must be a valid boolean.")


def _number(field: Field, value: Any) -> int:
    try:
        number = int(str(value)) if not isinstance(value, bool) else None
    except ValueError:
        number = None
    if number is None:
        raise Refused("A valid integer is required.")
    smallest = -LARGEST - 1 if field.minimum is None else field.minimum
    largest = LARGEST if field.maximum is None else field.maximum
    if number < smallest:
        raise Refused(f"Ensure this value is greater than or equal to {smallest}.")
    if number > largest:
        raise Refused(f"Ensure this value is less than or equal to {largest}.")
    return number


def _choice(field: Field, value: Any) -> Any:
    if value == "" and "" in field.choices:
        return value
    for choice in field.choices:
        if str(choice) == str(value):
            return choice
    raise Refused(f'"{value}" is not a valid choice.')


def _data(_field: Field, value: Any) -> Any:
    if isinstance(value, str):
        return parse_variables(value)
    if not isinstance(value, dict):
        raise Refused(f'Expected a dictionary of items but got type "{type(value).__name__}".')
    return value


def _any_list(_field: Field, value: Any) -> Any:
    if not isinstance(value, list):
        raise Refused(f'Expected a list of items but got type "{type(value).__name__}".')
    return value


def _variables(_field: Field, value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps(value)
    if not isinstance(value, str):
        raise Refused("Not a valid string.")
    parse_variables(value)
    return value


def _key(_field: Field, value: Any) -> int | None:
    if value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise Refused(f"Incorrect type. Expected pk value, received {type(value).__name__}.")
    try:
        return int(value)
    except ValueError:
        raise Refused(
            f"Incorrect type. Expected pk value, received {type(value).__name__}."
        ) from None


def parse_variables(text: str) -> dict[str, Any]:
    """Variables written as JSON or YAML. Raises Refused in AWX's words."""
    if not text.strip():
        return {}
    try:
        found = json.loads(text)
        json_error = f"Input type `{type(found).__name__}` is not a dictionary"
    except ValueError as error:
        found, json_error = None, str(error)
    if isinstance(found, dict):
        return found
    try:
        found = yaml.safe_load(text)
        yaml_error = f"Input type `{type(found).__name__}` is not a dictionary"
    except yaml.YAMLError as error:
        found, yaml_error = None, str(error)
    if isinstance(found, dict):
        return found
    if found is None and not yaml_error.startswith("while"):
        return {}
    raise Refused(f"Cannot parse as JSON (error: {json_error}) or YAML (error: {yaml_error}).")


def text(name: str, default: Any = "", longest: int | None = None, **more: Any) -> Field:
    return Field(name, _text, default, longest=longest, **more)


def flag(name: str, default: Any = False, **more: Any) -> Field:
    return Field(name, _flag, default, **more)


def number(name: str, default: Any = 0, **more: Any) -> Field:
    return Field(name, _number, default, **more)


def choice(name: str, choices: tuple[Any, ...], default: Any = "", **more: Any) -> Field:
    return Field(name, _choice, default, choices=choices, **more)


def data(name: str, default: Any = None, **more: Any) -> Field:
    return Field(name, _data, {} if default is None else default, **more)


def items(name: str, **more: Any) -> Field:
    return Field(name, _any_list, [], **more)


def variables(name: str, default: str = "", **more: Any) -> Field:
    return Field(name, _variables, default, **more)


def key(name: str, to: str, **more: Any) -> Field:
    more.setdefault("null", not more.get("required", False))
    return Field(name, _key, None, to=to, **more)


def name_field(longest: int = 512, **more: Any) -> Field:
    return text("name", required=True, blank=False, longest=longest, **more)


def description() -> Field:
    return text("description")
