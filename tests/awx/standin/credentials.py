# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is secret in a credential."""

from __future__ import annotations

from typing import Any

from awx.standin.store import Item

ENCRYPTED = "$encrypted$"


def secret_fields(credential_type: Item) -> set[str]:
    return {f["id"] for f in credential_type["inputs"].get("fields", ()) if f.get("secret")}


def hidden(credential_type: Item, inputs: dict[str, Any]) -> dict[str, Any]:
    secret = secret_fields(credential_type)
    return {k: ENCRYPTED if k in secret and v else v for k, v in inputs.items()}
