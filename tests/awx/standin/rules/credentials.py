# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials: who owns them, and which inputs their type takes. What it requires may be missing.

As CredentialSerializer and CredentialSerializerCreate in awx/api/serializers.py, CredentialInputField in
awx/main/fields.py, and validate_ssh_private_key in awx/main/validators.py.
"""

from __future__ import annotations

import re
from typing import Any

from jsonschema.exceptions import FormatError

from awx.standin.credentials import ENCRYPTED, secret_fields
from awx.standin.errors import Invalid, bad_request, forbidden
from awx.standin.rules import Change, Linking, on_change, on_link
from awx.standin.schemas import FORMATS, messages
from awx.standin.store import Item

PEM = re.compile(r"-----BEGIN (?P<kind>[A-Z0-9 ]+?)-----\n.+?\n-----END (?P=kind)-----", re.DOTALL)


def ssh_private_key(value: object) -> bool:
    """A certificate is none, not even that of a CA."""
    text = str(value).replace("\r\n", "\n").strip()
    if not text or text == ENCRYPTED or text.startswith("{"):
        return True
    kinds = [match.group("kind") for match in PEM.finditer(text)]
    if not kinds:
        raise FormatError(f"Invalid certificate or key: {text[:100]}...")
    if not any(kind.endswith("PRIVATE KEY") for kind in kinds):
        raise FormatError("At least one private key is required.")
    return True


def url(value: object) -> bool:
    if value and not re.match(r"^[a-z][a-z0-9+.-]*://", str(value)):
        raise FormatError("Invalid URL: Missing url scheme (http, https, etc.)")
    return True


FORMATS.checks("ssh_private_key")(ssh_private_key)
FORMATS.checks("url")(url)


def _type(change: Change) -> Item:
    kind = change.store.get("credential_types", change.after["credential_type"])
    assert kind
    return kind


@on_change("credentials")
def managed_ones_stay(change: Change) -> None:
    if change.before and change.before["managed"]:
        raise forbidden("Modifications not allowed for managed credentials")


@on_change("credentials")
def somebody_owns_it(change: Change) -> None:
    if change.before is not None:
        return
    owners = [name for name in ("user", "team", "organization") if change.given.get(name)]
    if not owners:
        raise Invalid({"detail": "Missing 'user', 'team', or 'organization'."})
    if len(owners) > 1:
        received = ", ".join(sorted(owners))
        raise Invalid(
            {
                "detail": "Only one of 'user', 'team', or 'organization' should be provided, "
                f"received {received} fields."
            }
        )
    team = change.store.get("teams", change.given.get("team"))
    if team:
        change.after["organization"] = team["organization"]


@on_change("credentials")
def a_new_secret_is_not_what_hides_one(change: Change) -> None:
    """On a change it stands for the secret that is there."""
    inputs = change.after["inputs"]
    for name in sorted(secret_fields(_type(change))):
        if inputs.get(name) != ENCRYPTED:
            continue
        if change.before is None:
            message = f"{ENCRYPTED} is a reserved keyword, and cannot be used for {name}."
            raise Invalid({"inputs": message})
        change.after["inputs"] = inputs = {**inputs, name: change.before["inputs"].get(name, "")}


@on_change("credentials")
def inputs_are_those_of_the_type(change: Change) -> None:
    kind = _type(change)
    properties: dict[str, Any] = {}
    for field in kind["inputs"].get("fields", ()):
        properties[field["id"]] = dict(field)
        if field.get("choices"):
            properties[field["id"]]["enum"] = field["choices"]
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    wrong: dict[str, list[str]] = {}
    for part, text in messages(schema, change.after["inputs"]):
        if "id" not in part:
            raise Invalid({"inputs": [text]})
        wrong[part["id"]] = [text]
    if wrong:
        raise Invalid({"inputs": wrong})


@on_change("credentials")
def the_type_stays_while_in_use(change: Change) -> None:
    before = change.before
    if before is None or before["credential_type"] == change.after["credential_type"]:
        return
    templates = change.store.all("job_templates")
    used = any(
        before["id"] in [c["id"] for c in change.store.linked(t, "credentials")] for t in templates
    )
    if used or change.store.where("projects", credential=before["id"]):
        raise Invalid(
            {
                "credential_type": "You cannot change the credential type of the credential, as it "
                "may break the functionality of the resources using it."
            }
        )


@on_link(("organizations", "galaxy_credentials"))
def collections_come_by_galaxy_credentials(linking: Linking) -> None:
    kind = linking.store.get("credential_types", linking.other["credential_type"])
    if kind and kind["kind"] != "galaxy":
        raise bad_request({"msg": f"Credential must be a Galaxy credential, not {kind['name']}."})
