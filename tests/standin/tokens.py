# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values and rows of tokens."""

from __future__ import annotations

import hashlib
import secrets
import string
from typing import Any

from standin.state import Item

_LETTERS = string.ascii_letters + string.digits


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for dummy in range(length))


def new_token(
    username: str, role: str, *, description: Any, expires: str | None
) -> tuple[Item, str]:
    """A row, whose value is masked, and the value itself."""
    token_id = _random(10)
    value = f"ctok-{token_id}-{_random(40)}"
    item = {
        "id": token_id,
        "username": username,
        "value": f"ctok-{token_id}-********",
        "role": role,
        "expiration_date": expires,
        "last_used": None,
        "description": description,
        "_digest": hashlib.sha256(value.encode()).hexdigest(),
    }
    return item, value


def factory_token(username: str) -> Item:
    """The token that the installer makes for the services of the manager itself."""
    return new_token(username, "sys_admin", description="csys-stand-in", expires=None)[0]


__all__ = ["factory_token", "new_token"]
