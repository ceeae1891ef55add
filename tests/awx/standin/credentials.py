# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is secret in a credential."""

from __future__ import annotations

from typing import Any

from awx.standin.store import Item, Store

ENCRYPTED = "$encrypted$"


def secret_fields(credential_type: Item) -> set[str]:
    return {f["id"] for f in credential_type["inputs"].get("fields", ()) if f.get("secret")}


def hidden(credential_type: Item, inputs: dict[str, Any]) -> dict[str, Any]:
    secret = secret_fields(credential_type)
    return {k: ENCRYPTED if k in secret and v else v for k, v in inputs.items()}


def unique_name(store: Store, credential: Item) -> str:
    """What a template holds only one credential of: a type, and of vaults each id."""
    kind = store.get("credential_types", credential["credential_type"])
    assert kind
    vault_id = credential["inputs"].get("vault_id") if kind["kind"] == "vault" else ""
    return f"{kind['name']} (id={vault_id})" if vault_id else str(kind["name"])


def missing(store: Store, credential: Item) -> list[str]:
    """The inputs that its type requires and it lacks."""
    kind = store.get("credential_types", credential["credential_type"])
    assert kind
    defined = {f["id"] for f in kind["inputs"].get("fields", ())}
    required = kind["inputs"].get("required", ())
    return sorted(n for n in required if n in defined and not credential["inputs"].get(n))


def asks_for(store: Store, credential: Item) -> list[str]:
    """The passwords that a launch has to bring."""
    kind = store.get("credential_types", credential["credential_type"])
    assert kind
    asked = [f["id"] for f in kind["inputs"].get("fields", ()) if f.get("ask_at_runtime")]
    names = {"password": "ssh_password"} if kind["kind"] == "ssh" else {}
    return [names.get(n, n) for n in asked if credential["inputs"].get(n) == "ASK"]
