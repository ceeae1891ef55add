# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials: owners, inputs, secrets."""

from __future__ import annotations

from typing import Any

import pytest

from awx.standin.credentials import ENCRYPTED
from awx.standin.world import World


def pem(kind: str) -> str:
    return f"-----BEGIN {kind}-----\nMIIB\n-----END {kind}-----\n"


def test_secrets_are_hidden_and_kept(world: World) -> None:
    number = world.credential(world.credential_type(), username="admin", password="s3cret")
    url = f"credentials/{number}/"
    assert world.awx.get(url)["inputs"] == {"username": "admin", "password": ENCRYPTED}
    world.taken("PATCH", url, {"inputs": {"username": "joe", "password": ENCRYPTED}})
    kept = next(c for c in world.awx.objects("credentials") if c["id"] == number)
    assert kept["inputs"] == {"username": "joe", "password": "s3cret"}


def test_what_hides_a_secret_is_no_new_one(world: World) -> None:
    body = {
        "name": "C",
        "organization": world.organization,
        "credential_type": world.credential_type(),
        "inputs": {"password": ENCRYPTED},
    }
    said = world.refused("POST", "credentials/", body)
    text = "$encrypted$ is a reserved keyword, and cannot be used for password."
    assert said == {"inputs": [text]}


def test_required_inputs_may_be_missing(world: World) -> None:
    world.credential(world.credential_type())


def test_somebody_owns_it(world: World) -> None:
    body = {"name": "C", "credential_type": world.credential_type()}
    said = world.refused("POST", "credentials/", body)
    assert said == {"detail": ["Missing 'user', 'team', or 'organization'."]}
    said = world.refused("POST", "credentials/", {**body, "organization": 1, "user": 1})
    assert said["detail"][0].startswith("Only one of 'user', 'team', or 'organization'")
    team = world.make("teams", name="Team")
    made = world.taken("POST", "credentials/", {**body, "team": team})
    assert made["organization"] == world.organization


@pytest.mark.parametrize(
    "inputs, message",
    [
        (
            {"nonsense": "x"},
            [
                "Schema validation error in relative path [] (Additional properties are not "
                "allowed ('nonsense' was unexpected))"
            ],
        ),
        (
            {"username": 1},
            {"username": ["int provided in relative path ['username'], expected string"]},
        ),
        (
            {"verify": "yes"},
            {"verify": ["str provided in relative path ['verify'], expected boolean"]},
        ),
        ({"size": "big"}, {"size": ["'big' is not one of ['small']"]}),
        ({"url": "host"}, {"url": ["Invalid URL: Missing url scheme (http, https, etc.)"]}),
        (
            {"key": pem("CERTIFICATE")},
            {"key": ["At least one private key is required."]},
        ),
        ({"key": "nonsense"}, {"key": ["Invalid certificate or key: nonsense..."]}),
    ],
)
def test_inputs_are_those_of_the_type(world: World, inputs: Any, message: Any) -> None:
    fields = [
        {"id": "username", "label": "U"},
        {"id": "verify", "label": "V", "type": "boolean"},
        {"id": "size", "label": "S", "choices": ["small"]},
        {"id": "url", "label": "L", "format": "url"},
        {"id": "key", "label": "K", "format": "ssh_private_key", "secret": True},
    ]
    body = {
        "name": "C",
        "organization": world.organization,
        "credential_type": world.credential_type(inputs={"fields": fields}),
        "inputs": inputs,
    }
    assert world.refused("POST", "credentials/", body) == {"inputs": message}


def test_a_key_is_one_and_plain_text_may_be_a_certificate(world: World) -> None:
    machine = world.managed_type("Machine")
    world.credential(machine, "key", ssh_key_data=pem("RSA PRIVATE KEY"))
    fields = [{"id": "username", "label": "U"}, {"id": "ca", "label": "CA", "multiline": True}]
    plain = world.credential_type(inputs={"fields": fields})
    world.credential(plain, "ca", ca=pem("CERTIFICATE"))


def test_names_are_taken_once_for_each_type(world: World) -> None:
    kind = world.credential_type()
    world.credential(kind, "one")
    body = {"name": "one", "organization": world.organization, "credential_type": kind}
    text = "Credential with this Organization, Name and Credential type already exists."
    assert world.refused("POST", "credentials/", body) == {"__all__": [text]}
    world.credential(world.managed_type("Machine"), "one")


def test_the_credential_that_awx_brings_stays(world: World) -> None:
    said = world.refused("DELETE", "credentials/1/", status=403)
    assert said == {"detail": "Deletion not allowed for managed credentials"}
    said = world.refused("PATCH", "credentials/1/", {"name": "x"}, status=403)
    assert said == {"detail": "Modifications not allowed for managed credentials"}


def test_the_type_stays_while_in_use(world: World) -> None:
    number = world.credential(world.credential_type())
    other = world.credential_type("Other")
    world.taken("POST", f"job_templates/{world.template()}/credentials/", {"id": number})
    said = world.refused("PATCH", f"credentials/{number}/", {"credential_type": other})
    assert said["credential_type"][0].startswith("You cannot change the credential type")
