# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of request values, in the product's words."""

from __future__ import annotations

import string
from typing import Any

from standin import errors

_ALLOWED = set(string.ascii_letters + string.digits + "-._")


def boolean(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise errors.bad_parameters(f"{name} must be <true/false>, got {value}")


def identifier(name: str, value: str) -> None:
    if not value:
        raise errors.bad_parameters(f"The `{name}` argument is empty")
    if len(value) > 256:
        raise errors.bad_parameters(
            f"The `{name}` argument is too long. Maximum allowed length is 256 characters"
        )
    if value[0] not in string.ascii_letters:
        raise errors.bad_parameters(f"The `{name}` argument must begin with a letter")
    if not set(value) <= _ALLOWED:
        raise errors.bad_parameters(
            f"The `{name}` argument contains illegal characters. Only letters, digits and the "
            'characters "-", "." and "_" are allowed'
        )


def integer(name: str, value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise errors.bad_parameters(f"{name} must be an integer, got {value}") from None


def required(body: dict[str, Any], *names: str) -> None:
    for name in names:
        if name not in body:
            raise errors.bad_parameters(f"Missing {name} in json request body")


__all__ = ["boolean", "identifier", "integer", "required"]
