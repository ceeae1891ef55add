# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who asks: a name with a password, or a token."""

from __future__ import annotations

import base64
import binascii
import secrets
from datetime import timedelta

from awx.standin import clock, errors
from awx.standin.service import Service
from awx.standin.store import Item
from awx.standin.wire import Request


def authenticate(service: Service, request: Request) -> Item:
    scheme, _space, text = request.headers.get("authorization", "").partition(" ")
    user = None
    if scheme.lower() == "bearer":
        token = service.store.find("tokens", _token=text)
        user = service.store.get("users", token["user"]) if token else None
        if token and token["scope"] == "read" and request.mutating:
            raise errors.forbidden()
    elif scheme.lower() == "basic":
        user = _by_password(service, text)
    if user is None:
        if scheme.lower() == "basic":
            raise errors.detail(401, "Invalid username/password.")
        raise errors.unauthorized()
    return user


def _by_password(service: Service, text: str) -> Item | None:
    try:
        name, _colon, password = base64.b64decode(text).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    user = service.store.find("users", username=name)
    return user if user and str(user["password"]) == password else None


def new_token(service: Service, user: Item, given: dict[str, object]) -> Item:
    item = service.create("tokens", given, user)
    secret = secrets.token_urlsafe(22)
    expires = clock.now() + timedelta(days=365_000)
    item.update(user=user["id"], _token=secret, token="************", expires=clock.iso(expires))
    return item
