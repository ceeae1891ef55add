# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credential types: fields, injectors, and what may change while they are in use."""

from __future__ import annotations

from typing import Any

import pytest

from awx.standin.world import World


def body(**fields: Any) -> dict[str, Any]:
    return {
        "name": "Type",
        "kind": "cloud",
        "inputs": {"fields": [{"id": "user", "label": "User"}], "required": ["user"]},
        "injectors": {},
        **fields,
    }


def with_field(**field: Any) -> dict[str, Any]:
    return body(inputs={"fields": [{"id": "user", "label": "User", **field}]})


def with_env(**env: str) -> dict[str, Any]:
    return body(injectors={"env": env})


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    (body(kind="ssh"), "kind", "Must be 'cloud' or 'net', not ssh"),
    (body(kind="other"), "kind", '"other" is not a valid choice.'),
    (with_field(type="integer"), "inputs", "'integer' is not one of ['string', 'boolean']"),
    (with_field(id="a-user"), "inputs", "a-user is an invalid variable name"),
    (with_field(id="tower"), "inputs", '"tower" is a reserved field name'),
    (with_field(nonsense=1), "inputs", "Additional properties are not allowed"),
    (body(inputs={"fields": [{"id": "user"}]}), "inputs", "'label' is a required property"),
    (
        body(inputs={"fields": [{"id": "user", "label": "U"}] * 2}),
        "inputs",
        "field IDs must be unique (user)",
    ),
    (body(inputs={"fields": {}}), "inputs", "dict provided in relative path ['fields']"),
    (
        body(inputs={"fields": [{"id": "user", "label": "U", "required": True}]}),
        "inputs",
        "Additional properties are not allowed ('required' was unexpected)",
    ),
    (body(inputs={"dependencies": {}}), "inputs", "'dependencies' is not supported"),
    *(
        (
            with_field(type="boolean", **{key: value}),
            "inputs",
            f"{key} not allowed for boolean type (user)",
        )
        for key, value in (
            ("secret", True),
            ("choices", ["a"]),
            ("multiline", True),
            ("format", "url"),
        )
    ),
    (with_field(default=True), "inputs", "True is not a string"),
    (
        with_field(ask_at_runtime=True),
        "inputs",
        "'ask_at_runtime' is not supported for custom credentials.",
    ),
    (
        with_env(ANSIBLE_HOST_KEY_CHECKING="x"),
        "injectors",
        "Environment variable ANSIBLE_HOST_KEY_CHECKING may affect Ansible configuration so its "
        "use is not allowed in credentials.",
    ),
    *(
        (
            with_env(**{name: "x"}),
            "injectors",
            f"Environment variable {name} is not allowed to be used in credentials.",
        )
        for name in ("PATH", "AWX_HOST")
    ),
    (with_env(USER="{{ other }}"), "injectors", "USER uses an undefined field ('other' is"),
    (with_env(USER="{{ user"), "injectors", "Syntax error rendering template for USER inside of"),
    (with_env(**{"A-B": "x"}), "injectors", "'A-B' does not match any of the regexes"),
    (
        body(injectors={"extra_vars": {"a-b": "x"}}),
        "injectors",
        "'a-b' does not match any of the regexes",
    ),
    (body(injectors={"nonsense": {}}), "injectors", "Additional properties are not allowed"),
    (
        with_env(FILE="{{ tower.filename }}"),
        "injectors",
        "Must define unnamed file injector in order to reference `tower.filename`.",
    ),
    (
        body(injectors={"file": {"template": "x", "template.two": "y"}}),
        "injectors",
        "Must use multi-file syntax when injecting multiple files",
    ),
]


@pytest.mark.parametrize("fields, name, text", REFUSED)
def test_types_refused(world: World, fields: dict[str, Any], name: str, text: str) -> None:
    said = world.refused("POST", "credential_types/", fields)
    assert list(said) == [name]
    assert text in said[name][0]


@pytest.mark.parametrize(
    "fields",
    [
        body(kind="net"),
        with_field(secret=True, multiline=True, help_text="x"),
        with_field(type="boolean", default=True),
        with_field(choices=["a", "b"], default="a"),
        with_env(USER="{{ user }}", FIXED="1"),
        body(
            injectors={
                "file": {"template.cert": "{{ user }}"},
                "env": {"CERT": "{{ tower.filename.cert }}"},
            }
        ),
        body(injectors={"file": {"template": "x"}, "extra_vars": {"path": "{{ tower.filename }}"}}),
        body(inputs={}),
    ],
)
def test_types_taken(world: World, fields: dict[str, Any]) -> None:
    world.taken("POST", "credential_types/", fields)


def test_a_field_is_a_string_unless_it_says_else(world: World) -> None:
    made = world.taken("POST", "credential_types/", body())
    assert made["inputs"]["fields"] == [{"id": "user", "label": "User", "type": "string"}]


def test_fields_that_injectors_use_are_not_dropped(world: World) -> None:
    number = world.credential_type()
    inputs = {"fields": [{"id": "password", "label": "P", "secret": True}]}
    said = world.refused("PATCH", f"credential_types/{number}/", {"inputs": inputs})
    assert "CLOUDIFY_USERNAME uses an undefined field" in said["injectors"][0]


def test_inputs_of_a_type_in_use_stay(world: World) -> None:
    number = world.credential_type()
    url = f"credential_types/{number}/"
    inputs = world.awx.get(url)["inputs"]
    world.credential(number)
    world.taken("PATCH", url, {"inputs": inputs, "description": "the same"})
    changed = {**inputs, "fields": [*inputs["fields"], {"id": "more", "label": "M"}]}
    said = world.refused("PATCH", url, {"inputs": changed}, status=403)
    assert said["detail"].startswith("Modifications to inputs are not allowed")


def test_a_type_in_use_stays(world: World) -> None:
    number = world.credential_type()
    credential = world.credential(number)
    said = world.refused("DELETE", f"credential_types/{number}/", status=403)
    assert said == {"detail": "Credential types that are in use cannot be deleted"}
    world.taken("DELETE", f"credentials/{credential}/")
    world.taken("DELETE", f"credential_types/{number}/")


def test_what_awx_brings_stays(world: World) -> None:
    number = world.managed_type("Machine")
    said = world.refused("DELETE", f"credential_types/{number}/", status=403)
    assert said == {"detail": "Deletion not allowed for managed credential types"}
    said = world.refused("PATCH", f"credential_types/{number}/", {"name": "x"}, status=403)
    assert said == {"detail": "Modifications not allowed for managed credential types"}


@pytest.mark.parametrize(
    "name",
    [
        "Machine",
        "Source Control",
        "Vault",
        "Network",
        "Container Registry",
        "Ansible Galaxy/Automation Hub API Token",
    ],
)
def test_managed_types(world: World, name: str) -> None:
    found = world.awx.get("credential_types/", name=name)["results"][0]
    assert found["managed"]
    assert found["inputs"]["fields"]
