# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credential types: what their fields and injectors may be, and when they may no longer change.

As CredentialTypeSerializer.validate in awx/api/serializers.py, and CredentialTypeInputField and
CredentialTypeInjectorField in awx/main/fields.py.
"""

from __future__ import annotations

from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment, SecurityError

from awx.standin.errors import Invalid, forbidden
from awx.standin.rules import Change, on_change
from awx.standin.schemas import messages

FIELD = {
    "type": "object",
    "properties": {
        "type": {"enum": ["string", "boolean"]},
        "format": {"enum": ["ssh_private_key", "url"]},
        "choices": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "string"},
            "uniqueItems": True,
        },
        "id": {
            "type": "string",
            "pattern": "^[a-zA-Z_]+[a-zA-Z0-9_]*$",
            "error": "{instance} is an invalid variable name",
        },
        "label": {"type": "string"},
        "help_text": {"type": "string"},
        "multiline": {"type": "boolean"},
        "secret": {"type": "boolean"},
        "ask_at_runtime": {"type": "boolean"},
        "default": {},
    },
    "additionalProperties": False,
    "required": ["id", "label"],
}
INPUTS = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "required": {"type": "array", "items": {"type": "string"}},
        "fields": {"type": "array", "items": FIELD},
    },
}


def _named(pattern: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "patternProperties": {pattern: value}, "additionalProperties": False}


NAME = "^[a-zA-Z_]+[a-zA-Z0-9_]*$"
INJECTORS = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "file": _named(r"^template(\.[a-zA-Z_]+[a-zA-Z0-9_]*)?$", {"type": "string"}),
        "env": _named(NAME, {"type": "string", "pattern": "^[\x00-\x7f]*$"}),
        "extra_vars": _named(NAME, {"type": "string"}),
    },
}
# ENV_BLOCKLIST in awx/main/constants.py.
RESERVED = frozenset(
    (
        *("VIRTUAL_ENV", "PATH", "PYTHONPATH", "JOB_ID", "INVENTORY_ID", "INVENTORY_SOURCE_ID"),
        *("INVENTORY_UPDATE_ID", "AD_HOC_COMMAND_ID", "REST_API_URL", "REST_API_TOKEN"),
        *("MAX_EVENT_RES", "CALLBACK_QUEUE", "CALLBACK_CONNECTION", "CACHE", "AWX_HOST"),
        *("JOB_CALLBACK_DEBUG", "INVENTORY_HOSTVARS", "PROJECT_REVISION"),
        "SUPERVISOR_WEB_CONFIG_PATH",
    )
)


@on_change("credential_types")
def managed_ones_stay(change: Change) -> None:
    if change.before and change.before["managed"]:
        raise forbidden("Modifications not allowed for managed credential types")


@on_change("credential_types")
def inputs_of_one_in_use_stay(change: Change) -> None:
    if change.before is None or change.after["inputs"] == change.before["inputs"]:
        return
    if change.store.where("credentials", credential_type=change.before["id"]):
        raise forbidden(
            "Modifications to inputs are not allowed for credential types that are in use"
        )


@on_change("credential_types")
def kind_is_cloud_or_net(change: Change) -> None:
    if change.after["kind"] not in ("cloud", "net"):
        raise Invalid({"kind": f"Must be 'cloud' or 'net', not {change.after['kind']}"})


@on_change("credential_types")
def inputs_have_the_form(change: Change) -> None:
    if "dependencies" in change.after["inputs"]:
        raise Invalid({"inputs": "'dependencies' is not supported for custom credentials."})
    wrong = [text for _schema, text in messages(INPUTS, change.after["inputs"])]
    if wrong:
        raise Invalid({"inputs": wrong})


@on_change("credential_types")
def fields_have_names_of_their_own(change: Change) -> None:
    seen = set()
    for field in change.after["inputs"].get("fields", ()):
        if field["id"] == "tower":
            raise Invalid({"inputs": '"tower" is a reserved field name'})
        if field["id"] in seen:
            raise Invalid({"inputs": f"field IDs must be unique ({field['id']})"})
        seen.add(field["id"])


@on_change("credential_types")
def fields_are_strings_unless_they_say_else(change: Change) -> None:
    """With a default of their type; what only strings can be is no part of a boolean."""
    for field in change.after["inputs"].get("fields", ()):
        kind = field.setdefault("type", "string")
        default = field.get("default")
        if "default" in field and not isinstance(default, {"string": str, "boolean": bool}[kind]):
            raise Invalid({"inputs": f"{default} is not a {kind}"})
        for key in ("choices", "multiline", "format", "secret"):
            if key in field and kind != "string":
                raise Invalid({"inputs": f"{key} not allowed for {kind} type ({field['id']})"})


@on_change("credential_types")
def nothing_is_asked_at_runtime(change: Change) -> None:
    if any(field.get("ask_at_runtime") for field in change.after["inputs"].get("fields", ())):
        message = "'ask_at_runtime' is not supported for custom credentials."
        raise Invalid({"inputs": message})


@on_change("credential_types")
def injectors_have_the_form(change: Change) -> None:
    wrong = [text for _schema, text in messages(INJECTORS, change.after["injectors"])]
    if wrong:
        raise Invalid({"injectors": wrong})


@on_change("credential_types")
def injectors_leave_ansible_and_awx_alone(change: Change) -> None:
    for name in change.after["injectors"].get("env", ()):
        if name.startswith("ANSIBLE_"):
            raise Invalid(
                {
                    "injectors": f"Environment variable {name} may affect Ansible configuration "
                    "so its use is not allowed in credentials."
                }
            )
        if name in RESERVED:
            message = f"Environment variable {name} is not allowed to be used in credentials."
            raise Invalid({"injectors": message})


class _Unnamed:
    def __str__(self) -> str:
        raise UndefinedError(
            "Must define unnamed file injector in order to reference `tower.filename`."
        )


class _Tower:
    def __init__(self) -> None:
        self.filename: Any = _Unnamed()

    def __str__(self) -> str:
        raise UndefinedError("Cannot directly reference reserved `tower` namespace container.")


def _namespace(change: Change) -> dict[str, Any]:
    files = list(change.after["injectors"].get("file", ()))
    tower = _Tower()
    if "template" in files:
        if len(files) > 1:
            message = "Must use multi-file syntax when injecting multiple files"
            raise Invalid({"injectors": message})
        tower.filename = "EXAMPLE_FILENAME"
    for name in files:
        if "." in name:
            setattr(tower.filename, name.split(".")[1], "EXAMPLE_FILENAME")
    defined = [field["id"] for field in change.after["inputs"].get("fields", ())]
    return {**dict.fromkeys(defined, "EXAMPLE"), "tower": tower}


@on_change("credential_types")
def injectors_use_fields_that_are_there(change: Change) -> None:
    """Also when it is the fields that change."""
    space = _namespace(change)
    for kind, injector in change.after["injectors"].items():
        for name, template in injector.items():
            try:
                environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
                environment.from_string(template).render(space)
            except UndefinedError as error:
                raise Invalid({"injectors": f"{name} uses an undefined field ({error})"}) from None
            except SecurityError as error:
                message = f"Encountered unsafe code execution: {error}"
                raise Invalid({"injectors": message}) from None
            except TemplateSyntaxError as error:
                message = f"Syntax error rendering template for {name} inside of {kind} ({error})"
                raise Invalid({"injectors": message}) from None
